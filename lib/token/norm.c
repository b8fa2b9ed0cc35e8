/* Normalizers: each step rewrites the text and keeps, for every byte, the end of the
 * span of the original that it came from. */
#include <string.h>

#include <utf8proc.h>

#include "token/token_int.h"
#include "token/uniclass.h"
#include "token/utf8.h"

/* Map one character: none (dropped), itself, or up to four others. */
typedef size_t map_fn(uint32_t c, uint32_t out[4]);

static size_t
map_lower(uint32_t c, uint32_t out[4])
{
	if (c < 128) {
		out[0] = c >= 'A' && c <= 'Z' ? c + 32 : c;
	} else if (c == 0x130) {        /* the one full mapping without context */
		out[0] = 'i';
		out[1] = 0x307;
		return 2;
	} else {
		out[0] = (uint32_t)utf8proc_tolower((utf8proc_int32_t)c);
	}
	return 1;
}

static size_t
map_accents(uint32_t c, uint32_t out[4])
{
	out[0] = c;
	return uniclass(c) & UC_MARK ? 0 : 1;
}

static size_t
map_nonspacing(uint32_t c, uint32_t out[4])
{
	out[0] = c;
	return c >= 128 && utf8proc_category((utf8proc_int32_t)c) == UTF8PROC_CATEGORY_MN ? 0 : 1;
}

/* BertNormalizer's clean_text */
static size_t
map_clean(uint32_t c, uint32_t out[4])
{
	utf8proc_category_t k;

	out[0] = c;
	if (c == '\t' || c == '\n' || c == '\r' || uniclass_space(c)) {
		/* the other ASCII space characters are controls, and those go first */
		if (c < 128 && c != '\t' && c != '\n' && c != '\r' && c != ' ')
			return 0;
		if (c == 0x85)
			return 0;
		out[0] = ' ';
		return 1;
	}
	if (!c || c == 0xfffd)
		return 0;
	k = utf8proc_category((utf8proc_int32_t)c);
	return k == UTF8PROC_CATEGORY_CC || k == UTF8PROC_CATEGORY_CF ||
	    k == UTF8PROC_CATEGORY_CO ? 0 : 1;
}

static size_t
map_chinese(uint32_t c, uint32_t out[4])
{
	if ((c >= 0x4e00 && c <= 0x9fff) || (c >= 0x3400 && c <= 0x4dbf) ||
	    (c >= 0x20000 && c <= 0x2a6df) || (c >= 0x2a700 && c <= 0x2b73f) ||
	    (c >= 0x2b740 && c <= 0x2b81f) || (c >= 0x2b920 && c <= 0x2ceaf) ||
	    (c >= 0xf900 && c <= 0xfaff) || (c >= 0x2f800 && c <= 0x2fa1f)) {
		out[0] = out[2] = ' ';
		out[1] = c;
		return 3;
	}
	out[0] = c;
	return 1;
}

/* SentencePiece's nmt rules */
static size_t
map_nmt(uint32_t c, uint32_t out[4])
{
	out[0] = c;
	if ((c >= 1 && c <= 8) || c == 0xb || (c >= 0xe && c <= 0x1f) || c == 0x7f || c == 0x8f ||
	    c == 0x9f)
		return 0;
	if (c == 9 || c == 0xa || c == 0xc || c == 0xd || c == 0x1680 ||
	    (c >= 0x200b && c <= 0x200f) || c == 0x2028 || c == 0x2029 || c == 0x2581 ||
	    c == 0xfeff || c == 0xfffd)
		out[0] = ' ';
	return 1;
}

static enum status
map_text(struct text *t, const struct piece *w, map_fn *fn, struct err *e)
{
	size_t i, k, n, o;
	uint32_t c, out[4];
	char u[4];

	for (i = 0; i < w->n; i += k) {
		c = utf8_get(w->p + i, &k);
		n = fn(c, out);
		if (n == 1 && out[0] == c) {
			if (text_copy(t, w, i, i + k, e))
				return e->code;
			continue;
		}
		for (o = 0; o < n; o++)
			if (text_put(t, u, utf8_put(u, out[o]), piece_end(w, i + k), e))
				return e->code;
	}
	return ST_OK;
}

static enum status
replace(struct run *r, const struct norm *s, const struct piece *w, struct text *t)
{
	size_t i = 0, from, to;
	const char *q;
	bool found, any = false;

	while (i <= w->n) {
		if (s->re) {
			if (regex_find(s->re, &r->s->re, &r->s->steps, w->p, w->n, i, any, &found, &from, &to, r->e))
				return r->e->code;
			any = true;
		} else if ((found = (q = memmem(w->p + i, w->n - i, s->a, s->an)) != NULL)) {
			from = (size_t)(q - w->p);
			to = from + s->an;
		}
		if (!found)
			break;
		if (text_copy(t, w, i, from, r->e) ||
		    text_put(t, s->b, s->bn, piece_end(w, to), r->e))
			return r->e->code;
		i = to;
	}
	return text_copy(t, w, i, w->n, r->e);
}

static enum status
strip(const struct norm *s, const struct piece *w, struct text *t, struct err *e)
{
	size_t from = 0, to = w->n, k;

	if (s->left)
		while (from < to && uniclass_space(utf8_get(w->p + from, &k)))
			from += k;
	if (s->right)
		while (to > from && uniclass_space(utf8_last(w->p, to, &k)))
			to -= k;
	return text_copy(t, w, from, to, e);
}

static bool
all_ascii(const struct piece *w)
{
	size_t i;

	for (i = 0; i < w->n; i++)
		if ((unsigned char)w->p[i] >= 0x80)
			return false;
	return true;
}

static enum status
step_run(struct run *r, const struct norm *s, const struct piece *w, struct text *t)
{
	struct err *e = r->e;

	switch (s->type) {
	case NORM_NFC:
	case NORM_NFD:
	case NORM_NFKC:
	case NORM_NFKD:
		return norm_form(r, s->type, w, t);
	case NORM_LOWERCASE:
		return map_text(t, w, map_lower, e);
	case NORM_STRIP:
		return strip(s, w, t, e);
	case NORM_STRIP_ACCENTS:
		return map_text(t, w, map_accents, e);
	case NORM_STRIP_MN:
		return map_text(t, w, map_nonspacing, e);
	case NORM_REPLACE:
		return replace(r, s, w, t);
	case NORM_PREPEND:
		if (w->n && (w->base > r->start || r->before <= BEFORE_ADDED) &&
		    text_put(t, s->a, s->an, w->base, e))
			return e->code;
		return text_copy(t, w, 0, w->n, e);
	case NORM_CHARSMAP:
		return charsmap_run(s->map, w, t, e);
	case NORM_CLEAN:
		return map_text(t, w, map_clean, e);
	case NORM_CHINESE:
		return map_text(t, w, map_chinese, e);
	case NORM_NMT:
		return map_text(t, w, map_nmt, e);
	case NORM_BYTES:
		break;
	}
	return ST_OK;
}

enum status
norm_run(struct run *r, struct piece *w)
{
	const struct tokenizer *t = r->t;
	struct text *o;
	size_t i, k = 0;

	for (i = 0; i < t->nnorm && w->n; i++) {
		if (t->norm[i].type <= NORM_NFKD && all_ascii(w))
			continue;
		if (t->norm[i].type == NORM_BYTES) {
			w->mapped = true;
			continue;
		}
		o = &r->s->norm[k];
		k ^= 1;
		o->n = 0;
		o->max = r->room + 1;
		if (step_run(r, &t->norm[i], w, o) || text_room(o, 1, r->e))
			return r->e->code;
		w->p = o->p;
		w->n = o->n;
		w->end = o->end;
	}
	if (w->n > r->room)
		return err_set(r->e, ST_INPUT, "normalization makes too long a text of it");
	r->room -= w->n;
	return ST_OK;
}
