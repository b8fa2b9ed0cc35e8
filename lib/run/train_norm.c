#include <math.h>
#include <stdlib.h>

#include "run/train_int.h"

/* The scores of this rank's share of the responses, then those of all ranks.  v NULL: there was no memory. */
static enum status
scores(const struct objective *o, struct net *net, struct micro *mb, struct spool *s, double *v, struct err *e)
{
	struct comm *c = net->comm;
	size_t n = spool_count(s), i, bytes, *at = calloc((size_t)c->size + 1, sizeof(*at));
	const float *hidden;
	struct example x;

	e->code = ST_OK;
	if (!at || !v)
		err_nomem(e);
	for (i = comm_share(c, n, 1, c->rank); !e->code && i < comm_share(c, n, 1, c->rank + 1); i++) {
		example_view(&x, spool_get(s, i, &bytes));
		if (micro_build(mb, &x, 1, MICRO_AT, e) ||
		    model_forward(net->m, &mb->b, NULL, net->acts, &hidden, e))
			break;
		model_scalar(net->m, hidden, mb->row, mb->n, mb->out);
		v[i] = o->type->score(mb->out, mb->n);
	}
	for (i = 0; at && i <= c->size; i++)
		at[i] = comm_share(c, n, 1, i) * sizeof(*v);
	if (!comm_agree(c, e))
		comm_gather(c, v, at, e);
	free(at);
	return e->code;
}

enum status
train_norm(const struct objective *o, struct net *net, struct micro *mb, struct spool *s, struct err *e)
{
	double mean = 0, m2 = 0, d, *v;
	size_t i, n = spool_count(s);

	v = calloc(n + 1, sizeof(*v));
	if (scores(o, net, mb, s, v, e)) {
		free(v);
		return e->code;
	}
	for (i = 0; i < n; i++) {
		d = v[i] - mean;        /* Welford 1962 */
		mean += d / (double)(i + 1);
		m2 += d * (v[i] - mean);
	}
	free(v);
	if (n < 2 || !(m2 > 0))
		return err_set(e, ST_INPUT, "%zu responses with %s scores cannot set a normalisation", n,
		    n < 2 ? "their" : "equal");
	if (!isfinite(m2))
		return err_set(e, ST_NUMERIC, "a score is not finite");
	model_set_norm(net->m, o->type->head == HEAD_SEQUENCE ? mean : 0, sqrt(m2 / (double)(n - 1)));
	return ST_OK;
}
