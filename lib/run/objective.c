#include <math.h>

#include "run/objective_int.h"

void
outcome_add(struct outcome *to, const struct outcome *x)
{
	to->loss += x->loss;
	to->value += x->value;
	to->entropy += x->entropy;
	to->margin += x->margin;
	to->right += x->right;
	ppo_stats_add(&to->ppo, &x->ppo);
}

void
objective_count(const struct objective *o, struct totals *t, const struct example *x)
{
	size_t i;

	t->examples++;
	for (i = 0; i < x->nside; i++)
		t->tokens += objective_reply(&x->side[i]);
	if (o->type->count)
		o->type->count(t, x);
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
	struct objective_at a = { .mb = mb, .t = t, .grad = grad };
	size_t i, k;
	double loss;

	for (i = 0; i < n; i++) {
		a.x = &x[i];
		loss = o->type->loss(o, &a, out);
		if (!isfinite(loss))
			return not_finite(&x[i], "the loss", e);
		out->loss += loss;
		for (k = 0; k < x[i].nside; k++)
			a.row += objective_reply(&x[i].side[k]);
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

		loss = ppo_value_loss(&o->ppo, (double)t->tokens, mb->out + at, s->f[PPO_VALUE],
		    s->f[PPO_RETURN], objective_reply(s), grad ? mb->g + at : NULL, &out->ppo);
		if (!isfinite(loss))
			return not_finite(&x[i], "the value loss", e);
		out->value += loss;
		at += objective_reply(s);
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
	bool lm = o->type->head == HEAD_LM, grad = w->backward && w->policy;
	bool entropy = o->type->sampled;
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
	if (micro_build(mb, x, n, o->type->head == HEAD_LM ? MICRO_NEXT : MICRO_AT, e) ||
	    run_net(o, w, mb, x, n, t, out, e))
		return e->code;
	if (w->critic && run_critic(o, w, mb, x, n, t, out, e))
		return e->code;
	return tc_check(model_tc(w->net->m), e);
}

enum status
objective_prefix(const struct objective_nets *w, const int32_t *id, size_t n, struct err *e)
{
	if (model_prefix(w->net->m, id, n, w->net->acts, e))
		return e->code;
	return w->critic ? model_prefix(w->critic->m, id, n, w->critic->acts, e) : ST_OK;
}

enum status
objective_prefix_end(const struct objective_nets *w, struct err *e)
{
	e->code = ST_OK;
	if (w->backward && w->policy && model_prefix_backward(w->net->m, w->net->acts, w->net->grad, e))
		return e->code;
	if (w->backward && w->critic)
		model_prefix_backward(w->critic->m, w->critic->acts, w->critic->grad, e);
	return e->code;
}
