/* What a stranger's text or file may cost: steps grow with its length, not with the square.  The files in
 * the Makefile's COUNTED are compiled so that each basic block that is run counts as a step. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/buf.h"
#include "base/pool.h"
#include "record/import.h"
#include "stat/winrate.h"
#include "token/token.h"
#include "token/train.h"

#define DRAW_SEED 11
#include "draw.h"

static uint64_t steps;

void __sanitizer_cov_trace_pc(void);
void
__sanitizer_cov_trace_pc(void)
{
	steps++;
}

typedef void work_fn(size_t n, const void *arg);

/* fn at n, 2n and 4n: twice the input takes at most `most` times the steps, and some at all. */
static void
grows(const char *what, work_fn *fn, const void *arg, size_t n, double most)
{
	uint64_t before = 0;

	for (int k = 0; k < 3; k++, n *= 2) {
		steps = 0;
		fn(n, arg);
		printf("# %s, %zu: %ju steps\n", what, n, (uintmax_t)steps);
		assert_true(steps > 4 * n);
		if (k)
			assert_true((double)steps <= most * (double)before);
		before = steps;
	}
}

static void
fill(struct buf *b, const char *unit, size_t n)
{
	while (b->n < n)
		buf_adds(b, unit);
}

/* ---- training ---- */

/* unit: repeated, or "" for letters that are drawn from two */
static void
train(size_t n, const void *unit)
{
	struct train_unigram m = {0};
	struct train_words w;
	struct buf b = BUF_INIT;
	struct err e = {0};
	struct pool *pool;

	if (*(const char *)unit)
		fill(&b, unit, n);
	else
		while (b.n < n)
			buf_addc(&b, (char)('a' + below(2)));
	assert_int_equal(pool_open(&pool, 1, &e), ST_OK);
	assert_int_equal(train_words_new(&w, TRAIN_SPACE, NULL, 0, &e), ST_OK);
	assert_int_equal(train_words_add(&w, b.p, n, &e), ST_OK);
	assert_int_equal(train_unigram(&m, &w, 300, pool, &e), ST_OK);
	train_unigram_free(&m);
	train_words_free(&w);
	pool_close(pool);
	buf_free(&b);
}

static void
test_train(void **state)
{
	(void)state;
	grows("unigram, one run of a letter", train, "a", 10000, 2.4);
	grows("unigram, one run of two letters", train, "ab", 10000, 2.4);
	grows("unigram, a run of drawn letters", train, "", 10000, 2.4);
	grows("unigram, words of a length", train, "abcdefghijklmnopqrst ", 10000, 2.4);
}

/* ---- encoding ---- */

struct encode { const char *json, *unit; };

static void
encode(size_t n, const void *arg)
{
	const struct encode *c = arg;
	char path[] = "/tmp/fg-growth.XXXXXX";
	struct tok_scratch *s;
	struct tok_ids ids = {0};
	struct tokenizer *t;
	struct buf b = BUF_INIT;
	struct err e = {0};
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, c->json, strlen(c->json)), strlen(c->json));
	close(fd);
	if (tok_open(&t, path, &e))
		fail_msg("%s", e.msg);
	unlink(path);
	assert_int_equal(tok_scratch_new(&s, &e), ST_OK);
	fill(&b, c->unit, n);
	steps = 0;
	assert_int_equal(tok_encode(t, s, b.p, b.n, TOK_PLAIN, &ids, &e), ST_OK);
	tok_ids_free(&ids);
	tok_scratch_free(s);
	tok_close(t);
	buf_free(&b);
}

static void
put_many(struct buf *b, char c, size_t n)
{
	while (n--)
		buf_addc(b, c);
}

static void
test_encode(void **state)
{
	static const char *const word = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa ";
	struct buf b = BUF_INIT;

	(void)state;
	buf_adds(&b, "{\"pre_tokenizer\":{\"type\":\"Whitespace\"},\"model\":{\"type\":\"WordPiece\",\"unk_token\":\"?\","
	    "\"max_input_chars_per_word\":4096,\"vocab\":{\"?\":0,\"a\":1,\"##a\":2,\"##");
	put_many(&b, 'a', 500);
	buf_adds(&b, "b\":3}}}");
	buf_addc(&b, 0);
	assert_true(buf_ok(&b));
	grows("WordPiece, words", encode, &(struct encode){ b.p, word }, 20000, 2.1);
	grows("WordPiece, one word", encode, &(struct encode){ b.p, "a" }, 20000, 2.1);

	buf_clear(&b);
	buf_adds(&b, "{\"added_tokens\":[");
	for (int i = 1; i <= 200; i++) {
		buf_addf(&b, "%s{\"id\":%d,\"content\":\"", i > 1 ? "," : "", i + 1);
		put_many(&b, 'a', 5 * (size_t)i);
		buf_adds(&b, "b\"}");
	}
	buf_adds(&b, "],\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0,\"aa\":1},\"merges\":[\"a a\"]}}");
	buf_addc(&b, 0);
	assert_true(buf_ok(&b));
	grows("added tokens with a common beginning", encode, &(struct encode){ b.p, "a" }, 4000, 2.4);

	buf_clear(&b);
	buf_adds(&b, "{\"model\":{\"type\":\"Unigram\",\"unk_id\":0,\"vocab\":[[\"?\",0],[\"a\",-1],[\"");
	put_many(&b, 'a', 1000);
	buf_adds(&b, "b\",-2]]}}");
	buf_addc(&b, 0);
	assert_true(buf_ok(&b));
	grows("Unigram, a long piece", encode, &(struct encode){ b.p, "a" }, 4000, 2.4);

	buf_clear(&b);
	buf_adds(&b, "{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0,\"aa\":1,\"aaaa\":2,\"aaaaaaaa\":3},"
	    "\"merges\":[\"a a\",\"aa aa\",\"aaaa aaaa\"]}}");
	buf_addc(&b, 0);
	assert_true(buf_ok(&b));
	grows("BPE, one word", encode, &(struct encode){ b.p, "a" }, 20000, 2.4);

	buf_clear(&b);
	buf_adds(&b, "{\"normalizer\":{\"type\":\"NFC\"},\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0},\"merges\":[]}}");
	buf_addc(&b, 0);
	assert_true(buf_ok(&b));
	grows("NFC, marks out of order", encode, &(struct encode){ b.p, "\314\201\314\243" }, 4000, 2.4);
	buf_free(&b);
}

/* ---- verdicts ---- */

/* n candidates, each with a prompt of its own */
static void
rates(size_t n, const void *arg)
{
	struct winrate_row row;
	struct winrate *w;
	struct err e = {0};
	char name[32];

	(void)arg;
	assert_int_equal(winrate_open(&w, &e), ST_OK);
	for (size_t i = 0; i < n; i++) {
		const struct verdict v = { .candidate = name, .run = "", .prompt = hash128(&i, sizeof(i)), .win = (double)(i % 2),
			.kl = NAN, .length = NAN, .reference_length = NAN };

		snprintf(name, sizeof(name), "%zu", i);
		assert_int_equal(winrate_add(w, &v, &e), ST_OK);
	}
	assert_int_equal(winrate_build(w, 1000, 1, &e), ST_OK);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(winrate_row(w, i, NAN, &row, &e), ST_OK);
	winrate_close(w);
}

/* their cells are bounded, and cheap */
static void
test_winrate(void **state)
{
	(void)state;
	grows("win rates of many candidates", rates, NULL, 100, 2.8);
}

/* ---- imports ---- */

static enum status
count(struct record *r, void *ctx, struct err *e)
{
	(void)r;
	(void)e;
	++*(size_t *)ctx;
	return ST_OK;
}

/* a sentence whose edits stand in the wrong order */
static void
m2(size_t n, const void *arg)
{
	const struct import_opt o = { .from = IMPORT_M2 };
	struct buf b = BUF_INIT;
	struct err e = {0};
	struct import *im;
	struct record *r;
	size_t made = 0;

	(void)arg;
	assert_int_equal(import_new(&im, &o, count, &made, &e), ST_OK);
	assert_int_equal(record_new(&r, &e), ST_OK);
	buf_adds(&b, "{\"text\":\"S");
	for (size_t i = 0; i < n; i++)
		buf_adds(&b, " w");
	for (size_t i = n; i-- > 0;)
		buf_addf(&b, "\\nA %zu %zu|||R|||x|||REQUIRED|||-NONE-|||0", i, i + 1);
	buf_adds(&b, "\"}");
	assert_true(buf_ok(&b));
	assert_int_equal(record_parse(r, b.p, b.n, NULL, 0, &e), ST_OK);
	assert_int_equal(import_record(im, r, &e), ST_OK);
	assert_int_equal(made, 1);
	record_free(r);
	import_free(im);
	buf_free(&b);
}

static void
test_import(void **state)
{
	(void)state;
	grows("M2, edits out of order", m2, NULL, 4000, 2.4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_train), cmocka_unit_test(test_encode), cmocka_unit_test(test_winrate),
		cmocka_unit_test(test_import)
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("growth", tests, NULL, NULL);
}
