#include <math.h>

#include "base/math.h"
#include "rl/loss_dpo.h"
#include "rl/loss_sft.h"
#include "run/objective.h"

enum model_head
objective_head(const struct objective *o)
{
	if (o->kind != OBJ_REWARD)
		return HEAD_LM;
	return o->reward.objective == REWARD_SEQUENCE ? HEAD_SEQUENCE : HEAD_TOKEN;
}

static size_t
reply(const struct ex_side *s)
{
	return s->n - s->prompt;
}

void
objective_count(const struct objective *o, struct totals *t, const struct example *x)
{
	size_t i;

	t->examples++;
	for (i = 0; i < x->nside; i++)
		t->tokens += reply(&x->side[i]);
	if (o->kind == OBJ_REWARD) {
		struct reward_side l = { .label = x->side[0].f[EX_LABEL], .n = reply(&x->side[0]) };
		struct reward_side w = { .label = x->side[1].f[EX_LABEL], .n = reply(&x->side[1]) };

		reward_count_pair(&t->reward, &l, &w);
	}
}

/* Losses of one example; at: its first row. Returns its part of the step's loss. */
static double
one_sft(const struct micro *mb, size_t at, const struct example *x, const struct totals *t, bool grad)
{
	return sft_loss((double)t->tokens, mb->out + at, reply(&x->side[0]), grad ? mb->g + at : NULL);
}

static double
one_reward(const struct objective *o, const struct micro *mb, size_t at, const struct example *x,
    const struct totals *t, bool grad, struct outcome *out)
{
	size_t nl = reply(&x->side[0]), nw = reply(&x->side[1]), i;
	struct reward_side l = { mb->out + at, x->side[0].f[EX_LABEL], grad ? mb->g + at : NULL, nl };
	struct reward_side w = { mb->out + at + nl, x->side[1].f[EX_LABEL],
		grad ? mb->g + at + nl : NULL, nw };
	struct reward_loss r = o->reward;
	double sl = 0, sw = 0;

	if (x->has >> EX_MARGIN & 1)
		r.margin = x->num[EX_MARGIN];
	if (r.objective == REWARD_SEQUENCE) {
		sl = (double)l.z[nl - 1];
		sw = (double)w.z[nw - 1];
	} else {
		for (i = 0; i < nl; i++)
			sl += (double)math_tanh((double)l.z[i] / 2);
		for (i = 0; i < nw; i++)
			sw += (double)math_tanh((double)w.z[i] / 2);
	}
	out->right += (sw > sl ? 1 : sw < sl ? 0 : 0.5) / (double)t->examples;
	return reward_pair_loss(&r, &t->reward, &l, &w);
}

static double
one_dpo(const struct objective *o, const struct micro *mb, size_t at, const struct example *x,
    const struct totals *t, bool grad, struct outcome *out)
{
	size_t nl = reply(&x->side[0]), nw = reply(&x->side[1]);
	struct dpo_side l = { mb->out + at, x->side[0].f[EX_OLD], grad ? mb->g + at : NULL, nl };
	struct dpo_side w = { mb->out + at + nl, x->side[1].f[EX_OLD], grad ? mb->g + at + nl : NULL, nw };
	struct dpo_result r = dpo_pair_loss(o->beta, o->smoothing, (double)t->examples, &l, &w);

	out->margin += r.margin / (double)t->examples;
	out->right += (r.margin > 0 ? 1 : r.margin < 0 ? 0 : 0.5) / (double)t->examples;
	return r.loss;
}

static double
one_ppo(const struct objective *o, struct micro *mb, size_t at, const struct example *x,
    const struct totals *t, bool grad, struct outcome *out)
{
	const struct ex_side *s = &x->side[0];
	double total = (double)t->tokens, sum = 0, loss;
	size_t n = reply(s), i;

	loss = ppo_policy_loss(&o->ppo, total, mb->out + at, s->f[EX_OLD], s->f[EX_ADVANTAGE], n,
	    grad ? mb->g + at : NULL, &out->ppo);
	for (i = 0; i < n; i++) {
		sum += (double)mb->aux[at + i];
		mb->h[at + i] = (float)(-o->entropy / total);
	}
	out->entropy += sum / total;
	return loss - o->entropy * sum / total;
}

static double
one(const struct objective *o, struct micro *mb, size_t at, const struct example *x,
    const struct totals *t, bool grad, struct outcome *out)
{
	switch (o->kind) {
	case OBJ_SFT:
		return one_sft(mb, at, x, t, grad);
	case OBJ_REWARD:
		return one_reward(o, mb, at, x, t, grad, out);
	case OBJ_DPO:
		return one_dpo(o, mb, at, x, t, grad, out);
	case OBJ_PPO:
		break;
	}
	return one_ppo(o, mb, at, x, t, grad, out);
}

static enum status
not_finite(const struct example *x, const char *what, struct err *e)
{
	return err_set(e, ST_NUMERIC, "record %s: %s is not finite", x->name, what);
}

/* Loss and gradient by the results of every example, in order. */
static enum status
losses(const struct objective *o, struct micro *mb, const struct example *x, size_t n,
    const struct totals *t, bool grad, struct outcome *out, struct err *e)
{
	size_t i, k, at = 0;
	double loss;

	for (i = 0; i < n; i++) {
		loss = one(o, mb, at, &x[i], t, grad, out);
		if (!isfinite(loss))
			return not_finite(&x[i], "the loss", e);
		out->loss += loss;
		for (k = 0; k < x[i].nside; k++)
			at += reply(&x[i].side[k]);
	}
	return ST_OK;
}

/* Value losses of the batch by mb->out, and with grad weight times their slopes into
 * mb->g. */
static enum status
values(const struct objective *o, double weight, struct micro *mb, const struct example *x, size_t n,
    const struct totals *t, bool grad, struct outcome *out, struct err *e)
{
	size_t i, at = 0;
	double loss;

	for (i = 0; i < n; i++) {
		const struct ex_side *s = &x[i].side[0];

		loss = ppo_value_loss(&o->ppo, (double)t->tokens, mb->out + at, s->f[EX_VALUE],
		    s->f[EX_RETURN], reply(s), grad ? mb->g + at : NULL, &out->ppo);
		if (!isfinite(loss))
			return not_finite(&x[i], "the value loss", e);
		out->value += loss;
		at += reply(s);
	}
	for (i = 0; grad && weight != 1 && i < at; i++)
		mb->g[i] = (float)(weight * (double)mb->g[i]);
	return ST_OK;
}

/* The value head beside the policy's, over the same hidden states. */
static enum status
run_value(const struct objective *o, const struct objective_nets *w, struct micro *mb, const float *hidden,
    const struct example *x, size_t n, const struct totals *t, struct outcome *out, struct err *e)
{
	struct net *net = w->net;

	model_scalar(net->m, hidden, mb->row, mb->n, mb->out);
	if (values(o, o->value_weight, mb, x, n, t, w->backward, out, e) || !w->backward)
		return e->code;
	model_scalar_bwd(net->m, hidden, mb->row, mb->n, mb->g, mb->dhidden, net->grad);
	return ST_OK;
}

static enum status
run_net(const struct objective *o, const struct objective_nets *w, struct micro *mb,
    const struct example *x, size_t n, const struct totals *t, struct outcome *out, struct err *e)
{
	bool lm = objective_head(o) == HEAD_LM, grad = w->backward && w->policy;
	bool entropy = o->kind == OBJ_PPO;
	struct net *net = w->net;
	bool value = entropy && model_config(net->m)->value;
	const float *hidden;

	if (model_forward(net->m, &mb->b, NULL, net->acts, &hidden, e))
		return e->code;
	if (!lm)
		model_scalar(net->m, hidden, mb->row, mb->n, mb->out);
	else if (model_logprob(net->m, hidden, mb->row, mb->target, mb->invtemp, mb->n, mb->out,
	    entropy ? mb->aux : NULL, e))
		return e->code;
	if (losses(o, mb, x, n, t, grad, out, e) || !(grad || value))
		return e->code;
	if (micro_dhidden(mb, model_tc(net->m), model_config(net->m)->dim, e))
		return e->code;
	if (!lm)
		model_scalar_bwd(net->m, hidden, mb->row, mb->n, mb->g, mb->dhidden, net->grad);
	else if (grad && model_logprob_bwd(net->m, hidden, mb->row, mb->target, mb->invtemp, mb->n, mb->g,
	    entropy && o->entropy > 0 ? mb->h : NULL, mb->dhidden, net->grad, e))
		return e->code;
	if (value && run_value(o, w, mb, hidden, x, n, t, out, e))
		return e->code;
	return grad ? model_backward(net->m, &mb->b, net->acts, mb->dhidden, net->grad, e) : ST_OK;
}

/* The critic over the batch that the policy has seen. */
static enum status
run_critic(const struct objective *o, const struct objective_nets *w, struct micro *mb,
    const struct example *x, size_t n, const struct totals *t, struct outcome *out, struct err *e)
{
	struct net *net = w->critic;
	const float *hidden;

	if (model_forward(net->m, &mb->b, NULL, net->acts, &hidden, e))
		return e->code;
	model_scalar(net->m, hidden, mb->row, mb->n, mb->out);
	if (values(o, 1, mb, x, n, t, w->backward, out, e) || !w->backward)
		return e->code;
	if (micro_dhidden(mb, model_tc(net->m), model_config(net->m)->dim, e))
		return e->code;
	model_scalar_bwd(net->m, hidden, mb->row, mb->n, mb->g, mb->dhidden, net->grad);
	return model_backward(net->m, &mb->b, net->acts, mb->dhidden, net->grad, e);
}

enum status
objective_run(const struct objective *o, const struct objective_nets *w, struct micro *mb,
    const struct example *x, size_t n, const struct totals *t, struct outcome *out, struct err *e)
{
	if (micro_build(mb, x, n, o->kind == OBJ_REWARD ? MICRO_AT : MICRO_NEXT, e) ||
	    run_net(o, w, mb, x, n, t, out, e))
		return e->code;
	if (w->critic && run_critic(o, w, mb, x, n, t, out, e))
		return e->code;
	return tc_check(model_tc(w->net->m), e);
}
