/* Tests of 16 or 64 bytes of text at once.  They only step quickly over text without special
 * cases; the functions of scan.c do the rest. */
#ifndef JSON_BLOCK_H
#define JSON_BLOCK_H

#include <stdint.h>

#ifdef __SSE2__
#include <emmintrin.h>

#define BLOCK_WIDE              /* block_numbers is there */

/* Over bytes of a string that need no look: ASCII but quotes, backslashes and control
 * characters. */
static inline const char *
block_plain(const char *s, const char *end)
{
	const __m128i quote = _mm_set1_epi8('"'), back = _mm_set1_epi8('\\'), space = _mm_set1_epi8(0x20);
	__m128i v, odd;
	int mask;

	for (; end - s >= 16; s += 16) {
		v = _mm_loadu_si128((const __m128i *)(const void *)s);
		/* bytes from 0x80 on are negative */
		odd = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(v, quote), _mm_cmpeq_epi8(v, back)), _mm_cmplt_epi8(v, space));
		if ((mask = _mm_movemask_epi8(odd)))
			return s + __builtin_ctz((unsigned)mask);
	}
	return s;
}

/* Of 64 bytes of a string, a bit for each that needs a look. */
static inline uint64_t
block_odd(const char *s)
{
	const __m128i quote = _mm_set1_epi8('"'), back = _mm_set1_epi8('\\'), space = _mm_set1_epi8(0x20);
	uint64_t m = 0;
	int i;

	for (i = 0; i < 64; i += 16) {
		const __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(s + i));

		m |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(v, quote),
		    _mm_cmpeq_epi8(v, back)), _mm_cmplt_epi8(v, space))) << i;
	}
	return m;
}

/* A bit a byte: which are digits, '0', commas, minus signs, points. */
struct block_masks { uint64_t digit, zero, comma, minus, point; };

static inline struct block_masks
block_numbers(const char *s)
{
	struct block_masks m = {0};
	int i;

	for (i = 0; i < 64; i += 16) {
		const __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(s + i));
		/* '0'..'9' become the ten least of the signed bytes */
		const __m128i low = _mm_add_epi8(v, _mm_set1_epi8((char)(0x80 - '0')));

#define BLOCK_BITS(x) ((uint64_t)(unsigned)_mm_movemask_epi8(x) << i)
		m.digit |= BLOCK_BITS(_mm_cmplt_epi8(low, _mm_set1_epi8((char)(0x80 + 10))));
		m.zero |= BLOCK_BITS(_mm_cmpeq_epi8(v, _mm_set1_epi8('0')));
		m.comma |= BLOCK_BITS(_mm_cmpeq_epi8(v, _mm_set1_epi8(',')));
		m.minus |= BLOCK_BITS(_mm_cmpeq_epi8(v, _mm_set1_epi8('-')));
		m.point |= BLOCK_BITS(_mm_cmpeq_epi8(v, _mm_set1_epi8('.')));
#undef BLOCK_BITS
	}
	return m;
}

/* s at the beginning of an array's element: the place after as many numbers without exponent,
 * each with its comma, as are seen to be right; s when the next is not such a number.  What a
 * block leaves to the next is a bit of each mask, so that blocks need not wait for
 * where in the one before them the last number began. */
static inline const char *
block_elements(const char *s, const char *end)
{
	const char *after_comma = s;    /* the last comma */
	uint64_t comma = 1, minus = 0, point = 0, zero = 0, digit = 0, part = 0;

	for (; end - s >= 64; s += 64) {
		const struct block_masks m = block_numbers(s);
		const uint64_t start = m.comma << 1 | comma;
		const uint64_t first = (start & ~m.minus) | (start & m.minus) << 1 | minus;     /* the first digit's place */
		const uint64_t after = m.point << 1 | point;
		const uint64_t nought = first & m.zero;
		uint64_t bad, good, run;

		bad = ~(m.digit | m.comma | m.minus | m.point);
		bad |= m.minus & ~start;
		bad |= first & ~m.digit;
		bad |= (nought << 1 | zero) & m.digit;
		bad |= m.point & ~(m.digit << 1 | digit);
		bad |= after & ~m.digit;
		/* a carry through the digits after a point: what ends them is not a second point */
		bad |= part & m.point;
		part = __builtin_add_overflow(m.digit, (after | part) & m.digit, &run);
		bad |= run & ~m.digit & m.point;
		good = m.comma & (bad ? (bad & -bad) - 1 : ~UINT64_C(0));
		if (good)
			after_comma = s + 64 - __builtin_clzll(good);
		if (bad)
			break;
		comma = m.comma >> 63;
		minus = (start & m.minus) >> 63;
		point = m.point >> 63;
		zero = nought >> 63;
		digit = m.digit >> 63;
	}
	return after_comma;
}

#else

static inline const char *
block_plain(const char *s, const char *end)
{
	uint64_t v, odd;

	for (; end - s >= 8; s += 8) {
		__builtin_memcpy(&v, s, 8);
		/* "Bit Twiddling Hacks": a byte that is zero, or below 32, sets its high bit */
		odd = (v ^ 0x2222222222222222) - 0x0101010101010101;
		odd |= (v ^ 0x5c5c5c5c5c5c5c5c) - 0x0101010101010101;
		odd |= v - 0x2020202020202020;
		if ((odd | v) & 0x8080808080808080)
			break;
	}
	return s;
}

static inline const char *
block_elements(const char *s, const char *end)
{
	(void)end;
	return s;
}

#endif
#endif
