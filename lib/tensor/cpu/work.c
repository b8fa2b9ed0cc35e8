/* What the processor's operations work with: scratch and threads. */
#include "tensor/cpu/cpu_int.h"

/* waking a worker takes as long as about so many operations */
#define WAKE 2e5

void *
scratch_get(struct tc *tc, struct scratch *s, size_t n)
{
	if (n <= s->n && s->p)
		return s->p;
	n += n / 4;
	big_free(s->p, s->n);
	s->n = n;
	if (!(s->p = big_alloc(n))) {
		s->n = 0;
		atomic_store(&tc->failed, true);
	}
	return s->p;
}

void
tc_run(struct tc *tc, void (*fn)(void *, size_t, unsigned), void *arg, size_t tasks, double work)
{
	size_t i;

	if (tc->threads > 1 && tasks > 1 && work > WAKE) {
		pool_run(tc->pool, fn, arg, tasks);
		return;
	}
	for (i = 0; i < tasks; i++)
		fn(arg, i, 0);
}
