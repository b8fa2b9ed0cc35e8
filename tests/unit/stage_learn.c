/* Records to examples, as a spool holds them. */
#include "../stage.h"
#include "run/objective_int.h"
#include "stage/learn.h"
#include "stage/template.h"

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
learner(const char *kind, const char *name)
{
	return (struct learn){ .ids = ids, .type = objective_find(kind, name), .field = "response", .worse = "rejected", .better = "chosen" };
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
	struct learn l = learner("sft", NULL);
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
	struct learn l = learner("reward", "token");
	struct spool *s;
	struct example x;

	(void)state;
	x = learned(&l, pair, &s);
	assert_int_equal(x.nside, 2);
	assert_int_equal(x.side[0].n, 3);
	assert_int_equal(x.side[1].n, 4);
	assert_int_equal(example_tokens(&x), 7);
	assert_true(x.side[0].f[0][0] == -1 && x.side[1].f[0][1] == 1);
	assert_null(x.side[0].f[1]);
	assert_int_equal(x.has, 0);
	refuses(&l, "{\"id\":\"n\",\"prompt_ids\":[2],\"rejected_ids\":[3],\"chosen_ids\":[4],\"rejected_label\":[2]}",
	    "rejected_label: a label is -1, 0 or 1");
	refuses(&l, "{\"id\":\"n\",\"prompt_ids\":[2],\"rejected_ids\":[3],\"chosen_ids\":[4],\"rejected_label\":[1,1]}",
	    "rejected_label: 2 numbers for 1 tokens");
	spool_free(s);
	l.type = objective_find("reward", "sequence");
	x = learned(&l, pair, &s);
	assert_true(x.has == 1 && x.num[0] == 0.5 && !x.side[0].f[0]);
	spool_free(s);
	l.type = objective_find("dpo", NULL);
	refuses(&l, pair, "rejected_ref_logprob: no such field; fg-score --as ref_logprob adds it");
	x = learned(&l, "{\"id\":\"n\",\"prompt_ids\":[2],\"rejected_ids\":[3],\"chosen_ids\":[4],"
	    "\"rejected_ref_logprob\":[-2],\"chosen_ref_logprob\":[-1]}", &s);
	assert_true(x.side[0].f[0][0] == -2 && x.side[1].f[0][0] == -1);
	assert_int_equal(x.has, 0);
	done(&l, s);
}

#define SAMPLE "\"id\":\"n\",\"prompt_ids\":[2],\"response_ids\":[3],\"response_logprob\":[-1],\"response_advantage\":[2]"

static void
test_ppo(void **state)
{
	struct learn l = learner("ppo", NULL);
	struct spool *s;
	struct example x = learned(&l, "{" SAMPLE ",\"temperature\":0.5}", &s);

	(void)state;
	assert_true(x.invtemp == 2 && x.side[0].f[PPO_OLD][0] == -1 && x.side[0].f[PPO_ADVANTAGE][0] == 2);
	assert_string_equal(l.policy, "");
	refuses(&l, "{" SAMPLE ",\"temperature\":0}", "temperature: expected a number above 0");
	refuses(&l, "{" SAMPLE ",\"policy\":\"x\"}", "policy: expected 32 hexadecimal digits");
	spool_free(s);
	l.critic = l.kl = true;
	refuses(&l, "{" SAMPLE "}", "response_value: no such field; fg-score adds it");
	x = learned(&l, "{" SAMPLE ",\"response_value\":[3],\"response_return\":[4],\"response_kl\":[5],\"beta\":0.1,"
	    "\"policy\":\"0123456789abcdef0123456789abcdef\"}", &s);
	assert_true(x.side[0].f[PPO_VALUE][0] == 3 && x.side[0].f[PPO_RETURN][0] == 4 && x.side[0].f[PPO_KL][0] == 5);
	assert_true(x.has >> PPO_BETA & 1 && x.num[PPO_BETA] == 0.1);
	assert_string_equal(l.policy, "0123456789abcdef0123456789abcdef");
	refuses(&l, "{" SAMPLE ",\"policy\":\"1123456789abcdef0123456789abcdef\"}",
	    "policy: another policy than that of the records before");
	done(&l, s);
}

/* what learn_read makes of lines */
static enum status
reads(struct learn *l, struct list *in, uint64_t expect, const char *eval, const char *norm, struct learn_set *s,
    struct err *e)
{
	struct stream st = list_stream(in);

	*e = (struct err){ 0 };
	return learn_read(l, &st, expect, eval, norm, s, e);
}

/* documents end to end, cut every four tokens */
static void
test_packed(void **state)
{
	struct learn l = learner("sft", NULL);
	struct list in = { .in = "{\"id\":\"a\",\"response\":\"ab\"}\n{\"id\":\"b\",\"response\":\"bbb\"}\n",
		.beside = "{\"id\":\"a\",\"response\":\"a\"}\n" };
	struct learn_set s;
	struct example x;
	struct err e;
	size_t n;

	(void)state;
	l.pack = 4;
	/* <s> a b </s> | <s> b b b | </s> alone teaches nothing; another file begins anew */
	assert_int_equal(reads(&l, &in, 2, "file", NULL, &s, &e), ST_OK);
	assert_int_equal(spool_count(s.train), 2);
	example_view(&x, spool_get(s.train, 1, &n));
	assert_string_equal(x.name, "packed 2");
	assert_int_equal(x.side[0].n, 4);
	assert_int_equal(x.side[0].prompt, 1);
	assert_int_equal(spool_count(s.eval), 1);
	example_view(&x, spool_get(s.eval, 0, &n));
	assert_int_equal(x.side[0].n, 3);
	learn_set_free(&s);
	/* what is left over and has two tokens is one more */
	in.in = "{\"id\":\"a\",\"response\":\"abaab\"}\n";
	assert_int_equal(reads(&l, &in, 0, NULL, NULL, &s, &e), ST_OK);
	assert_int_equal(spool_count(s.train), 2);
	example_view(&x, spool_get(s.train, 1, &n));
	assert_int_equal(x.side[0].n, 3);
	assert_null(s.eval);
	assert_null(s.norm);
	learn_set_free(&s);
	list_free(&in);
	done(&l, NULL);
}

static void
test_read(void **state)
{
	static const char lines[] = "{\"id\":\"a\",\"response\":\"a\"}\n{\"id\":\"b\"}\n{\"id\":\"c\",\"response\":\"c\"}\n";
	struct learn l = learner("sft", NULL);
	struct list in = { .in = lines };
	struct learn_set s;
	struct err e;

	(void)state;
	assert_int_equal(reads(&l, &in, 0, NULL, NULL, &s, &e), ST_INPUT);
	assert_string_equal(e.msg, "response: no such field");
	assert_int_equal(e.line, 2);
	learn_set_free(&s);
	in = (struct list){ .in = lines, .keep = true };
	assert_int_equal(reads(&l, &in, 3, NULL, NULL, &s, &e), ST_OK);
	assert_int_equal(spool_count(s.train), 2);
	assert_string_equal(take(&in.bad), "response: no such field\n");
	learn_set_free(&s);
	in.in = lines;
	assert_int_equal(reads(&l, &in, 4, NULL, NULL, &s, &e), ST_INPUT);
	assert_string_equal(e.msg, "expected 4 records, got 3");
	learn_set_free(&s);
	list_free(&in);
	/* a broken line is the stream's to reject */
	in = (struct list){ .in = "{\"id\":\n" };
	assert_int_equal(reads(&l, &in, 0, NULL, NULL, &s, &e), ST_INPUT);
	learn_set_free(&s);
	/* samples that set the scale have no pair; held-out records do */
	l.type = objective_find("reward", "token");
	in = (struct list){ .in = "", .beside = "{\"id\":\"a\",\"response\":\"a\"}\n" };
	assert_int_equal(reads(&l, &in, 0, NULL, "norm", &s, &e), ST_OK);
	assert_int_equal(spool_count(s.norm), 1);
	learn_set_free(&s);
	assert_int_equal(reads(&l, &in, 0, "eval", NULL, &s, &e), ST_INPUT);
	assert_string_equal(e.file, "eval");
	assert_string_equal(e.msg, "rejected: no such field");
	learn_set_free(&s);
	done(&l, NULL);
}

static void
digest_of(const char *options, const char *line, char out[HASH_HEX])
{
	struct learn l = learner("sft", NULL);
	struct list in = { .in = line };
	struct learn_set s;
	struct buf b = BUF_INIT;
	struct err e;

	buf_adds(&b, options);
	assert_int_equal(reads(&l, &in, 0, NULL, NULL, &s, &e), ST_OK);
	assert_int_equal(learn_digest(&s, &b, out, &e), ST_OK);
	learn_set_free(&s);
	buf_free(&b);
	done(&l, NULL);
}

static void
test_digest(void **state)
{
	static const char one[] = "{\"id\":\"a\",\"response\":\"a\"}\n", other[] = "{\"id\":\"a\",\"response\":\"b\"}\n";
	char a[HASH_HEX], b[HASH_HEX];

	(void)state;
	digest_of("x", one, a);
	digest_of("x", one, b);
	assert_string_equal(a, b);
	digest_of("y", one, b);
	assert_string_not_equal(a, b);
	digest_of("x", other, b);
	assert_string_not_equal(a, b);
}

/* ---- from the folder to the ranks ---- */

static void
test_open(void **state)
{
	static const char line[] = "{\"id\":\"a\",\"response\":\"a\"}";
	struct learn l = { .type = objective_find("sft", NULL), .field = "response", .pack = 17 };
	struct record *r = record_of(line);
	struct list in = { .in = "{\"id\":\"a\",\"response\":\"ab\"}\n" };
	struct learn_set s = { 0 };
	struct comm *c;
	struct spool *sp;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(learn_open(&l, dir, 0, &e), ST_USAGE);
	learn_free(&l);
	l = (struct learn){ .type = objective_find("sft", NULL), .field = "response", .pack = 16 };
	assert_int_not_equal(learn_open(&l, "/nowhere", 0, &e), ST_OK);
	learn_free(&l);
	l = (struct learn){ .type = objective_find("sft", NULL), .field = "response", .pack = 4 };
	assert_int_equal(learn_open(&l, dir, 0, &e), ST_OK);
	/* a part of a window is an example only at the end */
	assert_int_equal(spool_new(&sp, NULL, &e), ST_OK);
	assert_int_equal(learn_record(&l, r, sp, &e), ST_OK);
	assert_int_equal(spool_count(sp), 0);
	assert_int_equal(learn_end(&l, sp, &e), ST_OK);
	assert_int_equal(spool_count(sp), 1);
	spool_free(sp);
	learn_free(&l);
	/* every rank gets what rank 0 has read, or its failure */
	l = (struct learn){ .type = objective_find("sft", NULL), .field = "response" };
	assert_int_equal(learn_open(&l, dir, 0, &e), ST_OK);
	assert_int_equal(comm_alone(&c, &e), ST_OK);
	assert_int_equal(reads(&l, &in, 0, NULL, NULL, &s, &e), ST_OK);
	assert_int_equal(learn_share(&l, &s, c, &e), ST_OK);
	assert_int_equal(spool_count(s.train), 1);
	err_set(&e, ST_INPUT, "not read");
	assert_int_equal(learn_share(&l, &s, c, &e), ST_INPUT);
	learn_set_free(&s);
	learn_free(&l);
	comm_close(c);
	record_free(r);
}

/* What an answer adds to its prompt, by the template at path. */
static const char *
answer_by(const char *path, struct buf *b)
{
	static const struct chat_turn user = { .role = "user", .text = "a", .n = 1 }, reply = { .role = "assistant", .text = "b",
		.n = 1 };
	const struct chat_talk talk = { .turn = &user, .n = 1 };
	struct buf prompt = BUF_INIT;
	struct chat *c;
	struct err e = { 0 };

	assert_int_equal(template_open(&c, path, &e), ST_OK);
	assert_int_equal(chat_prompt(c, &talk, &prompt, &e), ST_OK);
	assert_int_equal(chat_answer(c, &talk, prompt.p, prompt.n, &reply, b, &e), ST_OK);
	chat_free(c);
	buf_free(&prompt);
	return take(b);
}

static void
test_template(void **state)
{
	static const char jinja[] = "{% for m in messages %}{{ m.content }}</s>{% endfor %}";
	char other[] = "/tmp/fg-template.XXXXXX", path[128];
	struct buf b = BUF_INIT;
	struct chat *c;
	struct err e = { 0 };

	(void)state;
	assert_int_not_equal(template_open(&c, "/nowhere", &e), ST_OK);
	assert_null(c);
	assert_non_null(mkdtemp(other));
	write_text(other, "chat_template.jinja", jinja);
	write_text(other, "tokenizer_config.json", "{\"eos_token\":\"END\"}");
	write_text(dir, "chat_template.jinja", jinja);
	write_text(dir, "tokenizer_config.json", "{\"eos_token\":\"END\"}");
	/* the tokenizer beside the template ends an answer with </s> by itself; what the other file says is not asked */
	assert_string_equal(answer_by(dir, &b), "b");
	snprintf(path, sizeof(path), "%s/chat_template.jinja", dir);
	assert_string_equal(answer_by(path, &b), "b");
	assert_string_equal(answer_by(other, &b), "b</s>");
	remove_folder(other);
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sft), cmocka_unit_test(test_pairs), cmocka_unit_test(test_ppo), cmocka_unit_test(test_packed),
		cmocka_unit_test(test_read), cmocka_unit_test(test_digest),
		cmocka_unit_test(test_open), cmocka_unit_test(test_template)
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
