/* NFC, NFD, NFKC and NFKD by utf8proc's tables.  The text is taken in segments: a
 * character and all after it that may join or pass it; nothing crosses a segment's
 * border. */
#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

#include "base/grow.h"
#include "token/token_int.h"
#include "token/utf8.h"

struct mark { int32_t c; uint8_t ccc; size_t end; };

struct segment {
	struct mark *m;         /* owned */
	size_t n, cap;
	size_t from, to;        /* of the piece */
	size_t chars;           /* of the source */
};

static uint8_t
combining(int32_t c)
{
	return (uint8_t)utf8proc_get_property(c)->combining_class;
}

/* May c join a character before it? */
static bool
joins(int32_t c)
{
	const utf8proc_property_t *p = utf8proc_get_property(c);

	return p->combining_class || (p->comb_index >= 0x8000 && p->comb_index != UINT16_MAX) ||
	    (c >= 0x1161 && c <= 0x1175) || (c >= 0x11a8 && c <= 0x11c2);
}

/* Canonical order: stable by class within runs of non-starters. */
static enum status
reorder(struct mark *m, size_t n, struct err *e)
{
	size_t i, k, from, to, count[257];
	struct mark x, *tmp;

	for (from = 0; from < n; from = to) {
		for (; from < n && !m[from].ccc; from++)
			;
		for (to = from; to < n && m[to].ccc; to++)
			;
		if (to - from <= 32) {
			for (i = from + 1; i < to; i++) {
				x = m[i];
				for (k = i; k > from && m[k - 1].ccc > x.ccc; k--)
					m[k] = m[k - 1];
				m[k] = x;
			}
			continue;
		}
		if (!(tmp = malloc((to - from) * sizeof(*tmp))))
			return err_nomem(e);
		memcpy(tmp, m + from, (to - from) * sizeof(*tmp));
		memset(count, 0, sizeof(count));
		for (i = 0; i < to - from; i++)
			count[tmp[i].ccc + 1]++;
		for (i = 1; i < 257; i++)
			count[i] += count[i - 1];
		for (i = 0; i < to - from; i++)
			m[from + count[tmp[i].ccc]++] = tmp[i];
		free(tmp);
	}
	return ST_OK;
}

static size_t
compose(struct mark *m, size_t n)
{
	size_t i, o = 0, starter = SIZE_MAX;
	utf8proc_int32_t pair[2];

	for (i = 0; i < n; i++) {
		if (starter != SIZE_MAX && (o == starter + 1 || m[o - 1].ccc < m[i].ccc) &&
		    (o == starter + 1 || m[o - 1].ccc)) {
			pair[0] = m[starter].c;
			pair[1] = m[i].c;
			if (utf8proc_normalize_utf32(pair, 2, UTF8PROC_COMPOSE | UTF8PROC_STABLE) == 1) {
				m[starter].c = pair[0];
				if (m[i].end > m[starter].end)
					m[starter].end = m[i].end;
				continue;
			}
		}
		m[o] = m[i];
		if (!m[o].ccc)
			starter = o;
		o++;
	}
	return o;
}

static enum status
flush(struct segment *g, const struct piece *w, bool join, struct text *t, struct err *e)
{
	size_t i, k, max = 0;
	char u[4];

	if (!g->n)
		return ST_OK;
	/* most characters are their own normal form: those keep a byte's own end */
	if (g->chars == 1 && g->n == 1 && (size_t)utf8_put(u, (uint32_t)g->m[0].c) == g->to - g->from &&
	    !memcmp(u, w->p + g->from, g->to - g->from)) {
		g->n = 0;
		return text_copy(t, w, g->from, g->to, e);
	}
	if (reorder(g->m, g->n, e))
		return e->code;
	if (join)
		g->n = compose(g->m, g->n);
	for (i = 0; i < g->n; i++) {
		if (g->m[i].end > max)
			max = g->m[i].end;
		k = utf8_put(u, (uint32_t)g->m[i].c);
		if (text_put(t, u, k, max, e))
			return e->code;
	}
	g->n = 0;
	return ST_OK;
}

enum status
norm_form(struct run *r, enum norm_type form, const struct piece *w, struct text *t)
{
	bool join = form == NORM_NFC || form == NORM_NFKC;
	int opt = UTF8PROC_DECOMPOSE, last = 0;
	struct segment g = {0};
	utf8proc_int32_t out[32];
	utf8proc_ssize_t n, q;
	size_t i, k, ascii;
	struct err *e = r->e;
	enum status st = ST_OK;

	if (form == NORM_NFKC || form == NORM_NFKD)
		opt |= UTF8PROC_COMPAT;
	for (i = 0; i < w->n && !st; i += k) {
		/* of a run of ASCII only the last can be joined */
		for (ascii = i; ascii < w->n && (unsigned char)w->p[ascii] < 0x80; ascii++)
			;
		if (ascii > i + 1) {
			k = ascii - i - 1;
			if (!(st = flush(&g, w, join, t, e)))
				st = text_copy(t, w, i, i + k, e);
			g.chars = 0;
			continue;
		}
		n = utf8proc_decompose_char((utf8proc_int32_t)utf8_get(w->p + i, &k), out, 32, (utf8proc_option_t)opt, &last);
		if (n < 1 || n > 32) {
			st = err_set(e, ST_INPUT, "a character cannot be decomposed");
			break;
		}
		if (!joins(out[0]) || !g.n) {
			if ((st = flush(&g, w, join, t, e)))
				break;
			g.from = i;
			g.chars = 0;
		}
		g.chars++;
		g.to = i + k;
		if ((st = grow(&g.m, &g.cap, g.n + (size_t)n, sizeof(*g.m), e)))
			break;
		for (q = 0; q < n; q++)
			g.m[g.n++] = (struct mark){out[q], combining(out[q]), piece_end(w, i + k)};
	}
	if (!st)
		st = flush(&g, w, join, t, e);
	free(g.m);
	return st;
}
