/* Weights that several models read, and hidden states that several heads read. */
#include "../stage.h"
#include "run/hidden.h"

enum { DIM = 8 };

static struct tc *tc;
/* a language model, a critic on it, a copy, an adapter on it with a critic of its own */
static char lm[] = "/tmp/fg-hidden.XXXXXX", critic[] = "/tmp/fg-hidden.XXXXXX", copy[] = "/tmp/fg-hidden.XXXXXX",
    adapter[] = "/tmp/fg-hidden.XXXXXX", other[] = "/tmp/fg-hidden.XXXXXX";
static char *const all[] = { lm, critic, copy, adapter, other };

static int
set_up(void **state)
{
	const struct make_lora lora = { .rank = 2, .alpha = 4, .base = lm };
	struct err e = { 0 };

	(void)state;
	if (tc_open(&tc, 1, &e))
		return 1;
	letters(tc, HEAD_LM, lm);
	for (size_t i = 1; i < 5; i++)
		assert_non_null(mkdtemp(all[i]));
	assert_string_equal(make_shared(tc, lm, lm, critic, &e) || make_copy(tc, lm, NULL, copy, &e) ||
	    make_adapter(tc, lm, &lora, 3, adapter, &e) || make_shared(tc, adapter, adapter, other, &e) ? e.msg : "", "");
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	for (size_t i = 0; i < 5; i++)
		remove_folder(all[i]);
	tc_close(tc);
	return 0;
}

static struct model *
opened(const char *dir, struct model *lender)
{
	struct model *m;
	struct err e = { 0 };

	assert_string_equal((lender ? model_open_after(&m, dir, lender, &e) : model_open(&m, tc, dir, MODEL_READ, &e)) ? e.msg : "", "");
	return m;
}

static void
test_trunk(void **state)
{
	struct model *m[6];

	(void)state;
	for (size_t i = 0; i < 5; i++)
		m[i] = opened(all[i], i ? m[i - 1] : NULL);
	/* not opened after the others */
	m[5] = opened(lm, NULL);
	assert_true(model_same_trunk(m[0], m[0]));
	assert_true(model_same_trunk(m[1], m[0]));
	assert_true(model_same_trunk(m[0], m[1]));
	assert_false(model_same_trunk(m[2], m[0]));
	assert_false(model_same_trunk(m[3], m[0]));
	assert_false(model_same_trunk(m[0], m[3]));
	assert_true(model_same_trunk(m[4], m[3]));
	assert_false(model_same_trunk(m[4], m[1]));
	assert_false(model_same_trunk(m[5], m[0]));
	/* the same fingerprints, though little is its own */
	assert_string_equal(model_fingerprint(m[5]), model_fingerprint(m[0]));
	assert_string_equal(model_fingerprint(m[2]), model_fingerprint(m[0]));
	assert_true(model_bytes(m[1]) < model_bytes(m[0]));
	assert_int_equal(model_bytes(m[2]), model_bytes(m[0]));
	for (size_t i = 6; i-- > 0;)
		model_close(m[i]);
}

static const int32_t id[] = { 0, 2, 3, 4, 0, 2, 2 }, another[] = { 0, 2, 3, 4, 0, 2, 3 };
static const size_t off[] = { 0, 4, 7 };

static float *
get(struct hidden *h, struct model *m, const struct batch *b, const int32_t *prefix)
{
	const float *x;
	struct err e = { 0 };

	assert_string_equal(hidden_get(h, m, b, prefix, &x, &e) ? e.msg : "", "");
	return (float *)(uintptr_t)x;
}

static void
test_once(void **state)
{
	struct model *m = opened(lm, NULL), *c = opened(critic, m), *l = opened(adapter, c);
	struct batch b = { .ntok = 7, .nseq = 2, .id = id, .off = off }, x = b;
	struct hidden *h;
	struct err e = { 0 };
	float *p, want[7 * DIM], theirs[7 * DIM];

	(void)state;
	assert_int_equal(hidden_new(&h, &e), ST_OK);
	memcpy(want, p = get(h, m, &b, NULL), sizeof(want));
	/* what the critic gets was not computed again: a mark is still there */
	p[3] = 77;
	assert_true(get(h, c, &b, NULL)[3] > 76);
	assert_true(get(h, m, &b, NULL)[3] > 76);
	/* another batch, other cuts, another prefix are computed, and this one again */
	x.id = another;
	assert_false(get(h, c, &x, NULL)[3] > 76);
	assert_memory_equal(get(h, c, &b, NULL), want, sizeof(want));
	x = b;
	x.nseq = 1;
	x.off = (const size_t[]){ 0, 7 };
	assert_memory_not_equal(get(h, m, &x, NULL), want, sizeof(want));
	x = b;
	x.prefix = 1;
	get(h, m, &x, id + 3)[3] = 77;
	assert_true(get(h, c, &x, id + 3)[3] > 76);
	assert_false(get(h, c, &x, id + 2)[3] > 76);
	/* an adapter's are others; one at a time is kept */
	p = get(h, m, &b, NULL);
	p[3] = 77;
	get(h, l, &b, NULL);
	assert_memory_equal(get(h, m, &b, NULL), want, sizeof(want));
	/* two of them */
	hidden_keep(h, 2);
	p = get(h, l, &b, NULL);
	memcpy(theirs, p, sizeof(theirs));
	p[3] = 77;
	assert_memory_equal(get(h, c, &b, NULL), want, sizeof(want));
	assert_true(get(h, l, &b, NULL)[3] > 76);
	x.prefix = 0;
	x.id = another;
	get(h, m, &x, NULL);
	/* the critic's gave way, the older */
	assert_true(get(h, l, &b, NULL)[3] > 76);
	get(h, m, &b, NULL);
	get(h, c, &x, NULL);
	assert_memory_equal(get(h, l, &b, NULL), theirs, sizeof(theirs));
	hidden_free(h);
	model_close(l);
	model_close(c);
	model_close(m);
}

static void
test_fails(void **state)
{
	static const int32_t outside[] = { 0, 2, 3, 4, 0, 2, 99 };
	struct model *m = opened(lm, NULL);
	struct batch b = { .ntok = 7, .nseq = 2, .id = outside, .off = off };
	struct hidden *h;
	struct err e = { 0 };
	const float *x;

	(void)state;
	/* what failed is not what the next one gets */
	assert_int_equal(hidden_new(&h, &e), ST_OK);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(hidden_get(h, m, &b, NULL, &x, &e), ST_INPUT);
		assert_string_equal(e.msg, "expected a token id below 7, got 99");
	}
	b.id = id;
	get(h, m, &b, NULL);
	hidden_free(h);
	model_close(m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_trunk), cmocka_unit_test(test_once), cmocka_unit_test(test_fails) };

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
