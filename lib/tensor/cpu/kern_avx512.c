/* AVX-512: sixteen lanes, tiles of 12 rows by two vectors. */
#if defined(__x86_64__)
#include <immintrin.h>
#include <stdint.h>

#define W 16
#define ROWS 12
#define COLS 2
#define ISA "avx512"
#define KERN kern_avx512

typedef __m512 vf;
static inline vf vf_load(const float *p) { return _mm512_loadu_ps(p); }
static inline void vf_store(float *p, vf x) { _mm512_storeu_ps(p, x); }
static inline vf vf_set(float x) { return _mm512_set1_ps(x); }
static inline vf vf_fma(vf a, vf b, vf c) { return _mm512_fmadd_ps(a, b, c); }
static inline vf vf_max(vf a, vf b) { return _mm512_max_ps(a, b); }
static inline vf vf_min(vf a, vf b) { return _mm512_min_ps(a, b); }

static inline vf
vf_bf16(const uint16_t *p)
{
	__m256i h = _mm256_loadu_si256((const __m256i *)(const void *)p);

	return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(h), 16));
}

static inline vf
vf_f16(const uint16_t *p)
{
	return _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)(const void *)p));
}

#include "tensor/cpu/kern_body.h"
#endif
