/* Lines through a function: order, drops, rejects and failures, on one thread and on three. */
#include "../stage.h"
#include "stage/filter.h"

struct lines_in { const char *s; uint64_t line; struct buf out, bad; uint64_t nbad; int ticks; };

static enum status
next(void *ctx, struct line *l, bool wait, struct err *e)
{
	struct lines_in *in = ctx;
	size_t n = strcspn(in->s, "\n");

	(void)e;
	/* some lines have to be waited for: two at the beginning, and one after a whole round */
	if (!*in->s || (!wait && (in->line < 3 || in->line == 50000)))
		return ST_EOF;
	*l = (struct line){ .s = in->s, .n = n, .file = "in", .line = ++in->line };
	in->s += n + (in->s[n] == '\n');
	return ST_OK;
}

static enum status
wrote(void *ctx, struct err *e)
{
	return buf_ok(&((struct lines_in *)ctx)->out) ? ST_OK : err_nomem(e);
}

static enum status
rejected(void *ctx, const struct buf *b, uint64_t n, struct err *e)
{
	struct lines_in *in = ctx;

	buf_add(&in->bad, b->p, b->n);
	in->nbad += n;
	return buf_ok(&in->bad) ? ST_OK : err_nomem(e);
}

static void
tick(void *ctx)
{
	((struct lines_in *)ctx)->ticks++;
}

/* n is doubled; records with drop are dropped, with bad refused, with stop the end of all */
static enum status
twice(struct record *r, void *arg, unsigned worker, struct err *e)
{
	int64_t n;

	assert_true(worker < *(unsigned *)arg);
	if (record_has(r, "drop"))
		return ST_EOF;
	if (record_has(r, "bad"))
		return record_bad(r, "bad", e, "not wanted");
	if (record_has(r, "stop"))
		return err_set(e, ST_NUMERIC, "stop");
	return record_i64(r, "n", 0, 1000000, &n, e) ? e->code : record_set_i64(r, "n", 2 * n, e);
}

static enum status
run(struct lines_in *in, const char *text, unsigned threads, const char *field, bool reject, struct err *e)
{
	struct filter f = { .fn = twice, .arg = &threads, .threads = threads, .text = field, .reject = reject, .ctx = in,
		.next = next, .out = &in->out, .wrote = wrote, .rejected = rejected, .tick = tick };

	*e = (struct err){ 0 };
	in->s = text;
	in->line = in->nbad = 0;
	return filter_lines(&f, e);
}

static void
test_order(void **state)
{
	struct lines_in in = { 0 };
	struct buf text = BUF_INIT, want = BUF_INIT;
	const char *lines;
	struct err e;

	(void)state;
	/* enough for several tasks and rounds */
	for (int i = 0; i < 60000; i++) {
		buf_addf(&text, "{\"n\":%d,\"pad\":\"0123456789012345678901234567890123456789\"}\n", i);
		buf_addf(&want, "{\"n\":%d,\"pad\":\"0123456789012345678901234567890123456789\"}\n", 2 * i);
	}
	lines = take(&text);
	take(&want);
	for (unsigned threads = 1; threads <= 3; threads += 2) {
		assert_int_equal(run(&in, lines, threads, NULL, false, &e), ST_OK);
		assert_string_equal(take(&in.out), want.p);
	}
	assert_true(in.ticks > 2);
	buf_free(&text);
	buf_free(&want);
	buf_free(&in.out);
}

static void
test_drop_and_reject(void **state)
{
	static const char text[] = "{\"n\":1}\n{\"drop\":1}\n{\"bad\":1}\nnot JSON\n{\"n\":2}";
	struct lines_in in = { 0 };
	struct err e;

	(void)state;
	for (unsigned threads = 1; threads <= 3; threads += 2) {
		assert_int_equal(run(&in, text, threads, NULL, true, &e), ST_OK);
		assert_string_equal(take(&in.out), "{\"n\":2}\n{\"n\":4}\n");
		assert_int_equal(in.nbad, 2);
		assert_string_equal(take(&in.bad), "{\"bad\":1,\"error\":\"in:3:8: bad: not wanted\"}\n"
		    "{\"line\":\"not JSON\",\"error\":\"in:4:1: expected a record: {...}\"}\n");
		/* without: what was done before it is written */
		assert_int_equal(run(&in, text, threads, NULL, false, &e), ST_INPUT);
		assert_string_equal(e.msg, "bad: not wanted");
		assert_string_equal(take(&in.out), "{\"n\":2}\n");
		/* other failures are not rejected */
		assert_int_equal(run(&in, "{\"n\":1}\n{\"stop\":1}\n{\"n\":2}\n", threads, NULL, true, &e), ST_NUMERIC);
		assert_string_equal(e.msg, "stop");
		assert_string_equal(take(&in.out), "{\"n\":2}\n");
	}
	buf_free(&in.out);
	buf_free(&in.bad);
}

static void
test_text(void **state)
{
	struct lines_in in = { 0 };
	struct err e;

	(void)state;
	/* a line is the field drop: each is dropped; a byte that is not UTF-8 is named */
	assert_int_equal(run(&in, "a \"b\"\r\nc\n", 1, "drop", false, &e), ST_OK);
	assert_string_equal(take(&in.out), "");
	assert_int_equal(run(&in, "ok\n\303(\n", 1, "drop", true, &e), ST_OK);
	assert_string_equal(take(&in.bad), "{\"line\":\"\357\277\275(\",\"error\":\"in:2:1: not UTF-8\"}\n");
	buf_free(&in.out);
	buf_free(&in.bad);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order), cmocka_unit_test(test_drop_and_reject), cmocka_unit_test(test_text)
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
