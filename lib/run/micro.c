#include <string.h>

#include "run/micro.h"
#include "tensor/tensor.h"

static enum status
reserve(struct micro *m, size_t ntok, size_t nseq, size_t rows, struct err *e)
{
	struct arena *a = &m->mem;

	arena_reset(a);
	if (!(m->b.id = arena_array(a, ntok, sizeof(*m->b.id))) ||
	    !(m->b.off = arena_array(a, nseq + 1, sizeof(*m->b.off))) ||
	    !(m->row = arena_array(a, rows, sizeof(*m->row))) ||
	    !(m->target = arena_array(a, rows, sizeof(*m->target))) ||
	    !(m->invtemp = arena_array(a, rows, sizeof(*m->invtemp))) ||
	    !(m->out = arena_array(a, rows, sizeof(*m->out))) ||
	    !(m->aux = arena_array(a, rows, sizeof(*m->aux))) ||
	    !(m->g = arena_array(a, rows, sizeof(*m->g))) ||
	    !(m->h = arena_array(a, rows, sizeof(*m->h))))
		return err_nomem(e);
	m->b.slot = m->b.lead = m->b.past = NULL;
	m->b.ntok = ntok;
	m->b.nseq = nseq;
	m->n = rows;
	return ST_OK;
}

enum status
micro_build(struct micro *m, const struct example *x, size_t n, enum micro_rows rows, struct err *e)
{
	size_t cut = rows == MICRO_NEXT, ntok = 0, nseq = 0, nrow = 0, i, k, t;
	int32_t *id;
	size_t *off;

	for (i = 0; i < n; i++)
		for (k = 0; k < x[i].nside; k++, nseq++) {
			ntok += x[i].side[k].n - cut;
			nrow += x[i].side[k].n - x[i].side[k].prompt;
		}
	if (reserve(m, ntok, nseq, nrow, e))
		return e->code;
	id = (int32_t *)(uintptr_t)m->b.id;
	off = (size_t *)(uintptr_t)m->b.off;
	ntok = nseq = nrow = 0;
	for (i = 0; i < n; i++)
		for (k = 0; k < x[i].nside; k++) {
			const struct ex_side *s = &x[i].side[k];

			off[nseq++] = ntok;
			memcpy(id + ntok, s->id, (s->n - cut) * sizeof(*id));
			for (t = s->prompt; t < s->n; t++, nrow++) {
				m->row[nrow] = ntok + t - cut;
				m->target[nrow] = s->id[t];
				m->invtemp[nrow] = x[i].invtemp;
			}
			ntok += s->n - cut;
		}
	off[nseq] = ntok;
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
