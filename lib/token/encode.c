/* Encoding: added tokens are cut out, then normal form, pre-tokenizers, model, and what is put around. */
#include <string.h>

#include "token/token_int.h"
#include "token/uniclass.h"
#include "token/utf8.h"

static enum status
words_of(struct run *r, const struct piece *w)
{
	return pre_run(r, 0, w);
}

static enum status
normal_of(struct run *r, const struct piece *w)
{
	struct piece n = *w;

	if (norm_run(r, &n))
		return r->e->code;
	return added_split(r, &r->t->split_norm, &n, words_of);
}

/* Bytes that a normalizer may make of n: it is a stranger's, and may replace a letter by a book. */
static size_t
normal_most(size_t n, size_t longest)
{
	enum { TIMES = 16, LEAST = 1 << 16 };
	size_t most = 4 * longest;

	if (n < most / TIMES)
		most = TIMES * n;
	return most > LEAST ? most : LEAST;
}

/* The ids of text[from..n). */
static enum status
encode(struct run *r, const char *text, size_t from, size_t n)
{
	struct piece w = {.p = text + from, .n = n - from, .base = from};
	struct err *e = r->e;
	size_t bad;

	if (n > r->t->longest)
		return err_set(e, ST_INPUT, "a text of %zu bytes: at most %zu are tokenized at once", n, r->t->longest);
	if ((bad = utf8_invalid(text, n)) < n)
		return err_at(e, ST_INPUT, NULL, 0, bad + 1, "not UTF-8");
	if (strcmp(r->s->print, r->t->print) && scratch_cache(r->s, r->t, e))
		return e->code;
	r->start = from;
	r->room = normal_most(n, r->t->longest);
	r->s->steps = regex_steps(n);
	return added_split(r, &r->t->split, &w, normal_of);
}

enum status
tok_encode(const struct tokenizer *t, struct tok_scratch *s, const char *text, size_t n,
    unsigned flags, struct tok_ids *out, struct err *e)
{
	struct run r = {.t = t, .s = s, .out = out, .e = e};
	size_t i;

	if (flags & TOK_POST)
		for (i = 0; i < t->nbefore; i++)
			if (tok_ids_push(out, t->before[i], 0, e))
				return e->code;
	if (encode(&r, text, 0, n))
		return e->code;
	if (flags & TOK_POST)
		for (i = 0; i < t->nafter; i++)
			if (tok_ids_push(out, t->after[i], n, e))
				return e->code;
	return ST_OK;
}

enum status
tok_prompt(const struct tokenizer *t, struct tok_scratch *s, const char *text, size_t n,
    struct tok_ids *out, struct err *e)
{
	size_t i;

	for (i = 0; i < t->nbefore; i++)
		if (tok_ids_push(out, t->before[i], 0, e))
			return e->code;
	return tok_encode(t, s, text, n, TOK_PLAIN, out, e);
}

bool
tok_minds_last(const struct tokenizer *t)
{
	bool minds = false;
	size_t i;

	for (i = 0; i < t->nnorm; i++)
		minds |= t->norm[i].type == NORM_PREPEND;
	for (i = 0; i < t->npre; i++)
		minds |= t->pre[i].type == PRE_METASPACE ? t->pre[i].scheme == SCHEME_ALWAYS : t->pre[i].prefix_space;
	for (i = 0; i < t->nadded; i++)
		minds |= t->added[i].rstrip;
	return t->nadded && minds;
}

enum status
tok_reply(const struct tokenizer *t, struct tok_scratch *s, const char *text, size_t n,
    int32_t last, bool complete, struct tok_ids *out, struct err *e)
{
	struct run r = {.t = t, .s = s, .out = out, .e = e};
	const struct added *a;
	size_t from = 0, k;

	if (last >= 0) {
		r.before = BEFORE_TEXT;
		if ((size_t)last < t->nvocab && t->added_at[last] >= 0) {
			a = &t->added[t->added_at[last]];
			r.before = a->normalized ? BEFORE_ADDED_NORMAL : BEFORE_ADDED;
			if (a->rstrip && utf8_invalid(text, n) == n)
				while (from < n && uniclass_space(utf8_get(text + from, &k)))
					from += k;
		}
	}
	if (encode(&r, text, from, n))
		return e->code;
	if (!complete)
		return ST_OK;
	if (tok_eos(t) < 0)
		return err_set(e, ST_INPUT, "the tokenizer names no end-of-sequence id (--eos gives one)");
	return tok_ids_push(out, tok_eos(t), n, e);
}

bool
tok_twice(const struct tokenizer *t, const int32_t *id, size_t n, bool reply)
{
	if (n < 2)
		return false;
	return reply ? tok_is_eos(t, id[n - 1]) && tok_is_eos(t, id[n - 2]) :
	    t->bos >= 0 && id[0] == t->bos && id[1] == t->bos;
}
