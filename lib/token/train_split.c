#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

#include "token/train_int.h"
#include "token/utf8.h"

struct train_cut {
	enum train_split split;
	const char **special;
	size_t nspecial;
	pcre2_code *re;
	pcre2_match_data *md;
	struct buf word;
};

static const char gpt2[] = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+"
    "|\\s+(?!\\S)|\\s+";

enum status
train_cut_new(struct train_cut **out, enum train_split split, const char *const *special,
    size_t nspecial, struct err *e)
{
	struct train_cut *c = calloc(1, sizeof(*c));
	PCRE2_SIZE at;
	int code;

	if (!c)
		return err_nomem(e);
	*out = c;
	c->split = split;
	/* Unigram has one more */
	if (!(c->special = calloc(nspecial + 1, sizeof(*c->special)))) {
		train_cut_free(c);
		*out = NULL;
		return err_nomem(e);
	}
	for (; c->nspecial < nspecial; c->nspecial++)
		c->special[c->nspecial] = special[c->nspecial];
	if (split == TRAIN_SPACE)
		c->special[c->nspecial++] = TRAIN_UNKNOWN;
	c->re = pcre2_compile((PCRE2_SPTR)gpt2, sizeof(gpt2) - 1, PCRE2_UTF | PCRE2_UCP, &code,
	    &at, NULL);
	if (c->re)
		c->md = pcre2_match_data_create_from_pattern(c->re, NULL);
	if (!c->md) {
		train_cut_free(c);
		*out = NULL;
		return err_nomem(e);
	}
	/* without JIT it is only slower */
	pcre2_jit_compile(c->re, PCRE2_JIT_COMPLETE);
	return ST_OK;
}

void
train_cut_free(struct train_cut *c)
{
	if (!c)
		return;
	pcre2_match_data_free(c->md);
	pcre2_code_free(c->re);
	buf_free(&c->word);
	free(c->special);
	free(c);
}

static enum status
cut_gpt2(struct train_cut *c, struct train_words *w, const char *s, size_t n, size_t base,
    struct err *e)
{
	uint32_t flags = 0;
	PCRE2_SIZE *v;
	size_t at = 0;
	int rc;

	while (at < n) {
		rc = pcre2_match(c->re, (PCRE2_SPTR)s, n, at, flags, c->md, NULL);
		flags = PCRE2_NO_UTF_CHECK;
		if (rc < 0 && rc >= PCRE2_ERROR_UTF8_ERR21 && rc <= PCRE2_ERROR_UTF8_ERR1) {
			e->byte = base + pcre2_get_startchar(c->md) + 1;
			return err_set(e, ST_INPUT, "invalid UTF-8");
		}
		if (rc < 0)
			return err_set(e, ST_INPUT, "the text cannot be split into words");
		v = pcre2_get_ovector_pointer(c->md);
		if (train_words_count(w, s + v[0], v[1] - v[0], 1, e))
			return e->code;
		at = v[1];
	}
	return ST_OK;
}

/* The word in c->word, unless it is a mark without a word after it. */
static enum status
flush_word(struct train_cut *c, struct train_words *w, bool lone, struct err *e)
{
	enum status st = ST_OK;

	if (!buf_ok(&c->word))
		return err_nomem(e);
	if (c->word.n > sizeof(MARK) - 1 || (lone && c->word.n))
		st = train_words_count(w, c->word.p, c->word.n, 1, e);
	buf_clear(&c->word);
	return st;
}

/* Words as Metaspace has them, each line by itself; a line end is a word too. */
static enum status
cut_space(struct train_cut *c, struct train_words *w, const char *s, size_t n, size_t base, struct err *e)
{
	size_t i = utf8_invalid(s, n), k;

	if (i < n) {
		e->byte = base + i + 1;
		return err_set(e, ST_INPUT, "invalid UTF-8");
	}
	buf_clear(&c->word);
	for (i = 0; i < n; i += k) {
		k = utf8_len((unsigned char)s[i]);
		if (s[i] == '\n' || s[i] == '\r') {
			if (flush_word(c, w, false, e) || train_words_count(w, s + i, 1, 1, e))
				return e->code;
			continue;
		}
		if (s[i] == ' ') {
			if (flush_word(c, w, true, e))
				return e->code;
			buf_adds(&c->word, MARK);
			continue;
		}
		if (!c->word.n)
			buf_adds(&c->word, MARK);
		buf_add(&c->word, s + i, k);
	}
	return flush_word(c, w, false, e);
}

enum status
train_cut(struct train_cut *c, struct train_words *w, const char *text, size_t n, struct err *e)
{
	const char *hit, *p, *end = text + n, *s = text;
	size_t i, len, skip;

	do {
		hit = end;
		skip = 0;
		for (i = 0; i < c->nspecial; i++) {
			len = strlen(c->special[i]);
			p = memmem(s, (size_t)(end - s), c->special[i], len);
			if (p && (p < hit || (p == hit && len > skip))) {
				hit = p;
				skip = len;
			}
		}
		if (c->split == TRAIN_GPT2 ? cut_gpt2(c, w, s, (size_t)(hit - s), (size_t)(s - text), e)
		    : cut_space(c, w, s, (size_t)(hit - s), (size_t)(s - text), e))
			return e->code;
		s = hit + skip;
	} while (s < end);
	return ST_OK;
}
