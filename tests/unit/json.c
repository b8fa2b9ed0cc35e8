/* The reader against RFC 8259, case by case. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "json/json.h"
#include "json/scan.h"
#include "record/record.h"

struct text { const char *s; size_t n; };
#define T(s) { s, sizeof(s) - 1 }

static const struct text good[] = {
	/* the six kinds and white space */
	T("null"), T("true"), T("false"), T("0"), T("\"\""), T("[]"), T("{}"),
	T(" null"), T("null "), T("\tnull\n"), T("\r\nnull\r\n"), T("[ ]"), T("{ }"), T("[\n]"),
	/* numbers */
	T("-0"), T("1"), T("-1"), T("10"), T("1234567890"), T("0.0"), T("-0.0"), T("0.5"), T("1.5"),
	T("1e0"), T("1E0"), T("1e+0"), T("1e-0"), T("0e0"), T("0e1"), T("-0e-0"), T("1.5e10"),
	T("1.5E-10"), T("1e999"), T("-1e999"), T("1e-999"), T("123456789012345678901234567890"),
	T("0.000000000000000000000000000000000000001"), T("1.7976931348623157e308"),
	T("4.9406564584124654e-324"), T("1e00"), T("1e007"),
	/* strings */
	T("\"a\""), T("\"\\\"\""), T("\"\\\\\""), T("\"\\/\""), T("\"/\""), T("\"\\b\\f\\n\\r\\t\""),
	T("\"\\u0000\""), T("\"\\u0041\""), T("\"\\uabcd\""), T("\"\\uABCD\""), T("\"\\uFFFF\""),
	T("\"\\ud83d\\ude00\""), T("\"\\uD800\\uDC00\""), T("\"\\uDBFF\\uDFFF\""), T("\"\x7f\""),
	T("\"\xc2\x80\""), T("\"\xdf\xbf\""), T("\"\xe0\xa0\x80\""), T("\"\xed\x9f\xbf\""),
	T("\"\xee\x80\x80\""), T("\"\xef\xbf\xbf\""), T("\"\xf0\x90\x80\x80\""),
	T("\"\xf4\x8f\xbf\xbf\""), T("\"0123456789abcdefghijklmnopqrstuvwxyz\""),
	T("\"0123456789abcde\\n0123456789abcdefghi\""), T("\"\\u2028\xe2\x80\xa8\""),
	T("\"[]{},:\""), T("\"\\\\\\\\\\\"\""),
	/* arrays and objects */
	T("[1]"), T("[1,2]"), T("[ 1 , 2 ]"), T("[1, 2, 3]"), T("[-1,0.5,1e5]"), T("[[]]"), T("[[],[]]"),
	T("[{}]"), T("[null,true,false]"), T("[\"a\",1]"), T("[1,\"a\"]"), T("[1,[2,[3]]]"),
	T("{\"a\":1}"), T("{\"a\" : 1}"), T("{ \"a\":1 , \"b\":2 }"), T("{\"\":0}"),
	T("{\"a\":{\"a\":{}}}"), T("{\"a\":[],\"b\":{}}"), T("{\"a\\u0062\":1,\"a\":2}"),
	T("[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31,32]"),
	T("[-0.123456,1.5e-7,12345,0,-1,0.25,1e21,-2.5E+3,7,8.75,-0.0009765625,100000,0.1,0.2,0.3]"),
};

/* text, and the byte that the error must name */
static const struct { const char *s; size_t n; uint64_t byte; } bad[] = {
#define B(s, byte) { s, sizeof(s) - 1, byte }
	/* nothing, too much, too little */
	B("", 1), B(" ", 2), B("null null", 6), B("[] []", 4), B("{}x", 3), B("1 2", 3), B("nul", 1),
	B("tru", 1), B("fals", 1), B("True", 1), B("nulll", 5), B("undefined", 1), B("NaN", 1),
	B("Infinity", 1), B("-Infinity", 2), B("'a'", 1), B("// x", 1), B("[1]//", 4),
	B("\xef\xbb\xbf[]", 1), B("\f[]", 1), B("\v1", 1), B("\xc2\xa0" "1", 1), B("a", 1),
	B("1\0", 2), B("\0", 1), B(",", 1), B(":", 1), B("]", 1), B("}", 1),
	/* numbers */
	B("-", 2), B("+1", 1), B("01", 2), B("-01", 3), B("00", 2), B("1.", 3), B(".5", 1), B("-.5", 2),
	B("1e", 3), B("1e+", 4), B("1E-", 4), B("1.e5", 3), B("1.5.5", 4), B("1e5.5", 4), B("1e5e5", 4),
	B("0x10", 2), B("1_000", 2), B("1,000", 2), B("--1", 2), B("1-", 2), B("1+1", 2), B("- 1", 2),
	B("1 .5", 3), B("2..5", 3), B("1e 5", 3), B("\xd9\xa1", 1), B("0123", 2), B("1a", 2), B("-a", 2),
	/* strings */
	B("\"", 2), B("\"a", 3), B("\"\\", 3), B("\"\\\"", 4), B("\"\\a\"", 2), B("\"\\0\"", 2),
	B("\"\\'\"", 2), B("\"\\x41\"", 2), B("\"\\u\"", 2), B("\"\\u1\"", 2), B("\"\\u123\"", 2),
	B("\"\\u123g\"", 2), B("\"\\u 123\"", 2), B("\"\\U0041\"", 2), B("\"\\u+123\"", 2),
	B("\"\n\"", 2), B("\"\t\"", 2), B("\"\0\"", 2), B("\"\x1f\"", 2), B("\"\r\"", 2),
	B("\"\\ud800\"", 2), B("\"\\udc00\"", 2), B("\"\\ud800\\ud800\"", 2), B("\"\\ud800a\"", 2),
	B("\"\\ud800\\u0041\"", 2), B("\"\\udbff\\u\"", 2), B("\"\\ud83d\\n\"", 2), B("\"\\ud83d\\ude0\"", 2),
	B("\"\\udfff\\ud800\"", 2),
	B("\"\x80\"", 2), B("\"\xbf\"", 2), B("\"\xc0\x80\"", 2), B("\"\xc1\xbf\"", 2), B("\"\xc2\"", 2),
	B("\"\xc2" "a\"", 2), B("\"\xe0\x80\x80\"", 2), B("\"\xe0\x9f\xbf\"", 2), B("\"\xe1\x80\"", 2),
	B("\"\xed\xa0\x80\"", 2), B("\"\xed\xbf\xbf\"", 2), B("\"\xef\xbf\"", 2),
	B("\"\xf0\x80\x80\x80\"", 2), B("\"\xf0\x8f\xbf\xbf\"", 2), B("\"\xf1\x80\x80\"", 2),
	B("\"\xf4\x90\x80\x80\"", 2), B("\"\xf5\x80\x80\x80\"", 2), B("\"\xf8\x88\x80\x80\x80\"", 2),
	B("\"\xfe\"", 2), B("\"\xff\"", 2), B("\"abcdefghijklmnopqrst\xff\"", 22),
	B("\"abcdefghijklmnopqrstuvwxyz\x01\"", 28), B("\"abcdefghijklmno\xe2\x82\"", 17),
	/* arrays */
	B("[", 2), B("[1", 3), B("[1,", 4), B("[1,]", 4), B("[,1]", 2), B("[1,,2]", 4), B("[1 2]", 4),
	B("[1:2]", 3), B("[1}", 3), B("[[]", 4), B("[]]", 3), B("[\"a\" \"b\"]", 6), B("[1.]", 4),
	B("[01]", 3), B("[1,02]", 5), B("[-]", 3), B("[1,-]", 5), B("[.5]", 2), B("[1e]", 4),
	B("[1 ,2 3]", 7), B("[1,\"\xff\"]", 5),
	B("[0,1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,01]", 75),
	B("[0,1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,1.2.3]", 77),
	/* objects */
	B("{", 2), B("{\"a\"", 5), B("{\"a\":", 6), B("{\"a\":1", 7), B("{\"a\":1,", 8), B("{\"a\":1,}", 8),
	B("{,}", 2), B("{a:1}", 2), B("{1:1}", 2), B("{\"a\" 1}", 6), B("{\"a\",1}", 5), B("{\"a\"}", 5),
	B("{\"a\":}", 6), B("{\"a\"::1}", 6), B("{\"a\":1 \"b\":2}", 8), B("{\"a\":1]", 7),
	B("{\"a\":1}}", 8), B("{null:1}", 2), B("{'a':1}", 2), B("{\"a\":1,\"a\":2}", 8),
	B("{\"a\":1,\"\\u0061\":2}", 8), B("{[]:1}", 2), B("{\"a\":1;\"b\":2}", 7),
};

static enum status
parse(struct json *j, const char *s, size_t n, struct arena *a, struct err *e)
{
	/* an exact copy on the heap, so that a read beyond the end is seen by tools */
	char *text = malloc(n ? n : 1);
	enum status st;

	assert_non_null(text);
	memcpy(text, s, n);
	*e = (struct err){ 0 };
	st = json_parse(j, text, n, a, e);
	free(text);
	return st;
}

static void
test_good(void **state)
{
	struct arena a = ARENA_INIT;
	struct json_fault f;
	struct json j;
	struct err e;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(*good); i++) {
		const char *s = good[i].s, *end = s + good[i].n;

		if (parse(&j, s, good[i].n, &a, &e))
			fail_msg("refused %s: byte %d: %s", s, (int)e.byte, e.msg);
		s = json_scan_value(json_scan_space(s, end), end, 0, &f);
		if (!s || json_scan_space(s, end) != end)
			fail_msg("scan refused %s", good[i].s);
		arena_reset(&a);
	}
	arena_free(&a);
}

static void
test_bad(void **state)
{
	struct arena a = ARENA_INIT;
	struct record *r;
	struct json j;
	struct err e;
	size_t i;

	(void)state;
	assert_int_equal(record_new(&r, &e), ST_OK);
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		char line[256] = "{\"k\":";
		size_t n = 5 + bad[i].n;

		if (parse(&j, bad[i].s, bad[i].n, &a, &e) != ST_INPUT)
			fail_msg("took %s", bad[i].s);
		if (e.byte != bad[i].byte)
			fail_msg("%s: byte %d, not %d (%s)", bad[i].s, (int)e.byte, (int)bad[i].byte, e.msg);
		assert_true(e.line >= 1 && e.msg[0]);
		arena_reset(&a);
		/* the same as the value of a record */
		if (bad[i].n + 6 >= sizeof(line) || memchr(bad[i].s, ',', 1) || strstr(bad[i].s, "\"a\":2"))
			continue;
		memcpy(line + 5, bad[i].s, bad[i].n);
		line[n++] = '}';
		if (bad[i].n && bad[i].s[0] != '}' && !strstr(bad[i].s, "\\u0061\":2") &&
		    record_parse(r, line, n, NULL, 1, &e) != ST_INPUT)
			fail_msg("record took %s", line);
	}
	record_free(r);
	arena_free(&a);
}

static void
test_depth(void **state)
{
	struct arena a = ARENA_INIT;
	char s[2 * JSON_DEPTH + 2];
	struct json_fault f;
	struct json j;
	struct err e;

	(void)state;
	memset(s, '[', JSON_DEPTH + 1);
	memset(s + JSON_DEPTH + 1, ']', JSON_DEPTH + 1);
	assert_int_equal(parse(&j, s, sizeof(s), &a, &e), ST_INPUT);
	assert_int_equal(e.byte, JSON_DEPTH + 1);
	assert_null(json_scan_value(s, s + sizeof(s), 0, &f));
	assert_ptr_equal(f.at, s + JSON_DEPTH);
	assert_int_equal(parse(&j, s + 1, sizeof(s) - 2, &a, &e), ST_OK);
	assert_ptr_equal(json_scan_value(s + 1, s + sizeof(s), 0, &f), s + sizeof(s) - 1);
	assert_null(json_scan_value(s + 1, s + sizeof(s), 1, &f));
	arena_free(&a);
}

static void
test_walk(void **state)
{
	static const char s[] =
	    "{\"a\": [1, {\"b\": null}, \"x\\ty\"], \"n\": 12, \"\\u006b\": true, \"f\": 1.5}";
	struct arena a = ARENA_INIT;
	struct json j;
	struct err e = { 0 };
	size_t v, n, k;
	int64_t i;
	double d;

	(void)state;
	assert_int_equal(json_parse(&j, s, sizeof(s) - 1, &a, &e), ST_OK);
	assert_int_equal(j.node[0].count, 4);
	v = json_get(&j, 0, "a");
	assert_int_equal(json_type(&j, v), JSON_ARRAY);
	assert_int_equal(j.node[v].count, 3);
	v = json_first(&j, k = v);
	assert_int_equal(json_i64(&j, v, "a", 0, 9, &i, &e), ST_OK);
	assert_int_equal(i, 1);
	v = json_next(&j, k, v);
	assert_int_equal(json_type(&j, v), JSON_OBJECT);
	assert_int_equal(json_type(&j, json_get(&j, v, "b")), JSON_NULL);
	v = json_next(&j, k, v);
	assert_string_equal(json_str(&j, v, &n), "x\ty");
	assert_int_equal(n, 3);
	assert_true(json_is(&j, v, "x\ty"));
	assert_int_equal(json_next(&j, k, v), 0);
	assert_int_equal(json_type(&j, json_get(&j, 0, "k")), JSON_TRUE);
	assert_int_equal(json_get(&j, 0, "b"), 0);
	v = json_get(&j, 0, "n");
	assert_int_equal(json_i64(&j, v, "n", 0, 9, &i, &e), ST_INPUT);
	assert_string_equal(e.msg, "n: expected an integer in 0..9, got 12");
	assert_int_equal(e.byte, (uint64_t)(strstr(s, "12") - s) + 1);
	assert_int_equal(json_f64(&j, json_get(&j, 0, "f"), "f", &d, &e), ST_OK);
	assert_true(d == 1.5);
	assert_null(json_str(&j, v, &n));
	arena_free(&a);
}

static void
test_line_of_error(void **state)
{
	struct arena a = ARENA_INIT;
	struct json j;
	struct err e;

	(void)state;
	assert_int_equal(parse(&j, "{\n \"a\": 1,\n \"b\": x\n}", 20, &a, &e), ST_INPUT);
	assert_int_equal(e.line, 3);
	assert_int_equal(e.byte, 18);
	arena_free(&a);
}

/* an object with many keys: the search for equal ones is not quadratic */
static void
test_many_keys(void **state)
{
	enum { N = 200000 };
	struct arena a = ARENA_INIT;
	struct buf b = BUF_INIT;
	struct json j;
	struct err e = { 0 };
	size_t i;

	(void)state;
	buf_addc(&b, '{');
	for (i = 0; i < N; i++)
		buf_addf(&b, "\"k%zu\":%zu,", i, i);
	buf_adds(&b, "\"z\":0}");
	assert_int_equal(json_parse(&j, b.p, b.n, &a, &e), ST_OK);
	assert_int_equal(j.node[0].count, N + 1);
	b.n -= 6;
	buf_adds(&b, "\"k7\":0}");
	assert_int_equal(json_parse(&j, b.p, b.n, &a, &e), ST_INPUT);
	assert_string_equal(e.msg, "key \"k7\" appears twice");
	buf_free(&b);
	arena_free(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good), cmocka_unit_test(test_bad), cmocka_unit_test(test_depth),
		cmocka_unit_test(test_walk), cmocka_unit_test(test_line_of_error),
		cmocka_unit_test(test_many_keys),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
