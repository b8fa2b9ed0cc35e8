/* Training a vocabulary on any text: the tokenizer opens, and gives the text back (that of
 * SentencePiece's kind, where no special token and no mark of a space is in it, and no space in front). */
#include "must.h"
#include "scratch.h"

#include "token/token.h"
#include "token/train.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const char *const special[] = { "<|endoftext|>", "ab" };

enum { SPECIALS = 2 };

static bool
holds(const char *text, size_t n, const char *s)
{
	return n && memmem(text, n, s, strlen(s));
}

static void
check(const struct buf *file, const char *text, size_t n, bool back)
{
	struct tokenizer *t;
	struct tok_scratch *s = NULL;
	struct tok_ids ids = { 0 };
	struct buf b = BUF_INIT;
	struct err e = { 0 };

	must(!tok_open(&t, scratch("tokenizer.json", file->p, file->n), &e) && !tok_scratch_new(&s, &e));
	must(!tok_encode(t, s, text, n, TOK_PLAIN, &ids, &e) && !tok_decode(t, ids.id, ids.n, true, &b, NULL, &e));
	must(!back || (b.n == n && (!n || !memcmp(b.p, text, n))));
	buf_free(&b);
	tok_ids_free(&ids);
	tok_scratch_free(s);
	tok_close(t);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct pool *pool;
	const char *text = (const char *)data + 2;
	bool pieces;
	struct train_words w;
	struct buf out = BUF_INIT;
	struct err e = { 0 };
	size_t size;

	/* a byte that says which, one for the size, the text */
	if (n < 2)
		return 0;
	n -= 2;
	pieces = data[0] & 1;
	size = data[1];
	must(pool || !pool_open(&pool, 1, &e));
	must(!train_words_new(&w, pieces ? TRAIN_SPACE : TRAIN_GPT2, special, SPECIALS, &e));
	if (train_words_add(&w, text, n, &e)) {
		must(e.code == ST_INPUT && e.msg[0]);
	} else if (pieces) {
		struct train_unigram m;

		if (!train_unigram(&m, &w, size + 1, pool, &e)) {
			must(!train_unigram_print(&m, special, SPECIALS, &out, &e));
			train_unigram_free(&m);
			check(&out, text, n, n && *text != ' ' && !holds(text, n, special[0]) && !holds(text, n, special[1]) &&
			    !holds(text, n, "<unk>") && !holds(text, n, "\xe2\x96\x81"));
		} else {
			must((e.code == ST_INPUT || e.code == ST_USAGE) && e.msg[0]);
		}
	} else {
		struct train_bpe m;

		must(!train_bpe(&m, &w, 256 + SPECIALS + size, 1 + (data[0] >> 1 & 3), (enum train_ties)(data[0] >> 3 & 1), special, SPECIALS, &e));
		must(!train_bpe_print(&m, SPECIALS, &out, &e));
		train_bpe_free(&m);
		check(&out, text, n, true);
	}
	buf_free(&out);
	train_words_free(&w);
	return 0;
}
