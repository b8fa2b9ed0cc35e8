#include <math.h>

#include "tensor/cpu/cpu_int.h"

enum { CHUNK = 1 << 15 };       /* floats a task: four arrays of it fit a core's cache */

struct job {
	float *w, *m, *v;
	const float *g;
	size_t n;
	struct adamw_numbers a;
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
		float g = gr[i] * j.a.scale;

		m[i] = j.a.b1 * m[i] + j.a.c1 * g;
		v[i] = j.a.b2 * v[i] + j.a.c2 * (g * g);
		w[i] = w[i] * j.a.keep - j.a.rate * m[i] / (sqrtf(v[i]) * j.a.root + j.a.eps);
	}
}

void
cpu_adamw_update(struct tc *tc, float *w, float *m, float *v, const float *g, size_t n,
    const struct adamw_numbers *a)
{
	struct job j = { .w = w, .m = m, .v = v, .g = g, .n = n, .a = *a };

	pool_run(tc->pool, update, &j, (n + CHUNK - 1) / CHUNK);
}
