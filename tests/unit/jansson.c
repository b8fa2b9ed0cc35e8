/* A second opinion: Jansson takes and refuses the same texts, and reads the same of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
/* names that both have */
#define JSON_OBJECT JANSSON_OBJECT
#define JSON_ARRAY JANSSON_ARRAY
#define JSON_STRING JANSSON_STRING
#define JSON_TRUE JANSSON_TRUE
#define JSON_FALSE JANSSON_FALSE
#define JSON_NULL JANSSON_NULL
#define json_type jansson_type
#include <jansson.h>
#undef JSON_OBJECT
#undef JSON_ARRAY
#undef JSON_STRING
#undef JSON_TRUE
#undef JSON_FALSE
#undef JSON_NULL
#undef json_type

#include "base/buf.h"
#include "base/rng.h"
#include "json/json.h"
#include "record/record.h"

static const struct rng_key key = { .seed = 23 };
static uint64_t drawn;

static size_t
below(size_t n)
{
	return (size_t)(rng_u64(&key, drawn++, 0) % n);
}

static void
space(struct buf *b)
{
	while (!below(6))
		buf_addc(b, " \t\n\r"[below(4)]);
}

static void
string(struct buf *b)
{
	static const char *const piece[] = { "a", "key", "\\n", "\\\"", "\\\\", "\\/", "\\u0041", "\\u00e4", "\\u20ac", "\\ud83d\\ude00",
		"\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x98\x80", " ", "a longer piece of text without surprises", "\x7f", "\\b\\f\\r\\t" };
	size_t n = below(5);

	buf_addc(b, '"');
	while (n--)
		buf_adds(b, piece[below(sizeof(piece) / sizeof(*piece))]);
	buf_addc(b, '"');
}

static void
number(struct buf *b)
{
	static const char *const other[] = { "0", "-0", "0.5", "-1.25e3", "1E-7", "2e+5", "123456789012345678", "0.1000000000000000055",
		"3.141592653589793", "1e-300", "9007199254740993.0", "5e-324" };

	if (below(3))
		buf_addf(b, "%d", (int)below(100000) - 50000);
	else if (below(2))
		buf_addf(b, "%.*f", (int)below(9), (double)below(1000000) / 1024 - 500);
	else
		buf_adds(b, other[below(sizeof(other) / sizeof(*other))]);
}

static void
value(struct buf *b, size_t depth)
{
	size_t n, i, kind = below(depth ? 8 : 6);

	space(b);
	switch (kind) {
	case 0:
		buf_adds(b, "null");
		break;
	case 1:
		buf_adds(b, below(2) ? "true" : "false");
		break;
	case 2:
	case 3:
		number(b);
		break;
	case 4:
	case 5:
		string(b);
		break;
	case 6:
		buf_addc(b, '[');
		for (n = below(below(3) ? 4 : 40), i = 0; i < n; i++) {
			if (i)
				buf_addc(b, ',');
			if (n > 4)
				number(b);
			else
				value(b, depth - 1);
		}
		buf_addc(b, ']');
		break;
	default:
		buf_addc(b, '{');
		for (n = below(4), i = 0; i < n; i++) {
			if (i)
				buf_addc(b, ',');
			space(b);
			string(b);
			space(b);
			buf_addc(b, ':');
			value(b, depth - 1);
		}
		buf_addc(b, '}');
	}
	space(b);
}

/* Some bytes go, come or change. */
static void
spoil(struct buf *b)
{
	static const char odd[] = "{}[]:,\"\\0123456789-+.eEtrufalsn \n\x01\x80\xc3\xff/";
	size_t at;

	while (b->n && !below(2)) {
		at = below(b->n);
		switch (below(3)) {
		case 0:
			b->p[at] = odd[below(sizeof(odd) - 1)];
			break;
		case 1:
			memmove(b->p + at, b->p + at + 1, --b->n - at);
			break;
		default:
			buf_addc(b, ' ');
			memmove(b->p + at + 1, b->p + at, b->n - 1 - at);
			b->p[at] = odd[below(sizeof(odd) - 1)];
		}
	}
}

static bool
same(const struct json *j, size_t node, const json_t *v)
{
	struct err e;
	const char *s;
	size_t n, k, i = 0;
	double d;

	switch (json_type(j, node)) {
	case JSON_NULL:
		return json_typeof(v) == JANSSON_NULL;
	case JSON_FALSE:
		return json_typeof(v) == JANSSON_FALSE;
	case JSON_TRUE:
		return json_typeof(v) == JANSSON_TRUE;
	case JSON_NUMBER:
		return json_is_number(v) && !json_f64(j, node, "", &d, &e) && d == json_number_value(v);
	case JSON_STRING:
		s = json_str(j, node, &n);
		return json_typeof(v) == JANSSON_STRING && n == json_string_length(v) && !memcmp(s, json_string_value(v), n);
	case JSON_ARRAY:
		if (json_typeof(v) != JANSSON_ARRAY || json_array_size(v) != j->node[node].count)
			return false;
		for (k = json_first(j, node); k; k = json_next(j, node, k))
			if (!same(j, k, json_array_get(v, i++)))
				return false;
		return true;
	case JSON_OBJECT:
		if (json_typeof(v) != JANSSON_OBJECT || json_object_size(v) != j->node[node].count)
			return false;
		for (k = json_first(j, node); k; k = json_next(j, node, k + 1)) {
			s = json_str(j, k, &n);
			if (!same(j, k + 1, json_object_get(v, s)))
				return false;
		}
		return true;
	}
	return false;
}

static void
test_agree(void **state)
{
	struct arena a = ARENA_INIT;
	struct buf b = BUF_INIT;
	size_t i, taken = 0, refused = 0, skipped = 0;
	struct record *r;
	json_error_t why;
	struct json j;
	struct err e;
	json_t *v;

	(void)state;
	assert_int_equal(record_new(&r, &e), ST_OK);
	for (i = 0; i < 60000; i++) {
		enum status st;
		bool object;

		buf_clear(&b);
		arena_reset(&a);
		value(&b, 4);
		if (below(2))
			spoil(&b);
		assert_true(buf_ok(&b));
		st = json_parse(&j, b.n ? b.p : "", b.n, &a, &e);
		v = json_loadb(b.n ? b.p : "", b.n, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &why);
		/* its limits: 64 bits, doubles, keys without NUL */
		if (!v && (strstr(why.text, "too big") || strstr(why.text, "overflow") || strstr(why.text, "NUL"))) {
			skipped++;
			continue;
		}
		if (!st != !!v)
			fail_msg("%.*s: %s, but Jansson: %s", (int)b.n, b.p, st ? e.msg : "taken", v ? "taken" : why.text);
		if (v && !same(&j, 0, v))
			fail_msg("%.*s: read otherwise", (int)b.n, b.p);
		/* and the reader of records, which is another one */
		object = v ? json_typeof(v) == JANSSON_OBJECT : b.n && b.p[0] == '{';
		if (object && !record_parse(r, b.p, b.n, NULL, 1, &e) != !!v && !(v == NULL && strstr(why.text, "duplicate")))
			fail_msg("%.*s: parsed, but not a record, or a record that was refused", (int)b.n, b.p);
		taken += v != NULL;
		refused += v == NULL;
		json_decref(v);
	}
	print_message("# %zu texts taken, %zu refused, %zu beyond Jansson's numbers\n", taken, refused, skipped);
	assert_true(taken > 30000 && refused > 5000 && skipped < 5000);
	record_free(r);
	arena_free(&a);
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_agree) };

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
