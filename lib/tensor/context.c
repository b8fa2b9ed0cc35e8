#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include "tensor/tensor_int.h"

enum { HUGE_PAGE = 2 << 20, KERNS = 3 };

/* waking a worker takes as long as about so many operations */
#define WAKE 2e5

#if defined(__x86_64__)
/* older clangs do not know the feature by name */
static bool
have_f16c(void)
{
	unsigned a, b, c = 0, d;

	return __get_cpuid(1, &a, &b, &c, &d) && c >> 29 & 1;
}
#endif

/* The kernels that this machine runs, the best first. */
static unsigned
have(const struct kern *k[KERNS])
{
	unsigned n = 0;

#if defined(__x86_64__)
	__builtin_cpu_init();
	if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
	    __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
		k[n++] = &kern_avx512;
	if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && have_f16c())
		k[n++] = &kern_avx2;
#elif defined(__aarch64__)
	k[n++] = &kern_neon;
#endif
	k[n++] = &kern_portable;
	return n;
}

/* Whole pages from the system, whole huge pages where there is room for one. */
static size_t
big_round(size_t bytes)
{
	size_t unit = bytes >= HUGE_PAGE ? HUGE_PAGE : 4096;

	return bytes > SIZE_MAX - unit ? 0 : (bytes + unit - 1) / unit * unit;
}

void *
big_alloc(size_t bytes)
{
	size_t n = big_round(bytes ? bytes : 1), lead;
	char *p;

	if (!n || n > SIZE_MAX - HUGE_PAGE)
		return NULL;
	if (n < HUGE_PAGE) {
		p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		return p == MAP_FAILED ? NULL : p;
	}
	/* a huge page starts at a multiple of itself: map one more and cut the ends off */
	p = mmap(NULL, n + HUGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return NULL;
	lead = (HUGE_PAGE - (size_t)((uintptr_t)p % HUGE_PAGE)) % HUGE_PAGE;
	if (lead)
		munmap(p, lead);
	if (lead < HUGE_PAGE)
		munmap(p + lead + n, HUGE_PAGE - lead);
	madvise(p + lead, n, MADV_HUGEPAGE);
	return p + lead;
}

void
big_free(void *p, size_t bytes)
{
	if (p)
		munmap(p, big_round(bytes ? bytes : 1));
}

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

enum status
tc_open(struct tc **out, unsigned threads, struct err *e)
{
	const struct kern *k[KERNS];
	struct tc *tc;
	const char *isa;
	enum status st;

	if (!(tc = calloc(1, sizeof(*tc))))
		return err_nomem(e);
	if ((st = pool_open(&tc->pool, threads, e))) {
		free(tc);
		return st;
	}
	tc->threads = pool_threads(tc->pool);
	if (!(tc->own = calloc(tc->threads, sizeof(*tc->own)))) {
		tc_close(tc);
		return err_nomem(e);
	}
	have(k);
	tc->k = k[0];
	if ((isa = getenv("FINEGRAIN_ISA")) && *isa && (st = tc_set_isa(tc, isa, e))) {
		tc_close(tc);
		return st;
	}
	*out = tc;
	return ST_OK;
}

void
tc_close(struct tc *tc)
{
	unsigned i;

	if (!tc)
		return;
	for (i = 0; tc->own && i < tc->threads; i++)
		big_free(tc->own[i].p, tc->own[i].n);
	free(tc->own);
	big_free(tc->shared.p, tc->shared.n);
	big_free(tc->pack_a.p, tc->pack_a.n);
	big_free(tc->pack_b.p, tc->pack_b.n);
	pool_close(tc->pool);
	free(tc);
}

struct pool *
tc_pool(struct tc *tc)
{
	return tc->pool;
}

bool
tc_failed(struct tc *tc)
{
	return atomic_exchange(&tc->failed, false);
}

const char *
tc_isa(const struct tc *tc)
{
	return tc->k->isa;
}

enum status
tc_set_isa(struct tc *tc, const char *isa, struct err *e)
{
	const struct kern *k[KERNS];
	unsigned i, n = have(k);

	for (i = 0; i < n; i++)
		if (!strcmp(isa, k[i]->isa)) {
			tc->k = k[i];
			return ST_OK;
		}
	return err_set(e, ST_USAGE, "%s: no such instruction set here", isa);
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
