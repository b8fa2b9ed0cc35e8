/* Records that an agent or people answer: order, refusals, what is remembered, and what is counted. */
#include "../stage.h"
#include "agent/desk.h"
#include "stage/ask.h"
#include "stage/spans.h"

/* ---- an agent for tests ---- */

struct fake { int asked, closed; bool lost; char path[32]; };
static struct fake fake;

static enum status
fake_open(void **self, const struct agent_opt *o, struct err *e)
{
	if (o->arg && !strcmp(o->arg, "none"))
		return err_set(e, ST_USAGE, "no such agent");
	*self = &fake;
	return ST_OK;
}

/* The prompt as the answer; "no" has none, "die" ends the run, "again" is better the second time. */
static enum status
fake_ask(void *self, unsigned worker, const struct agent_question *q, struct buf *answer, struct err *e)
{
	struct fake *f = self;

	(void)worker;
	f->asked++;
	if (!strcmp(q->prompt.s, "no"))
		return err_set(e, ST_INPUT, "refused to answer");
	if (!strcmp(q->prompt.s, "die"))
		return err_set(e, ST_IO, "gone");
	if (!strcmp(q->prompt.s, "again") && q->why)
		buf_addf(answer, "{\"say\":\"%s\"}", q->why);
	else
		buf_addf(answer, "{\"say\":\"%s\",\"seconds\":2}", q->prompt.s);
	return ST_OK;
}

static enum status
fake_close(void *self, struct err *e)
{
	struct fake *f = self;

	f->closed++;
	return f->lost ? err_set(e, ST_IO, "did not end well") : ST_OK;
}

static const char *
fake_name(const void *self)
{
	(void)self;
	return "name";
}

/* Two people; the first answers all that he gets, the second one question. */
static enum status
fake_serve(void *self, struct desk *d, struct err *e)
{
	const char *why;
	size_t who, item, k;

	(void)self;
	for (int p = 0; p < 2; p++) {
		if (desk_person(d, p ? "b" : "a", 1, &who, e))
			return e->code;
		for (k = 0; k < (p ? 1u : 100u) && !desk_turn(d, who, k, 1, &item, e); k++)
			if (desk_save(d, who, item, p ? "{\"say\":\"from b\"}" : "{\"say\":\"from a\"}", 16, &why, e) || why)
				return err_set(e, ST_IO, "not saved");
	}
	e->code = ST_OK;
	return ST_OK;
}

static const struct agent_kind asked = { .option = "fake", .tasks = 1 << AGENT_JUDGE, .several = true, .open = fake_open,
	.ask = fake_ask, .name = fake_name, .close = fake_close };
static const struct agent_kind alone = { .option = "fake", .tasks = 1 << AGENT_JUDGE, .open = fake_open, .ask = fake_ask,
	.close = fake_close };
static const struct agent_kind served = { .option = "people", .tasks = 1 << AGENT_JUDGE, .open = fake_open,
	.serve = fake_serve, .close = fake_close };

/* ---- what is asked ---- */

static enum status
question(struct record *r, struct agent_question *q, struct buf *line, struct err *e)
{
	static const char *const field[] = { "id", "prompt", "absent" }, *const name[] = { "id", "words", "absent" };
	struct hash128 key;

	*q = (struct agent_question){ .task = AGENT_JUDGE, .record = r };
	if (record_id(r, &q->id.s, &key, e) || record_str(r, "prompt", &q->prompt.s, &q->prompt.n, e))
		return e->code;
	q->id.n = strlen(q->id.s);
	return ask_json(r, q, field, name, 3, line, e);
}

/* an answer has no NUL at its end */
static bool
has(const char *s, size_t n, const char *word)
{
	size_t i, len = strlen(word);

	for (i = 0; i + len <= n; i++)
		if (!memcmp(s + i, word, len))
			return true;
	return false;
}

static const char *
fault(const struct agent_question *q, const char *answer, size_t n, char why[AGENT_WHY])
{
	(void)q;
	if (has(answer, n, "memory"))
		return agent_no_memory;
	if (!has(answer, n, "bad") && !has(answer, n, "\"again\""))
		return NULL;
	snprintf(why, AGENT_WHY, "not again");
	return why;
}

static enum status
accept(struct record *r, const struct agent_question *q, const char *answer, size_t n, struct err *e)
{
	const char *word = has(answer, n, "skip") ? "skipped" : has(answer, n, "same") ? "unchanged" : "edited";

	(void)q;
	return record_set_raw(r, "answer", answer, n, e) || record_set_str(r, "edit", word, strlen(word), e) ||
	    ask_remarks(r, answer, n, e) ? e->code : ST_OK;
}

static const struct ask how = { .question = question, .fault = fault, .accept = accept, .field = "answer",
	.outcome = "edit", .tries = 2 };

static struct backend *
open_backend(const struct agent_kind *k, const char *cache, uint64_t jobs)
{
	const struct backend_opt o = { .kind = k, .cache = cache, .each = 2, .agent = { .task = AGENT_JUDGE, .jobs = jobs,
		.arg = "arg" } };
	struct backend *b = NULL;
	struct err e = { 0 };

	assert_int_equal(backend_open(&b, &o, &e), ST_OK);
	assert_int_equal(backend_options(b)->agent.jobs, k->several ? jobs : 1);
	assert_non_null(backend_memory(b));
	return b;
}

static enum status
run(struct list *l, const struct agent_kind *k, const char *cache, uint64_t jobs, struct ask_count *c, struct err *e)
{
	struct stream io = list_stream(l);
	struct backend *b = open_backend(k, cache, jobs);
	enum status st;

	fake.asked = 0;
	*e = (struct err){ 0 };
	st = ask_run(b, &how, &io, c, e);
	assert_int_equal(backend_close(b, &(struct err){ 0 }), ST_OK);
	return st;
}

static void
test_agent(void **state)
{
	struct list l = { .keep = true };
	struct ask_count c;
	struct err e;

	(void)state;
	for (uint64_t jobs = 1; jobs <= 3; jobs += 2) {
		l.in = "{\"id\":\"1\",\"prompt\":\"x\"}\n{\"id\":\"2\",\"prompt\":\"no\"}\n{\"id\":\"3\",\"prompt\":\"same\"}\n"
		    "{\"id\":\"4\",\"prompt\":\"again\"}\n{\"id\":\"5\",\"prompt\":\"bad\"}\n{\"id\":\"6\",\"prompt\":\"skip\"}\n"
		    "{\"id\":\"7\"}\n";
		assert_int_equal(run(&l, &asked, NULL, jobs, &c, &e), ST_OK);
		assert_true(c.done == 2 && c.unchanged == 1 && c.skipped == 1 && c.open == 0);
		assert_string_equal(take(&l.out),
		    "{\"id\":\"1\",\"prompt\":\"x\",\"answer\":{\"say\":\"x\",\"seconds\":2},\"edit\":\"edited\",\"seconds\":2}\n"
		    "{\"id\":\"3\",\"prompt\":\"same\",\"answer\":{\"say\":\"same\",\"seconds\":2},\"edit\":\"unchanged\",\"seconds\":2}\n"
		    "{\"id\":\"4\",\"prompt\":\"again\",\"answer\":{\"say\":\"not again\"},\"edit\":\"edited\"}\n"
		    "{\"id\":\"6\",\"prompt\":\"skip\",\"answer\":{\"say\":\"skip\",\"seconds\":2},\"edit\":\"skipped\",\"seconds\":2}\n");
		assert_string_equal(take(&l.bad), "answer: refused to answer\nanswer: not again (asked 2 times)\nprompt: no such field\n");
		assert_int_equal(fake.asked, 1 + 1 + 1 + 2 + 2 + 1);
	}
	/* what ends the run; what came before is written */
	l.in = "{\"id\":\"1\",\"prompt\":\"x\"}\n{\"id\":\"2\",\"prompt\":\"die\"}\n{\"id\":\"3\",\"prompt\":\"x\"}\n";
	assert_int_equal(run(&l, &asked, NULL, 3, &c, &e), ST_IO);
	assert_string_equal(e.msg, "gone");
	assert_non_null(strstr(take(&l.out), "\"id\":\"1\""));
	l.in = "{\"id\":\"1\",\"prompt\":\"memory\"}\n";
	assert_int_equal(run(&l, &asked, NULL, 1, &c, &e), ST_NOMEM);
	l.keep = false;
	l.in = "{\"id\":\"2\",\"prompt\":\"no\"}\n";
	assert_int_equal(run(&l, &alone, NULL, 3, &c, &e), ST_INPUT);
	list_free(&l);
}

static void
test_remembered(void **state)
{
	struct list l = { .keep = true };
	char path[] = "/tmp/fg-ask.XXXXXX";
	struct ask_count c;
	struct err e;
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0 && !close(fd));
	for (int i = 0; i < 2; i++) {
		l.in = "{\"id\":\"1\",\"prompt\":\"x\"}\n{\"id\":\"2\",\"prompt\":\"y\"}\n";
		assert_int_equal(run(&l, &asked, path, 2, &c, &e), ST_OK);
		assert_int_equal(fake.asked, i ? 0 : 2);
		assert_int_equal(c.done, 2);
		take(&l.out);
	}
	/* another judge has other answers: this one has no name */
	l.in = "{\"id\":\"1\",\"prompt\":\"x\"}\n";
	assert_int_equal(run(&l, &alone, path, 1, &c, &e), ST_OK);
	assert_int_equal(fake.asked, 1);
	unlink(path);
	list_free(&l);
}

static void
test_backend(void **state)
{
	struct backend_opt o = { .kind = &alone, .agent = { .arg = "none" } };
	struct backend *b = NULL;
	struct buf answer = BUF_INIT;
	struct err e = { 0 };
	const struct agent_question q = { .prompt = { "hello", 5 } };
	const struct hash128 key = { 1, 2 };
	char path[] = "/tmp/fg-ask.XXXXXX";
	int fd = mkstemp(path);

	(void)state;
	assert_int_equal(backend_open(&b, &o, &e), ST_USAGE);
	assert_string_equal(e.msg, "no such agent");
	assert_int_equal(backend_close(NULL, &e), ST_OK);
	o.kind = &agent_page;
	assert_int_equal(backend_open(&b, &o, &e), ST_USAGE);
	assert_string_equal(e.msg, "--page needs --cache: a file for what people write");
	assert_true(fd >= 0 && !close(fd));
	b = open_backend(&alone, path, 1);
	assert_int_equal(backend_ask(b, 0, &q, &answer, &e), ST_OK);
	assert_false(backend_recall(b, key, &answer));
	buf_adds(&answer, "{\"a\":1}");
	assert_int_equal(backend_keep(b, key, &answer, &e), ST_OK);
	buf_clear(&answer);
	assert_true(backend_recall(b, key, &answer));
	assert_string_equal(take(&answer), "{\"a\":1}");
	fake.lost = true;
	fake.closed = 0;
	assert_int_equal(backend_close(b, &e), ST_IO);
	assert_int_equal(fake.closed, 1);
	fake.lost = false;
	unlink(path);
	buf_free(&answer);
}

static void
test_people(void **state)
{
	struct list l = { .in = "{\"id\":\"1\",\"prompt\":\"x\"}\n{\"id\":\"2\"}\n{\"id\":\"3\",\"prompt\":\"y\"}\n", .keep = true };
	struct stream io = list_stream(&l);
	struct backend *b = open_backend(&served, NULL, 1);
	struct ask_count c;
	struct err e = { 0 };
	struct desk_opt o = { .each = 1, .memory = backend_memory(b) };
	struct desk *d;

	(void)state;
	assert_int_equal(ask_run(b, &how, &io, &c, &e), ST_OK);
	assert_true(c.done == 3 && c.open == 1);
	assert_string_equal(take(&l.out),
	    "{\"id\":\"1\",\"prompt\":\"x\",\"answer\":{\"item\":\"d158f1de11349603fbb2a3ab1f4bcad7\",\"annotator\":\"a\",\"say\":\"from a\"},\"edit\":\"edited\",\"annotator\":\"a\"}\n"
	    "{\"id\":\"1\",\"prompt\":\"x\",\"answer\":{\"item\":\"d158f1de11349603fbb2a3ab1f4bcad7\",\"annotator\":\"b\",\"say\":\"from b\"},\"edit\":\"edited\",\"annotator\":\"b\"}\n"
	    "{\"id\":\"3\",\"prompt\":\"y\",\"answer\":{\"item\":\"d6d147acac6de11771c04a0e4004e802\",\"annotator\":\"a\",\"say\":\"from a\"},\"edit\":\"edited\",\"annotator\":\"a\"}\n");
	assert_string_equal(take(&l.bad), "prompt: no such field\n");
	assert_int_equal(desk_open(&d, &o, &e), ST_OK);
	assert_int_equal(backend_serve(b, d, &e), ST_OK);
	desk_close(d);
	/* a bad record without anywhere to put it */
	l.in = "{\"id\":\"2\"}\n";
	l.keep = false;
	assert_int_equal(ask_run(b, &how, &io, &c, &e), ST_INPUT);
	assert_int_equal(backend_close(b, &e), ST_OK);
	list_free(&l);
}

/* ---- spans of an answer ---- */

static void
test_spans(void **state)
{
	static const char *const pair[] = { "response", "reference" };
	static const char good[] = "{\"spans\":[{\"text\":\"A\",\"from\":0,\"to\":2},{\"text\":\"B\",\"from\":1,\"to\":3,\"note\":\"n\"}]}";
	static const char *const wrong[] = { "{\"spans\":1}", "{\"spans\":[1]}", "{\"spans\":[{\"text\":\"C\",\"from\":0,\"to\":1}]}",
		"{\"spans\":[{\"text\":\"A\",\"from\":0,\"to\":3}]}", "{\"spans\":[{\"text\":\"B\",\"from\":2,\"to\":2}]}",
		"{\"spans\":[{\"text\":\"A\",\"to\":1}]}" };
	struct record *r = record_of("{\"response\":\"ab\",\"reference\":\"abc\"}");
	struct buf b = BUF_INIT;
	struct err e = { 0 };

	(void)state;
	assert_null(spans_fault("{\"win\":1}", 9, 2, 3));
	assert_null(spans_fault(good, strlen(good), 2, 3));
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		assert_string_equal(spans_fault(wrong[i], strlen(wrong[i]), 2, 3), "a span is not within its text");
	assert_int_equal(spans_set(r, pair, good, strlen(good), &e), ST_OK);
	assert_int_equal(record_print(r, &b, &e), ST_OK);
	assert_non_null(strstr(take(&b), "_span"));
	buf_free(&b);
	record_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_agent), cmocka_unit_test(test_remembered), cmocka_unit_test(test_backend),
		cmocka_unit_test(test_people), cmocka_unit_test(test_spans)
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
