#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "run/net_int.h"

enum status
net_open(struct net *n, struct tc *tc, struct comm *comm, const char *dir, bool recompute, struct err *e)
{
	size_t bytes;

	*n = (struct net){ .comm = comm };
	if (model_open(&n->m, tc, dir, MODEL_TRAIN, e))
		return e->code;
	n->size = model_train_size(n->m);
	n->lo = net_share(n, comm->rank);
	n->hi = net_share(n, comm->rank + 1);
	bytes = (n->hi - n->lo) * sizeof(float);
	if (acts_new(&n->acts, n->m, true, recompute, e))
		goto fail;
	n->grad = tc_alloc(tc, n->size * sizeof(float));
	n->mom = tc_alloc(tc, bytes);
	n->sq = tc_alloc(tc, bytes);
	if (n->grad && n->mom && n->sq)
		return ST_OK;
	err_nomem(e);
fail:
	net_close(n);
	return e->code;
}

void
net_close(struct net *n)
{
	size_t bytes = (n->hi - n->lo) * sizeof(float);

	if (n->acts)
		acts_free(n->acts);
	if (n->m) {
		net_stash_free(n);
		tc_free(model_tc(n->m), n->grad, n->size * sizeof(float));
		tc_free(model_tc(n->m), n->mom, bytes);
		tc_free(model_tc(n->m), n->sq, bytes);
		model_close(n->m);
	}
	*n = (struct net){0};
}

size_t
net_bytes(const struct net *n)
{
	return model_bytes(n->m) + (n->size + 2 * (n->hi - n->lo)) * sizeof(float);
}

size_t
net_acts_bytes(const struct net *n, bool recompute, size_t ntok)
{
	return acts_bytes(n->m, true, recompute, ntok) +
	    ntok * model_config(n->m)->dim * sizeof(float);
}

enum status
net_recompute(struct net *n, struct err *e)
{
	acts_free(n->acts);
	n->acts = NULL;
	return acts_new(&n->acts, n->m, true, true, e);
}

static enum status
not_finite(const struct net *n, size_t at, struct err *e)
{
	const struct param *p;
	size_t np, i;

	p = model_params(n->m, &np);
	for (i = 0; i < np; i++)
		if (at >= p[i].at && at - p[i].at < p[i].rows * p[i].cols)
			return err_set(e, ST_NUMERIC, "the gradient of %s is not finite", p[i].name);
	return err_set(e, ST_NUMERIC, "the gradient is not finite");
}

/* The norm of the whole gradient: one chain of squares, passed from rank to rank. */
static enum status
norm(struct net *n, double *out, struct err *e)
{
	struct tc *tc = model_tc(n->m);
	double part[16] = {0};
	unsigned r;

	if (n->comm->size == 1) {
		*out = sqrt(sumsq_f32(tc, n->grad, n->size));
		return ST_OK;
	}
	for (r = 0; r < n->comm->size; r++) {
		if (r == n->comm->rank && sumsq_part(tc, part, n->grad + n->lo, n->hi - n->lo, e))
			return e->code;
		if (comm_bcast(n->comm, r, part, sizeof(part), e))
			return e->code;
	}
	*out = sqrt(sumsq_end(part));
	return ST_OK;
}

/* The first element of the gradient that is not finite, on any rank. */
static enum status
say_not_finite(struct net *n, struct err *e)
{
	struct tc *tc = model_tc(n->m);
	size_t len = n->hi - n->lo, at = find_nonfinite(tc, n->grad + n->lo, len);

	if (at < len || n->comm->size == 1)
		not_finite(n, n->lo + at, e);
	else
		e->code = ST_OK;
	return comm_agree(n->comm, e);
}

bool
net_is_value(const struct net *n, const struct param *p)
{
	return model_config(n->m)->value && !strncmp(p->name, "score.", 6);
}

bool
net_part(const struct net *n, const struct param *p, size_t *lo, size_t *hi)
{
	size_t end = p->at + p->rows * p->cols;

	*lo = p->at > n->lo ? p->at : n->lo;
	*hi = end < n->hi ? end : n->hi;
	return *lo < *hi;
}

enum status
net_update(struct net *n, struct net_update *u, struct err *e)
{
	struct tc *tc = model_tc(n->m);
	float *w = model_master(n->m);
	const struct param *p;
	size_t np, i;
	double scale;

	if (norm(n, &u->norm, e))
		return e->code;
	/* squares of floats do not overflow in double: one of them is not finite */
	if (!isfinite(u->norm))
		return say_not_finite(n, e);
	scale = clip_scale(u->norm, u->clip);
	n->updates += !u->value_only;
	n->value_updates++;
	p = model_params(n->m, &np);
	for (i = 0; i < np; i++) {
		bool value = net_is_value(n, &p[i]);
		size_t lo, hi;

		/* the part of it that is this rank's */
		if (net_part(n, &p[i], &lo, &hi) && (value || !u->value_only))
			adamw_step(tc, u->adam, w + lo, n->mom + (lo - n->lo), n->sq + (lo - n->lo),
			    n->grad + lo, hi - lo, value ? u->value_lr : u->lr, scale,
			    value ? n->value_updates : n->updates, p[i].decay);
	}
	if (net_gather(n, w, e))
		return e->code;
	model_refresh(n->m);
	tc_zero(tc, n->grad, n->size * sizeof(float));
	return tc_check(tc, e);
}
