#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json/number.h"
#include "json/scan.h"

/* ECMA-262 Number::toString: digits d1..dn with value 0.d1..dn * 10^point */
static size_t
layout(char *out, int neg, const char *d, int n, int point)
{
	char *o = out;
	int i, x;

	if (neg)
		*o++ = '-';
	if (point > 0 && point <= 21) {
		for (i = 0; i < n || i < point; i++) {
			if (i == point)
				*o++ = '.';
			*o++ = i < n ? d[i] : '0';
		}
	} else if (point <= 0 && point > -6) {
		*o++ = '0';
		*o++ = '.';
		for (i = 0; i < -point; i++)
			*o++ = '0';
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

static size_t
shortest(char *out, double v, int single)
{
	char s[40], d[24];
	int prec, n = 0, x;
	char *p;

	if (v == 0) {
		memcpy(out, "-0", 2);
		if (signbit(v))
			return 2;
		out[0] = '0';
		return 1;
	}
	for (prec = 0; prec < 17; prec++) {
		snprintf(s, sizeof(s), "%.*e", prec, v);
		if (single ? strtof(s, NULL) == (float)v : strtod(s, NULL) == v)
			break;
	}
	for (p = s; *p != 'e'; p++)
		if (*p >= '0' && *p <= '9')
			d[n++] = *p;
	x = (int)strtol(p + 1, NULL, 10);
	while (n > 1 && d[n - 1] == '0')
		n--;
	return layout(out, v < 0, d, n, x + 1);
}

size_t
number_print_f32(char out[NUMBER_MAX], float v)
{
	return shortest(out, (double)v, 1);
}

size_t
number_print_f64(char out[NUMBER_MAX], double v)
{
	return shortest(out, v, 0);
}

size_t
number_print_i64(char out[NUMBER_MAX], int64_t v)
{
	uint64_t u = v < 0 ? -(uint64_t)v : (uint64_t)v;
	char s[24], *p = s + sizeof(s);
	size_t n;

	do
		*--p = (char)('0' + u % 10);
	while (u /= 10);
	if (v < 0)
		*--p = '-';
	n = (size_t)(s + sizeof(s) - p);
	memcpy(out, p, n);
	return n;
}

static size_t
copy_number(char **t, char *tmp, size_t size, const char *s, size_t n)
{
	struct json_fault f;
	const char *end = json_scan_number(s, s + n, &f);
	size_t k;

	if (!end)
		return 0;
	k = (size_t)(end - s);
	*t = tmp;
	if (k >= size && !(*t = malloc(k + 1)))
		return 0;
	memcpy(*t, s, k);
	(*t)[k] = 0;
	return k;
}

size_t
number_parse_f32(const char *s, size_t n, float *v)
{
	char tmp[128], *t;
	size_t k = copy_number(&t, tmp, sizeof(tmp), s, n);

	if (!k)
		return 0;
	*v = strtof(t, NULL);
	if (t != tmp)
		free(t);
	return k;
}

size_t
number_parse_f64(const char *s, size_t n, double *v)
{
	char tmp[128], *t;
	size_t k = copy_number(&t, tmp, sizeof(tmp), s, n);

	if (!k)
		return 0;
	*v = strtod(t, NULL);
	if (t != tmp)
		free(t);
	return k;
}

size_t
number_parse_i64(const char *s, size_t n, int64_t *v)
{
	struct json_fault f;
	const char *end = json_scan_number(s, s + n, &f), *p = s;
	uint64_t u = 0;
	int neg;

	if (!end)
		return 0;
	neg = *p == '-';
	for (p += neg; p < end; p++) {
		unsigned d = (unsigned)(*p - '0');

		if (d > 9 || u > (UINT64_MAX - d) / 10)
			return 0;
		u = 10 * u + d;
	}
	if (u > (uint64_t)INT64_MAX + (uint64_t)neg)
		return 0;
	*v = neg ? (int64_t)-u : (int64_t)u;
	return (size_t)(end - s);
}
