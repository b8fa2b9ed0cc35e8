#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json/number.h"

/* ECMA-262 Number::toString: digits d1..dn with value 0.d1..dn * 10^point */
static size_t
layout(char *out, int neg, const char *d, int n, int point)
{
	char *o = out;
	int x;

	if (neg)
		*o++ = '-';
	if (point >= n && point <= 21) {
		memcpy(o, d, (size_t)n);
		memset(o + n, '0', (size_t)(point - n));
		o += point;
	} else if (point > 0 && point <= 21) {
		memcpy(o, d, (size_t)point);
		o[point] = '.';
		memcpy(o + point + 1, d + point, (size_t)(n - point));
		o += n + 1;
	} else if (point <= 0 && point > -6) {
		memcpy(o, "0.00000", 7);
		o += 2 - point;
		memcpy(o, d, (size_t)n);
		o += n;
	} else {
		*o++ = d[0];
		if (n > 1) {
			*o++ = '.';
			memcpy(o, d + 1, (size_t)(n - 1));
			o += n - 1;
		}
		*o++ = 'e';
		x = point - 1;
		*o++ = x < 0 ? '-' : '+';
		o += number_print_i64(o, x < 0 ? -x : x);
	}
	return (size_t)(o - out);
}

/* Digits (the last is not zero) of v > 0; returns their number, *x is the first's
 * power of ten. */
static int
digits_f64(char d[24], double v, int *x)
{
	/* 15 digits come back from every normal number; of a subnormal not as many are there */
	int prec = v < DBL_MIN ? 0 : DBL_DIG - 1, n = 0;
	char s[40], *p;

	for (; prec < 17; prec++) {
		snprintf(s, sizeof(s), "%.*e", prec, v);
		if (strtod(s, NULL) == v)
			break;
	}
	for (p = s; *p != 'e'; p++)
		if (*p >= '0' && *p <= '9')
			d[n++] = *p;
	*x = (int)strtol(p + 1, NULL, 10);
	while (n > 1 && d[n - 1] == '0')
		n--;
	return n;
}

/* The upper 64 bits of 10^k, k from POW_MIN, rounded up. */
enum { POW_MIN = -31 };
static const uint64_t power[] = {
	0x81ceb32c4b43fcf5u, 0xa2425ff75e14fc32u, 0xcad2f7f5359a3b3fu, 0xfd87b5f28300ca0eu,
	0x9e74d1b791e07e49u, 0xc612062576589ddbu, 0xf79687aed3eec552u, 0x9abe14cd44753b53u,
	0xc16d9a0095928a28u, 0xf1c90080baf72cb2u, 0x971da05074da7befu, 0xbce5086492111aebu,
	0xec1e4a7db69561a6u, 0x9392ee8e921d5d08u, 0xb877aa3236a4b44au, 0xe69594bec44de15cu,
	0x901d7cf73ab0acdau, 0xb424dc35095cd810u, 0xe12e13424bb40e14u, 0x8cbccc096f5088ccu,
	0xafebff0bcb24aaffu, 0xdbe6fecebdedd5bfu, 0x89705f4136b4a598u, 0xabcc77118461cefdu,
	0xd6bf94d5e57a42bdu, 0x8637bd05af6c69b6u, 0xa7c5ac471b478424u, 0xd1b71758e219652cu,
	0x83126e978d4fdf3cu, 0xa3d70a3d70a3d70bu, 0xcccccccccccccccdu, 0x8000000000000000u,
	0xa000000000000000u, 0xc800000000000000u, 0xfa00000000000000u, 0x9c40000000000000u,
	0xc350000000000000u, 0xf424000000000000u, 0x9896800000000000u, 0xbebc200000000000u,
	0xee6b280000000000u, 0x9502f90000000000u, 0xba43b74000000000u, 0xe8d4a51000000000u,
	0x9184e72a00000000u, 0xb5e620f480000000u, 0xe35fa931a0000000u, 0x8e1bc9bf04000000u,
	0xb1a2bc2ec5000000u, 0xde0b6b3a76400000u, 0x8ac7230489e80000u, 0xad78ebc5ac620000u,
	0xd8d726b7177a8000u, 0x878678326eac9000u, 0xa968163f0a57b400u, 0xd3c21bcecceda100u,
	0x84595161401484a0u, 0xa56fa5b99019a5c8u, 0xcecb8f27f4200f3au, 0x813f3978f8940985u,
	0xa18f07d736b90be6u, 0xc9f2c9cd04674edfu, 0xfc6f7c4045812297u, 0x9dc5ada82b70b59eu,
	0xc5371912364ce306u, 0xf684df56c3e01bc7u, 0x9a130b963a6c115du, 0xc097ce7bc90715b4u,
	0xf0bdc21abb48db21u, 0x96769950b50d88f5u, 0xbc143fa4e250eb32u, 0xeb194f8e1ae525feu,
	0x92efd1b8d0cf37bfu, 0xb7abc627050305aeu, 0xe596b7b0c643c71au, 0x8f7e32ce7bea5c70u,
	0xb35dbf821ae4f38cu,
};

/* The integer part of g * c / 2^64, its lowest bit set when the fraction is not zero. */
static uint32_t
round_to_odd(uint64_t g, uint32_t c)
{
	uint64_t lo = (g & 0xffffffff) * c, hi = (g >> 32) * c + (lo >> 32);

	/* hi: the product over 2^32.  g was rounded up, so a rest of one bit does not count. */
	return (uint32_t)(hi >> 32) | ((uint32_t)hi > 1);
}

/* Raffaello Giulietti, "The Schubfach way to render doubles" (2020), for single
 * precision: of the decimals in v's rounding interval the shortest, of these the
 * nearest.  v > 0 is d * 10^*k. */
static uint32_t
shortest_f32(float v, int *k)
{
	uint32_t bits, c, lower, upper, mid, s, t, odd;
	bool closer, below, above;
	int q, h;

	memcpy(&bits, &v, sizeof(bits));
	c = bits & 0x7fffff;
	q = (int)(bits >> 23);
	closer = !c && q > 1;           /* the float below is nearer than the one above */
	if (q)
		c |= 0x800000;
	q = (q ? q : 1) - 150;
	/* floor(log10(2^q)), floor(log10(3/4 * 2^q)) */
	*k = (q * 1262611 - (closer ? 524031 : 0)) >> 22;
	/* floor(log2(10^-k)) brings the product to where its integer part counts quarters */
	h = q + ((-*k * 1741647) >> 19) + 1;
	odd = c & 1;
	t = 4 * c;
	lower = round_to_odd(power[-*k - POW_MIN], (t - 2 + closer) << h) + odd;
	mid = round_to_odd(power[-*k - POW_MIN], t << h);
	upper = round_to_odd(power[-*k - POW_MIN], (t + 2) << h) - odd;
	s = mid / 4;
	if (s >= 10) {
		t = s / 10;
		below = lower <= 40 * t;
		above = 40 * t + 40 <= upper;
		if (below != above) {
			++*k;
			return t + above;
		}
	}
	below = lower <= 4 * s;
	above = 4 * s + 4 <= upper;
	if (below != above)
		return s + above;
	t = 4 * s + 2;
	return s + (mid > t || (mid == t && s & 1));
}

static const char pair[] =
    "00010203040506070809101112131415161718192021222324252627282930313233343536373839"
    "40414243444546474849505152535455565758596061626364656667686970717273747576777879"
    "8081828384858687888990919293949596979899";

/* Write u so that it ends at end; returns where it begins. */
static inline char *
put_digits(char *end, uint64_t u)
{
	for (; u >= 10; u /= 100)
		memcpy(end -= 2, pair + 2 * (u % 100), 2);
	if (u)
		*--end = (char)('0' + u);
	return end;
}

static size_t
put_zero(char *out, bool neg)
{
	memcpy(out, neg ? "-0" : "0", 2);
	return 1 + neg;
}

size_t
number_print_f32(char out[NUMBER_MAX], float v)
{
	char d[16], *p;
	uint32_t u;
	int k, n;

	if (v == 0)
		return put_zero(out, signbit(v));
	for (u = shortest_f32(fabsf(v), &k); u % 10 == 0; u /= 10)
		k++;
	p = put_digits(d + sizeof(d), u);
	n = (int)(d + sizeof(d) - p);
	return layout(out, v < 0, p, n, n + k);
}

size_t
number_print_f64(char out[NUMBER_MAX], double v)
{
	char d[24];
	int n, x;

	if (v == 0)
		return put_zero(out, signbit(v));
	n = digits_f64(d, fabs(v), &x);
	return layout(out, v < 0, d, n, x + 1);
}

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
/* The four digits of u < 10000, the first in the lowest byte. */
static inline uint32_t
four(uint32_t u)
{
	uint16_t high, low;

	memcpy(&high, pair + 2 * (u / 100), 2);
	memcpy(&low, pair + 2 * (u % 100), 2);
	return high | (uint32_t)low << 16;
}

/* u < 10^8, most often an id or a place in a text: without a loop. */
static inline size_t
put_short(char *out, uint32_t u)
{
	uint32_t high = u / 10000, d;
	unsigned zeros;
	size_t n = 0;

	if (high) {
		zeros = (unsigned)((high < 1000) + (high < 100) + (high < 10));
		d = four(high) >> 8 * zeros;
		memcpy(out, &d, 4);
		n = 4 - zeros;
		u %= 10000;
		zeros = 0;
	} else {
		zeros = (unsigned)((u < 1000) + (u < 100) + (u < 10));
	}
	d = four(u) >> 8 * zeros;
	memcpy(out + n, &d, 4);
	return n + 4 - zeros;
}
#endif

size_t
number_print_i64(char out[NUMBER_MAX], int64_t v)
{
	char s[24], *p;
	size_t n;

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	if ((uint64_t)v < 100000000)
		return put_short(out, (uint32_t)v);
#endif
	if (!v)
		return put_zero(out, false);
	p = put_digits(s + sizeof(s), v < 0 ? -(uint64_t)v : (uint64_t)v);
	if (v < 0)
		*--p = '-';
	n = (size_t)(s + sizeof(s) - p);
	memcpy(out, p, n);
	return n;
}

/* A number's digits as an integer, and what they have to be multiplied with. */
struct decimal {
	uint64_t w;
	int digits;             /* of w, without leading zeros; more than 19: w is too small */
	int64_t exp;            /* power of ten */
	bool neg, whole;        /* whole: neither a fraction nor an exponent */
};

static bool
is_digit(char c)
{
	return (unsigned char)(c - '0') < 10;
}

/* The digits at the beginning of eight bytes: how many, and their value. */
static inline unsigned
eight(const char *s, uint64_t *v)
{
	uint64_t x, other;
	unsigned n;

	memcpy(&x, s, 8);
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
	x = __builtin_bswap64(x);
#endif
	x ^= 0x3030303030303030;        /* a digit's value; 10 and more for what is not a digit */
	other = (((x & 0x7f7f7f7f7f7f7f7f) + 0x7676767676767676) | x) & 0x8080808080808080;
	n = other ? (unsigned)__builtin_ctzll(other) / 8 : 8;
	if (!n)
		return 0;
	/* leading zeros, then pairs of digits, of pairs, of fours */
	x <<= 64 - 8 * n;
	x = (x * 10 + (x >> 8)) & 0x00ff00ff00ff00ff;
	x = (x * 100 + (x >> 16)) & 0x0000ffff0000ffff;
	*v = (x * 10000 + (x >> 32)) & 0xffffffff;
	return n;
}

/* Digits from s into d. */
static inline const char *
take_digits(const char *s, const char *end, struct decimal *d)
{
	static const uint32_t ten[] = { 1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000 };
	uint64_t v = 0;
	unsigned n;

	while (end - s >= 8 && d->digits <= 11) {
		if (!(n = eight(s, &v)))
			return s;
		d->w = d->w * ten[n] + v;
		d->digits += d->w ? (int)n : 0;
		s += n;
		if (n < 8)
			return s;
	}
	for (; s < end && is_digit(*s); s++) {
		if (d->digits < 19)
			d->w = 10 * d->w + (uint64_t)(*s - '0');
		d->digits += d->w ? 1 : 0;
	}
	return s;
}

/* RFC 8259's number at s; NULL if there is none. */
static inline const char *
read_decimal(const char *s, const char *end, struct decimal *d)
{
	const char *p;
	int64_t x;
	bool neg;

	*d = (struct decimal){ .whole = true };
	if (s < end && *s == '-') {
		d->neg = true;
		s++;
	}
	if (s >= end || !is_digit(*s))
		return NULL;
	if (*s == '0') {
		if (++s < end && is_digit(*s))
			return NULL;
	} else {
		s = take_digits(s, end, d);
	}
	if (s < end && *s == '.') {
		p = ++s;
		if ((s = take_digits(s, end, d)) == p)
			return NULL;
		d->exp = p - s;
		d->whole = false;
	}
	if (s < end && (*s | 0x20) == 'e') {
		neg = ++s < end && *s == '-';
		if (s < end && (*s == '+' || *s == '-'))
			s++;
		for (p = s, x = 0; s < end && is_digit(*s); s++)
			x = x < 100000 ? 10 * x + (*s - '0') : x;
		if (s == p)
			return NULL;
		d->exp += neg ? -x : x;
		d->whole = false;
	}
	return s;
}

/* Exact when both factors are: William Clinger, "How to read floating point numbers
 * accurately" (1990). */
static bool
product(const struct decimal *d, double *v)
{
	static const double ten[] = { 1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13,
		1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };

	if (d->digits > 19 || d->w > UINT64_C(1) << 53 || d->exp < -22 || d->exp > 22)
		return false;
	*v = (double)d->w;
	*v = d->exp < 0 ? *v / ten[-d->exp] : *v * ten[d->exp];
	if (d->neg)
		*v = -*v;
	return true;
}

/* By the C library, which needs a NUL after it; false when memory is out. */
static bool
slowly(const char *s, size_t n, double *v, float *f)
{
	char tmp[128], *t = n < sizeof(tmp) ? tmp : malloc(n + 1);

	if (!t)
		return false;
	memcpy(t, s, n);
	t[n] = 0;
	if (f)
		*f = strtof(t, NULL);
	else
		*v = strtod(t, NULL);
	if (t != tmp)
		free(t);
	return true;
}

size_t
number_parse_f32(const char *s, size_t n, float *v)
{
	struct decimal d;
	const char *end = read_decimal(s, s + n, &d);
	uint64_t bits;
	double x;

	if (!end)
		return 0;
	n = (size_t)(end - s);
	if (product(&d, &x) && (x == 0 || fabs(x) >= (double)FLT_MIN) && fabs(x) < (double)FLT_MAX) {
		/* rounded twice it is right unless the first rounding met the middle of two floats */
		memcpy(&bits, &x, sizeof(bits));
		if ((bits & 0x1fffffff) - 0x0fffffff > 2) {
			*v = (float)x;
			return n;
		}
	}
	return slowly(s, n, NULL, v) ? n : 0;
}

size_t
number_parse_f64(const char *s, size_t n, double *v)
{
	struct decimal d;
	const char *end = read_decimal(s, s + n, &d);

	if (!end)
		return 0;
	n = (size_t)(end - s);
	return product(&d, v) || slowly(s, n, v, NULL) ? n : 0;
}

size_t
number_parse_i64(const char *s, size_t n, int64_t *v)
{
	struct decimal d;
	const char *end = read_decimal(s, s + n, &d);

	/* 19 digits are less than 2^64 */
	if (!end || !d.whole || d.digits > 19 || d.w > (uint64_t)INT64_MAX + d.neg)
		return 0;
	*v = d.neg ? (int64_t)-d.w : (int64_t)d.w;
	return (size_t)(end - s);
}
