/* Matrix products on the device that FINEGRAIN_DEVICE names, at the shapes of models: GFLOP/s,
 * and whether rows of each result are the processor's, byte for byte.
 *
 *	device [small]		small: shapes that a processor does quickly too
 *
 * Exit 1 when a byte differs. */
#include <stdio.h>
#include <stdint.h>

#include "bench.h"
#include "tensor/tensor.h"

enum kind { NT, NN, TN };
struct shape { enum kind kind; size_t m, n, k; enum dtype type; };

/* y (m,n) = a b: products of training, then of decoding one and 64 sequences */
static const struct shape large[] = {
	{ NT, 4096, 4096, 4096, DT_F32 }, { NN, 4096, 4096, 4096, DT_F32 }, { TN, 4096, 4096, 4096, DT_F32 },
	{ NT, 4096, 2048, 768, DT_F32 }, { NT, 2048, 32000, 768, DT_F32 }, { TN, 768, 2048, 4096, DT_F32 },
	{ NT, 4096, 11264, 2048, DT_F32 }, { NT, 4096, 11264, 2048, DT_BF16 },
	{ NT, 1, 4096, 4096, DT_F32 }, { NT, 1, 4096, 4096, DT_BF16 }, { NT, 64, 4096, 4096, DT_F32 }, { NT, 64, 11264, 2048, DT_F32 }
};
static const struct shape small[] = {
	{ NT, 150, 200, 100, DT_F32 }, { NN, 150, 100, 200, DT_F32 }, { TN, 200, 100, 150, DT_F32 }, { NT, 150, 200, 100, DT_BF16 },
	{ NT, 1, 300, 100, DT_F32 }, { NT, 64, 300, 100, DT_F32 }
};

/* the processor and the device; rows that are compared */
enum { SIDES = 2, CHECKED = 3 };
static struct tc *tc[SIDES];

/* An array on both. */
struct twin { float *p[SIDES]; size_t n; };

static void *
need(void *p)
{
	if (!p) {
		fprintf(stderr, "device: out of memory\n");
		exit(3);
	}
	return p;
}

static struct twin
reals(size_t n, uint32_t seed)
{
	struct twin t = { .n = n };

	for (int s = 0; s < SIDES; s++)
		t.p[s] = need(tc_alloc(tc[s], n * sizeof(float)));
	for (size_t i = 0; i < n; i++) {
		seed = seed * 1664525 + 1013904223;
		t.p[0][i] = (float)(int32_t)seed * 0x1p-31f;
	}
	tc_put(tc[1], t.p[1], t.p[0], n * sizeof(float));
	return t;
}

static void
drop(struct twin *t)
{
	for (int s = 0; s < SIDES; s++)
		tc_free(tc[s], t->p[s], t->n * sizeof(float));
}

/* rows [from, from + m) of the product on side s; w: b as it is multiplied */
static void
multiply(int s, const struct shape *x, struct twin *y, const struct twin *a, const struct twin *b, const struct panel *w,
    size_t from, size_t m)
{
	float *to = y->p[s] + from * x->n;

	if (x->kind == NT)
		gemm_nt(tc[s], to, x->n, a->p[s] + from * x->k, x->k, w, m, false);
	else if (x->kind == NN)
		gemm_nn(tc[s], to, x->n, a->p[s] + from * x->k, x->k, b->p[s], DT_F32, m, x->k, x->n, false);
	else
		gemm_tn(tc[s], to, a->p[s] + from, x->m, b->p[s], x->n, x->k, m, x->n);
}

static bool
measure(const struct shape *x)
{
	enum { TRIES = 5 };
	static const char *const kinds[] = { "NT", "NN", "TN" }, *const types[] = { "f32", "bf16", "f16" };
	struct twin y = reals(x->m * x->n, 1), a = reals(x->m * x->k, 2), b = reals(x->n * x->k, 3), raw = reals(x->n * x->k, 4);
	struct panel w[SIDES];
	size_t bytes = panel_bytes(x->type, x->n, x->k), rows[CHECKED] = { 0, x->m / 2, x->m - 1 }, i;
	double t[TRIES], flop = 2.0 * (double)x->m * (double)x->n * (double)x->k;
	float *got = need(malloc(x->n * sizeof(*got)));
	bool same = true;

	for (int s = 0; s < SIDES; s++) {
		w[s].mem = need(tc_alloc(tc[s], bytes));
		cast_round(tc[s], raw.p[s], b.p[s], b.n, x->type);
		if (x->kind == NT)
			panel_pack(tc[s], &w[s], raw.p[s], x->type, x->n, x->k);
	}
	/* before the others: TN adds to what is there */
	for (i = 0; i < CHECKED; i++)
		multiply(0, x, &y, &a, &b, &w[0], rows[i], 1);
	multiply(1, x, &y, &a, &b, &w[1], 0, x->m);
	for (i = 0; i < CHECKED; i++) {
		tc_get(tc[1], got, y.p[1] + rows[i] * x->n, x->n * sizeof(*got));
		same &= !memcmp(got, y.p[0] + rows[i] * x->n, x->n * sizeof(*got));
	}
	for (i = 0; i < TRIES; i++) {
		double from;

		tc_sync(tc[1]);
		from = bench_now(2);
		multiply(1, x, &y, &a, &b, &w[1], 0, x->m);
		tc_sync(tc[1]);
		t[i] = bench_now(2) - from;
	}
	printf("%-2s %5zu %6zu %5zu %-4s %10.1f GFLOP/s %9.1f us  %s\n", kinds[x->kind], x->m, x->n, x->k, types[x->type],
	    flop / bench_median(t, TRIES) * 1e-9, t[TRIES / 2] * 1e6, same ? "the processor's bytes" : "OTHER BYTES");
	for (int s = 0; s < SIDES; s++)
		tc_free(tc[s], w[s].mem, bytes);
	drop(&y);
	drop(&a);
	drop(&b);
	drop(&raw);
	free(got);
	return same;
}

int
main(int argc, char *argv[])
{
	bool few = argc > 1 && !strcmp(argv[1], "small"), same = true;
	const struct shape *x = few ? small : large;
	size_t n = few ? sizeof(small) / sizeof(*small) : sizeof(large) / sizeof(*large);
	struct tc_usage u;
	struct err e = { 0 };

	if (tc_open(&tc[0], 1, &e) || tc_open_device(&tc[1], NULL, 1, &e)) {
		fprintf(stderr, "device: %s\n", e.msg);
		return 3;
	}
	if (!tc_usage(tc[1], &u)) {
		printf("device: skipped: FINEGRAIN_DEVICE names none but the processor\n");
		return 0;
	}
	printf("products on %s\n", u.name);
	for (size_t i = 0; i < n; i++) {
		same &= measure(&x[i]);
		fflush(stdout);
	}
	if (tc_check(tc[1], &e)) {
		fprintf(stderr, "device: %s\n", e.msg);
		return 3;
	}
	tc_close(tc[0]);
	tc_close(tc[1]);
	return !same;
}
