/* Matrix products beside OpenBLAS, where that is installed, at the shapes of models.
 *
 *	gemm [threads]	the table; medians of runs that take turns
 *	gemm THREADS KIND M N K [TYPE]	that product alone: nt, nn or tn; f32, bf16 or f16
 *	gemm peak	what the machine's multiply-add units can do, on one thread
 *
 * FINEGRAIN_ISA chooses the instruction set. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdint.h>

#include "bench.h"
#include "tensor/tensor.h"

enum kind { NT, NN, TN };
struct shape { enum kind kind; size_t m, n, k; enum dtype type; };

static const struct shape shapes[] = {
	{ NT, 512, 288, 288, DT_F32 }, { NT, 4096, 864, 288, DT_F32 }, { NT, 4096, 288, 768, DT_F32 }, { NT, 2048, 768, 768, DT_F32 }, { NT, 2048, 32000, 768, DT_F32 },
	{ NT, 2048, 4096, 4096, DT_F32 }, { NN, 2048, 768, 768, DT_F32 }, { TN, 768, 768, 2048, DT_F32 },
	{ NN, 4096, 288, 768, DT_F32 }, { NN, 4096, 768, 288, DT_F32 }, { TN, 768, 288, 4096, DT_F32 },
	{ NT, 1, 4096, 4096, DT_F32 }, { NT, 1, 4096, 4096, DT_BF16 }, { NT, 1, 4096, 4096, DT_F16 },
	{ NT, 8, 4096, 4096, DT_F32 }, { NT, 8, 4096, 4096, DT_BF16 }, { NT, 32, 4096, 4096, DT_F32 },
	{ NT, 8, 768, 2048, DT_F32 }, { NT, 32, 768, 2048, DT_F32 }, { NT, 64, 4096, 288, DT_F32 },
};

enum { ROW = 101, PLAIN = 111, TURNED = 112 };
typedef void sgemm_fn(int, int, int, int, int, int, float, const float *, int, const float *, int, float, float *, int);

/* One product: y (m,n) = a b. */
struct work {
	struct shape s;
	float *y, *a, *b;
	void *raw;              /* b as s.type */
	struct panel p;
};

static float *
reals(size_t n, uint32_t seed)
{
	float *x = big_alloc(n * sizeof(*x));

	if (!x) {
		fprintf(stderr, "gemm: out of memory\n");
		exit(3);
	}
	for (size_t i = 0; i < n; i++) {
		seed = seed * 1664525 + 1013904223;
		x[i] = (float)(int32_t)seed * 0x1p-31f;
	}
	return x;
}

static void
ours(struct tc *tc, const struct work *w)
{
	size_t m = w->s.m, n = w->s.n, k = w->s.k;

	if (w->s.kind == NT)
		gemm_nt(tc, w->y, n, w->a, k, &w->p, m, false);
	else if (w->s.kind == NN)
		gemm_nn(tc, w->y, n, w->a, k, w->b, DT_F32, m, k, n, false);
	else
		gemm_tn(tc, w->y, w->a, m, w->b, n, k, m, n);
}

static void
theirs(sgemm_fn *sgemm, const struct work *w)
{
	int m = (int)w->s.m, n = (int)w->s.n, k = (int)w->s.k;

	if (w->s.kind == NT)
		sgemm(ROW, PLAIN, TURNED, m, n, k, 1, w->a, k, w->b, k, 0, w->y, n);
	else if (w->s.kind == NN)
		sgemm(ROW, PLAIN, PLAIN, m, n, k, 1, w->a, k, w->b, n, 0, w->y, n);
	else
		sgemm(ROW, TURNED, PLAIN, m, n, k, 1, w->a, m, w->b, n, 1, w->y, n);
}

static void
measure(struct tc *tc, unsigned threads, sgemm_fn *sgemm, const struct shape *s)
{
	enum { TRIES = 7 };
	static const char *const kinds[] = { "NT", "NN", "TN" }, *const types[] = { "f32", "bf16", "f16" };
	struct work w = { .s = *s };
	double t[2][TRIES], flop = 2.0 * (double)s->m * (double)s->n * (double)s->k, from;
	size_t reps = (size_t)(4e8 / flop) + 1, i, r, size = dtype_size(s->type);

	w.y = reals(s->m * s->n, 1);
	w.a = reals(s->m * s->k, 2);
	w.b = reals(s->n * s->k, 3);
	w.raw = w.b;
	if (s->type != DT_F32) {
		w.raw = reals(s->n * s->k, 4);
		dtype_from_f32(w.raw, w.b, s->n * s->k, s->type);
	}
	if (s->kind == NT) {
		w.p.mem = big_alloc(panel_bytes(s->type, s->n, s->k));
		if (!w.p.mem)
			exit(3);
		panel_pack(tc, &w.p, w.raw, s->type, s->n, s->k);
	}
	for (i = 0; i < TRIES; i++) {
		from = bench_now(threads);
		for (r = 0; r < reps; r++)
			ours(tc, &w);
		t[0][i] = (bench_now(threads) - from) / (double)reps;
		from = bench_now(threads);
		for (r = 0; sgemm && r < reps; r++)
			theirs(sgemm, &w);
		t[1][i] = (bench_now(threads) - from) / (double)reps;
	}
	from = bench_median(t[0], TRIES);
	printf("%-2s %5zu %6zu %5zu %-4s %8.1f", kinds[s->kind], s->m, s->n, s->k, types[s->type], flop / from * 1e-9);
	if (sgemm)
		printf(" %8.1f  %5.2f", flop / bench_median(t[1], TRIES) * 1e-9, bench_median(t[1], TRIES) / from);
	printf("   %6.1f GB/s of weights\n", (double)(s->n * s->k * size) / from * 1e-9);
	if (s->kind == NT)
		big_free(w.p.mem, panel_bytes(s->type, s->n, s->k));
	if (w.raw != w.b)
		big_free(w.raw, s->n * s->k * sizeof(float));
	big_free(w.y, s->m * s->n * sizeof(float));
	big_free(w.a, s->m * s->k * sizeof(float));
	big_free(w.b, s->n * s->k * sizeof(float));
}

static int
find(const char *const *words, int n, const char *word)
{
	for (int i = 0; i < n; i++)
		if (!strcmp(words[i], word))
			return i;
	fprintf(stderr, "gemm: unknown word: %s\n", word);
	exit(2);
}

/* The shape that the command line names. */
static struct shape
named(int argc, char *argv[])
{
	static const char *const kinds[] = { "nt", "nn", "tn" }, *const types[] = { "f32", "bf16", "f16" };
	static const enum dtype type[] = { DT_F32, DT_BF16, DT_F16 };

	return (struct shape){ (enum kind)find(kinds, 3, argv[2]), strtoul(argv[3], NULL, 10), strtoul(argv[4], NULL, 10),
		strtoul(argv[5], NULL, 10), type[argc > 6 ? find(types, 3, argv[6]) : 0] };
}

int
main(int argc, char *argv[])
{
	unsigned threads = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 1;
	void *lib = dlopen("libopenblas.so.0", RTLD_NOW);
	sgemm_fn *sgemm = NULL;
	void (*set)(int) = NULL;
	struct tc *tc;
	struct err e;
	void *fn;

	threads = threads ? threads : 1;
	if (tc_open(&tc, threads, &e)) {
		fprintf(stderr, "gemm: %s\n", e.msg);
		return 3;
	}
	printf("%s: %.1f GFLOP/s of multiply-adds on a thread\n", tc_isa(tc), bench_peak(tc_isa(tc)));
	if (argc > 1 && !strcmp(argv[1], "peak"))
		return 0;
	/* by way of memory: ISO C has no cast from object to function pointers */
	if (lib && (fn = dlsym(lib, "cblas_sgemm")))
		memcpy(&sgemm, &fn, sizeof(fn));
	if (lib && (fn = dlsym(lib, "openblas_set_num_threads"))) {
		memcpy(&set, &fn, sizeof(fn));
		set((int)threads);
	}
	printf("GFLOP/s on %u thread%s; OpenBLAS %s\n", threads, threads == 1 ? "" : "s", sgemm ? "beside it, ratio" :
	    "is not installed: skipped");
	if (argc > 5) {
		const struct shape s = named(argc, argv);

		measure(tc, threads, sgemm, &s);
	}
	for (size_t i = 0; i < sizeof(shapes) / sizeof(*shapes) && argc < 3; i++)
		measure(tc, threads, sgemm, &shapes[i]);
	tc_close(tc);
	return 0;
}
