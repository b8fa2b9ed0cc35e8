/* Where one edit leads to, as level.c has it, eight diagonals at once. */
#if defined(__x86_64__)
#include <immintrin.h>

#include "edit/level_int.h"

typedef __m256i vi;

static inline vi
load(const int32_t *p)
{
	return _mm256_loadu_si256((const vi *)(const void *)p);
}

static inline vi
take(const void *p, vi at)
{
	return _mm256_i32gather_epi32((const int *)p, at, 4);
}

/* Back over the symbols that are kept, in the lanes of bits; returns how many there are. */
static uint64_t
keep(const struct edit_reach *r, vi *x, int32_t k, int32_t step, uint32_t bits)
{
	int32_t at[8];
	uint64_t kept = 0;

	_mm256_storeu_si256((vi *)(void *)at, *x);
	for (; bits; bits &= bits - 1) {
		int t = __builtin_ctz(bits);

		kept += (uint64_t)at[t];
		at[t] = edit_level_keep(r, at[t], k + t * step);
		kept -= (uint64_t)at[t];
	}
	*x = load(at);
	return kept;
}

static inline uint32_t
bits_of(vi x)
{
	return (uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(x));
}

static inline __attribute__((always_inline)) void
edit_level(struct edit_reach *r, struct level *l, int32_t left, bool lev, bool leaves, int32_t step)
{
	const vi zero = _mm256_setzero_si256(), far = _mm256_set1_epi32(FAR), least = _mm256_set1_epi32(left);
	const vi lane = _mm256_mullo_epi32(_mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7), _mm256_set1_epi32(step));
	const vi n = _mm256_set1_epi32(r->n), m = _mm256_set1_epi32(r->m), one = _mm256_set1_epi32(1);
	int32_t shift = step - 1, k = l->lo, end = l->hi, last = l[-1].hi + 1 < end ? l[-1].hi + 1 : end;
	int32_t first, some, lo = FAR, hi = -FAR, leave_lo = FAR, leave_hi = -FAR;
	const int32_t *from = r->num + l[-1].at + ((k + 1) >> shift);   /* that of diagonal k + 1 */
	int32_t *to = r->num + l->at + (k >> shift);
	const vi ends = _mm256_set1_epi32(last);
	int32_t *tail = r->num + l[-1].at + (l[-1].hi >> shift) + 1;
	vi at, d, x, y, bad, same;
	uint32_t reached, leave;

	/* vectors read beyond the level before: numbers of their own, so that what they read is known */
	for (int i = 0; i < TAIL; i += 8)
		_mm256_storeu_si256((vi *)(void *)(tail + i), far);
	for (; k < l[-1].lo - 1 && k <= end; k += step, from++)
		*to++ = FAR;
	first = k;
	some = k <= last ? (last - k) / step + 1 : 0;
	for (int32_t i = 0; i < some; i += 8, k += 8 * step, from += 8) {
		at = _mm256_add_epi32(_mm256_set1_epi32(k), lane);
		d = _mm256_min_epi32(at, ends);
		x = _mm256_min_epi32(_mm256_sub_epi32(load(from - 2 / step), one), load(from));
		if (lev)
			x = _mm256_min_epi32(x, _mm256_sub_epi32(load(from - 1), one));
		x = _mm256_max_epi32(x, _mm256_max_epi32(zero, _mm256_sub_epi32(zero, d)));
		y = _mm256_min_epi32(n, _mm256_sub_epi32(m, d));
		bad = _mm256_or_si256(_mm256_cmpgt_epi32(x, y), _mm256_cmpgt_epi32(at, d));
		if (step == 1)
			bad = _mm256_or_si256(bad, _mm256_cmpeq_epi32(_mm256_max_epi32(x, load(from - 1)), x));
		x = _mm256_blendv_epi8(x, y, bad);
		same = _mm256_cmpeq_epi32(take(r->a - 1, x), take(r->b - 1, _mm256_add_epi32(x, d)));
		leave = bits_of(same);
		if (!leaves)
			r->steps += keep(r, &x, k, step, leave & ~bits_of(_mm256_cmpgt_epi32(at, d)));
		/* edit_bound_least() */
		y = _mm256_add_epi32(take(r->bound.a, x), lev ? _mm256_max_epi32(d, zero) : d);
		bad = _mm256_or_si256(bad, _mm256_cmpgt_epi32(y, least));
		y = _mm256_sub_epi32(take(r->bound.b, _mm256_add_epi32(x, d)), lev ? _mm256_min_epi32(d, zero) : d);
		bad = _mm256_or_si256(bad, _mm256_cmpgt_epi32(y, least));
		_mm256_storeu_si256((vi *)(void *)(to + i), _mm256_blendv_epi8(x, far, bad));
		reached = 0xff & ~bits_of(bad);
		leave &= reached;
		if (reached) {
			lo = lo == FAR ? k + step * __builtin_ctz(reached) : lo;
			hi = k + step * (31 - __builtin_clz(reached));
		}
		if (leaves && leave) {
			leave_lo = leave_lo == FAR ? k + step * __builtin_ctz(leave) : leave_lo;
			leave_hi = k + step * (31 - __builtin_clz(leave));
		}
	}
	for (; first + some * step <= end; some++)
		to[some] = FAR;
	l->lo = lo;
	l->hi = hi;
	l->leave_lo = leave_lo;
	l->leave_hi = leave_hi;
}

void
edit_level_avx2(struct edit_reach *r, struct level *l, int32_t left)
{
	EDIT_LEVEL_OF_KIND(r, l, left);
}
#endif
