/* Advantages, duplicates, labels and verdicts of records in memory. */
#include <math.h>

#include "../stage.h"
#include "stage/advantage.h"
#include "stage/against.h"
#include "stage/agreement.h"
#include "stage/dedup.h"
#include "stage/difflabel.h"
#include "stage/twice.h"
#include "stage/verdict.h"

/* ---- a stream ---- */

static enum status
pick(struct record *r, void *arg, struct err *e)
{
	if (record_has(r, "bad"))
		return record_bad(r, "bad", e, "not wanted");
	++*(int *)arg;
	return record_has(r, "stop") ? err_set(e, ST_IO, "stop") : ST_OK;
}

static void
test_each(void **state)
{
	struct list l = { .in = "{\"id\":1}\n{\"bad\":1}\n{\"id\":2}\n" };
	struct stream io = list_stream(&l);
	struct record *r = record_of("{}");
	struct err e = { 0 };
	int n = 0;

	(void)state;
	assert_int_equal(stream_each(&io, r, 0, pick, &n, &e), ST_INPUT);
	assert_string_equal(e.msg, "bad: not wanted");
	assert_int_equal(n, 1);
	l = (struct list){ .in = "{\"id\":1}\n{\"bad\":1}\n{\"id\":2}\n", .keep = true };
	assert_int_equal(stream_each(&io, r, 3, pick, &n, &e), ST_OK);
	assert_int_equal(n, 3);
	assert_string_equal(take(&l.bad), "bad: not wanted\n");
	l.in = "{}\n";
	assert_int_equal(stream_each(&io, r, 2, pick, &n, &e), ST_INPUT);
	assert_string_equal(e.msg, "expected 2 records, got 1");
	l.in = "{\"stop\":1}\n{}\n";
	n = 0;
	assert_int_equal(stream_each(&io, r, 0, pick, &n, &e), ST_IO);
	assert_int_equal(n, 1);
	record_free(r);
	list_free(&l);
}

/* ---- advantages ---- */

static const struct advantage_opt plain = { .field = "response", .gamma = 1, .lambda = 1,
	.shape = { .token_weight = 1, .low = -1, .high = 1, .beta = 0.5 } };

/* what comes out of lines; the status in *st */
static const char *
advantages(struct list *l, const struct advantage_opt *o, uint64_t expect, struct buf *metrics, struct err *e)
{
	struct stream io = list_stream(l);
	struct advantage *a;

	*e = (struct err){ 0 };
	assert_int_equal(advantage_new(&a, o, e), ST_OK);
	if (!advantage_read(a, &io, expect, e) && !advantage_write(a, &io, e))
		assert_int_equal(advantage_metrics(a, metrics, e), ST_OK);
	advantage_free(a);
	return take(&l->out);
}

#define RESPONSE(id, value) "{\"id\":\"" id "\",\"response_logprob\":[-1,-1],\"response_ref_logprob\":[-1,-2]," \
	"\"response_reward\":[0.5,-3],\"response_value\":" value ",\"finish\":\"eos\"}\n"

static void
test_advantage(void **state)
{
	struct list l = { .in = RESPONSE("a", "[1,2]") };
	struct buf m = BUF_INIT;
	struct err e;

	(void)state;
	/* R = 0.5, -1 - 0.5 * 1;  returns -1, -1.5;  advantages -2, -3.5 */
	assert_string_equal(advantages(&l, &plain, 1, &m, &e), "{\"id\":\"a\",\"response_logprob\":[-1,-1],"
	    "\"response_ref_logprob\":[-1,-2],\"response_reward\":[0.5,-3],\"response_value\":[1,2],\"finish\":\"eos\","
	    "\"response_advantage\":[-2,-3.5],\"response_return\":[-1,-1.5],\"response_kl\":[0,1],\"beta\":0.5}\n");
	assert_string_equal(take(&m), "{\"responses\":1,\"token_reward\":-2.5,\"score\":0,\"kl\":1,\"beta\":0.5,\"shaped\":-1,"
	    "\"length\":2,\"eos_rate\":1,\"reward_length_correlation\":null,\"explained_variance\":-8}");
	/* no response, no metrics */
	l.in = "";
	assert_string_equal(advantages(&l, &plain, 0, &m, &e), "");
	assert_string_equal(take(&m), "");
	buf_free(&m);
	list_free(&l);
}

static void
test_whiten_and_group(void **state)
{
	struct advantage_opt o = plain;
	struct list l = { .in = RESPONSE("a", "[1,2]") };
	struct buf m = BUF_INIT;
	struct err e;

	(void)state;
	o.whiten = true;
	assert_non_null(strstr(advantages(&l, &o, 0, &m, &e), "\"response_advantage\":[0.70710677,-0.70710677]"));
	/* the other sample of the prompt has 1 more */
	o = (struct advantage_opt){ .field = "response", .group = GROUP_RLOO, .shape = { .sequence_weight = 1 } };
	l.in = "{\"id\":\"a\",\"response_logprob\":[-1],\"response_score\":1}\n{\"id\":\"a\",\"response_logprob\":[-1,-1],\"response_score\":2}\n";
	assert_string_equal(advantages(&l, &o, 2, &m, &e), "{\"id\":\"a\",\"response_logprob\":[-1],\"response_score\":1,"
	    "\"response_advantage\":[-1],\"beta\":0}\n{\"id\":\"a\",\"response_logprob\":[-1,-1],\"response_score\":2,"
	    "\"response_advantage\":[1,1],\"beta\":0}\n");
	buf_free(&m);
	list_free(&l);
}

/* as many prompts as make the table grow twice */
static void
test_many_groups(void **state)
{
	struct advantage_opt o = { .field = "x", .group = GROUP_RLOO, .shape = { .sequence_weight = 1 } };
	struct buf in = BUF_INIT, m = BUF_INIT;
	struct list l = { 0 };
	struct err e;
	const char *out;
	size_t n = 0;

	(void)state;
	for (int i = 0; i < 3000; i++)
		buf_addf(&in, "{\"id\":\"%d\",\"x_logprob\":[-1],\"x_score\":%d}\n", i % 1500, i);
	l.in = take(&in);
	out = advantages(&l, &o, 3000, &m, &e);
	while ((out = strstr(out, "\"x_advantage\":["))) {
		/* the two of a prompt are 1500 apart */
		assert_true(!strncmp(out + 15, "-1500]", 6) || !strncmp(out + 15, "1500]", 5));
		out += 15;
		n++;
	}
	assert_int_equal(n, 3000);
	buf_free(&in);
	buf_free(&m);
	list_free(&l);
}

static void
refused(const struct advantage_opt *o, const char *line, enum status code, const char *want)
{
	struct list l = { .in = line };
	struct buf m = BUF_INIT;
	struct err e;

	advantages(&l, o, 0, &m, &e);
	assert_int_equal(e.code, code);
	assert_string_equal(e.msg, want);
	buf_free(&m);
	list_free(&l);
}

static void
test_advantage_refuses(void **state)
{
	struct advantage_opt full = plain, score = plain, odd = plain;

	(void)state;
	refused(&plain, "{\"id\":\"a\"}\n", ST_INPUT, "response_logprob: no such field; fg-rollout or fg-score adds it");
	refused(&plain, "{\"id\":\"a\",\"response_logprob\":[]}\n", ST_INPUT, "response_logprob: no tokens");
	refused(&plain, "{\"id\":\"a\",\"response_logprob\":[-1]}\n", ST_INPUT, "response_reward: no such field; fg-score adds it");
	refused(&plain, "{\"id\":\"a\",\"response_logprob\":[-1],\"response_reward\":[1]}\n", ST_INPUT,
	    "response_value: no such field; fg-score adds it");
	refused(&plain, "{\"id\":\"a\",\"response_logprob\":[-1],\"response_reward\":[1],\"response_value\":[1]}\n", ST_INPUT,
	    "response_ref_logprob: no such field; fg-score --as ref_logprob adds it");
	score.shape.sequence_weight = 1;
	refused(&score, "{\"id\":\"a\",\"response_logprob\":[-1],\"response_reward\":[1]}\n", ST_INPUT,
	    "response_score: no such field; fg-score adds it");
	full.estimator = KL_FULL;
	refused(&full, "{\"id\":\"a\",\"response_logprob\":[-1],\"response_reward\":[1],\"response_value\":[1]}\n", ST_INPUT,
	    "response_kl: no such field");
	/* what was read already has no place: the record is named */
	odd.shape.beta = 1e308;
	odd.whiten = false;
	refused(&odd, RESPONSE("far", "[1,2]"), ST_NUMERIC, "record far: response_advantage: number 1 is not finite");
	advantage_free(NULL);
}

/* ---- duplicates ---- */

static const char *
without_dups(struct list *l, const struct dedup_opt *o, struct dedup_count *n, struct err *e)
{
	struct stream io = list_stream(l);

	*e = (struct err){ 0 };
	dedup_run(o, &io, n, e);
	return take(&l->out);
}

static void
test_dedup(void **state)
{
	static const char lines[] = "{\"id\":\"a\",\"text\":\"one two three\"}\n{\"id\":\"b\",\"text\":\"one two three\",\"dup\":\"old\"}\n"
	    "{\"id\":\"c\",\"text\":\"a two three b\",\"overlap\":1}\n{\"id\":\"d\",\"text\":\"else\"}\n";
	static const char *const other[] = { "x" };
	struct dedup_opt o = { .min = 8 };
	struct list l = { .in = lines };
	struct dedup_count n;
	struct err e;

	(void)state;
	assert_string_equal(without_dups(&l, &o, &n, &e), "{\"id\":\"a\",\"text\":\"one two three\"}\n"
	    "{\"id\":\"b\",\"text\":\"one two three\",\"dup\":\"a\",\"overlap\":[{\"field\":\"text\",\"bytes\":[0,13],\"with\":\"a\","
	    "\"with_field\":\"text\",\"with_byte\":0}]}\n"
	    "{\"id\":\"c\",\"text\":\"a two three b\",\"overlap\":[{\"field\":\"text\",\"bytes\":[1,11],\"with\":\"a\","
	    "\"with_field\":\"text\",\"with_byte\":3}]}\n{\"id\":\"d\",\"text\":\"else\"}\n");
	assert_int_equal(n.records, 4);
	assert_int_equal(n.dups, 1);
	assert_int_equal(n.overlaps, 2);
	o.drop = true;
	l.in = lines;
	assert_string_equal(without_dups(&l, &o, &n, &e), "{\"id\":\"a\",\"text\":\"one two three\"}\n{\"id\":\"d\",\"text\":\"else\"}\n");
	/* with another file its records alone count */
	o = (struct dedup_opt){ .against = "file" };
	l.in = lines;
	l.beside = "{\"id\":\"r\",\"text\":\"else\"}\n";
	assert_non_null(strstr(without_dups(&l, &o, &n, &e), "{\"id\":\"d\",\"text\":\"else\",\"dup\":\"r\"}\n"));
	assert_int_equal(n.dups, 1);
	/* nothing is written before all is read */
	o = (struct dedup_opt){ .field = other, .nfield = 1 };
	l.in = "{\"id\":\"a\",\"x\":\"1\"}\n{\"id\":\"b\"}\n";
	assert_string_equal(without_dups(&l, &o, &n, &e), "");
	assert_string_equal(e.msg, "x: no text field; name one with -f");
	l.in = "{\"id\":\"a\",\"x\":\"1\"}\n{\"id\":\"b\"}\n";
	l.keep = true;
	assert_string_equal(without_dups(&l, &o, &n, &e), "{\"id\":\"a\",\"x\":\"1\"}\n");
	list_free(&l);
}

/* ---- labels ---- */

static void
labelled(const struct difflabel_opt *o, const char *line, enum status code, const char *want)
{
	struct record *r = record_of(line);
	struct buf b = BUF_INIT;
	struct difflabel *w;
	struct err e = { 0 };
	double ratio;

	assert_int_equal(difflabel_new(&w, o, &e), ST_OK);
	assert_int_equal(difflabel_record(w, r, &ratio, &e), code);
	if (!code)
		assert_int_equal(record_print(r, &b, &e), ST_OK);
	assert_string_equal(code == ST_OK ? take(&b) : e.msg, want);
	buf_free(&b);
	record_free(r);
	difflabel_free(w);
}

#define PAIR "\"rejected\":\"a b\",\"rejected_ids\":[1,2],\"rejected_ends\":[1,3],\"chosen\":\"a c\",\"chosen_ids\":[1,3],\"chosen_ends\":[1,3]"

static void
test_difflabel(void **state)
{
	struct difflabel_opt o = { .worse = "rejected", .better = "chosen", .edit = { .hunk_cost = 2, .bounded = true, .max_ratio = 1, .max_steps = 1 << 20 } };

	(void)state;
	labelled(&o, "{" PAIR "}", ST_OK, "{" PAIR ",\"rejected_label\":[0,-1],\"chosen_label\":[0,1],\"hunks\":[{\"op\":\"replace\","
	    "\"from\":[1,2],\"to\":[1,2],\"from_bytes\":[1,3],\"to_bytes\":[1,3]}],\"edit_ratio\":0.5}\n");
	labelled(&o, "{\"rejected\":\"a\"}", ST_INPUT, "rejected_ids: not there; -t names a tokenizer");
	labelled(&o, "{\"rejected\":\"a\",\"rejected_ids\":[1,2],\"rejected_ends\":[1]}", ST_INPUT, "rejected_ends: 1 ends for 2 tokens");
	labelled(&o, "{\"rejected\":\"a\",\"rejected_ids\":[1],\"rejected_ends\":[2]}", ST_INPUT,
	    "rejected_ends: token 0 ends outside of the text or before the token before it");
	o.edit.max_ratio = 0.4;
	labelled(&o, "{" PAIR "}", ST_EOF, "");
	difflabel_free(NULL);
}

static void
test_difflabel_tokens(void **state)
{
	static char dir[] = "/tmp/fg-stage.XXXXXX";
	struct difflabel_opt o = { .worse = "rejected", .better = "chosen" };
	struct tokenizer *t;
	struct tc *tc;
	struct record *r;
	struct difflabel *w;
	uint64_t bos = 0, eos = 0;
	const int32_t *v;
	struct err e = { 0 };
	double ratio;
	size_t n;

	(void)state;
	assert_int_equal(tc_open(&tc, 1, &e), ST_OK);
	letters(tc, HEAD_LM, dir);
	assert_int_equal(tok_open(&t, dir, &e), ST_OK);
	o.t = t;
	assert_int_equal(difflabel_new(&w, &o, &e), ST_OK);
	/* ids of another tokenizer are made again */
	r = record_of("{\"prompt\":\"a\",\"rejected\":\"a b\",\"rejected_ids\":[9],\"chosen\":\"a</s>\",\"chosen_ids\":[9],"
	    "\"tokenizer\":\"00000000000000000000000000000000\"}");
	assert_string_equal(difflabel_record(w, r, &ratio, &e) ? e.msg : "", "");
	assert_int_equal(record_i32s(r, "rejected_ids", 0, 9, &v, &n, &e), ST_OK);
	assert_int_equal(n, 4);
	assert_int_equal(record_i32s(r, "rejected_label", -1, 1, &v, &n, &e), ST_OK);
	assert_int_equal(n, 4);
	assert_int_equal(record_i32s(r, "prompt_ids", 0, 9, &v, &n, &e), ST_OK);
	assert_int_equal(v[0], 2);
	difflabel_twice(w, &bos, &eos);
	assert_int_equal(bos, 0);
	assert_int_equal(eos, 1);
	record_free(r);
	difflabel_free(w);
	tok_close(t);
	tc_close(tc);
	remove_folder(dir);
}

/* ---- verdicts ---- */

static void
test_verdict(void **state)
{
	const struct verdict_fields f = { "m", "seed", "step" }, none = { NULL, "seed", "step" };
	struct record *r = record_of("{\"prompt\":\"p\",\"win\":0.5,\"m\":\"x\",\"seed\":3,\"step\":7,\"response\":\"h\303\251\","
	    "\"reference_length\":9,\"response_logprob\":[-1,-2],\"response_ref_logprob\":[-2,-3]}");
	struct verdict v;
	struct hash128 key, same;
	const char *s;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(verdict_read(r, &f, &v, &e), ST_OK);
	assert_string_equal(v.candidate, "x");
	assert_string_equal(v.run, "3");
	assert_true(v.point == 7 && v.win == 0.5 && v.length == 2 && v.reference_length == 9 && v.kl == 2);
	key = hash128("p", 1);
	assert_memory_equal(&v.prompt, &key, sizeof(key));
	assert_int_equal(verdict_read(r, &none, &v, &e), ST_OK);
	assert_string_equal(v.candidate, "all");
	assert_int_equal(group_read(r, "absent", "none", &s, &e), ST_OK);
	assert_string_equal(s, "none");
	record_free(r);
	r = record_of("{\"id\":\"i\",\"win\":1,\"kl\":0.25,\"response_kl\":[1,0.5]}");
	assert_int_equal(verdict_read(r, &none, &v, &e), ST_OK);
	assert_true(v.kl == 0.25);
	record_free(r);
	r = record_of("{\"id\":\"i\",\"win\":1,\"response_kl\":[1,0.5]}");
	assert_int_equal(verdict_read(r, &none, &v, &e), ST_OK);
	assert_true(v.kl == 1.5 && isnan(v.length));
	assert_int_equal(prompt_key(r, &same, &e), ST_OK);
	assert_memory_equal(&v.prompt, &same, sizeof(same));
	record_free(r);
}

static void
no_verdict(const char *line, const char *by, const char *want)
{
	struct record *r = record_of(line);
	struct verdict v;
	struct err e = { 0 };

	assert_int_equal(verdict_read(r, &(struct verdict_fields){ by, "seed", "step" }, &v, &e), ST_INPUT);
	assert_string_equal(e.msg, want);
	record_free(r);
}

static void
test_no_verdict(void **state)
{
	(void)state;
	no_verdict("{\"id\":\"a\"}", NULL, "win: no such field; fg-judge adds it");
	no_verdict("{\"id\":\"a\",\"win\":2}", NULL, "win: expected a number from 0 to 1");
	no_verdict("{\"id\":\"a\",\"win\":1}", "m", "m: missing");
	no_verdict("{\"win\":1}", NULL, "prompt: missing, and so is id: whose verdict is it?");
	no_verdict("{\"id\":\"a\",\"win\":1,\"response_logprob\":[-1],\"response_ref_logprob\":[]}", NULL,
	    "response_ref_logprob: expected 1 numbers as in response_logprob, got 0");
}

static void
test_pair_side(void **state)
{
	struct record *r = record_of("{\"a_reward\":[0.5,1],\"a_label\":[1,0],\"b_score\":3,\"b\":\"xyz\",\"c_score\":1,\"c_ids\":[1,2],"
	    "\"d_reward\":[1],\"d_label\":[1,1]}");
	struct pair_side s;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(pair_side_read(r, "a", &s, &e), ST_OK);
	assert_true(s.n == 2 && s.length == 2 && s.reward[1] == 1 && s.label[0] == 1);
	assert_int_equal(pair_side_read(r, "b", &s, &e), ST_OK);
	assert_true(!s.reward && s.score == 3 && s.length == 3);
	assert_int_equal(pair_side_read(r, "c", &s, &e), ST_OK);
	assert_true(s.score == 1 && s.length == 2);
	assert_int_equal(pair_side_read(r, "d", &s, &e), ST_INPUT);
	assert_string_equal(e.msg, "d_label: expected 1 numbers as in d_reward, got 2");
	assert_int_equal(pair_side_read(r, "e", &s, &e), ST_INPUT);
	assert_string_equal(e.msg, "e_reward: missing, and so is e_score");
	record_free(r);
}

/* rows of a table, and members of a record; NAN is "-" and null */
static void
test_print(void **state)
{
	const struct interval full = { 0.5, 0.25, 0.75 }, none = { NAN, NAN, NAN };
	const struct winrate_row row = { 4, 3, 2, full, 0.25, none, 1.5, NAN, full };
	const struct rewardstat_result reward = { 1, 2, 3, 4, full, none, full, full, 0.5, 0.25, NAN };
	const struct verdict v[2] = { { .candidate = "a", .run = "", .prompt = { 1, 1 }, .win = 1, .kl = NAN, .length = NAN,
		.reference_length = NAN }, { .candidate = "b", .run = "", .prompt = { 1, 1 }, .kl = NAN, .length = NAN, .reference_length = NAN } };
	struct winrate_diff d;
	struct winrate *w;
	struct buf b = BUF_INIT;
	struct err e = { 0 };

	(void)state;
	row_json(&b, "x\"", &row);
	assert_string_equal(take(&b), "{\"candidate\":\"x\\\"\",\"verdicts\":4,\"prompts\":3,\"seeds\":2,"
	    "\"win\":{\"points\":50,\"low\":25,\"high\":75},\"ties\":25,\"length_controlled\":{\"points\":null,\"low\":null,"
	    "\"high\":null},\"length\":null,\"kl\":1.5,\"at_kl\":{\"points\":50,\"low\":25,\"high\":75}}");
	row_text(&b, "x", &row);
	assert_string_equal(take(&b), "x                          50.0 [ 25.0, 75.0]      -                 50.0 [ 25.0, 75.0]"
	    "     1.50        -   25.0       3     2\n");
	reward_json(&b, &reward, NULL);
	assert_non_null(strstr(take(&b), "\"ece\":0.25,\"length_correlation\":null}\n"));
	reward_text(&b, &reward, NULL);
	assert_non_null(strstr(take(&b), "1 pairs; tokens: 2 at -1, 3 at +1, 4 unedited\n"));
	assert_int_equal(winrate_open(&w, &e), ST_OK);
	assert_int_equal(winrate_add(w, &v[0], &e) || winrate_add(w, &v[1], &e) || winrate_build(w, 10, 1, &e), 0);
	assert_int_equal(winrate_diff(w, 0, 1, NAN, &d, &e), ST_OK);
	diff_json(&b, w, 0, 1, &d);
	assert_non_null(strstr(take(&b), "{\"candidate\":\"a\",\"against\":\"b\",\"points\":100,\"low\":100,\"high\":100,\"prompts\":1,"
	    "\"seeds\":1,\"better\":1,\"worse\":0,\"p\":1,\"by_seed\":[100],"));
	diff_text(&b, w, 0, 1, &d);
	assert_non_null(strstr(take(&b), "a - b\n"));
	winrate_close(w);
	buf_free(&b);
}

/* ---- references, and samples that come twice ---- */

static const char *
reference(const struct against *a, const char *line, struct err *e)
{
	static char text[64];
	struct record *r = record_of(line);
	const char *s;
	size_t n;

	if (!against_set(a, r, e) && !record_str(r, "reference", &s, &n, e))
		snprintf(text, sizeof(text), "%.*s", (int)n, s);
	else
		snprintf(text, sizeof(text), "-");
	record_free(r);
	return text;
}

static void
test_against(void **state)
{
	struct list l = { .beside = "{\"id\":\"a\",\"prompt\":\"p\",\"response\":\"a1\",\"sample\":1}\n"
	    "{\"id\":\"a\",\"prompt\":\"p\",\"response\":\"a0\",\"sample\":0}\n"
	    "{\"id\":\"b\",\"prompt\":\"q\",\"response\":\"b\"}\n{\"id\":\"b\",\"prompt\":\"q\",\"response\":\"again\"}\n"
	    "{\"prompt\":\"a\",\"response\":\"prompt\"}\n" };
	struct stream io = list_stream(&l);
	struct against *a;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(against_open(&a, "refs", &io, &e), ST_OK);
	assert_int_equal(against_twice(a), 1);
	assert_string_equal(reference(a, "{\"id\":\"a\",\"sample\":1}", &e), "a1");
	assert_string_equal(reference(a, "{\"id\":\"a\",\"sample\":5}", &e), "a0");
	assert_string_equal(reference(a, "{\"id\":\"b\",\"sample\":0}", &e), "b");
	assert_string_equal(reference(a, "{\"id\":\"x\",\"prompt\":\"p\",\"sample\":1}", &e), "a1");
	/* a prompt with the letters of an id */
	assert_string_equal(reference(a, "{\"prompt\":\"a\"}", &e), "prompt");
	assert_string_equal(reference(a, "{\"id\":\"x\",\"prompt\":\"none\"}", &e), "-");
	assert_string_equal(e.msg, "prompt: no record of refs has it");
	against_close(a);
	l.beside = "";
	assert_int_equal(against_open(&a, "refs", &io, &e), ST_INPUT);
	assert_string_equal(e.msg, "refs: no responses");
	l.beside = "{\"response\":\"x\"}\n";
	assert_int_equal(against_open(&a, "refs", &io, &e), ST_INPUT);
	assert_null(a);
	list_free(&l);
}

static void
test_twice(void **state)
{
	static const char *const line[] = { "{\"id\":\"a\",\"prompt\":\"p\",\"sample\":0}",
		"{\"id\":\"b\",\"prompt\":\"p\",\"sample\":0}", "{\"id\":\"a\",\"prompt\":\"p\",\"sample\":1}",
		"{\"id\":\"a\",\"prompt\":\"p\",\"sample\":0,\"policy\":\"x\"}", "{\"id\":\"a\"}", "{\"id\":\"a\"}",
		"{\"id\":\"a\",\"prompt\":\"p\",\"sample\":0}" };
	struct twice *t;
	struct record *r;
	struct err e = { 0 };
	size_t i;

	(void)state;
	assert_int_equal(twice_open(&t, &e), ST_OK);
	assert_int_equal(twice_count(t), 0);
	for (i = 0; i < sizeof(line) / sizeof(*line); i++) {
		r = record_of(line[i]);
		assert_int_equal(twice_add(t, r, &e), ST_OK);
		record_free(r);
	}
	assert_int_equal(twice_count(t), 1);
	twice_close(t);
}

/* ---- who agrees ---- */

#define ANSWER(id, who, chosen) "{\"id\":\"" id "\",\"annotator\":\"" who "\",\"rejected\":\"one two three\",\"chosen\":\"" chosen "\"}\n"
#define WIN(id, who, win) "{\"id\":\"" id "\",\"annotator\":\"" who "\",\"win\":" win "}\n"

static void
test_agreement(void **state)
{
	struct list l = { .in = ANSWER("1", "ann", "one 2 three") ANSWER("1", "bob", "one 2 three") ANSWER("2", "ann", "1 two three")
	    ANSWER("2", "bob", "one two three") WIN("3", "ann", "1") WIN("3", "bob", "1") WIN("4", "ann", "0") WIN("4", "bob", "1") };
	struct stream io = list_stream(&l);
	struct buf b = BUF_INIT;
	struct err e = { 0 };
	const char *s, *in = l.in;

	(void)state;
	assert_int_equal(agreement_read(&io, NULL, 10, 1, true, &b, &e), ST_OK);
	s = take(&b);
	/* of six words the two agree on five */
	assert_non_null(strstr(s, "{\"edits\":{\"items\":2,\"units\":6,\"values\":12,\"alpha\":"));
	assert_non_null(strstr(s, "\"people\":[{\"annotator\":\"ann\",\"items\":2,\"edit_ratio\":{\"value\":0.333"));
	assert_non_null(strstr(s, "},{\"annotator\":\"bob\",\"items\":2,"));
	assert_non_null(strstr(s, "\"pairs\":[{\"a\":\"ann\",\"b\":\"bob\",\"items\":2,\"f1\":{"));
	assert_non_null(strstr(s, "\"verdicts\":{\"items\":2,\"units\":2,\"values\":4,"));
	assert_non_null(strstr(s, "\"people\":[{\"annotator\":\"ann\",\"items\":2},{\"annotator\":\"bob\",\"items\":2}],"
	    "\"pairs\":[{\"a\":\"ann\",\"b\":\"bob\",\"items\":2,\"same\":{\"value\":0.5,"));
	l.in = in;
	assert_int_equal(agreement_read(&io, "annotator", 10, 1, false, &b, &e), ST_OK);
	s = take(&b);
	assert_non_null(strstr(s, "\nann                             2  0.333 ["));
	assert_non_null(strstr(s, "\nann - bob                       2  "));
	assert_non_null(strstr(s, "\nann                             2\nbob                             2\n"));
	l.in = "{\"id\":\"1\",\"win\":1}\n";
	assert_int_equal(agreement_read(&io, NULL, 10, 1, true, &b, &e), ST_INPUT);
	assert_string_equal(e.msg, "annotator: missing: who answered?");
	l.in = WIN("1", "ann", "2");
	assert_int_equal(agreement_read(&io, NULL, 10, 1, true, &b, &e), ST_INPUT);
	assert_string_equal(e.msg, "win: expected a number from 0 to 1");
	l.in = WIN("1", "ann", "1") WIN("1", "ann", "1");
	assert_int_equal(agreement_read(&io, NULL, 10, 1, true, &b, &e), ST_INPUT);
	l.in = "";
	assert_int_equal(agreement_read(&io, NULL, 10, 1, true, &b, &e), ST_INPUT);
	assert_string_equal(e.msg, "no record has edits or verdicts of annotators");
	buf_free(&b);
	list_free(&l);
}

/* ---- what is said of a run of advantages, and costs ---- */

static void
test_alone_and_length(void **state)
{
	struct list l = { .in = "{\"id\":\"a\",\"prompt\":\"p\",\"response_score\":1,\"finish\":\"eos\",\"response_ids\":[1,2,3,4],\"response_logprob\":[-1,-1,-1,-1],\"response_ref_logprob\":[-1,-1,-1,-1]}\n"
	    "{\"id\":\"a\",\"prompt\":\"p\",\"response_score\":2,\"finish\":\"eos\",\"response_ids\":[1,2],\"response_logprob\":[-1,-1],\"response_ref_logprob\":[-1,-1]}\n"
	    "{\"id\":\"c\",\"prompt\":\"q\",\"response_score\":2,\"finish\":\"eos\",\"response_ids\":[1,2],\"response_logprob\":[-1,-1],\"response_ref_logprob\":[-1,-1]}\n", .keep = true };
	struct stream io = list_stream(&l);
	struct advantage_opt o = plain;
	struct advantage *a;
	struct err e = { 0 };
	double mean;
	bool far;

	(void)state;
	o.group = GROUP_RLOO;
	o.shape = (struct shape){ .sequence_weight = 1, .low = -1, .high = 1 };
	o.reference_length = 1;
	o.length_factor = 2;
	assert_int_equal(advantage_new(&a, &o, &e), ST_OK);
	assert_int_equal(advantage_read(a, &io, 0, &e), ST_OK);
	assert_string_equal(take(&l.bad), "");
	assert_int_equal(advantage_alone(a), 1);
	/* 8 tokens of three responses, where the reference's have one */
	assert_true(fabs(advantage_length(a, &mean, &far) - 8.0 / 3) < 1e-12 && fabs(mean - 8.0 / 3) < 1e-12 && far);
	advantage_free(a);
	/* nothing says how long the reference's are */
	o.reference_length = 0;
	assert_int_equal(advantage_new(&a, &o, &e), ST_OK);
	assert_true(isnan(advantage_length(a, &mean, &far)) && !far);
	advantage_free(a);
	o.group = GROUP_NONE;
	assert_int_equal(advantage_new(&a, &o, &e), ST_OK);
	assert_int_equal(advantage_alone(a), 0);
	advantage_free(a);
	list_free(&l);
}

static void
test_cost(void **state)
{
	struct record *r = record_of("{\"x_cost\":[0.5,-1],\"z_cost\":[1]}");
	struct err e = { 0 };
	const float *v;

	(void)state;
	assert_int_equal(reward_cost_read(r, "x", 2, &v, &e), ST_OK);
	assert_true(v[0] == 0.5f && v[1] == -1);
	assert_int_equal(reward_cost_read(r, "y", 2, &v, &e), ST_OK);
	assert_null(v);
	assert_int_equal(reward_cost_read(r, "z", 2, &v, &e), ST_INPUT);
	assert_string_equal(e.msg, "z_cost: 1 numbers for 2 rewards");
	record_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each), cmocka_unit_test(test_advantage), cmocka_unit_test(test_whiten_and_group),
		cmocka_unit_test(test_many_groups), cmocka_unit_test(test_advantage_refuses), cmocka_unit_test(test_dedup),
		cmocka_unit_test(test_difflabel), cmocka_unit_test(test_difflabel_tokens), cmocka_unit_test(test_verdict),
		cmocka_unit_test(test_no_verdict), cmocka_unit_test(test_pair_side), cmocka_unit_test(test_print),
		cmocka_unit_test(test_against), cmocka_unit_test(test_twice), cmocka_unit_test(test_agreement),
		cmocka_unit_test(test_alone_and_length), cmocka_unit_test(test_cost)
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
