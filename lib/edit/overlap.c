#include <divsufsort.h>
#include <divsufsort64.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/grow.h"
#include "edit/overlap.h"

/* a byte that is never part of UTF-8 */
enum { SEPARATOR = 0xff };

struct piece { size_t at, n, doc, k; };         /* a text's place */

struct overlap {
	struct buf text;
	struct piece *piece;
	size_t n, cap;
	size_t reference;               /* bytes of it */
	bool against;
	struct overlap_span *span;
	size_t spans, spancap;
};

enum status
overlap_new(struct overlap **o, struct err *e)
{
	*o = calloc(1, sizeof(**o));
	return *o ? ST_OK : err_nomem(e);
}

void
overlap_free(struct overlap *o)
{
	if (!o)
		return;
	buf_free(&o->text);
	free(o->piece);
	free(o->span);
	free(o);
}

enum status
overlap_add(struct overlap *o, size_t doc, const char *text, size_t n, struct err *e)
{
	size_t k = o->n && o->piece[o->n - 1].doc == doc ? o->piece[o->n - 1].k + 1 : 0;

	if (grow(&o->piece, &o->cap, o->n + 1, sizeof(*o->piece), e))
		return e->code;
	o->piece[o->n++] = (struct piece){ o->text.n, n, doc, k };
	buf_add(&o->text, text, n);
	buf_addc(&o->text, (char)SEPARATOR);
	return buf_ok(&o->text) ? ST_OK : err_nomem(e);
}

void
overlap_reference(struct overlap *o)
{
	o->reference = o->text.n;
	o->against = true;
}

/* The piece that holds byte at. */
static const struct piece *
piece_of(const struct overlap *o, size_t at)
{
	size_t lo = 0, hi = o->n, mid;

	while (hi - lo > 1) {
		mid = lo + (hi - lo) / 2;
		if (o->piece[mid].at <= at)
			lo = mid;
		else
			hi = mid;
	}
	return &o->piece[lo];
}

/* min bytes at byte `at` of piece p are also at byte from of piece q: lengthen the last span by
 * them, or begin a new one. */
static enum status
cover(struct overlap *o, const struct piece *p, size_t at, const struct piece *q, size_t from, size_t min, struct err *e)
{
	struct overlap_span *last = o->spans ? &o->span[o->spans - 1] : NULL;
	at -= p->at;
	if (last && last->doc == p->doc && last->k == p->k && at <= last->at + last->len) {
		last->len = at + min - last->at;
		return ST_OK;
	}
	if (grow(&o->span, &o->spancap, o->spans + 1, sizeof(*o->span), e))
		return e->code;
	o->span[o->spans++] = (struct overlap_span){ p->doc, p->k, at, min, q->doc, q->k, from - q->at };
	return ST_OK;
}

#define IDX saidx_t
#define SORT divsufsort
#define NAME run32
#include "edit/overlap_body.h"
#undef IDX
#undef SORT
#undef NAME
#define IDX saidx64_t
#define SORT divsufsort64
#define NAME run64
#include "edit/overlap_body.h"

enum status
overlap_run(struct overlap *o, size_t min, struct err *e)
{
	o->spans = 0;
	if (!o->text.n)
		return ST_OK;
	return o->text.n < INT32_MAX ? run32(o, min, e) : run64(o, min, e);
}

const struct overlap_span *
overlap_spans(const struct overlap *o, size_t doc, size_t *n)
{
	size_t lo = 0, hi = o->spans, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (o->span[mid].doc < doc)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (*n = 0; lo + *n < o->spans && o->span[lo + *n].doc == doc; ++*n)
		;
	return o->span + lo;
}
