/* Records through a scorer and a sampler. */
#include "../stage.h"
#include "stage/sampling.h"
#include "stage/scoring.h"

static struct tc *tc;
static char lm[] = "/tmp/fg-stage.XXXXXX", token[] = "/tmp/fg-stage.XXXXXX", sequence[] = "/tmp/fg-stage.XXXXXX",
    value[] = "/tmp/fg-stage.XXXXXX";

static int
set_up(void **state)
{
	struct err e = { 0 };

	(void)state;
	if (tc_open(&tc, 1, &e))
		return 1;
	letters(tc, HEAD_LM, lm);
	letters(tc, HEAD_TOKEN, token);
	letters(tc, HEAD_SEQUENCE, sequence);
	letters(tc, HEAD_VALUE, value);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	remove_folder(lm);
	remove_folder(token);
	remove_folder(sequence);
	remove_folder(value);
	tc_close(tc);
	return 0;
}

/* ---- scoring ---- */

/* by the model in dir, which m describes then */
static struct scoring
scores(const struct stream *io, struct scoring_model *m, const char *dir)
{
	struct scoring s = { .io = io, .model = m, .nmodel = 1, .limit = 64 };
	struct err e = { 0 };

	*m = (struct scoring_model){ 0 };
	assert_int_equal(ids_open(&m->ids, dir, 0, 1, &e), ST_OK);
	return s;
}

static void
done(struct scoring *s)
{
	ids_close(s->model->ids);
	scoring_free(s);
}

/* one record into the batch */
static enum status
add(struct scoring *s, const char *line, struct err *e)
{
	struct record *r;

	assert_int_equal(scoring_next(s, &r, e), ST_OK);
	assert_int_equal(record_parse(r, line, strlen(line), "in", 1, e), ST_OK);
	return scoring_add(s, e);
}

/* what the scorer of dir writes for these records, as one batch */
static const char *
scored(struct list *l, struct scoring *s, struct scoring_model *m, const char *dir, const char *const *line, size_t n)
{
	struct err e = { 0 };

	assert_int_equal(scorer_open(&m->scorer, tc, dir, m->kl ? dir : NULL, SCORE_PROB, NULL, &e), ST_OK);
	for (size_t i = 0; i < n; i++)
		assert_string_equal(add(s, line[i], &e) ? e.msg : "", "");
	assert_int_equal(s->n, n);
	assert_int_equal(scoring_run(s, &e), ST_OK);
	assert_int_equal(s->n, 0);
	assert_int_equal(s->tokens, 0);
	scorer_close(m->scorer);
	return take(&l->out);
}

static size_t
members(const char *text, const char *name)
{
	size_t n = 0;

	while ((text = strstr(text, name))) {
		text += strlen(name);
		n++;
	}
	return n;
}

static void
test_logprob(void **state)
{
	static const char *const line[] = { "{\"prompt\":\"a\",\"response\":\"bc\"}", "{\"prompt\":\"a\",\"chosen\":\"b\",\"rejected\":\"c\"}" };
	struct list l = { .in = "" };
	struct stream io = list_stream(&l);
	struct scoring_model m;
	struct scoring s = scores(&io, &m, lm);
	char one[1024];
	const char *both;

	(void)state;
	strcpy(one, scored(&l, &s, &m, lm, line, 1));
	assert_int_equal(members(one, "\"response_logprob\":[-"), 1);
	assert_int_equal(members(one, "\"response_ids\":[3,4,1]"), 1);
	/* the same bytes in a batch with another record; a pair has two texts */
	both = scored(&l, &s, &m, lm, line, 2);
	assert_memory_equal(both, one, strlen(one));
	assert_int_equal(members(both, "\"chosen_logprob\":["), 1);
	assert_int_equal(members(both, "\"rejected_logprob\":["), 1);
	/* another name, entropy, and the divergence from itself */
	m.as = "own";
	m.entropy = m.kl = true;
	s.temperature = 2;
	strcpy(one, scored(&l, &s, &m, lm, line, 1));
	assert_int_equal(members(one, "\"response_own\":[-"), 1);
	assert_int_equal(members(one, "\"response_entropy\":["), 1);
	assert_int_equal(members(one, "\"response_kl\":[0,0,0]"), 1);
	list_free(&l);
	done(&s);
}

static void
test_heads(void **state)
{
	static const char *const foreign[] = { "{\"prompt\":\"a\",\"response\":\"bc\",\"response_ids\":[90],\"response_ends\":[2],"
	    "\"tokenizer\":\"00000000000000000000000000000000\"}" }, *const field[] = { "x" }, *const x[] = { "{\"x\":\"ab\"}" };
	struct list l = { .in = "" };
	struct stream io = list_stream(&l);
	struct scoring_model m;
	struct scoring s = scores(&io, &m, token);
	const char *got;

	(void)state;
	/* another tokenizer's tokens keep their ids and get the numbers of the bytes that they cover */
	got = scored(&l, &s, &m, token, foreign, 1);
	assert_int_equal(members(got, "\"response_ids\":[90]"), 1);
	assert_int_equal(members(got, "\"response_reward\":["), 1);
	done(&s);
	s = scores(&io, &m, sequence);
	s.field = field;
	s.nfield = 1;
	got = scored(&l, &s, &m, sequence, x, 1);
	assert_int_equal(members(got, "\"x_score\":"), 1);
	assert_int_equal(members(got, "\"x_ids\":"), 0);
	done(&s);
	s = scores(&io, &m, value);
	s.field = field;
	s.nfield = 1;
	got = scored(&l, &s, &m, value, x, 1);
	assert_int_equal(members(got, "\"x_value\":["), 1);
	list_free(&l);
	done(&s);
}

static void
refuses(struct scoring *s, const char *line, const char *want)
{
	struct err e = { 0 };

	assert_int_equal(add(s, line, &e), ST_INPUT);
	assert_string_equal(e.msg, want);
	assert_int_equal(s->n, 0);
	assert_int_equal(s->parts, 0);
	assert_int_equal(s->tokens, 0);
}

#define FOREIGN "\"tokenizer\":\"00000000000000000000000000000000\""

static void
test_refuse(void **state)
{
	struct list l = { .in = "" };
	struct stream io = list_stream(&l);
	struct scoring_model m, n;
	struct scoring s = scores(&io, &m, token), v = scores(&io, &n, value);

	(void)state;
	refuses(&s, "{\"id\":\"a\"}", "response: missing, and so is chosen; name a field with -f");
	refuses(&s, "{\"response\":\"a\",\"temperature\":0}", "temperature: expected a number in 0.0001..10000");
	/* the first text of a pair is taken back */
	refuses(&s, "{\"chosen\":\"a\"}", "rejected: no such field");
	refuses(&s, "{\"response\":\"ab\",\"response_ids\":[9,9],\"response_ends\":[2]," FOREIGN "}", "response_ends: 1 ends for 2 tokens");
	refuses(&s, "{\"response\":\"ab\",\"response_ids\":[9,9],\"response_ends\":[2,1]," FOREIGN "}", "response_ends: ends never decrease");
	refuses(&v, "{\"response\":\"ab\",\"response_ids\":[9],\"response_ends\":[2]," FOREIGN "}",
	    "tokenizer: values need ids of the model's own tokenizer");
	list_free(&l);
	done(&s);
	done(&v);
}

/* ---- sampling ---- */

static struct model *model;

static enum status
open_model(struct sampling *s, struct err *e)
{
	const struct rollout_opt o = { .slots = 3, .prefill = 16, .sample = { .invtemp = 1, .top_p = 1, .repetition = 1 } };

	if (model_open(&model, tc, lm, MODEL_READ, e) || rollout_open(&s->roll, model, &o, e))
		return e->code;
	s->policy = "p";
	return ST_OK;
}

/* bytes of records in hand */
static size_t room = 1 << 20;

/* all of the input through the sampler, until a bad record */
static enum status
sample(struct list *l, struct err *e)
{
	struct stream io = list_stream(l);
	struct sampling s = { .io = &io, .open = open_model };
	enum status st = ST_OK, end;

	assert_int_equal(ids_open(&s.ids, lm, 0, 1, e), ST_OK);
	sampling_init(&s);
	s.seed = 3;
	s.samples = 2;
	s.longest = 16;
	s.max_tokens = 4;
	s.room = room;
	s.temperature = 1;
	do {
		if ((end = sampling_feed(&s, e)))
			st = end;
		/* without room there is one record at a time */
		assert_true(room > 1 || s.in_hand <= s.samples);
		if (!s.roll)
			break;
		assert_int_equal(rollout_step(s.roll, e), ST_OK);
		assert_int_equal(sampling_drain(&s, e), ST_OK);
	} while (!s.eof || s.first);
	assert_int_equal(s.in_hand, 0);
	sampling_free(&s);
	rollout_close(s.roll);
	if (model)
		model_close(model);
	model = NULL;
	ids_close(s.ids);
	return st;
}

static void
test_sampling(void **state)
{
	static const char in[] =
	    "{\"id\":\"x\",\"prompt\":\"ab\",\"response\":\"old\",\"response_score\":3}\n{\"id\":\"y\",\"prompt\":\"\"}\n";
	struct list l = { .in = in };
	struct list alone = { .in = "{\"id\":\"y\",\"prompt\":\"\"}\n", .waits = true };
	struct err e = { 0 };
	char both[8192];
	const char *second;

	(void)state;
	assert_int_equal(sample(&l, &e), ST_OK);
	strcpy(both, take(&l.out));
	assert_int_equal(members(both, "\n"), 4);
	assert_int_equal(members(both, "\"sample\":0"), 2);
	assert_int_equal(members(both, "\"sample\":1"), 2);
	assert_int_equal(members(both, "\"policy\":\"p\""), 4);
	assert_int_equal(members(both, "\"prompt_ids\":[2,3]"), 2);
	/* the same with room for less */
	room = 1;
	l.in = in;
	assert_int_equal(sample(&l, &e), ST_OK);
	room = 1 << 20;
	assert_string_equal(take(&l.out), both);
	/* what belongs to the old response is removed */
	assert_int_equal(members(both, "response_score"), 0);
	/* a record's responses depend on nothing else that is read */
	assert_int_equal(sample(&alone, &e), ST_OK);
	second = strstr(both, "{\"id\":\"y\"");
	assert_non_null(second);
	assert_string_equal(take(&alone.out), second);
	list_free(&l);
	list_free(&alone);
}

static void
test_bad_prompt(void **state)
{
	struct list l = { .in = "{\"id\":\"x\",\"prompt\":\"a\"}\n{\"id\":\"y\"}\n{\"id\":\"z\",\"prompt\":\"b\"}\n" };
	struct list full = { .in = "{\"id\":\"x\",\"prompt\":\"aaaaaaaaaaaaaaaa\"}\n" };
	struct err e = { 0 };

	(void)state;
	/* what came before is still written */
	assert_int_equal(sample(&l, &e), ST_INPUT);
	assert_string_equal(e.msg, "prompt: missing; an empty one asks for a text from its beginning");
	assert_int_equal(members(take(&l.out), "\n"), 2);
	l.in = "{\"id\":\"x\",\"prompt\":\"a\"}\n{\"id\":\"y\"}\n{\"id\":\"z\",\"prompt\":\"b\"}\n";
	l.keep = true;
	e = (struct err){ 0 };
	assert_int_equal(sample(&l, &e), ST_OK);
	assert_int_equal(members(take(&l.out), "\n"), 4);
	assert_int_equal(sample(&full, &e), ST_INPUT);
	assert_string_equal(e.msg, "prompt: 16 tokens leave no room for a response");
	list_free(&l);
	list_free(&full);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_logprob), cmocka_unit_test(test_heads), cmocka_unit_test(test_refuse),
		cmocka_unit_test(test_sampling), cmocka_unit_test(test_bad_prompt)
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
