/* SentencePiece's precompiled normalization: a darts-clone double array that maps a
 * prefix to an offset into a pool of NUL-terminated strings. */
#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

#include "token/base64.h"
#include "token/token_int.h"
#include "token/utf8.h"

struct charsmap {
	uint32_t *unit;         /* owned */
	size_t nunit;
	char *pool;             /* owned, with a NUL after it */
	size_t npool;
	bool alone[128];        /* printable ASCII that stays as it is when it stands alone */
};

static uint32_t
unit_offset(uint32_t u)
{
	return (u >> 10) << ((u & (1u << 9)) >> 6);
}

/* The value of exactly s[0..n), as spm_precompiled finds it: the first of the common
 * prefixes, that is the shortest. */
static bool
charsmap_find(const struct charsmap *m, const char *s, size_t n, const char **to, size_t *nto)
{
	size_t pos = 0, i, value;
	uint32_t u;

	u = m->unit[0];
	pos ^= unit_offset(u);
	for (i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];

		if (!c)
			return false;
		pos ^= c;
		if (pos >= m->nunit)
			return false;
		u = m->unit[pos];
		if ((u & ((1u << 31) | 0xff)) != c)
			return false;
		pos ^= unit_offset(u);
		if (pos >= m->nunit)
			return false;
		if (u >> 8 & 1) {
			value = m->unit[pos] & ((1u << 31) - 1);
			/* a hostile table must not cut a character */
			if (value >= m->npool || ((unsigned char)m->pool[value] & 0xc0) == 0x80)
				return false;
			*to = m->pool + value;
			*nto = strlen(*to);
			return true;
		}
	}
	return false;
}

enum status
charsmap_open(struct charsmap **out, const char *base64, size_t n, struct err *e)
{
	struct charsmap *m;
	unsigned char *raw;
	size_t nraw, size, i;
	const char *to;
	char c;

	*out = NULL;
	if (!(raw = malloc(n / 4 * 3 + 4)))
		return err_nomem(e);
	if (!base64_decode(base64, n, raw, &nraw)) {
		free(raw);
		return err_set(e, ST_INPUT, "precompiled_charsmap: not base64");
	}
	size = nraw >= 4 ? (size_t)raw[0] | (size_t)raw[1] << 8 | (size_t)raw[2] << 16 |
	    (size_t)raw[3] << 24 : 0;
	if (nraw < 4 || size > nraw - 4 || size % 4 || !size) {
		free(raw);
		return err_set(e, ST_INPUT, "precompiled_charsmap: the table does not fit its length");
	}
	if (!(m = calloc(1, sizeof(*m)))) {
		free(raw);
		return err_nomem(e);
	}
	*out = m;
	m->nunit = size / 4;
	m->npool = nraw - 4 - size;
	m->unit = malloc(size);
	m->pool = malloc(m->npool + 1);
	if (!m->unit || !m->pool) {
		free(raw);
		return err_nomem(e);
	}
	for (i = 0; i < m->nunit; i++)
		m->unit[i] = (uint32_t)raw[4 * i + 4] | (uint32_t)raw[4 * i + 5] << 8 |
		    (uint32_t)raw[4 * i + 6] << 16 | (uint32_t)raw[4 * i + 7] << 24;
	memcpy(m->pool, raw + 4 + size, m->npool);
	m->pool[m->npool] = 0;
	free(raw);
	if (utf8_invalid(m->pool, m->npool) != m->npool)
		return err_set(e, ST_INPUT, "precompiled_charsmap: its strings are not UTF-8");
	for (i = 0x20; i < 0x7f; i++) {
		c = (char)i;
		m->alone[i] = !charsmap_find(m, &c, 1, &to, &size);
	}
	return ST_OK;
}

void
charsmap_close(struct charsmap *m)
{
	if (!m)
		return;
	free(m->unit);
	free(m->pool);
	free(m);
}

/* One grapheme: whole if it is short and has an entry, else by its characters. */
static enum status
grapheme(const struct charsmap *m, const struct piece *w, size_t from, size_t to,
    struct text *out, struct err *e)
{
	const char *s;
	size_t n, i, k;

	if (to - from < 6 && charsmap_find(m, w->p + from, to - from, &s, &n))
		return text_put(out, s, n, piece_end(w, to), e);
	for (i = from; i < to; i += k) {
		k = utf8_len((unsigned char)w->p[i]);
		if (charsmap_find(m, w->p + i, k, &s, &n)) {
			if (text_put(out, s, n, piece_end(w, i + k), e))
				return e->code;
		} else if (text_copy(out, w, i, i + k, e)) {
			return e->code;
		}
	}
	return ST_OK;
}

/* Whether the character at i is a grapheme without an entry if the next is such too. */
static bool
plain(const struct charsmap *m, const struct piece *w, size_t i)
{
	unsigned char c = i < w->n ? (unsigned char)w->p[i] : 0;

	return c < 0x80 && m->alone[c];
}

enum status
charsmap_run(const struct charsmap *m, const struct piece *w, struct text *out, struct err *e)
{
	size_t i, k, from = 0, run;
	utf8proc_int32_t state = 0;
	uint32_t c, last = 0;

	if (text_room(out, w->n, e))
		return e->code;
	for (i = 0; i < w->n; i += k) {
		c = utf8_get(w->p + i, &k);
		if (i && utf8proc_grapheme_break_stateful((utf8proc_int32_t)last,
		    (utf8proc_int32_t)c, &state)) {
			if (grapheme(m, w, from, i, out, e))
				return e->code;
			from = i;
			if (plain(m, w, i) && plain(m, w, i + 1)) {
				for (run = i + 1; plain(m, w, run + 1); run++)
					;
				if (text_copy(out, w, i, run, e))
					return e->code;
				from = run;
				k = run + 1 - i;
				c = (unsigned char)w->p[run];
				state = 0;
			}
		}
		last = c;
	}
	return from < w->n ? grapheme(m, w, from, w->n, out, e) : ST_OK;
}
