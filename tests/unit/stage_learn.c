/* Records to examples, as a spool holds them. */
#include "../stage.h"
#include "stage/learn.h"

static struct tc *tc;
static char dir[] = "/tmp/fg-stage.XXXXXX";
static struct ids *ids;

static int
set_up(void **state)
{
	struct err e = { 0 };

	(void)state;
	if (tc_open(&tc, 1, &e))
		return 1;
	letters(tc, HEAD_LM, dir);
	return ids_open(&ids, dir, 0, 1, &e) ? 1 : 0;
}

static int
tear_down(void **state)
{
	(void)state;
	ids_close(ids);
	remove_folder(dir);
	tc_close(tc);
	return 0;
}

static struct learn
learner(enum objective_kind kind)
{
	return (struct learn){ .ids = ids, .kind = kind, .field = "response", .worse = "rejected", .better = "chosen" };
}

/* learn_free, but the ids serve the next test too */
static void
done(struct learn *l, struct spool *s)
{
	l->ids = NULL;
	learn_free(l);
	spool_free(s);
}

/* The one record of line as an example; s holds it. */
static struct example
learned(struct learn *l, const char *line, struct spool **s)
{
	struct record *r = record_of(line);
	struct example x;
	struct err e = { 0 };
	size_t n;

	assert_int_equal(spool_new(s, NULL, &e), ST_OK);
	assert_string_equal(learn_record(l, r, *s, &e) ? e.msg : "", "");
	record_free(r);
	assert_int_equal(spool_end(*s, &e), ST_OK);
	assert_int_equal(spool_count(*s), 1);
	example_view(&x, spool_get(*s, 0, &n));
	return x;
}

static void
refuses(struct learn *l, const char *line, const char *want)
{
	struct record *r = record_of(line);
	struct spool *s;
	struct err e = { 0 };

	assert_int_equal(spool_new(&s, NULL, &e), ST_OK);
	assert_int_equal(learn_record(l, r, s, &e), ST_INPUT);
	assert_string_equal(e.msg, want);
	assert_int_equal(spool_count(s), 0);
	record_free(r);
	spool_free(s);
}

static void
test_sft(void **state)
{
	struct learn l = learner(OBJ_SFT);
	struct spool *s;
	struct example x = learned(&l, "{\"id\":\"n\",\"prompt\":\"ab\",\"response\":\"c\"}", &s);
	char want[256];

	(void)state;
	assert_string_equal(x.name, "n");
	assert_int_equal(x.nside, 1);
	assert_int_equal(x.side[0].n, 4);
	assert_int_equal(x.side[0].prompt, 2);
	assert_int_equal(x.side[0].id[3], 1);
	assert_int_equal(example_tokens(&x), 4);
	spool_free(s);
	l.prompts = true;
	x = learned(&l, "{\"id\":\"n\",\"prompt\":\"ab\",\"response\":\"c\"}", &s);
	assert_int_equal(x.side[0].prompt, 1);
	snprintf(want, sizeof(want), "tokenizer: the ids are another tokenizer's; the model's is %s",
	    tok_fingerprint(ids_tokenizer(ids)));
	refuses(&l, "{\"id\":\"n\",\"response\":\"c\",\"tokenizer\":\"other\"}", want);
	done(&l, s);
}

static void
test_pairs(void **state)
{
	static const char pair[] = "{\"id\":\"n\",\"prompt_ids\":[2],\"rejected_ids\":[3,1],\"chosen_ids\":[4,4,1],"
	    "\"rejected_label\":[-1,0],\"chosen_label\":[0,1,0],\"margin\":0.5}";
	struct learn l = learner(OBJ_REWARD);
	struct spool *s;
	struct example x;

	(void)state;
	l.labels = true;
	x = learned(&l, pair, &s);
	assert_int_equal(x.nside, 2);
	assert_int_equal(x.side[0].n, 3);
	assert_int_equal(x.side[1].n, 4);
	assert_int_equal(example_tokens(&x), 7);
	assert_true(x.side[0].f[EX_LABEL][0] == -1 && x.side[1].f[EX_LABEL][1] == 1);
	assert_null(x.side[0].f[EX_OLD]);
	assert_true(x.has >> EX_MARGIN & 1 && x.num[EX_MARGIN] == 0.5);
	refuses(&l, "{\"id\":\"n\",\"prompt_ids\":[2],\"rejected_ids\":[3],\"chosen_ids\":[4],\"rejected_label\":[2]}",
	    "rejected_label: a label is -1, 0 or 1");
	refuses(&l, "{\"id\":\"n\",\"prompt_ids\":[2],\"rejected_ids\":[3],\"chosen_ids\":[4],\"rejected_label\":[1,1]}",
	    "rejected_label: 2 numbers for 1 tokens");
	spool_free(s);
	l.kind = OBJ_DPO;
	l.labels = false;
	refuses(&l, pair, "rejected_ref_logprob: no such field; fg-score --as ref_logprob adds it");
	x = learned(&l, "{\"id\":\"n\",\"prompt_ids\":[2],\"rejected_ids\":[3],\"chosen_ids\":[4],"
	    "\"rejected_ref_logprob\":[-2],\"chosen_ref_logprob\":[-1]}", &s);
	assert_true(x.side[0].f[EX_OLD][0] == -2 && x.side[1].f[EX_OLD][0] == -1);
	assert_int_equal(x.has, 0);
	done(&l, s);
}

#define SAMPLE "\"id\":\"n\",\"prompt_ids\":[2],\"response_ids\":[3],\"response_logprob\":[-1],\"response_advantage\":[2]"

static void
test_ppo(void **state)
{
	struct learn l = learner(OBJ_PPO);
	struct spool *s;
	struct example x = learned(&l, "{" SAMPLE ",\"temperature\":0.5}", &s);

	(void)state;
	assert_true(x.invtemp == 2 && x.side[0].f[EX_OLD][0] == -1 && x.side[0].f[EX_ADVANTAGE][0] == 2);
	assert_string_equal(l.policy, "");
	refuses(&l, "{" SAMPLE ",\"temperature\":0}", "temperature: expected a number above 0");
	refuses(&l, "{" SAMPLE ",\"policy\":\"x\"}", "policy: expected 32 hexadecimal digits");
	spool_free(s);
	l.critic = l.kl = true;
	refuses(&l, "{" SAMPLE "}", "response_value: no such field; fg-score adds it");
	x = learned(&l, "{" SAMPLE ",\"response_value\":[3],\"response_return\":[4],\"response_kl\":[5],\"beta\":0.1,"
	    "\"policy\":\"0123456789abcdef0123456789abcdef\"}", &s);
	assert_true(x.side[0].f[EX_VALUE][0] == 3 && x.side[0].f[EX_RETURN][0] == 4 && x.side[0].f[EX_KL][0] == 5);
	assert_true(x.has >> EX_BETA & 1 && x.num[EX_BETA] == 0.1);
	assert_string_equal(l.policy, "0123456789abcdef0123456789abcdef");
	refuses(&l, "{" SAMPLE ",\"policy\":\"1123456789abcdef0123456789abcdef\"}",
	    "policy: another policy than that of the records before");
	done(&l, s);
}

/* documents end to end, cut every four tokens */
static void
test_packed(void **state)
{
	struct learn l = learner(OBJ_SFT);
	struct list in = { .in = "{\"id\":\"a\",\"response\":\"ab\"}\n{\"id\":\"b\",\"response\":\"bbb\"}\n" };
	struct stream st = list_stream(&in);
	struct spool *s;
	struct example x;
	struct err e = { 0 };
	size_t n;

	(void)state;
	l.pack = 4;
	assert_int_equal(spool_new(&s, NULL, &e), ST_OK);
	assert_int_equal(learn_input(&l, &st, 2, s, &e), ST_OK);
	/* <s> a b </s> | <s> b b b | </s> alone teaches nothing */
	assert_int_equal(spool_count(s), 2);
	example_view(&x, spool_get(s, 1, &n));
	assert_string_equal(x.name, "packed 2");
	assert_int_equal(x.side[0].n, 4);
	assert_int_equal(x.side[0].prompt, 1);
	spool_free(s);
	/* what is left over and has two tokens is one more */
	l.nstream = 0;
	in.in = "{\"id\":\"a\",\"response\":\"abaab\"}\n";
	assert_int_equal(spool_new(&s, NULL, &e), ST_OK);
	assert_int_equal(learn_input(&l, &st, 0, s, &e), ST_OK);
	assert_int_equal(spool_count(s), 2);
	example_view(&x, spool_get(s, 1, &n));
	assert_int_equal(x.side[0].n, 3);
	list_free(&in);
	done(&l, s);
}

static void
test_input(void **state)
{
	static const char lines[] = "{\"id\":\"a\",\"response\":\"a\"}\n{\"id\":\"b\"}\n{\"id\":\"c\",\"response\":\"c\"}\n";
	struct learn l = learner(OBJ_SFT);
	struct list in = { .in = lines };
	struct stream st = list_stream(&in);
	struct spool *s;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(spool_new(&s, NULL, &e), ST_OK);
	assert_int_equal(learn_input(&l, &st, 0, s, &e), ST_INPUT);
	assert_string_equal(e.msg, "response: no such field");
	assert_int_equal(e.line, 2);
	spool_free(s);
	in = (struct list){ .in = lines, .keep = true };
	e = (struct err){ 0 };
	assert_int_equal(spool_new(&s, NULL, &e), ST_OK);
	assert_int_equal(learn_input(&l, &st, 3, s, &e), ST_OK);
	assert_int_equal(spool_count(s), 2);
	assert_string_equal(take(&in.bad), "response: no such field\n");
	spool_free(s);
	in.in = lines;
	assert_int_equal(spool_new(&s, NULL, &e), ST_OK);
	assert_int_equal(learn_input(&l, &st, 4, s, &e), ST_INPUT);
	assert_string_equal(e.msg, "expected 4 records, got 3");
	spool_free(s);
	list_free(&in);
	/* a broken line is the stream's to reject */
	in = (struct list){ .in = "{\"id\":\n" };
	assert_int_equal(spool_new(&s, NULL, &e), ST_OK);
	assert_int_equal(learn_input(&l, &st, 0, s, &e), ST_INPUT);
	done(&l, s);
}

static void
test_beside(void **state)
{
	struct learn l = learner(OBJ_REWARD);
	struct list in = { .beside = "{\"id\":\"a\",\"response\":\"a\"}\n" };
	struct stream st = list_stream(&in);
	struct spool *s;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(learn_beside(&l, &st, NULL, false, &s, &e), ST_OK);
	assert_null(s);
	/* samples have no pair */
	assert_int_equal(learn_beside(&l, &st, "file", true, &s, &e), ST_OK);
	assert_int_equal(spool_count(s), 1);
	spool_free(s);
	assert_int_equal(learn_beside(&l, &st, "file", false, &s, &e), ST_INPUT);
	assert_string_equal(e.file, "file");
	assert_string_equal(e.msg, "rejected: no such field");
	list_free(&in);
	done(&l, s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sft), cmocka_unit_test(test_pairs), cmocka_unit_test(test_ppo), cmocka_unit_test(test_packed),
		cmocka_unit_test(test_input), cmocka_unit_test(test_beside)
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
