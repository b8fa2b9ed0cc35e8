#include <stdlib.h>
#include <string.h>

#include "base/grow.h"
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

	if (n < t->cap)
		return ST_OK;
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

/* Does a sentence end before byte at?  Closing quotes and brackets may follow. */
static bool
ends_sentence(const char *text, size_t at)
{
	while (at && (text[at - 1] == '"' || text[at - 1] == '\'' || text[at - 1] == ')'))
		at--;
	return at && (text[at - 1] == '.' || text[at - 1] == '!' || text[at - 1] == '?');
}

/* What matters at a word boundary, of ASCII characters: a letter or digit, white space, a line's end, what may end a
 * sentence, another mark. */
enum { MARK, LETTER, SPACE, LINE, LAST, KINDS };
static const char kind_of[] =
    "00000000023222000000000000000000" "24400004040000401111111111000004"
    "01111111111111111111111111100000" "01111111111111111111111111100000";

static unsigned
kind(char c)
{
	return (unsigned char)c < 0x80 ? (unsigned)(kind_of[(unsigned char)c] - '0') : LETTER;
}

uint8_t
edit_text_edge(const char *text, size_t n, size_t at)
{
	static const uint8_t strength[KINDS][KINDS] = {
		[MARK] = { [LETTER] = EDIT_EDGE_SOFT, [SPACE] = EDIT_EDGE_WORD, [LINE] = EDIT_EDGE_SENTENCE },
		[LETTER] = { EDIT_EDGE_SOFT, [SPACE] = EDIT_EDGE_WORD, [LINE] = EDIT_EDGE_SENTENCE, [LAST] = EDIT_EDGE_SOFT },
		[SPACE] = { EDIT_EDGE_SOFT, [LETTER] = EDIT_EDGE_SOFT, [LAST] = EDIT_EDGE_SOFT },
		[LINE] = { EDIT_EDGE_WORD, [LETTER] = EDIT_EDGE_WORD, [LAST] = EDIT_EDGE_WORD },
		[LAST] = { [LETTER] = EDIT_EDGE_SOFT, [SPACE] = EDIT_EDGE_WORD, [LINE] = EDIT_EDGE_SENTENCE }
	};
	unsigned l, r;

	if (!at || at >= n)
		return EDIT_EDGE_SENTENCE;
	l = kind(text[at - 1]);
	r = kind(text[at]);
	return l == LAST && r == SPACE && ends_sentence(text, at) ? EDIT_EDGE_SENTENCE : strength[l][r];
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

/* Over ASCII characters above ' ' from byte at, a few at once. */
static inline size_t
skip_plain(const char *text, size_t n, size_t at)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	uint64_t v;

	for (; n - at >= 8; at += 8) {
		memcpy(&v, text + at, 8);
		/* "Bit Twiddling Hacks": the first byte that is not has its high bit set */
		v = ((v - 0x2121212121212121) | v) & 0x8080808080808080;
		if (v)
			return at + (size_t)(__builtin_ctzll(v) / 8);
	}
#else
	(void)text;
	(void)n;
#endif
	return at;
}

/* The end of the word that starts at byte at. */
static size_t
word_end(const char *text, size_t n, size_t at)
{
	size_t len = at + (text[at] == ' '), next = skip_plain(text, n, len);
	bool any = next > len;
	uint32_t c;

	for (at = next; at < n; at += len) {
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
