#include <divsufsort.h>
#include <divsufsort64.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "edit/overlap.h"

/* a byte that no UTF-8 text holds */
enum { SEPARATOR = 0xff };

struct piece { size_t at, n, doc, k; };         /* a text's place */
struct hit { size_t at, from; };                /* a suffix, and where its source stands */

struct overlap {
	struct buf text;
	struct piece *piece;
	size_t n, cap;
	size_t reference;               /* bytes of it */
	bool against;
	struct hit *hit;
	size_t hits, hitcap;
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
	free(o->hit);
	free(o->span);
	free(o);
}

/* Room for one more of size bytes in *v. */
static enum status
room(void **v, size_t n, size_t *cap, size_t size, struct err *e)
{
	size_t want = *cap ? 2 * *cap : 256;
	void *p;

	if (n < *cap)
		return ST_OK;
	if (want > SIZE_MAX / size || !(p = realloc(*v, want * size)))
		return err_nomem(e);
	*v = p;
	*cap = want;
	return ST_OK;
}

enum status
overlap_add(struct overlap *o, size_t doc, const char *text, size_t n, struct err *e)
{
	size_t k = o->n && o->piece[o->n - 1].doc == doc ? o->piece[o->n - 1].k + 1 : 0;
	void *v = o->piece;

	if (room(&v, o->n, &o->cap, sizeof(*o->piece), e))
		return e->code;
	o->piece = v;
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

/* Suffix at repeats the one at first, the first of its kind: keep it if that counts. */
static enum status
cover(struct overlap *o, size_t at, size_t first, struct err *e)
{
	void *v = o->hit;

	if (o->against ? at < o->reference || first >= o->reference
	    : at == first || piece_of(o, at)->doc == piece_of(o, first)->doc)
		return ST_OK;
	if (room(&v, o->hits, &o->hitcap, sizeof(*o->hit), e))
		return e->code;
	o->hit = v;
	o->hit[o->hits++] = (struct hit){ at, first };
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

static int
by_place(const void *a, const void *b)
{
	const struct hit *x = a, *y = b;

	return x->at < y->at ? -1 : x->at > y->at;
}

/* Hits side by side make one span. */
static enum status
join(struct overlap *o, size_t min, struct err *e)
{
	const struct piece *p, *q;
	size_t i, end = 0;
	void *v;

	if (o->hits)
		qsort(o->hit, o->hits, sizeof(*o->hit), by_place);
	for (i = 0; i < o->hits; i++) {
		const struct hit *h = &o->hit[i];

		p = piece_of(o, h->at);
		if (o->spans && h->at <= end && o->span[o->spans - 1].doc == p->doc && o->span[o->spans - 1].k == p->k) {
			end = h->at + min;
			o->span[o->spans - 1].len = end - p->at - o->span[o->spans - 1].at;
			continue;
		}
		v = o->span;
		if (room(&v, o->spans, &o->spancap, sizeof(*o->span), e))
			return e->code;
		o->span = v;
		q = piece_of(o, h->from);
		o->span[o->spans++] = (struct overlap_span){ p->doc, p->k, h->at - p->at, min, q->doc, q->k, h->from - q->at };
		end = h->at + min;
	}
	return ST_OK;
}

enum status
overlap_run(struct overlap *o, size_t min, struct err *e)
{
	enum status st = ST_OK;

	o->hits = o->spans = 0;
	if (o->text.n)
		st = o->text.n < INT32_MAX ? run32(o, min, e) : run64(o, min, e);
	return st ? st : join(o, min, e);
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
