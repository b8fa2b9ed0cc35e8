#include <math.h>

#include "optim/adamw.h"

/* b^k by squaring: the same bits everywhere, and no rounding drift over long runs */
static double
power(double b, uint64_t k)
{
	double r = 1;

	for (; k; k >>= 1, b *= b)
		if (k & 1)
			r *= b;
	return r;
}

void
adamw_step(struct tc *tc, const struct adamw *o, float *w, float *m, float *v,
    const float *g, size_t n, double lr, double scale, uint64_t step, bool decay)
{
	double bc1 = 1 - power(o->beta1, step), bc2 = 1 - power(o->beta2, step);
	struct adamw_numbers a = {
		.b1 = (float)o->beta1, .c1 = (float)(1 - o->beta1),
		.b2 = (float)o->beta2, .c2 = (float)(1 - o->beta2),
		.scale = (float)scale, .keep = (float)(decay ? 1 - lr * o->decay : 1),
		/* TensorFlow's form is PyTorch's with both sides of the quotient times sqrt(bc2) */
		.rate = (float)(o->tf_eps ? lr * sqrt(bc2) / bc1 : lr / bc1),
		.root = (float)(o->tf_eps ? 1 : 1 / sqrt(bc2)), .eps = (float)o->eps
	};

	adamw_update(tc, w, m, v, g, n, &a);
}

double
clip_scale(double norm, double max)
{
	double s = max / (norm + 1e-6);

	return max > 0 && s < 1 ? s : 1;
}
