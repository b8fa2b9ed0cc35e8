/* Numbers out and in: the shortest digits come back as the same bits; blocks of them and
 * of text are scanned as they are one by one.  FG_SLOW=1: ten million patterns. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/rng.h"
#include "json/array.h"
#include "json/number.h"
#include "json/scan.h"

static const struct rng_key key = { .seed = 17 };
static uint64_t drawn;

static uint64_t
draw(void)
{
	return rng_u64(&key, drawn++, 0);
}

static size_t
below(size_t n)
{
	return (size_t)(draw() % n);
}

static float
pattern(uint32_t bits)
{
	float v;

	memcpy(&v, &bits, sizeof(v));
	return v;
}

static void
comes_back(float v)
{
	char s[NUMBER_MAX + 1];
	float w;
	size_t n;

	if (!isfinite(v))
		return;
	n = number_print_f32(s, v);
	s[n] = 0;
	if (number_parse_f32(s, n, &w) != n || memcmp(&v, &w, sizeof(v)))
		fail_msg("%a printed as %s, read as %a", (double)v, s, (double)w);
}

static void
test_random_patterns(void **state)
{
	size_t n = getenv("FG_SLOW") ? 10000000 : 1000000;

	(void)state;
	for (uint32_t e = 0; e < 255; e++)
		for (uint32_t k = 0; k < 5; k++)
			comes_back(pattern((e << 23) + k - 2));
	while (n) {
		float v = pattern((uint32_t)draw());

		if (!isfinite(v))
			continue;
		comes_back(v);
		n--;
	}
}

static size_t
digits(const char *s)
{
	size_t n = 0, zeros = 0;

	for (; *s && *s != 'e'; s++)
		if (*s >= '0' && *s <= '9' && (n || *s != '0')) {
			n++;
			zeros = *s == '0' ? zeros + 1 : 0;
		}
	return n - zeros;
}

/* No shorter one, and of those as short none nearer, by the C library. */
static void
test_shortest(void **state)
{
	(void)state;
	for (size_t i = 0; i < 30000; i++) {
		float v = pattern((uint32_t)draw());
		char s[NUMBER_MAX + 1], t[40];
		int prec = 0;

		if (!isfinite(v) || v == 0)
			continue;
		s[number_print_f32(s, v)] = 0;
		do
			snprintf(t, sizeof(t), "%.*e", prec++, (double)v);
		while (strtof(t, NULL) != v);
		if (digits(s) > (size_t)prec || fabs(strtod(s, NULL) - (double)v) > fabs(strtod(t, NULL) - (double)v))
			if (digits(s) >= (size_t)prec)
				fail_msg("%s is not %s", s, t);
	}
}

static void
test_layout(void **state)
{
	static const struct { float v; const char *s; } f[] = {
		{ 0, "0" }, { -0.0f, "-0" }, { 1, "1" }, { -1, "-1" }, { 10, "10" }, { 0.5f, "0.5" }, { 123.5f, "123.5" },
		{ 0.1f, "0.1" }, { 1e-6f, "0.000001" }, { 1e-7f, "1e-7" }, { 1.5e-7f, "1.5e-7" }, { 16777216, "16777216" },
		{ 1e20f, "100000000000000000000" }, { 1e21f, "1e+21" }, { 3.4028235e38f, "3.4028235e+38" },
		{ 1e-45f, "1e-45" }, { 1.1754944e-38f, "1.1754944e-38" }, { 0x1p-96f, "1.2621775e-29" },
		{ 12345.678f, "12345.678" }, { 0.00001234f, "0.00001234" }, { 9.999999e9f, "9999999000" }
	};
	static const struct { double v; const char *s; } d[] = {
		{ 0.1, "0.1" }, { 1.0 / 3, "0.3333333333333333" }, { 5e-324, "5e-324" }, { 1.7976931348623157e308, "1.7976931348623157e+308" },
		{ 123456789012345680.0, "123456789012345680" }, { 1e300, "1e+300" }, { -2.5, "-2.5" }, { 100, "100" }, { 0.1 + 0.2, "0.30000000000000004" }
	};
	static const struct { int64_t v; const char *s; } k[] = {
		{ 0, "0" }, { 7, "7" }, { -10, "-10" }, { 100, "100" }, { INT64_MAX, "9223372036854775807" },
		{ INT64_MIN, "-9223372036854775808" }
	};
	char s[NUMBER_MAX + 1];
	int64_t v;

	(void)state;
	for (size_t i = 0; i < sizeof(f) / sizeof(*f); i++) {
		s[number_print_f32(s, f[i].v)] = 0;
		assert_string_equal(s, f[i].s);
	}
	for (size_t i = 0; i < sizeof(d) / sizeof(*d); i++) {
		s[number_print_f64(s, d[i].v)] = 0;
		assert_string_equal(s, d[i].s);
	}
	for (size_t i = 0; i < sizeof(k) / sizeof(*k); i++) {
		s[number_print_i64(s, k[i].v)] = 0;
		assert_string_equal(s, k[i].s);
		assert_int_equal(number_parse_i64(s, strlen(s), &v), strlen(s));
		assert_true(v == k[i].v);
	}
	assert_int_equal(number_parse_i64("9223372036854775808", 19, &v), 0);
	assert_int_equal(number_parse_i64("-9223372036854775809", 20, &v), 0);
	assert_int_equal(number_parse_i64("18446744073709551616", 20, &v), 0);
	assert_int_equal(number_parse_i64("1e2", 3, &v), 0);
	assert_int_equal(number_parse_i64("1.0", 3, &v), 0);
	assert_int_equal(number_parse_i64("01", 2, &v), 0);
	assert_int_equal(number_parse_i64("12,", 3, &v), 2);
}

static void
test_integers(void **state)
{
	char s[NUMBER_MAX + 1], t[NUMBER_MAX];

	(void)state;
	for (size_t i = 0; i < 200000; i++) {
		int64_t v = (int64_t)(draw() >> below(64)), w;
		size_t n;

		v = below(4) ? v : -v;
		s[n = number_print_i64(s, v)] = 0;
		snprintf(t, sizeof(t), "%lld", (long long)v);
		assert_string_equal(s, t);
		assert_true(number_parse_i64(s, n, &w) == n && w == v);
	}
}

/* What is read is what the C library reads, however many digits and zeros there are. */
static void
test_read(void **state)
{
	char s[400];

	(void)state;
	for (size_t i = 0; i < 200000; i++) {
		size_t n = 0, whole = below(4) ? below(4) : below(30), part = below(4) ? below(12) : below(60), k;
		float f, g;
		double x, y;

		if (below(2))
			s[n++] = '-';
		if (whole) {
			s[n++] = (char)('1' + below(9));
			while (--whole)
				s[n++] = (char)('0' + below(10));
		} else {
			s[n++] = '0';
		}
		if (part) {
			s[n++] = '.';
			for (k = below(4) ? part : below(part + 1); part; part--)
				s[n++] = (char)('0' + (part > k ? 0 : below(10)));
		}
		if (!below(3))
			n += (size_t)sprintf(s + n, "e%d", (int)below(100) - 60);
		s[n] = 0;
		k = below(2) ? n : n + 1;       /* with and without something after it */
		assert_int_equal(number_parse_f32(s, k, &f), n);
		assert_int_equal(number_parse_f64(s, k, &x), n);
		g = strtof(s, NULL);
		y = strtod(s, NULL);
		if (memcmp(&f, &g, sizeof(f)) || memcmp(&x, &y, sizeof(x)))
			fail_msg("%s: %a and %a, not %a and %a", s, (double)f, x, (double)g, y);
	}
}

/* The middle between two floats, and a digit to either side of it. */
static void
test_middles(void **state)
{
	(void)state;
	for (size_t i = 0; i < 20000; i++) {
		float a = pattern((uint32_t)(draw() & 0x7fffffff)), g, f;
		char s[256];
		int n;

		if (!isfinite(a) || a > 1e30f || a < 1e-20f)
			continue;
		n = snprintf(s, sizeof(s), "%.*f", (int)below(100), ((double)a + (double)nextafterf(a, INFINITY)) / 2);
		assert_int_equal(number_parse_f32(s, (size_t)n, &f), (size_t)n);
		g = strtof(s, NULL);
		assert_memory_equal(&f, &g, sizeof(f));
		n = snprintf(s, sizeof(s), "%.17g", ((double)a + (double)nextafterf(a, INFINITY)) / 2);
		if (strchr(s, '+'))
			continue;
		assert_int_equal(number_parse_f32(s, (size_t)n, &f), (size_t)n);
		g = strtof(s, NULL);
		assert_memory_equal(&f, &g, sizeof(f));
	}
}

/* The elements of an array, one by one. */
static const char *
one_by_one(const char *s, const char *end, struct json_fault *f)
{
	s = json_scan_space(s + 1, end);
	if (s < end && *s == ']')
		return s + 1;
	for (;;) {
		if (s >= end)
			return f->at = end, NULL;
		if (*s != '-' && (*s < '0' || *s > '9'))
			return f->at = s, NULL;
		if (!(s = json_scan_number(s, end, f)))
			return NULL;
		s = json_scan_space(s, end);
		if (s < end && *s == ']')
			return s + 1;
		if (s >= end || *s != ',')
			return f->at = s, NULL;
		s = json_scan_space(s + 1, end);
	}
}

static void
test_blocks_of_numbers(void **state)
{
	static const char odd[] = "0123456789-.,,eE+ ]\"a";

	(void)state;
	for (size_t i = 0; i < 100000; i++) {
		char s[600];
		size_t n = 1, elements = below(60), k;
		struct json_fault f = {0}, g = {0};
		const char *a, *b;
		char *text;

		s[0] = '[';
		for (k = 0; k < elements; k++)
			n += (size_t)sprintf(s + n, "%s%.*f", k ? "," : "", (int)below(4), (double)below(8000) / 4 - 1000);
		s[n++] = ']';
		for (k = below(3); k && n > 1; k--)
			s[1 + below(n - 1)] = odd[below(sizeof(odd) - 1)];
		/* exactly as long as it is, so that tools see a read past its end */
		text = malloc(n);
		assert_non_null(text);
		memcpy(text, s, n);
		a = one_by_one(text, text + n, &f);
		b = json_scan_value(text, text + n, 0, &g);
		if (a != b && !memchr(text, '"', n))
			fail_msg("%.*s: %d, %d", (int)n, s, (int)((a ? a : f.at) - text),
			    (int)((b ? b : g.at) - text));
		if (!a && !b && f.at != g.at && !memchr(text, '"', n))
			fail_msg("%.*s: wrong at %d, not at %d", (int)n, s, (int)(g.at - text), (int)(f.at - text));
		free(text);
	}
}

/* What is read many at a time is what is read one at a time. */
static void
test_arrays(void **state)
{
	static const char *const space[] = { "", "", "", "", "", "", "", "", "", " ", "\n\t", "  " };
	static const char *const odd[] = { "null", "\"\"", "1e-7", "-1e5", "1e99", "0e0", "[]", "-0", "-0.0", "0.0000001",
		"123456789012345678901", "0.1000000000000000055511151231257827", "4294967295", "-2147483648", "2147483647",
		"16777217", "1.000000059604644775390625", "0.000000000000000000000000000000000000011754943" };

	(void)state;
	for (size_t i = 0; i < 50000; i++) {
		char s[2000], *text;
		size_t n = 1, elements = below(40), k, a;
		int32_t x[1000], lo = below(2) ? -99 : INT32_MIN, hi = below(2) ? 9999999 : INT32_MAX;
		const char *stop, *p, *end;
		float v[1000], w;
		int64_t y;

		s[0] = '[';
		for (k = 0; k < elements; k++) {
			if (!below(60))
				n += (size_t)sprintf(s + n, "%s", odd[below(sizeof(odd) / sizeof(*odd))]);
			else if (i & 1)
				n += (size_t)sprintf(s + n, "%.*f", (int)below(11), (double)(int64_t)draw() / 0x1p63 * pow(10, (double)below(11) - 2));
			else
				n += (size_t)sprintf(s + n, "%s%zu", below(3) ? "" : "-", below((size_t)pow(10, (double)(1 + below(9)))));
			n += (size_t)sprintf(s + n, "%s%s%s", space[below(12)], k + 1 < elements ? "," : "", space[below(12)]);
		}
		s[n++] = ']';
		/* exactly as long as it is, so that tools see a read past its end */
		text = malloc(n);
		assert_non_null(text);
		memcpy(text, s, n);
		end = text + n;
		a = json_array_f32(text, end, v, &stop);
		for (k = 0, p = json_scan_space(text + 1, end); k < a; k++) {
			assert_true(p < stop);
			p += number_parse_f32(p, (size_t)(end - p), &w);
			if (memcmp(&v[k], &w, sizeof(w)))
				fail_msg("%.*s: %zu is %a, not %a", (int)n, s, k, (double)v[k], (double)w);
			p = json_scan_space(p, end);
			p = json_scan_space(*p == ',' ? p + 1 : p, end);
		}
		assert_true(p == stop && (*p == ']' || !number_parse_f32(p, (size_t)(end - p), &w)));
		a = json_array_i32(text, end, lo, hi, x, &stop);
		for (k = 0, p = json_scan_space(text + 1, end); k < a; k++) {
			assert_true(p < stop);
			p += number_parse_i64(p, (size_t)(end - p), &y);
			if (x[k] != y || y < lo || y > hi)
				fail_msg("%.*s: %zu is %d", (int)n, s, k, x[k]);
			p = json_scan_space(p, end);
			p = json_scan_space(*p == ',' ? p + 1 : p, end);
		}
		assert_true(p == stop && (*p == ']' || !number_parse_i64(p, (size_t)(end - p), &y) || y < lo || y > hi));
		free(text);
	}
}

static void
test_blocks_of_text(void **state)
{
	static const char *const odd[] = { "\"", "\\n", "\\", "\x01", "\x1f", "\x7f", "\xc3\xa4", "\xe2\x82\xac", "\xff", "\xf0\x9f\x98\x80", "\x80" };
	char s[400];

	(void)state;
	for (size_t i = 0; i < 100000; i++) {
		size_t n = 1 + below(i & 1 ? 90 : 300), k, m = 0, stop;
		struct json_fault f = {0};
		const char *got;
		bool escaped, wrong = false;
		char *text;

		s[0] = '"';
		memset(s + 1, 'a' + (int)below(20), n);
		for (k = below(3) ? below(3) : below(12); k; k--) {
			const char *o = odd[below(below(8) ? 2 : sizeof(odd) / sizeof(*odd))];
			size_t at = 1 + below(n);

			memcpy(s + at, o, strlen(o));
			n = at + strlen(o) > n + 1 ? at + strlen(o) - 1 : n;
		}
		s[++n] = '"';
		n++;
		/* where it ends or goes wrong */
		for (stop = 1; stop < n; stop += m) {
			unsigned char c = (unsigned char)s[stop];

			if (c == '"')
				break;
			m = c == '\\' ? (stop + 1 < n && strchr("\"\\/bfnrt", s[stop + 1]) && s[stop + 1] ? 2 : 0) : c < 0x20 ? 0 :
			    json_utf8(s + stop, n - stop);
			if ((wrong = !m))
				break;
		}
		text = malloc(n);
		assert_non_null(text);
		memcpy(text, s, n);
		got = json_scan_string(text, text + n, &escaped, &f);
		if (wrong || stop >= n)
			assert_true(!got && (size_t)(f.at - text) == (stop < n ? stop : n));
		else
			assert_int_equal((size_t)(got - text), stop + 1);
		free(text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layout), cmocka_unit_test(test_random_patterns), cmocka_unit_test(test_shortest),
		cmocka_unit_test(test_integers), cmocka_unit_test(test_read), cmocka_unit_test(test_middles), cmocka_unit_test(test_blocks_of_numbers),
		cmocka_unit_test(test_arrays), cmocka_unit_test(test_blocks_of_text),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
