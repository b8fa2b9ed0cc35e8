#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "json/array.h"
#include "json/block.h"
#include "json/number.h"
#include "json/scan.h"

/* From the end of an element to the next one, or to the bracket. */
static inline const char *
next_element(const char *s, const char *end)
{
	if (*s == ',' && s[1] > ' ')
		return s + 1;
	s = json_scan_space(s, end);
	return *s == ',' ? json_scan_space(s + 1, end) : s;
}

#ifdef BLOCK_WIDE

/* The value of the n digits before q, n <= 8; eight bytes there can be read. */
static inline uint32_t
digits_before(const char *q, unsigned n)
{
	uint64_t x;

	memcpy(&x, q - 8, 8);
	/* the bytes before the digits become zeros */
	x = (x & 0x0f0f0f0f0f0f0f0f) >> (64 - 8 * n) << (64 - 8 * n);
	/* pairs of digits, of pairs, of fours */
	x = (x * 10 + (x >> 8)) & 0x00ff00ff00ff00ff;
	x = (x * 100 + (x >> 16)) & 0x0000ffff0000ffff;
	return (uint32_t)(x * 10000 + (x >> 32));
}

/* The float of s[0..n), point where its point is (or n); false: another function must. */
static inline bool
decimal_f32(const char *s, unsigned n, unsigned point, float *v)
{
	static const double ten[] = { 1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14 };
	unsigned neg = *s == '-', whole = point - neg, part = n - point - (point < n);
	uint64_t w, bits;
	double x;

	/* so that digits and power are exact as doubles, and the quotient is rounded once:
	 * William Clinger, "How to read floating point numbers accurately" (1990) */
	if (whole - 1 > 7 || whole + part > 15)
		return false;
	w = digits_before(s + point, whole);
	if (part > 8)
		w = (w * (uint64_t)ten[part - 8] + digits_before(s + n - 8, part - 8)) * 100000000 + digits_before(s + n, 8);
	else if (part)
		w = w * (uint64_t)ten[part] + digits_before(s + n, part);
	x = (double)w / ten[part];
	if (!(x >= (double)FLT_MIN && x < (double)FLT_MAX) && w)
		return false;
	/* rounded twice it is right unless the first rounding met the middle of two floats */
	memcpy(&bits, &x, sizeof(bits));
	if ((bits & 0x1fffffff) - 0x0fffffff <= 2)
		return false;
	*v = (float)(neg ? -x : x);
	return true;
}

/* The commas before the first byte that is odd. */
static inline uint64_t
commas_before(uint64_t comma, uint64_t odd)
{
	return odd ? comma & ((odd & -odd) - 1) : comma;
}

/* Elements with their commas, 64 bytes at a time: where each ends is known before any
 * is read, so that the processor reads several at once.  Stops after a comma: at the
 * white space or the element that is odd. */
static const char *
blocks_f32(const char *s, const char *end, float *v, size_t *n)
{
	while (end - s >= 64) {
		const struct block_masks m = block_numbers(s);
		uint64_t comma = commas_before(m.comma, ~(m.digit | m.comma | m.minus | m.point)), point = m.point;
		unsigned at = 0, to, p;

		if (!comma)
			return s;
		for (; comma; comma &= comma - 1, at = to + 1) {
			to = (unsigned)__builtin_ctzll(comma);
			p = point ? (unsigned)__builtin_ctzll(point) : to;
			if (p < to)
				point &= point - 1;
			else
				p = to;
			if (!decimal_f32(s + at, to - at, p - at, &v[*n]))
				return s + at;
			++*n;
		}
		s += at;
	}
	return s;
}

/* The value of the n digits at s, 1 <= n <= 8; eight bytes there can be read. */
static inline uint32_t
digits_at(const char *s, unsigned n)
{
	uint64_t x;

	memcpy(&x, s, 8);
	/* the bytes after the digits go, zeros come before them */
	x = (x & 0x0f0f0f0f0f0f0f0f) << ((64 - 8 * n) & 63);
	x = (x * 10 + (x >> 8)) & 0x00ff00ff00ff00ff;
	x = (x * 100 + (x >> 16)) & 0x0000ffff0000ffff;
	return (uint32_t)(x * 10000 + (x >> 32));
}

static const char *
blocks_i32(const char *s, const char *end, int32_t lo, int32_t hi, int32_t *v, size_t *n)
{
	/* the last number of a block is read with what comes after it */
	while (end - s >= 72) {
		const struct block_masks m = block_numbers(s);
		uint64_t comma = commas_before(m.comma, ~(m.digit | m.comma | m.minus));
		unsigned at = 0, to, neg;
		int32_t x;

		if (!comma)
			return s;
		for (; comma; comma &= comma - 1, at = to + 1) {
			to = (unsigned)__builtin_ctzll(comma);
			neg = m.minus >> at & 1;
			if (to - at - neg - 1 > 7)
				return s + at;
			x = (int32_t)digits_at(s + at + neg, to - at - neg);
			x = neg ? -x : x;
			v[*n] = x;
			if (x < lo || x > hi)
				return s + at;
			++*n;
		}
		s += at;
	}
	return s;
}

#else

static const char *
blocks_f32(const char *s, const char *end, float *v, size_t *n)
{
	(void)end, (void)v, (void)n;
	return s;
}

static const char *
blocks_i32(const char *s, const char *end, int32_t lo, int32_t hi, int32_t *v, size_t *n)
{
	(void)end, (void)lo, (void)hi, (void)v, (void)n;
	return s;
}

#endif

size_t
json_array_f32(const char *s, const char *end, float *v, const char **stop)
{
	const char *begin = s;
	size_t n = 0, k;

	for (s = json_scan_space(s + 1, end); *s != ']'; n++) {
		if (s - begin >= 8)
			s = json_scan_space(blocks_f32(s, end, v, &n), end);
		if (!(k = number_parse_f32(s, (size_t)(end - s), &v[n])))
			break;
		s = next_element(s + k, end);
	}
	*stop = s;
	return n;
}

size_t
json_array_i32(const char *s, const char *end, int32_t lo, int32_t hi, int32_t *v, const char **stop)
{
	const char *begin = s;
	size_t n = 0, k;
	int64_t x;

	for (s = json_scan_space(s + 1, end); *s != ']'; n++) {
		if (s - begin >= 8)
			s = json_scan_space(blocks_i32(s, end, lo, hi, v, &n), end);
		k = number_parse_i64(s, (size_t)(end - s), &x);
		if (!k || x < lo || x > hi)
			break;
		v[n] = (int32_t)x;
		s = next_element(s + k, end);
	}
	*stop = s;
	return n;
}
