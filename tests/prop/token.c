/* decode(encode(x)) = x for tokenizers that lose nothing, on random UTF-8. */
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
#include "base/file.h"
#include "token/token.h"
#include "token/train.h"
#include "token/utf8.h"

#define DRAW_SEED 5
#include "draw.h"

#define SHARED "../shared/data/tokenizers/"

/* Any scalar value, more often a usual one; words of few letters, so that merges meet. */
static void
draw_text(struct buf *b)
{
	static const char *const often[] = { " ", "  ", "\n", "the ", "abab", "'s", "12", "ol\xc3\xa9", "\xe3\x81\x82" };
	size_t left = below(60);
	uint32_t c;
	char u[4];

	buf_clear(b);
	for (; left; left--) {
		switch (below(4)) {
		case 0:
			buf_adds(b, often[below(sizeof(often) / sizeof(often[0]))]);
			continue;
		case 1:
			c = (uint32_t)('a' + below(4));
			break;
		case 2:
			c = (uint32_t)below(0x180);
			break;
		default:
			c = (uint32_t)below(0x110000);
			if (c - 0xd800 < 0x800)
				continue;
		}
		if (c == 0x2581)        /* SentencePiece's own sign for a space */
			continue;
		buf_add(b, u, utf8_put(u, c));
	}
	if (!b->p)
		buf_adds(b, "a");
}

static void
check(const char *path, bool bytes, int texts)
{
	struct buf x = BUF_INIT, y = BUF_INIT, z = BUF_INIT;
	struct tokenizer *t;
	struct tok_scratch *s;
	struct tok_ids o = {0};
	struct err e = {0};
	size_t *end, len;
	const char *p;

	assert_int_equal(tok_open(&t, path, &e), ST_OK);
	assert_int_equal(tok_scratch_new(&s, &e), ST_OK);
	for (int k = 0; k < texts; k++) {
		draw_text(&x);
		o.n = 0;
		assert_int_equal(tok_encode(t, s, x.p, x.n, TOK_PLAIN, &o, &e), ST_OK);
		end = malloc((o.n + 1) * sizeof(*end));
		assert_non_null(end);
		buf_clear(&y);
		assert_int_equal(tok_decode(t, o.id, o.n, true, &y, end, &e), ST_OK);
		assert_int_equal(y.n, x.n);
		if (x.n)
			assert_memory_equal(y.p, x.p, x.n);
		/* the ends cover the text, and where tokens are bytes they are theirs */
		assert_int_equal(o.n ? o.end[o.n - 1] : 0, x.n);
		buf_clear(&z);
		for (size_t i = 0; i < o.n; i++) {
			assert_true(!i || o.end[i] >= o.end[i - 1]);
			p = tok_bytes(t, o.id[i], &len);
			buf_add(&z, p, len);
			if (bytes)
				assert_int_equal(z.n, o.end[i]);
		}
		if (bytes && x.n)
			assert_memory_equal(z.p, x.p, x.n);
		free(end);
	}
	tok_ids_free(&o);
	tok_scratch_free(s);
	tok_close(t);
	buf_free(&x);
	buf_free(&y);
	buf_free(&z);
}

static void
check_text(const struct buf *json, bool bytes)
{
	char path[] = "/tmp/fg-token.XXXXXX";
	struct err e = {0};
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(file_write_all(fd, json->p, json->n, &e), ST_OK);
	close(fd);
	check(path, bytes, 20000);
	unlink(path);
}

static void
test_bytes(void **state)
{
	static const char *const special[] = { "<|endoftext|>" };
	struct buf b = BUF_INIT, json = BUF_INIT;
	struct train_words w;
	struct train_bpe m;
	struct err e = {0};

	(void)state;
	printf("# seed %d\n", (int)key.seed);
	assert_int_equal(train_words_new(&w, TRAIN_GPT2, special, 1, &e), ST_OK);
	for (int i = 0; i < 300; i++) {
		draw_text(&b);
		assert_int_equal(train_words_add(&w, b.p, b.n, &e), ST_OK);
	}
	assert_int_equal(train_bpe(&m, &w, 500, 2, TRAIN_TIES_ID, special, 1, &e), ST_OK);
	assert_int_equal(train_bpe_print(&m, 1, &json, &e), ST_OK);
	check_text(&json, true);
	train_bpe_free(&m);
	train_words_free(&w);
	buf_free(&b);
	buf_free(&json);
}

/* SentencePiece's shape: U+2581 for a space and in front, bytes for what has no token. */
static void
test_fallback(void **state)
{
	struct buf b = BUF_INIT;
	int i;

	(void)state;
	buf_adds(&b, "{\"normalizer\":{\"type\":\"Sequence\",\"normalizers\":[{\"type\":\"Prepend\",\"prepend\":\"\xe2\x96\x81\"},"
	    "{\"type\":\"Replace\",\"pattern\":{\"String\":\" \"},\"content\":\"\xe2\x96\x81\"}]},"
	    "\"decoder\":{\"type\":\"Sequence\",\"decoders\":[{\"type\":\"Replace\",\"pattern\":{\"String\":\"\xe2\x96\x81\"},"
	    "\"content\":\" \"},{\"type\":\"ByteFallback\"},{\"type\":\"Fuse\"},"
	    "{\"type\":\"Strip\",\"content\":\" \",\"start\":1,\"stop\":0}]},"
	    "\"model\":{\"type\":\"BPE\",\"byte_fallback\":true,\"fuse_unk\":true,\"unk_token\":\"<unk>\",\"vocab\":{\"<unk>\":0");
	for (i = 0; i < 256; i++)
		buf_addf(&b, ",\"<0x%02X>\":%d", (unsigned)i, i + 1);
	buf_adds(&b, ",\"\xe2\x96\x81\":257,\"a\":258,\"b\":259,\"t\":260,\"h\":261,\"e\":262,\"\xc3\xa9\":263,\"ab\":264,"
	    "\"abab\":265,\"\xe2\x96\x81\xe2\x96\x81\":266,\"\xe2\x96\x81t\":267,\"he\":268,\"\xe2\x96\x81the\":269},"
	    "\"merges\":[\"a b\",\"\xe2\x96\x81 t\",\"ab ab\",\"h e\",\"\xe2\x96\x81t he\",\"\xe2\x96\x81 \xe2\x96\x81\"]}}");
	check_text(&b, false);
	buf_free(&b);
}

/* falcon lacks some bytes, gpt-neox has a normal form, t5-small drops spaces */
static void
test_shared(void **state)
{
	static const struct { const char *name; bool bytes; } all[] = {
		{ SHARED "gpt2", true }, { SHARED "roberta", true }, { SHARED "phi-2", true }, { SHARED "phi-3", false },
		{ SHARED "cl100k/cl100k_base.tiktoken", true }
	};
	int seen = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (access(all[i].name, R_OK))
			continue;
		check(all[i].name, all[i].bytes, 5000);
		seen++;
	}
	/* cmocka's own words for a skipped test are a failed one to prove */
	if (!seen)
		printf("# texts of shared tokenizers: skipped, they are not here\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bytes), cmocka_unit_test(test_fallback), cmocka_unit_test(test_shared)
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("token", tests, NULL, NULL);
}
