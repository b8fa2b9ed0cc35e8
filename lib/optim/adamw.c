#include <math.h>

#include "optim/adamw.h"

enum { CHUNK = 1 << 15 };       /* floats a task: four arrays of it fit a core's cache */

struct job {
	float *w, *m, *v;
	const float *g;
	size_t n;
	float b1, c1, b2, c2;   /* betas and one minus them */
	float scale, keep, rate, root, eps;
};

static void
update(void *arg, size_t task, unsigned worker)
{
	const struct job j = *(const struct job *)arg;
	size_t i = task * CHUNK, end = j.n - i < CHUNK ? j.n : i + CHUNK;
	float *restrict w = j.w, *restrict m = j.m, *restrict v = j.v;
	const float *restrict gr = j.g;

	(void)worker;
	for (; i < end; i++) {
		float g = gr[i] * j.scale;

		m[i] = j.b1 * m[i] + j.c1 * g;
		v[i] = j.b2 * v[i] + j.c2 * (g * g);
		w[i] = w[i] * j.keep - j.rate * m[i] / (sqrtf(v[i]) * j.root + j.eps);
	}
}

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
adamw_step(struct pool *pool, const struct adamw *o, float *w, float *m, float *v,
    const float *g, size_t n, double lr, double scale, uint64_t step, bool decay)
{
	double bc1 = 1 - power(o->beta1, step), bc2 = 1 - power(o->beta2, step);
	struct job j = { .w = w, .m = m, .v = v, .g = g, .n = n };

	j.b1 = (float)o->beta1;
	j.c1 = (float)(1 - o->beta1);
	j.b2 = (float)o->beta2;
	j.c2 = (float)(1 - o->beta2);
	j.scale = (float)scale;
	j.keep = (float)(decay ? 1 - lr * o->decay : 1);
	/* TensorFlow's form is PyTorch's with both sides of the quotient times sqrt(bc2) */
	j.rate = (float)(o->tf_eps ? lr * sqrt(bc2) / bc1 : lr / bc1);
	j.root = (float)(o->tf_eps ? 1 : 1 / sqrt(bc2));
	j.eps = (float)o->eps;
	pool_run(pool, update, &j, (n + CHUNK - 1) / CHUNK);
}

double
clip_scale(double norm, double max)
{
	double s = max / (norm + 1e-6);

	return max > 0 && s < 1 ? s : 1;
}
