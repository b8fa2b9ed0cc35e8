/* What the benchmarks share: a clock, medians, and what the machine can do at most. */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

/* Seconds.  One thread is measured by its own time on a processor, which other programs
 * do not lengthen; several by the clock. */
static inline double
bench_now(unsigned threads)
{
	struct timespec t;

	clock_gettime(threads == 1 ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int
bench_order(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static inline double
bench_median(double *t, size_t n)
{
	qsort(t, n, sizeof(*t), bench_order);
	return t[n / 2];
}

/* Twelve independent chains of n fused multiply-adds a lane; floats a vector. */
#define BENCH_CHAINS(type, set, fma) do { \
	type s[12], a = set(0.999f), b = set(0.001f); \
	_Pragma("GCC unroll 12") \
	for (int j = 0; j < 12; j++) \
		s[j] = set((float)j); \
	for (size_t i = 0; i < n; i++) { \
		_Pragma("GCC unroll 12") \
		for (int j = 0; j < 12; j++) \
			s[j] = fma(s[j], a, b); \
	} \
	_Pragma("GCC unroll 12") \
	for (int j = 1; j < 12; j++) \
		s[0] = fma(s[j], a, s[0]); \
	memcpy(out, &s[0], sizeof(float)); \
} while (0)

#if defined(__x86_64__)
__attribute__((target("avx512f"))) static inline void
bench_fma_avx512(size_t n, float *out)
{
	BENCH_CHAINS(__m512, _mm512_set1_ps, _mm512_fmadd_ps);
}

__attribute__((target("avx2,fma"))) static inline void
bench_fma_avx2(size_t n, float *out)
{
	BENCH_CHAINS(__m256, _mm256_set1_ps, _mm256_fmadd_ps);
}
#elif defined(__aarch64__)
#define BENCH_NEON_FMA(a, b, c) vfmaq_f32(c, a, b)
static inline void
bench_fma_neon(size_t n, float *out)
{
	BENCH_CHAINS(float32x4_t, vdupq_n_f32, BENCH_NEON_FMA);
}
#endif

static inline void
bench_fma_plain(size_t n, float *out)
{
	BENCH_CHAINS(float, , fmaf);
}

/* GFLOP/s of fused multiply-adds on one thread with isa's vectors */
static inline double
bench_peak(const char *isa)
{
	enum { N = 1 << 20, TRIES = 15 };
	double t[TRIES], lanes = 1;
	volatile float sink;
	float out = 0;

	for (int i = 0; i < TRIES; i++) {
		double from = bench_now(1);

#if defined(__x86_64__)
		if (!strcmp(isa, "avx512"))
			lanes = 16, bench_fma_avx512(N, &out);
		else if (!strcmp(isa, "avx2"))
			lanes = 8, bench_fma_avx2(N, &out);
		else
#elif defined(__aarch64__)
		if (!strcmp(isa, "neon"))
			lanes = 4, bench_fma_neon(N, &out);
		else
#endif
			bench_fma_plain(N, &out);
		t[i] = bench_now(1) - from;
		sink = out;
	}
	(void)sink;
	return 2.0 * 12 * lanes * N / bench_median(t, TRIES) * 1e-9;
}

#endif
