/* What a model reads of a record. */
#include "stage/ids.h"
#include "../stage.h"

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
	ids_close(NULL);
	remove_folder(dir);
	tc_close(tc);
	return 0;
}

/* The record's field as ids after the prompt's, in digits. */
static void
reads(const char *line, const char *field, const char *want, size_t prompt, size_t made, bool foreign)
{
	struct record *r = record_of(line);
	struct buf b = BUF_INIT;
	struct ids_seq s;
	struct err e = { 0 };
	enum status st = strcmp(field, "prompt") ? ids_read(ids, r, field, 0, &s, &e) :
	    ids_read_prompt(ids, r, 0, &s, &e);

	assert_string_equal(st ? e.msg : "", "");
	for (size_t i = 0; i < s.n; i++)
		buf_addf(&b, "%d", s.id[i]);
	assert_string_equal(take(&b), want);
	assert_int_equal(s.prompt, prompt);
	assert_int_equal(s.made, made);
	assert_int_equal(s.foreign, foreign);
	buf_free(&b);
	record_free(r);
}

static void
refuses(const char *line, const char *field, enum status code, const char *want)
{
	struct record *r = record_of(line);
	struct ids_seq s;
	struct err e = { 0 };

	if (strcmp(field, "prompt") || code == ST_USAGE)
		assert_int_equal(ids_read(ids, r, field, 0, &s, &e), code);
	else
		assert_int_equal(ids_read_prompt(ids, r, 0, &s, &e), code);
	assert_string_equal(e.msg, want);
	record_free(r);
}

static void
test_open(void **state)
{
	struct err e = { 0 };
	struct ids *d;

	(void)state;
	assert_int_equal(ids_config(ids)->vocab, 7);
	assert_non_null(ids_tokenizer(ids));
	assert_int_equal(ids_open(&d, "/nowhere", 0, 1, &e), ST_IO);
}

static void
test_read(void **state)
{
	(void)state;
	/* text: the prompt has no bos of its own here, a complete text gets eos */
	reads("{\"prompt\":\"ab\",\"response\":\"cd\"}", "response", "23451", 2, 2, false);
	reads("{\"prompt\":\"ab\",\"response\":\"cd\",\"finish\":\"length\"}", "response", "2345", 2, 2, false);
	/* finish is of the response alone */
	reads("{\"prompt\":\"ab\",\"chosen\":\"cd\",\"finish\":\"length\"}", "chosen", "23451", 2, 2, false);
	/* an empty prompt, and none, become bos */
	reads("{\"prompt\":\"\",\"response\":\"a\"}", "response", "021", 1, 1, false);
	reads("{\"response\":\"a\"}", "response", "021", 1, 1, false);
	/* ids are carried as they are */
	reads("{\"prompt_ids\":[0,3],\"response_ids\":[5,5]}", "response", "0355", 2, 0, false);
	reads("{\"prompt\":\"a\",\"prompt_ids\":[0,3],\"response\":\"b\"}", "response", "0331", 2, 0, false);
	/* another tokenizer's are made again from the text */
	reads("{\"prompt\":\"a\",\"prompt_ids\":[9],\"response\":\"b\",\"response_ids\":[99],"
	    "\"tokenizer\":\"00000000000000000000000000000000\"}", "response", "231", 1, 1, true);
	reads("{\"prompt\":\"abc\"}", "prompt", "234", 3, 3, false);
	reads("{\"prompt\":\"\"}", "prompt", "0", 1, 1, false);
}

static void
test_refuse(void **state)
{
	(void)state;
	refuses("{\"prompt\":\"a\"}", "prompt", ST_USAGE, "prompt: other text follows it; it cannot be the field that is read");
	refuses("{\"id\":\"x\"}", "prompt", ST_INPUT, "prompt: missing; an empty one asks for a text from its beginning");
	refuses("{\"prompt\":\"a\"}", "response", ST_INPUT, "response: no such field");
	refuses("{\"prompt\":\"a\",\"response_ids\":[]}", "response", ST_INPUT, "response: no tokens");
	refuses("{\"prompt\":\"a\",\"response_ids\":[7]}", "response", ST_INPUT,
	    "response_ids: element 1: expected an integer in 0..6, got 7");
	refuses("{\"prompt\":\"aaaaaaaaaaaaaaa\",\"response\":\"bb\"}", "response", ST_INPUT,
	    "response: 18 tokens with the prompt, the longest sequence has 16");
	refuses("{\"prompt\":3,\"response\":\"bb\"}", "response", ST_INPUT, "prompt: expected a string");
	refuses("{\"response\":\"a\",\"finish\":1}", "response", ST_INPUT, "finish: expected a string");
	refuses("{\"response\":\"a\",\"tokenizer\":1}", "response", ST_INPUT, "tokenizer: expected a string");
}

/* a folder without a tokenizer, and without bos */
static void
test_bare(void **state)
{
	static char bare[] = "/tmp/fg-stage.XXXXXX";
	const struct model_config c = { .arch = &arch_llama, .dtype = DT_F32, .vocab = 7, .dim = 8, .layers = 1, .heads = 2,
		.kv_heads = 2, .head_dim = 4, .ffn = 8, .max_pos = 16, .norm_eps = 1e-5f, .init_range = 0.3f, .rope_theta = 1e4,
		.bos = -1, .pad = -1, .reward_sd = 1 };
	struct ids *own = ids;
	char want[256];
	struct err e = { 0 };

	(void)state;
	assert_non_null(mkdtemp(bare));
	assert_int_equal(make_new(tc, &c, 5, bare, &e), ST_OK);
	assert_int_equal(ids_open(&ids, bare, 4, 1, &e), ST_OK);
	assert_null(ids_tokenizer(ids));
	reads("{\"prompt_ids\":[2],\"response_ids\":[3],\"tokenizer\":\"any\"}", "response", "23", 1, 0, false);
	snprintf(want, sizeof(want), "response: no ids, and %s has no tokenizer", bare);
	refuses("{\"prompt_ids\":[2],\"response\":\"a\"}", "response", ST_INPUT, want);
	snprintf(want, sizeof(want), "prompt: no ids, and %s has no tokenizer", bare);
	refuses("{\"prompt\":\"a\"}", "prompt", ST_INPUT, want);
	refuses("{\"response_ids\":[2]}", "response", ST_INPUT, "response: the prompt is empty and the model has no bos");
	refuses("{\"prompt_ids\":[2,2],\"response_ids\":[2,2,2]}", "response", ST_INPUT,
	    "response: 5 tokens with the prompt, the longest sequence has 4");
	ids_close(ids);
	ids = own;
	remove_folder(bare);
}

static void
test_store(void **state)
{
	struct record *r = record_of("{\"prompt\":\"ab\",\"response\":\"cd\"}");
	struct ids_seq s;
	struct buf b = BUF_INIT;
	char want[256];
	struct err e = { 0 };

	(void)state;
	assert_int_equal(ids_read(ids, r, "response", 0, &s, &e), ST_OK);
	assert_int_equal(ids_store(ids, r, "response", &s, &e), ST_OK);
	assert_int_equal(record_print(r, &b, &e), ST_OK);
	snprintf(want, sizeof(want), "{\"prompt\":\"ab\",\"response\":\"cd\",\"prompt_ids\":[2,3],\"response_ids\":[4,5,1],"
	    "\"response_ends\":[1,2,2],\"tokenizer\":\"%s\"}\n", tok_fingerprint(ids_tokenizer(ids)));
	assert_string_equal(take(&b), want);
	record_free(r);
	/* ids that were there are not stored again */
	r = record_of("{\"prompt_ids\":[2],\"response_ids\":[3]}");
	assert_int_equal(ids_read(ids, r, "response", 0, &s, &e), ST_OK);
	assert_int_equal(ids_store(ids, r, "response", &s, &e), ST_OK);
	assert_int_equal(record_print(r, &b, &e), ST_OK);
	assert_string_equal(take(&b), "{\"prompt_ids\":[2],\"response_ids\":[3]}\n");
	record_free(r);
	buf_free(&b);
}

/* a text that says itself what is added after it */
static void
test_twice(void **state)
{
	uint64_t bos, eos, before;

	(void)state;
	ids_twice(ids, &bos, &before);
	reads("{\"prompt\":\"a\",\"response\":\"b</s>\"}", "response", "2311", 1, 1, false);
	ids_twice(ids, &bos, &eos);
	assert_int_equal(bos, 0);
	assert_int_equal(eos, before + 1);
}

static void
test_floats(void **state)
{
	struct record *r = record_of("{\"x_reward\":[0.5,-1],\"x_value\":\"no\"}");
	const float *v;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(ids_floats(r, "x", "reward", 2, &v, &e), ST_OK);
	assert_true(v[0] == 0.5f && v[1] == -1);
	assert_int_equal(ids_floats(r, "x", "reward", 3, &v, &e), ST_INPUT);
	assert_string_equal(e.msg, "x_reward: 2 numbers for 3 tokens");
	assert_int_equal(ids_floats(r, "x", "value", 3, &v, &e), ST_INPUT);
	assert_int_equal(ids_floats(r, "y", "value", 3, &v, &e), ST_INPUT);
	assert_string_equal(e.msg, "y_value: no such field; fg-score adds it");
	record_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_open), cmocka_unit_test(test_read), cmocka_unit_test(test_refuse),
		cmocka_unit_test(test_bare), cmocka_unit_test(test_store), cmocka_unit_test(test_twice), cmocka_unit_test(test_floats)
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
