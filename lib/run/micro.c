#include <string.h>

#include "run/micro.h"
#include "run/share.h"
#include "tensor/tensor.h"

static enum status
reserve(struct micro *m, size_t ntok, size_t nseq, size_t rows, struct err *e)
{
	struct arena *a = &m->mem;

	arena_reset(a);
	if (!(m->b.id = arena_array(a, ntok, sizeof(*m->b.id))) ||
	    !(m->b.off = arena_array(a, nseq + 1, sizeof(*m->b.off))) ||
	    !(m->b.lead = arena_array(a, nseq, sizeof(*m->b.lead))) ||
	    !(m->b.past = arena_array(a, nseq, sizeof(*m->b.past))) ||
	    !(m->row = arena_array(a, rows, sizeof(*m->row))) ||
	    !(m->target = arena_array(a, rows, sizeof(*m->target))) ||
	    !(m->invtemp = arena_array(a, rows, sizeof(*m->invtemp))) ||
	    !(m->out = arena_array(a, rows, sizeof(*m->out))) ||
	    !(m->aux = arena_array(a, rows, sizeof(*m->aux))) ||
	    !(m->g = arena_array(a, rows, sizeof(*m->g))) ||
	    !(m->h = arena_array(a, rows, sizeof(*m->h))))
		return err_nomem(e);
	m->b.slot = NULL;
	m->b.prefix = m->prefix;
	m->b.nseq = nseq;
	m->n = rows;
	return ST_OK;
}

/* One side at a time into the batch. */
struct filling { struct micro *m; size_t cut, ntok, nseq, nrow, lead; const int32_t *id; size_t n; };

static void
add_side(struct filling *f, const struct ex_side *s, float invtemp, bool joins)
{
	struct micro *m = f->m;
	int32_t *id = (int32_t *)(uintptr_t)m->b.id;
	size_t *off = (size_t *)(uintptr_t)m->b.off, *lead = (size_t *)(uintptr_t)m->b.lead;
	size_t *past = (size_t *)(uintptr_t)m->b.past, n = s->n - f->cut - m->prefix, at, t;
	const int32_t *from = s->id + m->prefix;

	past[f->nseq] = joins ? share_tokens(f->id, f->n, from, n) : 0;
	if (!past[f->nseq]) {
		f->lead = f->nseq;
		f->id = from;
		f->n = n;
	}
	lead[f->nseq] = f->lead;
	off[f->nseq] = f->ntok;
	memcpy(id + f->ntok, from + past[f->nseq], (n - past[f->nseq]) * sizeof(*id));
	for (t = s->prompt; t < s->n; t++, f->nrow++) {
		at = t - f->cut - m->prefix;
		m->row[f->nrow] = at < past[f->nseq] ? off[f->lead] + at : f->ntok + at - past[f->nseq];
		m->target[f->nrow] = s->id[t];
		m->invtemp[f->nrow] = invtemp;
	}
	f->ntok += n - past[f->nseq];
	off[++f->nseq] = f->ntok;
}

enum status
micro_build(struct micro *m, const struct example *x, size_t n, enum micro_rows rows, struct err *e)
{
	struct filling f = { .m = m, .cut = rows == MICRO_NEXT };
	size_t ntok = 0, nseq = 0, nrow = 0, i, k;

	for (i = 0; i < n; i++)
		for (k = 0; k < x[i].nside; k++, nseq++) {
			ntok += x[i].side[k].n - f.cut - m->prefix;
			nrow += x[i].side[k].n - x[i].side[k].prompt;
		}
	if (reserve(m, ntok, nseq, nrow, e))
		return e->code;
	for (i = 0; i < n; i++)
		for (k = 0; k < x[i].nside; k++)
			add_side(&f, &x[i].side[k], x[i].invtemp, k || (i && x[i].joins));
	m->b.ntok = f.ntok;
	return ST_OK;
}

enum status
micro_dhidden(struct micro *m, struct tc *tc, size_t dim, struct err *e)
{
	size_t bytes = m->b.ntok * dim * sizeof(float);

	if (bytes > m->dbytes) {
		tc_free(tc, m->dhidden, m->dbytes);
		m->dbytes = 0;
		m->tc = tc;
		if (!(m->dhidden = tc_alloc(tc, bytes)))
			return err_nomem(e);
		m->dbytes = bytes;
	}
	tc_zero(tc, m->dhidden, bytes);
	return ST_OK;
}

void
micro_free(struct micro *m)
{
	arena_free(&m->mem);
	if (m->dhidden)
		tc_free(m->tc, m->dhidden, m->dbytes);
	*m = (struct micro)MICRO_INIT;
}
