#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/make_int.h"

static enum status
parse_targets(struct lora_config *l, const struct model_config *c, const char *s, struct err *e)
{
	char name[32];

	if (!s)
		lora_target(l, c, NULL);
	for (size_t n; s && *s; s += n + (s[n] == ',')) {
		n = strcspn(s, ",");
		if (!n || n >= sizeof(name))
			return err_set(e, ST_USAGE, "lora-targets: \"%s\"", s);
		memcpy(name, s, n);
		name[n] = 0;
		if (!lora_target(l, c, name))
			return err_set(e, ST_USAGE, "lora-targets: no linear map of %s is called \"%s\"", c->arch->name,
			    name);
	}
	return ST_OK;
}

/* The head comes along from the base, or is new, to be trained with the adapter. */
static enum status
take_head(struct draft *d, const struct model *m, bool fresh, uint64_t seed, struct err *e)
{
	for (size_t i = G_SCORE; i <= G_SCOREB; i++)
		if (!fresh)
			d->m.global[i].host = m->global[i].host;
		else if (d->m.global[i].rows && draft_fill(d, &d->m.global[i], seed, false, e))
			return e->code;
	return ST_OK;
}

static enum status
write_adapter(struct draft *d, struct model *m, bool fresh, uint64_t seed, const char *dir, struct err *e)
{
	struct weight *w = d->m.global + GLOBAL_TENSORS;

	for (; w < d->m.w + d->m.nw; w++)
		if (draft_fill(d, w, seed, w->init == INIT_NORMAL, e))
			return e->code;
	if (!base_fingerprint(m))
		return err_nomem(e);
	memcpy(d->m.base_print, m->base_print, sizeof(m->base_print));
	return take_head(d, m, fresh, seed, e) ? e->code : model_save(&d->m, dir, e);
}

static enum status
open_adapter(struct draft *d, const struct model *m, const struct make_lora *o, struct arena *a, struct err *e)
{
	struct lora_config l = { .rank = o->rank, .alpha = o->alpha, .widest = o->rank, .listed = true };
	struct model_config c = m->c;

	if (parse_targets(&l, &c, o->targets, e))
		return e->code;
	if (o->head) {
		c.head = *o->head;
		c.reward_cost = false;
		c.reward_mean = 0;
		c.reward_sd = 1;
	}
	/* arena_str: the draft keeps its own copy */
	if (!(l.base = arena_str(a, o->base, strlen(o->base))))
		return err_nomem(e);
	return draft_open(d, m->tc, &c, &l, e);
}

enum status
make_adapter(struct tc *tc, const char *from, const struct make_lora *o, uint64_t seed,
    const char *dir, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct draft d = {0};
	struct model *m;

	if (model_open(&m, tc, from, MODEL_READ, e))
		return e->code;
	if (m->lora.rank)
		err_set(e, ST_USAGE, "%s: an adapter; merge it before it gets another", from);
	else if (o->head && m->c.head != HEAD_LM)
		err_set(e, ST_USAGE, "%s: an adapter brings a head to a language model alone; this one has its own", from);
	else if (!open_adapter(&d, m, o, &a, e))
		write_adapter(&d, m, o->head, seed, dir, e);
	draft_close(&d);
	arena_free(&a);
	model_close(m);
	return e->code;
}

/* What the adapter adds, and what of it rounding took away: squares summed. */
struct loss { double all, lost; };

static void
add_rounded(void *to, enum dtype type, const float *w, const float *d, size_t n, struct loss *loss)
{
	float f[256], back[256];
	size_t i, k, j;

	for (i = 0; i < n; i += k) {
		k = n - i < 256 ? n - i : 256;
		for (j = 0; j < k; j++)
			f[j] = w[i + j] + d[i + j];
		dtype_from_f32((char *)to + i * dtype_size(type), f, k, type);
		dtype_to_f32(back, (char *)to + i * dtype_size(type), k, type);
		for (j = 0; j < k; j++) {
			double x = (double)d[i + j], y = (double)back[j] - (double)w[i + j] - x;

			loss->all += x * x;
			loss->lost += y * y;
		}
	}
}

/* to = w + scale B A, summed in f32 and rounded once */
static enum status
merge_one(struct draft *d, const struct model *m, const struct lora_map *map, const struct weight *w,
    struct weight *to, struct loss *loss, struct err *e)
{
	size_t r = map->a->rows, n = w->rows * w->cols, nb = w->rows * r, i;
	float *f = big_alloc(n * sizeof(float)), *ba = big_alloc(n * sizeof(float)), *b = big_alloc(nb * sizeof(float));
	enum status st = ST_OK;

	if (!f || !ba || !b || !draft_room(d, to, e)) {
		st = err_nomem(e);
	} else {
		dtype_to_f32(f, w->host, n, w->type);
		for (i = 0; i < nb; i++)
			b[i] = ((const float *)map->b->host)[i] * map->scale;
		gemm_nn(m->tc, ba, w->cols, b, r, map->a->host, DT_F32, w->rows, r, w->cols, false);
		add_rounded((void *)(uintptr_t)to->host, to->type, f, ba, n, loss);
	}
	big_free(f, n * sizeof(float));
	big_free(ba, n * sizeof(float));
	big_free(b, nb * sizeof(float));
	return st;
}

/* w as the draft's type; borrowed where it is of that already */
static enum status
carry(struct draft *d, const struct weight *w, struct weight *to, struct err *e)
{
	size_t n = w->rows * w->cols, i, k;
	float f[256];
	char *p;

	if (!w->rows || w->type == to->type) {
		to->host = w->host;
		return ST_OK;
	}
	if (!(p = draft_room(d, to, e)))
		return e->code;
	for (i = 0; i < n; i += k) {
		k = n - i < 256 ? n - i : 256;
		dtype_to_f32(f, (const char *)w->host + i * dtype_size(w->type), k, w->type);
		dtype_from_f32(p + i * dtype_size(to->type), f, k, to->type);
	}
	return ST_OK;
}

enum status
merge_maps(struct draft *d, const struct model *m, double *lost, struct err *e)
{
	struct loss loss = {0};
	size_t i, l;

	for (l = 0; l < m->c.layers; l++)
		for (i = 0; i < LINEARS; i++)
			if (m->layer[l].lora[i].a && merge_one(d, m, &m->layer[l].lora[i], &m->layer[l].w[lora_slot[i]],
			    &d->m.layer[l].w[lora_slot[i]], &loss, e))
				return e->code;
	*lost = loss.all > 0 ? sqrt(loss.lost / loss.all) : 0;
	return ST_OK;
}

static enum status
merge_all(struct draft *d, const struct model *m, double *lost, struct err *e)
{
	/* the tables begin alike: an adapter's own tensors follow the rest */
	for (size_t i = 0; i < d->m.nw; i++)
		if (carry(d, &m->w[i], &d->m.w[i], e))
			return e->code;
	return merge_maps(d, m, lost, e);
}

enum status
make_merged(struct tc *tc, const char *from, const char *base, const enum dtype *dtype, double *lost,
    const char *dir, struct err *e)
{
	struct model_config c;
	struct model *m;
	struct draft d;

	if (model_open_on(&m, tc, from, base, MODEL_READ, e))
		return e->code;
	c = m->c;
	if (dtype)
		c.dtype = *dtype;
	if (!m->lora.rank) {
		err_set(e, ST_USAGE, "%s: not an adapter", from);
	} else {
		if (!draft_open(&d, tc, &c, NULL, e) && !merge_all(&d, m, lost, e))
			draft_save(&d, dir, e);
		draft_close(&d);
	}
	model_close(m);
	return e->code;
}

enum status
make_copy(struct tc *tc, const char *from, const char *base, const char *dir, struct err *e)
{
	struct model *m;
	char *shared = NULL;

	if (!model_shared(from, &shared, e) && shared)
		err_set(e, ST_USAGE, "%s: a critic that shares a backbone has nothing to leave out", from);
	free(shared);
	if (e->code || model_open_on(&m, tc, from, base, MODEL_READ, e))
		return e->code;
	model_save(m, dir, e);
	model_close(m);
	return e->code;
}
