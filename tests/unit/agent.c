/* Agents: words around answers, addresses, replies, the memory, the desk and the page's gate. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent/desk.h"
#include "agent/editor.h"
#include "agent/http.h"
#include "base/quote.h"
#include "page/gate.h"

static struct agent_text
text(const char *s)
{
	return (struct agent_text){ s, strlen(s) };
}

static void
unwrap_is(const char *old, const char *reply, const char *want)
{
	struct buf b = BUF_INIT;

	agent_unwrap(text(old), reply, strlen(reply), &b);
	buf_addc(&b, 0);
	assert_string_equal(b.p, want);
	buf_free(&b);
}

static void
test_unwrap(void **state)
{
	(void)state;
	unwrap_is("a b", "a c", "a c");
	unwrap_is("a b", "  a c\n", "a c");
	unwrap_is(" a b\n", "a c", " a c\n");
	unwrap_is("a b", "\"a c\"", "a c");
	unwrap_is("\"a b\"", "\"a c\"", "\"a c\"");
	unwrap_is("a b", "\"a\" or \"c\"", "\"a\" or \"c\"");
	unwrap_is("a b", "\342\200\234a c\342\200\235", "a c");
	unwrap_is("a b", "```\na c\n```", "a c");
	unwrap_is("a b", "```text\na\n\nc\n```\n", "a\n\nc");
	unwrap_is("```\na b\n```", "```\na c\n```", "```\na c\n```");
	unwrap_is("a b", "```\n```", "");
	unwrap_is("a b", "``` a c ```", "``` a c ```");
	unwrap_is("a b", "<think>\nhm\n</think>\n\na c", "a c");
	unwrap_is("a b", " \n", "");
	unwrap_is("a b", "", "");
}

static void
answer_is(enum agent_task task, const char *reply, const char *want)
{
	struct agent_question q = { .task = task, .text = { text("a b"), text("a d") } };
	struct buf b = BUF_INIT;
	struct err e = {0};

	if (!want) {
		assert_int_equal(agent_read_words(&q, reply, strlen(reply), &b, &e), ST_INPUT);
	} else {
		assert_int_equal(agent_read_words(&q, reply, strlen(reply), &b, &e), ST_OK);
		buf_addc(&b, 0);
		assert_string_equal(b.p, want);
	}
	buf_free(&b);
}

static void
test_answers(void **state)
{
	static const char *const wrong[] = { "", "A/B", "A B", "B is better", "Response", "D", "A tough call", "<think>A" };

	(void)state;
	answer_is(AGENT_EDIT, "a c", "{\"chosen\":\"a c\"}");
	answer_is(AGENT_EDIT, "UNCHANGED", "{\"edit\":\"unchanged\"}");
	answer_is(AGENT_EDIT, "UNCHANGED.\n", "{\"edit\":\"unchanged\"}");
	answer_is(AGENT_EDIT, "unchanged", "{\"chosen\":\"unchanged\"}");
	answer_is(AGENT_JUDGE, "A", "{\"win\":1}");
	answer_is(AGENT_JUDGE, " **B**.\n", "{\"win\":0}");
	answer_is(AGENT_JUDGE, "Response B", "{\"win\":0}");
	answer_is(AGENT_JUDGE, "(c)", "{\"win\":0.5}");
	answer_is(AGENT_JUDGE, "Tie", "{\"win\":0.5}");
	answer_is(AGENT_JUDGE, "<think>B?</think>A", "{\"win\":1}");
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		answer_is(AGENT_JUDGE, wrong[i], NULL);
}

static void
test_fault(void **state)
{
	(void)state;
	assert_null(agent_edit_fault("a b", 3, "a c", 3));
	assert_string_equal(agent_edit_fault("a b", 3, " \n", 2), "the edit is empty");
	assert_string_equal(agent_edit_fault("a b", 3, "a b\n", 4), "the edit is a copy of the text");
	assert_non_null(agent_edit_fault("a b", 3, "Here:\na c", 9));
	assert_null(agent_edit_fault("Here:\na b", 9, "Here:\na c", 9));
}

static void
test_addresses(void **state)
{
	static const char *const pair[][3] = {
		{ "http://h/v1", "http://h/v1/chat/completions", "http://h/v1" },
		{ "http://h/v1/", "http://h/v1/chat/completions", "http://h/v1/" },
		{ "http://h/chat/completions", "http://h/chat/completions", "http://h/chat/completions" },
		{ "http://h/v1?k=s3cret", "http://h/v1/chat/completions?k=s3cret", "http://h/v1" },
		{ "http://h/v1/#x", "http://h/v1/chat/completions", "http://h/v1/" },
		{ "http://me:pw@h:8/v1", "http://me:pw@h:8/v1/chat/completions", "http://h:8/v1" },
		{ "http://me:p@w@h/v1", "http://me:p@w@h/v1/chat/completions", "http://h/v1" },
		{ "http://h/a@b", "http://h/a@b/chat/completions", "http://h/a@b" },
	};
	char *s;

	(void)state;
	for (size_t i = 0; i < sizeof(pair) / sizeof(*pair); i++) {
		s = http_address(pair[i][0]);
		assert_string_equal(s, pair[i][1]);
		free(s);
		s = http_shown(pair[i][0]);
		assert_string_equal(s, pair[i][2]);
		free(s);
	}
}

static void
content_is(const char *json, enum status want, const char *said)
{
	struct buf b = BUF_INIT;
	struct err e = {0};

	assert_int_equal(http_content(json, strlen(json), &b, &e), want);
	buf_addc(&b, 0);
	assert_string_equal(want ? e.msg : b.p, said);
	buf_free(&b);
}

static void
test_content(void **state)
{
	(void)state;
	content_is("{\"choices\":[{\"message\":{\"content\":\"x\"}}]}", ST_OK, "x");
	content_is("{\"choices\":[{\"message\":{\"content\":[{\"type\":\"text\",\"text\":\"x\"},{\"type\":\"image\"},"
	    "{\"text\":\"y\"}]}}]}", ST_OK, "xy");
	content_is("{\"choices\":[{\"message\":{\"content\":null}}]}", ST_INPUT, "the endpoint answered without a text");
	content_is("{\"choices\":[{\"message\":{\"content\":[]}}]}", ST_INPUT, "the endpoint answered without a text");
	content_is("{\"choices\":[]}", ST_INPUT, "the endpoint answered without a text");
	content_is("{\"choices\":[{\"message\":{\"refusal\":\"no\"}}]}", ST_INPUT, "the endpoint refused: no");
	content_is("{\"choices\":[{\"text\":\"A\"}]}", ST_IO, "no choices[0].message in it");
	content_is("{\"error\":{\"message\":\"bad\"}}", ST_IO, "no choices[0].message in it");
}

static void
test_editor(void **state)
{
	static const char line[] = "# ------------------------ 8< ------------------------\n";
	struct editor_said s = {0};
	struct buf b = BUF_INIT;

	(void)state;
	buf_addf(&b, "# help\n#note  a note \n%s# Title\n#quit\n", line);
	editor_read(b.p, b.n, &s);
	assert_int_equal(s.end, EDITOR_DONE);
	assert_int_equal(s.text.n, 13);
	assert_memory_equal(s.text.p, "# Title\n#quit", 13);
	assert_memory_equal(s.note.p, "a note", 6);
	buf_clear(&b);
	buf_addf(&b, "#skip too hard\n%stext\n", line);
	editor_read(b.p, b.n, &s);
	assert_int_equal(s.end, EDITOR_SKIP);
	assert_memory_equal(s.reason.p, "too hard", 8);
	editor_read("torn", 4, &s);
	assert_true(s.torn);
	editor_read("", 0, &s);
	assert_int_equal(s.end, EDITOR_SKIP);
	buf_free(&b);
	buf_free(&s.text);
	buf_free(&s.reason);
	buf_free(&s.note);
}

/* ---- the desk ---- */

static const char *
no_x(const struct agent_question *q, const char *answer, size_t n, char why[AGENT_WHY])
{
	(void)q;
	(void)why;
	return memchr(answer, 'x', n) ? "no x" : NULL;
}

static void
open_desk(struct desk **d, struct memory **m, const char *path, uint64_t each, double now)
{
	static const char *const json[] = { "{\"id\":1}", "{\"id\":2}", "{\"id\":1}" };
	struct desk_opt o = { .each = each, .fault = no_x };
	struct err e = {0};

	assert_int_equal(memory_open(m, path, true, &e), ST_OK);
	o.memory = *m;
	assert_int_equal(desk_open(d, &o, &e), ST_OK);
	for (size_t i = 0; i < 3; i++) {
		struct agent_question q = { .json = text(json[i]) };

		assert_int_equal(desk_add(*d, &q, &e), ST_OK);
	}
	assert_int_equal(desk_recall(*d, now, &e), ST_OK);
}

static void
put(struct desk *d, size_t who, size_t item, const char *answer)
{
	const char *why;
	struct err e = {0};

	assert_int_equal(desk_save(d, who, item, answer, strlen(answer), &why, &e), ST_OK);
	assert_null(why);
}

static void
test_desk(void **state)
{
	char path[] = "/tmp/fg-desk.XXXXXX";
	struct memory *m;
	struct desk *d;
	struct err e = {0};
	struct desk_count c;
	const char *why, *s;
	size_t ann, bea, item, n;

	(void)state;
	assert_true(close(mkstemp(path)) == 0);
	open_desk(&d, &m, path, 1, 0);
	assert_int_equal(desk_wanted(d), 3);
	assert_int_equal(desk_person(d, "ann", 3, &ann, &e), ST_OK);
	assert_int_equal(desk_person(d, "bea", 3, &bea, &e), ST_OK);
	assert_int_equal(desk_turn(d, ann, 0, 0, &item, &e), ST_OK);
	assert_int_equal(item, 0);
	assert_int_equal(desk_turn(d, bea, 0, 0, &item, &e), ST_OK);
	assert_int_equal(item, 1);
	assert_int_equal(desk_save(d, bea, 0, "{\"a\":1}", 7, &why, &e), ST_USAGE);
	assert_int_equal(desk_save(d, ann, 0, "{\"x\":1}", 7, &why, &e), ST_OK);
	assert_string_equal(why, "no x");
	assert_null(desk_answer(d, ann, 0, &n));
	put(d, ann, 0, "{\"a\":1,\"seconds\":2}");
	put(d, ann, 0, "{\"edit\":\"unchanged\",\"seconds\":3}");
	desk_counts(d, ann, &c);
	assert_int_equal(c.done, 0);
	assert_int_equal(c.unchanged, 1);
	assert_true(c.seconds == 3);
	/* the third is the first's twin, and another item */
	assert_int_equal(desk_turn(d, ann, 1, 0, &item, &e), ST_OK);
	assert_int_equal(item, 2);
	assert_int_equal(desk_turn(d, ann, 2, 0, &item, &e), ST_EOF);
	/* an open one is another's after half an hour without a sign of life */
	desk_touch(d, ann, 2, DESK_STALE);
	assert_int_equal(desk_turn(d, ann, 2, DESK_STALE + 1, &item, &e), ST_OK);
	assert_int_equal(item, 1);
	desk_close(d);
	memory_close(m);

	open_desk(&d, &m, path, 1, 5);
	assert_int_equal(desk_wanted(d), 2);
	assert_int_equal(desk_person(d, "ann", 3, &ann, &e), ST_OK);
	assert_int_equal(desk_given(d, ann), 3);
	s = desk_each(d, 0, 0, &n);
	assert_non_null(strstr(s, "\"annotator\":\"ann\",\"edit\":\"unchanged\""));
	assert_null(desk_each(d, 0, 1, &n));
	assert_null(desk_each(d, 2, 0, &n));
	desk_close(d);
	memory_close(m);
	unlink(path);
}

static void
test_memory(void **state)
{
	char path[] = "/tmp/fg-memory.XXXXXX";
	struct memory *m, *other;
	struct hash128 key = { 1, 2 }, got;
	struct err e = {0};
	const char *s;
	size_t n, at = 0;

	(void)state;
	assert_true(close(mkstemp(path)) == 0);
	assert_int_equal(memory_open(&m, path, false, &e), ST_OK);
	assert_int_equal(memory_open(&other, path, false, &e), ST_USAGE);
	assert_int_equal(memory_put(m, key, "one", 3, false, &e), ST_OK);
	assert_int_equal(memory_put(m, key, "two", 3, true, &e), ST_OK);
	assert_int_equal(memory_put(m, key, "a\nb", 3, true, &e), ST_INPUT);
	s = memory_get(m, key, &n);
	assert_memory_equal(s, "two", 3);
	assert_true(memory_next(m, &at, &got, &s, &n) && n == 3 && !memcmp(s, "one", 3) && got.hi == 1 && got.lo == 2);
	assert_true(memory_next(m, &at, &got, &s, &n) && !memcmp(s, "two", 3));
	assert_false(memory_next(m, &at, &got, &s, &n));
	memory_close(m);
	unlink(path);
}

/* ---- the gate ---- */

static void
gate_is(const char *method, const char *url, const char *host, const char *origin, const char *type, const char *length,
    unsigned want)
{
	const struct gate g = { .token = "0123456789abcdef0123456789abcdef", .address = "127.0.0.1", .machine = "here" };
	const struct gate_head h = { method, url, host, origin, type, length };
	const char *path;

	assert_int_equal(gate_check(&g, &h, &path), want);
}

static void
test_gate(void **state)
{
	static const char at[] = "/0123456789abcdef0123456789abcdef/turn", json[] = "application/json";
	const struct gate all = { .token = "0123456789abcdef0123456789abcdef", .address = "0.0.0.0", .machine = "here" };
	struct gate_head h = { "GET", at, "10.0.0.1:80", NULL, NULL, NULL };
	const char *path;

	(void)state;
	gate_is("GET", at, "127.0.0.1:8", NULL, NULL, NULL, 0);
	gate_is("POST", at, "localhost", "http://localhost", json, "12", 0);
	gate_is("POST", at, "[::1]:8", "http://[::1]:8", "application/json; charset=utf-8", "0", 0);
	gate_is("GET", "/0123456789abcdef0123456789abcdee/turn", "localhost", NULL, NULL, NULL, 404);
	gate_is("GET", "/0123456789abcdef0123456789abcdef", "localhost", NULL, NULL, NULL, 404);
	gate_is("GET", "/0123", "localhost", NULL, NULL, NULL, 404);
	gate_is("GET", "", "localhost", NULL, NULL, NULL, 404);
	gate_is("GET", at, NULL, NULL, NULL, NULL, 421);
	gate_is("GET", at, "evil.example", NULL, NULL, NULL, 421);
	gate_is("GET", at, "localhost.evil", NULL, NULL, NULL, 421);
	gate_is("GET", at, "localhost:80.evil", NULL, NULL, NULL, 421);
	gate_is("GET", at, "here", NULL, NULL, NULL, 421);
	gate_is("POST", at, "localhost", "http://evil", json, "1", 403);
	gate_is("POST", at, "localhost", "null", json, "1", 403);
	gate_is("POST", at, "localhost", NULL, "text/plain", "1", 415);
	gate_is("POST", at, "localhost", NULL, "application/jsonx", "1", 415);
	gate_is("POST", at, "localhost", NULL, json, NULL, 411);
	gate_is("POST", at, "localhost", NULL, json, "-1", 411);
	gate_is("POST", at, "localhost", NULL, json, "8388609", 413);
	gate_is("POST", at, "localhost", NULL, json, "99999999999999999999999", 413);
	gate_is("DELETE", at, "localhost", NULL, json, "1", 405);
	assert_int_equal(gate_check(&all, &h, &path), 0);
	assert_string_equal(path, "turn");
	h.host = "here:80";
	assert_int_equal(gate_check(&all, &h, &path), 0);
	h.host = "evil.example";
	assert_int_equal(gate_check(&all, &h, &path), 421);
}

/* ---- quoting ---- */

static void
quote_is(const char *s, enum quote how, const char *want)
{
	struct buf b = BUF_INIT;

	quote_put(&b, s, strlen(s), how);
	buf_addc(&b, 0);
	assert_string_equal(b.p, want);
	buf_free(&b);
}

static void
test_quote(void **state)
{
	char small[8], key[] = "the key is k3y, k3y";

	(void)state;
	quote_is("plain \303\251 \360\237\230\200", QUOTE_LINE, "plain \303\251 \360\237\230\200");
	quote_is("a\033[31mb\177\r", QUOTE_LINE, "a\357\277\275[31mb\357\277\275\357\277\275");
	quote_is("a\tb\nc", QUOTE_LINE, "a b c");
	quote_is("a\tb\nc", QUOTE_TEXT, "a\tb\nc");
	quote_is("\302\233x\302\240", QUOTE_TEXT, "\357\277\275x\302\240");     /* C1; a space that may stay */
	quote_is("\342\200\256x\342\201\246y\342\200\250", QUOTE_TEXT, "\357\277\275x\357\277\275y\357\277\275");
	quote_is("\233x\377", QUOTE_TEXT, "\357\277\275x\357\277\275");
	quote_is("\355\240\200", QUOTE_TEXT, "\357\277\275\357\277\275\357\277\275");
	assert_string_equal(quote_into(small, sizeof(small), "ab\303\251\303\251\303\251", 8), "ab\303\251\303\251");
	assert_string_equal(quote_into(small, 1, "ab", 2), "");
	quote_strike(key, strlen(key), "k3y", 3);
	assert_string_equal(key, "the key is ***, ***");
	quote_strike(key, strlen(key), "", 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unwrap), cmocka_unit_test(test_answers), cmocka_unit_test(test_fault),
		cmocka_unit_test(test_addresses), cmocka_unit_test(test_content), cmocka_unit_test(test_editor),
		cmocka_unit_test(test_memory), cmocka_unit_test(test_desk), cmocka_unit_test(test_gate),
		cmocka_unit_test(test_quote)
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
