#include <math.h>

#include "json/write.h"
#include "run/train.h"

static void
put(struct buf *b, const char *key, double v, struct err *e)
{
	if (e->code)
		return;
	buf_addf(b, "%s\"%s\":", b->n && b->p[b->n - 1] != '{' ? "," : "", key);
	if (isfinite(v))
		json_put_f64(b, v, e);
	else
		buf_adds(b, "null");
}

static void
put_ppo(struct buf *b, const struct train_line *l, struct err *e)
{
	const struct ppo_stats *s = &l->o.ppo;
	double n = (double)s->n, mean, var, err;

	if (s->n) {
		put(b, "ratio_min", s->ratio_min, e);
		put(b, "ratio_mean", s->ratio / n, e);
		put(b, "ratio_max", s->ratio_max, e);
		put(b, "clip_fraction", s->clipped / n, e);
		put(b, "kl_old_k1", s->k1 / n, e);
		put(b, "kl_old_k3", s->k3 / n, e);
	}
	put(b, "entropy", l->o.entropy, e);
	if (!l->critic)
		return;
	n = (double)l->t.tokens;
	mean = s->ret / n;
	var = s->ret2 / n - mean * mean;
	err = s->err2 / n - s->err / n * (s->err / n);
	put(b, "value_loss", l->o.value, e);
	put(b, "value_clip_fraction", s->value_clipped / n, e);
	put(b, "explained_variance", var > 0 ? 1 - err / var : NAN, e);
	if (!l->shared)
		put(b, "critic_grad_norm", l->critic_norm, e);
	put(b, "critic_lr", l->critic_lr, e);
}

enum status
train_print(const struct objective *o, const struct train_line *l, struct buf *b, struct err *e)
{
	e->code = ST_OK;
	buf_addc(b, '{');
	put(b, "step", (double)l->step, e);
	put(b, "epoch", (double)l->epoch, e);
	put(b, "loss", l->o.loss, e);
	put(b, "grad_norm", l->norm, e);
	put(b, "lr", l->lr, e);
	put(b, "examples", (double)l->t.examples, e);
	put(b, "tokens", (double)l->t.tokens, e);
	if (o->kind == OBJ_REWARD || o->kind == OBJ_DPO)
		put(b, "accuracy", l->o.right, e);
	if (o->kind == OBJ_DPO)
		put(b, "margin", l->o.margin, e);
	if (o->kind == OBJ_PPO)
		put_ppo(b, l, e);
	if (l->evaluated)
		put(b, "eval_loss", l->eval, e);
	if (l->seconds > 0)
		put(b, "tokens_per_second", round((double)l->t.tokens / l->seconds * 10) / 10, e);
	buf_addc(b, '}');
	return e->code ? e->code : buf_ok(b) ? ST_OK : err_nomem(e);
}
