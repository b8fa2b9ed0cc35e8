#include <math.h>

#include "json/write.h"
#include "run/objective_int.h"
#include "run/train.h"

static double
loss(const struct objective *o, const struct objective_at *a, struct outcome *out)
{
	const struct ex_side *s = &a->x->side[0];
	struct micro *mb = a->mb;
	double total = (double)a->t->tokens, sum = 0, loss;
	size_t n = objective_reply(s), i;

	loss = ppo_policy_loss(&o->ppo, total, mb->out + a->row, s->f[PPO_OLD], s->f[PPO_ADVANTAGE], n,
	    a->grad ? mb->g + a->row : NULL, &out->ppo);
	for (i = 0; i < n; i++) {
		sum += (double)mb->aux[a->row + i];
		mb->h[a->row + i] = (float)(-o->entropy / total);
	}
	out->entropy += sum / total;
	return loss - o->entropy * sum / total;
}

static void
print(const struct train_line *l, struct buf *b)
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

const struct objective_type objective_ppo = {
	.kind = "ppo", .head = HEAD_LM, .sampled = true,
	.field = {
		[PPO_OLD] = { .suffix = "logprob" }, [PPO_ADVANTAGE] = { .suffix = "advantage" },
		[PPO_VALUE] = { .suffix = "value", .need = NEED_CRITIC },
		[PPO_RETURN] = { .suffix = "return", .need = NEED_CRITIC },
		[PPO_KL] = { .suffix = "kl", .need = NEED_CONTROLLER }
	},
	.number = { [PPO_BETA] = { "beta", NEED_CONTROLLER } },
	.loss = loss, .print = print
};
