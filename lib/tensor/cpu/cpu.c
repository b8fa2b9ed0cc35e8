/* The processor as a device: its kernels and its memory, which is the host's. */
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include "tensor/cpu/cpu_int.h"

enum { KERNS = 3 };

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

enum status
cpu_start(struct tc *tc, unsigned threads, struct err *e)
{
	const struct kern *k[KERNS];
	const char *isa;

	if (pool_open(&tc->pool, threads, e))
		return e->code;
	tc->threads = pool_threads(tc->pool);
	have(k);
	tc->k = k[0];
	if (!(tc->own = calloc(tc->threads, sizeof(*tc->own))))
		err_nomem(e);
	else if (!(isa = getenv("FINEGRAIN_ISA")) || !*isa || !tc_set_isa(tc, isa, e))
		return ST_OK;
	cpu_stop(tc);
	return e->code;
}

void
cpu_stop(struct tc *tc)
{
	unsigned i;

	for (i = 0; tc->own && i < tc->threads; i++)
		big_free(tc->own[i].p, tc->own[i].n);
	free(tc->own);
	big_free(tc->shared.p, tc->shared.n);
	big_free(tc->pack_a.p, tc->pack_a.n);
	big_free(tc->pack_b.p, tc->pack_b.n);
	pool_close(tc->pool);
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

void *
cpu_tc_alloc(struct tc *tc, size_t bytes)
{
	(void)tc;
	return big_alloc(bytes);
}

void
cpu_tc_free(struct tc *tc, void *p, size_t bytes)
{
	(void)tc;
	big_free(p, bytes);
}

void
cpu_tc_put(struct tc *tc, void *to, const void *from, size_t bytes)
{
	(void)tc;
	memcpy(to, from, bytes);
}

void
cpu_tc_get(struct tc *tc, void *to, const void *from, size_t bytes)
{
	(void)tc;
	memcpy(to, from, bytes);
}

void
cpu_tc_copy(struct tc *tc, void *to, const void *from, size_t bytes)
{
	(void)tc;
	memcpy(to, from, bytes);
}

void
cpu_tc_zero(struct tc *tc, void *p, size_t bytes)
{
	(void)tc;
	memset(p, 0, bytes);
}

void
cpu_tc_sync(struct tc *tc)
{
	(void)tc;
}

static bool
unit(size_t i, struct device_unit *u)
{
	*u = (struct device_unit){ .memory = 0 };
	return i == 0;
}

const struct device device_cpu = {
	.name = "cpu",
	.host = true,
	.unit = unit,
	.ops = {
#define X(name) .name = cpu_##name,
		TENSOR_OPS(X)
#undef X
	},
};
