#include <stdlib.h>
#include <string.h>

#include "model/make_int.h"

static enum status
parse_targets(struct lora_config *l, const char *s, struct err *e)
{
	char name[32];

	for (size_t n; *s; s += n + (s[n] == ',')) {
		n = strcspn(s, ",");
		if (!n || n >= sizeof(name))
			return err_set(e, ST_USAGE, "lora-targets: \"%s\"", s);
		memcpy(name, s, n);
		name[n] = 0;
		if (!lora_target(l, name))
			return err_set(e, ST_USAGE, "lora-targets: no linear map is called \"%s\"", name);
	}
	return ST_OK;
}

static enum status
write_adapter(struct draft *d, const struct model *m, uint64_t seed, const char *dir, struct err *e)
{
	struct weight *w = d->m.global + GLOBAL_TENSORS;
	size_t i;

	for (; w < d->m.w + d->m.nw; w++)
		if (draft_fill(d, w, seed, w->init == INIT_NORMAL, e))
			return e->code;
	/* the head comes along from the base, to be trained with the adapter */
	for (i = G_SCORE; i <= G_SCOREB; i++)
		d->m.global[i].host = m->global[i].host;
	return model_save(&d->m, dir, e);
}

enum status
make_adapter(struct tc *tc, const char *from, const struct make_lora *o, uint64_t seed,
    const char *dir, struct err *e)
{
	struct lora_config l = { .rank = o->rank, .alpha = o->alpha };
	struct model *m;
	struct draft d;
	enum status st;

	if (parse_targets(&l, o->targets, e))
		return e->code;
	if ((st = model_open(&m, tc, from, MODEL_READ, e)))
		return st;
	if (m->lora.rank) {
		st = err_set(e, ST_USAGE, "%s: an adapter; merge it before it gets another", from);
	} else {
		/* arena_str: the draft keeps its own copy */
		struct arena a = ARENA_INIT;

		l.base = arena_str(&a, o->base, strlen(o->base));
		st = l.base ? draft_open(&d, tc, &m->c, &l, e) : err_nomem(e);
		if (l.base && !st)
			st = write_adapter(&d, m, seed, dir, e);
		if (l.base)
			draft_close(&d);
		arena_free(&a);
	}
	model_close(m);
	return st;
}

/* to = w + scale B A in f32, then rounded */
static enum status
merge_one(struct draft *d, const struct model *m, const struct lora_map *map, const struct weight *w,
    struct weight *to, struct err *e)
{
	size_t n = w->rows * w->cols, nb = w->rows * m->lora.rank, i;
	float *f = big_alloc(n * sizeof(float)), *b = big_alloc(nb * sizeof(float));
	enum status st = ST_OK;

	if (!f || !b || !draft_room(d, to, e)) {
		st = err_nomem(e);
	} else {
		dtype_to_f32(f, w->host, n, w->type);
		for (i = 0; i < nb; i++)
			b[i] = ((const float *)map->b->host)[i] * (float)lora_scale(&m->lora);
		gemm_nn(m->tc, f, w->cols, b, m->lora.rank, map->a->host, DT_F32, w->rows, m->lora.rank,
		    w->cols, true);
		dtype_from_f32((void *)(uintptr_t)to->host, f, n, to->type);
	}
	big_free(f, n * sizeof(float));
	big_free(b, nb * sizeof(float));
	return st;
}

enum status
make_merged(struct tc *tc, const char *from, const char *dir, struct err *e)
{
	struct model *m;
	struct draft d;
	size_t i, l;
	enum status st;

	if ((st = model_open(&m, tc, from, MODEL_READ, e)))
		return st;
	if (!m->lora.rank) {
		st = err_set(e, ST_USAGE, "%s: not an adapter", from);
		goto out;
	}
	st = draft_open(&d, tc, &m->c, NULL, e);
	/* the tables begin alike: an adapter's own tensors follow the rest */
	for (i = 0; !st && i < d.m.nw; i++)
		d.m.w[i].host = m->w[i].host;
	for (l = 0; !st && l < m->c.layers; l++)
		for (i = 0; !st && i < LINEARS; i++)
			if (m->layer[l].lora[i].a)
				st = merge_one(&d, m, &m->layer[l].lora[i], &m->layer[l].w[lora_slot[i]],
				    &d.m.layer[l].w[lora_slot[i]], e);
	if (!st)
		st = draft_save(&d, dir, e);
	draft_close(&d);
out:
	model_close(m);
	return st;
}
