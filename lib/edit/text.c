#include <stdlib.h>
#include <string.h>

#include "base/grow.h"
#include "base/hash.h"
#include "edit/text.h"

void
edit_text_free(struct edit_text *t)
{
	free(t->sym);
	free(t->end);
	free(t->edge);
	*t = (struct edit_text){0};
}

static enum status
reserve(struct edit_text *t, size_t n, struct err *e)
{
	size_t sym = t->cap, end = t->cap;

	if (grow(&t->sym, &sym, n + 1, sizeof(*t->sym), e) || grow(&t->end, &end, n + 1, sizeof(*t->end), e))
		return e->code;
	return grow(&t->edge, &t->cap, n + 1, sizeof(*t->edge), e);
}

/* The scalar value at s and its length; a byte that is not UTF-8 is 0x110000 + itself. */
static size_t
scalar(const char *s, size_t n, uint32_t *v)
{
	const unsigned char *p = (const unsigned char *)s;
	static const uint32_t least[5] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t i, len = p[0] < 0x80 ? 1 : p[0] < 0xC0 ? 0 : p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3
	    : p[0] < 0xF8 ? 4 : 0;
	uint32_t c;

	if (len == 1) {
		*v = p[0];
		return 1;
	}
	if (len && len <= n) {
		c = p[0] & (0x7Fu >> len);
		for (i = 1; i < len && (p[i] & 0xC0) == 0x80; i++)
			c = c << 6 | (p[i] & 0x3F);
		if (i == len && c >= least[len] && c < 0x110000 && (c < 0xD800 || c > 0xDFFF)) {
			*v = c;
			return len;
		}
	}
	*v = 0x110000 + p[0];
	return 1;
}

static bool
is_space(uint32_t c)
{
	return c == ' ' || (c >= 9 && c <= 13) || c == 0x85 || c == 0xA0 || c == 0x1680
	    || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F
	    || c == 0x205F || c == 0x3000;
}

/* scripts that put no space between words */
static bool
is_alone(uint32_t c)
{
	return (c >= 0x2E80 && c <= 0x312F) || (c >= 0x31A0 && c <= 0x9FFF)
	    || (c >= 0xF900 && c <= 0xFAFF) || (c >= 0xFF01 && c <= 0xFF65)
	    || (c >= 0x20000 && c <= 0x3FFFF);
}

static bool
is_mark(uint32_t c)
{
	return (c > ' ' && c < '0') || (c > '9' && c < 'A') || (c > 'Z' && c < 'a') || (c > 'z' && c < 0x7F)
	    || c == 0xA1 || c == 0xAB || c == 0xB7 || c == 0xBB || c == 0xBF
	    || (c >= 0x2010 && c <= 0x2027) || (c >= 0x2030 && c <= 0x205E)
	    || (c >= 0x3001 && c <= 0x3003) || (c >= 0x3008 && c <= 0x3011);
}

size_t
edit_text_space(const char *text, size_t n, size_t at)
{
	uint32_t c;
	size_t len = scalar(text + at, n - at, &c);

	return is_space(c) ? len : 0;
}

static bool
is_letter(unsigned char c)
{
	return c >= 0x80 || (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z');
}

static bool
ascii_space(unsigned char c)
{
	return c == ' ' || (c >= 9 && c <= 13);
}

/* Does a sentence end before byte at?  Closing quotes and brackets may follow. */
static bool
ends_sentence(const char *text, size_t at)
{
	while (at && (text[at - 1] == '"' || text[at - 1] == '\'' || text[at - 1] == ')'))
		at--;
	return at && (text[at - 1] == '.' || text[at - 1] == '!' || text[at - 1] == '?');
}

uint8_t
edit_text_edge(const char *text, size_t n, size_t at)
{
	unsigned char l, r;

	if (!at || at >= n)
		return EDIT_EDGE_SENTENCE;
	l = (unsigned char)text[at - 1];
	r = (unsigned char)text[at];
	if (ascii_space(r) && !ascii_space(l))
		return r == '\n' || ends_sentence(text, at) ? EDIT_EDGE_SENTENCE : EDIT_EDGE_WORD;
	if (ascii_space(l) && !ascii_space(r))
		return l == '\n' ? EDIT_EDGE_WORD : EDIT_EDGE_SOFT;
	if (!ascii_space(l) && is_letter(l) != is_letter(r))
		return EDIT_EDGE_SOFT;
	return EDIT_EDGE_NONE;
}

enum status
edit_text_chars(struct edit_text *t, const char *text, size_t n, struct err *e)
{
	size_t at;

	t->n = 0;
	for (at = 0; at < n; t->n++) {
		if (reserve(t, t->n + 1, e))
			return e->code;
		t->edge[t->n] = edit_text_edge(text, n, at);
		at += scalar(text + at, n - at, &t->sym[t->n]);
		t->end[t->n] = at;
	}
	if (reserve(t, t->n, e))
		return e->code;
	t->edge[t->n] = EDIT_EDGE_SENTENCE;
	return ST_OK;
}

enum status
edit_text_tokens(struct edit_text *t, const char *text, size_t n, const int32_t *id,
    const int32_t *end, size_t tok, struct err *e)
{
	size_t i;

	if (reserve(t, tok, e))
		return e->code;
	t->n = tok;
	for (i = 0; i < tok; i++) {
		t->sym[i] = (uint32_t)id[i];
		t->end[i] = (size_t)end[i];
		t->edge[i] = edit_text_edge(text, n, i ? t->end[i - 1] : 0);
	}
	t->edge[tok] = EDIT_EDGE_SENTENCE;
	return ST_OK;
}

/* An open table: slot -> word number + 1, valid when its stamp is the dictionary's. */
struct slot { uint64_t hash; uint32_t stamp, sym; };
struct word { const char *p; size_t n; };

struct edit_dict {
	struct slot *slot;
	struct word *word;
	size_t slots, words;    /* a power of two; at most half of it */
	uint32_t stamp;
};

enum { SLOTS_MIN = 1024 };

enum status
edit_dict_new(struct edit_dict **out, struct err *e)
{
	struct edit_dict *d = calloc(1, sizeof(*d));

	*out = d;
	if (!d)
		return err_nomem(e);
	d->slots = SLOTS_MIN;
	d->stamp = 1;
	d->slot = calloc(d->slots, sizeof(*d->slot));
	d->word = malloc(d->slots / 2 * sizeof(*d->word));
	if (!d->slot || !d->word) {
		edit_dict_free(d);
		*out = NULL;
		return err_nomem(e);
	}
	return ST_OK;
}

void
edit_dict_free(struct edit_dict *d)
{
	if (d) {
		free(d->slot);
		free(d->word);
		free(d);
	}
}

void
edit_dict_clear(struct edit_dict *d)
{
	d->words = 0;
	if (!++d->stamp) {
		memset(d->slot, 0, d->slots * sizeof(*d->slot));
		d->stamp = 1;
	}
}

static enum status
more_slots(struct edit_dict *d, struct err *e)
{
	size_t i, k, slots = 2 * d->slots;
	struct slot *new;
	struct word *w;

	if (slots > SIZE_MAX / 2 / sizeof(*new) || slots > UINT32_MAX)
		return err_nomem(e);
	if (!(new = calloc(slots, sizeof(*new))))
		return err_nomem(e);
	if (!(w = realloc(d->word, slots / 2 * sizeof(*w)))) {
		free(new);
		return err_nomem(e);
	}
	d->word = w;
	for (i = 0; i < d->slots; i++) {
		if (d->slot[i].stamp != d->stamp)
			continue;
		for (k = d->slot[i].hash & (slots - 1); new[k].stamp; k = (k + 1) & (slots - 1))
			;
		new[k] = d->slot[i];
	}
	free(d->slot);
	d->slot = new;
	d->slots = slots;
	return ST_OK;
}

enum status
edit_dict_word(struct edit_dict *d, const char *p, size_t n, uint32_t *sym, struct err *e)
{
	uint64_t h = hash64(p, n, 0);
	const struct word *w;
	struct slot *s;
	size_t k;

	if (d->words == d->slots / 2 && more_slots(d, e))
		return e->code;
	for (k = h & (d->slots - 1);; k = (k + 1) & (d->slots - 1)) {
		s = &d->slot[k];
		if (s->stamp != d->stamp)
			break;
		w = &d->word[s->sym];
		if (s->hash == h && w->n == n && !memcmp(w->p, p, n)) {
			*sym = s->sym;
			return ST_OK;
		}
	}
	*s = (struct slot){ h, d->stamp, (uint32_t)d->words };
	d->word[d->words] = (struct word){ p, n };
	*sym = (uint32_t)d->words++;
	return ST_OK;
}

/* The end of the word that starts at byte at. */
static size_t
word_end(const char *text, size_t n, size_t at)
{
	bool any = false;
	uint32_t c;
	size_t len;

	for (; at < n; at += len) {
		c = (unsigned char)text[at];
		len = 1;
		/* a letter first: the other tests take longer */
		if (c > ' ' && c < 0x80) {
			any = true;
			continue;
		}
		len = scalar(text + at, n - at, &c);
		if (is_space(c)) {
			if (any)
				break;
		} else if (is_alone(c)) {
			return any ? at : at + len;
		} else {
			any = true;
		}
	}
	return at;
}

void
edit_text_core(const char *text, size_t from, size_t to, size_t *c0, size_t *c1)
{
	size_t at = from, end = to, first, last;
	uint32_t c;

	while (at < to && (first = edit_text_space(text, to, at)))
		at += first;
	for (first = at; first < to; first += last) {
		last = scalar(text + first, to - first, &c);
		if (!is_mark(c))
			break;
	}
	for (; end > first; end = last) {
		for (last = end - 1; last > first && (text[last] & 0xC0) == 0x80; last--)
			;
		scalar(text + last, end - last, &c);
		if (!is_mark(c))
			break;
	}
	*c0 = first < end ? first : at < to ? at : from;
	*c1 = first < end ? end : to;
}

enum status
edit_text_words(struct edit_text *t, struct edit_dict *d, const char *text, size_t n, bool bare,
    struct err *e)
{
	size_t at, end, c0, c1;

	t->n = 0;
	for (at = 0; at < n; at = end, t->n++) {
		c0 = at;
		c1 = end = word_end(text, n, at);
		if (bare)
			edit_text_core(text, at, end, &c0, &c1);
		if (reserve(t, t->n + 1, e) || edit_dict_word(d, text + c0, c1 - c0, &t->sym[t->n], e))
			return e->code;
		t->edge[t->n] = edit_text_edge(text, n, at);
		t->end[t->n] = end;
	}
	if (reserve(t, t->n, e))
		return e->code;
	t->edge[t->n] = EDIT_EDGE_SENTENCE;
	return ST_OK;
}
