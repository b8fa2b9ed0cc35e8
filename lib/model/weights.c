/* Weights in memory: the host's and the context's, rounded, and in panels. */
#include <stdlib.h>
#include <string.h>

#include "model/block_int.h"

static void *
get(struct model *m, size_t bytes, bool host, struct err *e)
{
	struct mem *k = arena_alloc(&m->arena, sizeof(*k));
	void *p = !k ? NULL : host ? big_alloc(bytes) : tc_alloc(m->tc, bytes);

	if (!p) {
		err_set(e, ST_NOMEM, "out of memory: %zu bytes for the model", bytes);
		return NULL;
	}
	*k = (struct mem){ p, bytes, host, m->mems };
	m->mems = k;
	return p;
}

void *
mem_get(struct model *m, size_t bytes, struct err *e)
{
	return get(m, bytes, false, e);
}

void *
mem_host(struct model *m, size_t bytes, struct err *e)
{
	return get(m, bytes, true, e);
}

void
mem_free(struct model *m)
{
	for (const struct mem *k = m->mems; k; k = k->next)
		if (k->host)
			big_free(k->p, k->bytes);
		else
			tc_free(m->tc, k->p, k->bytes);
}

const void *
weight_read(const struct model *m, const struct weight *w, void *room)
{
	return w->host ? w->host : tc_read(m->tc, w->raw, weight_bytes(w), room);
}

enum status
ones_make(struct model *m, struct err *e)
{
	size_t n = 0, i;
	float *one;

	for (i = 0; i < m->nw; i++)
		if (m->w[i].plus_one && m->w[i].cols > n)
			n = m->w[i].cols;
	if (!n)
		return ST_OK;
	if (!(m->ones = mem_get(m, n * sizeof(*one), e)))
		return e->code;
	if (!(one = malloc(n * sizeof(*one))))
		return err_nomem(e);
	for (i = 0; i < n; i++)
		one[i] = 1;
	tc_put(m->tc, m->ones, one, n * sizeof(*one));
	free(one);
	return ST_OK;
}

void
weight_add_one(const struct model *m, const struct weight *w)
{
	float *vec = (float *)(uintptr_t)w->vec;

	if (w->train)
		cast_widen(m->tc, vec, w->raw, w->cols, w->type);
	add_fwd(m->tc, vec, m->ones, w->cols);
}

void
weights_round(struct model *m)
{
	for (size_t i = 0; i < m->nw; i++) {
		struct weight *w = &m->w[i];
		size_t n = w->rows * w->cols;

		if (!w->train || !n)
			continue;
		if (w->type != DT_F32)
			cast_round(m->tc, (void *)(uintptr_t)w->raw, m->master + w->at, n, w->type);
		if (w->plus_one)
			weight_add_one(m, w);
		else if (w->vector && w->type != DT_F32)
			cast_widen(m->tc, (float *)(uintptr_t)w->vec, w->raw, n, w->type);
	}
}

void
weight_forget(const struct model *m, const struct weight *w, size_t count)
{
	/* what is borrowed is in a lender's file */
	for (; m; m = m->lender)
		for (size_t i = 0; i < count; i++)
			for (size_t f = 0; f < m->nfile; f++)
				if (w[i].host)
					st_forget(m->file[f], w[i].host, weight_bytes(&w[i]));
}

/* One panel of count tensors side by side, which share their columns. */
static enum status
pack(struct model *m, struct panel *p, const struct weight *w, size_t count, bool all, struct err *e)
{
	size_t rows = 0, i, at = 0, size = dtype_size(w->type), bytes;
	bool one = true;
	char *tmp;

	if ((!all && !w->train) || lend_panel(m, p, w, count))
		return ST_OK;
	/* some may be missing: a fused map is the first of its group */
	for (i = 0; i < count; rows += w[i++].rows)
		if (w[i].rows && (!w[i].raw || (const char *)w[i].raw != (const char *)w->raw + rows * w->cols * size))
			one = false;
	if (!p->mem && !(p->mem = mem_get(m, panel_bytes(w->type, rows, w->cols), e)))
		return e->code;
	if (one) {
		panel_pack(m->tc, p, w->raw, w->type, rows, w->cols);
		weight_forget(m, w, count);
		return ST_OK;
	}
	bytes = rows * w->cols * size;
	if (!(tmp = tc_alloc(m->tc, bytes)))
		return err_nomem(e);
	for (i = 0; i < count; at += weight_bytes(&w[i++]))
		if (!w[i].rows)
			continue;
		else if (w[i].raw)
			tc_copy(m->tc, tmp + at, w[i].raw, weight_bytes(&w[i]));
		else
			tc_put(m->tc, tmp + at, w[i].host, weight_bytes(&w[i]));
	weight_forget(m, w, count);
	panel_pack(m->tc, p, tmp, w->type, rows, w->cols);
	tc_free(m->tc, tmp, bytes);
	return ST_OK;
}

static enum status
pack_layer(struct model *m, struct layer *y, bool all, struct err *e)
{
	const struct linear *f;

	for (size_t i = 0; (f = linears[i]); i++)
		if (pack(m, linear_panel(y, f), &y->w[f->w], f->count, all, e))
			return e->code;
	for (size_t i = 0; i < LINEARS; i++) {
		struct lora_map *map = &y->lora[i];

		if (map->a && (pack(m, &map->pa, map->a, 1, all, e) || pack(m, &map->pb, map->b, 1, all, e)))
			return e->code;
	}
	return ST_OK;
}

enum status
panels_pack(struct model *m, bool all, struct err *e)
{
	const struct weight *head = m->c.tied ? m->embed : &m->global[G_HEAD];
	const struct weight *score = &m->global[G_SCORE];

	for (size_t l = 0; l < m->c.layers; l++)
		if (pack_layer(m, &m->layer[l], all, e))
			return e->code;
	if (m->c.head == HEAD_LM && pack(m, &m->head, head, 1, all, e))
		return e->code;
	return score->rows ? pack(m, &m->score, score, 1, all, e) : ST_OK;
}

void
model_refresh(struct model *m)
{
	struct err e = {0};

	m->kept.hidden = NULL;
	weights_round(m);
	/* the panels are there: packing trained tensors, which are side by side, cannot fail */
	panels_pack(m, false, &e);
	m->print[0] = 0;
}
