#include <math.h>

#include "json/write.h"
#include "run/train.h"

static void
put_ppo(struct buf *b, const struct train_line *l)
{
	const struct ppo_stats *s = &l->o.ppo;
	double n = (double)s->n, mean, var, err;

	if (s->n) {
		json_put_number(b, "ratio_min", s->ratio_min);
		json_put_number(b, "ratio_mean", s->ratio / n);
		json_put_number(b, "ratio_max", s->ratio_max);
		json_put_number(b, "clip_fraction", s->clipped / n);
		json_put_number(b, "kl_old_k1", s->k1 / n);
		json_put_number(b, "kl_old_k3", s->k3 / n);
	}
	json_put_number(b, "entropy", l->o.entropy);
	if (!l->critic)
		return;
	n = (double)l->t.tokens;
	mean = s->ret / n;
	var = s->ret2 / n - mean * mean;
	err = s->err2 / n - s->err / n * (s->err / n);
	json_put_number(b, "value_loss", l->o.value);
	json_put_number(b, "value_clip_fraction", s->value_clipped / n);
	json_put_number(b, "explained_variance", var > 0 ? 1 - err / var : NAN);
	if (!l->shared)
		json_put_number(b, "critic_grad_norm", l->critic_norm);
	json_put_number(b, "critic_lr", l->critic_lr);
}

enum status
train_print(const struct objective *o, const struct train_line *l, struct buf *b, struct err *e)
{
	buf_addc(b, '{');
	json_put_number(b, "step", (double)l->step);
	json_put_number(b, "epoch", (double)l->epoch);
	json_put_number(b, "loss", l->o.loss);
	json_put_number(b, "grad_norm", l->norm);
	json_put_number(b, "lr", l->lr);
	json_put_number(b, "examples", (double)l->t.examples);
	json_put_number(b, "tokens", (double)l->t.tokens);
	if (o->kind == OBJ_REWARD || o->kind == OBJ_DPO)
		json_put_number(b, "accuracy", l->o.right);
	if (o->kind == OBJ_DPO)
		json_put_number(b, "margin", l->o.margin);
	if (o->kind == OBJ_PPO)
		put_ppo(b, l);
	if (l->evaluated)
		json_put_number(b, "eval_loss", l->eval);
	if (l->seconds > 0)
		json_put_number(b, "tokens_per_second", round((double)l->t.tokens / l->seconds * 10) / 10);
	buf_addc(b, '}');
	return buf_ok(b) ? ST_OK : err_nomem(e);
}
