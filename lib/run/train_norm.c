#include <math.h>

#include "run/train_int.h"

enum status
train_norm(const struct objective *o, struct net *net, struct micro *mb, struct spool *s, struct err *e)
{
	double mean = 0, m2 = 0, v, d;
	size_t i, bytes, n = spool_count(s);
	struct example x;
	const float *hidden;

	for (i = 0; i < n; i++) {
		example_view(&x, spool_get(s, i, &bytes));
		if (micro_build(mb, &x, 1, MICRO_AT, e) ||
		    model_forward(net->m, &mb->b, NULL, net->acts, &hidden, e))
			return e->code;
		model_scalar(net->m, hidden, mb->row, mb->n, mb->out);
		v = o->type->score(mb->out, mb->n);
		d = v - mean;           /* Welford 1962 */
		mean += d / (double)(i + 1);
		m2 += d * (v - mean);
	}
	if (n < 2 || !(m2 > 0))
		return err_set(e, ST_INPUT, "%zu responses with %s scores cannot set a normalisation", n,
		    n < 2 ? "their" : "equal");
	if (!isfinite(m2))
		return err_set(e, ST_NUMERIC, "a score is not finite");
	model_set_norm(net->m, o->type->head == HEAD_SEQUENCE ? mean : 0, sqrt(m2 / (double)(n - 1)));
	return ST_OK;
}
