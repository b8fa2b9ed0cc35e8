/* Weights of one file that several models read are held once: the later model borrows from those before. */
#include <string.h>

#include "model/model_int.h"

/* x's tensor in the place of m's w, if it is the same one, is read only and looks alike; else NULL. */
static const struct weight *
counterpart(const struct model *m, const struct weight *w, const struct model *x)
{
	size_t i = (size_t)(w - m->w);
	const struct weight *v = i < x->nw && m->c.layers == x->c.layers ? &x->w[i] : NULL;

	return v && v->rows == w->rows && v->cols == w->cols && v->type == w->type && v->vector == w->vector &&
	    v->plus_one == w->plus_one && !v->train && !w->train && v->name && w->name && !strcmp(v->name, w->name) ? v : NULL;
}

static bool
same_bytes(const struct model *m, const void *stored, const struct model *x, const void *other)
{
	for (size_t i = 0; i < m->nfile; i++)
		for (size_t k = 0; k < x->nfile; k++)
			if (st_same(m->file[i], stored, x->file[k], other))
				return true;
	return false;
}

bool
lend_weight(const struct model *m, struct weight *w)
{
	const struct weight *v;

	for (const struct model *x = m->lender; x; x = x->lender)
		if ((v = counterpart(m, w, x)) && v->host && same_bytes(m, w->stored, x, v->stored)) {
			w->host = v->host;
			w->raw = v->raw;
			w->vec = v->vec;
			return true;
		}
	return false;
}

/* Is w borrowed from x, or both from another? */
static bool
is_lent(const struct model *m, const struct weight *w, const struct model *x)
{
	const struct weight *v = counterpart(m, w, x);

	return v && v->host && v->host == w->host;
}

/* x's panel in the place of m's p */
static const struct panel *
panel_like(const struct model *m, const struct panel *p, const struct model *x)
{
	if (p == &m->head)
		return &x->head;
	if (p == &m->score)
		return &x->score;
	return (const struct panel *)(const void *)((const char *)x->layer + ((const char *)p - (const char *)m->layer));
}

bool
lend_panel(const struct model *m, struct panel *p, const struct weight *w, size_t count)
{
	const struct panel *q;
	size_t i;

	for (const struct model *x = m->lender; x; x = x->lender) {
		for (i = 0; i < count && (!w[i].rows || is_lent(m, &w[i], x)); i++)
			;
		/* a group's first tensor is always there */
		if (i < count || !(q = panel_like(m, p, x))->mem)
			continue;
		*p = *q;
		return true;
	}
	return false;
}

static bool
is_head(const struct model *m, const struct weight *w, bool score)
{
	return (!score && w == &m->global[G_HEAD]) || w == &m->global[G_SCORE] || w == &m->global[G_SCOREB];
}

/* The first n tensors but heads (score: but the score's) are x's, too. */
static bool
all_lent(const struct model *m, size_t n, const struct model *x, bool score)
{
	for (size_t i = 0; i < n; i++)
		if (!is_head(m, &m->w[i], score) && (m->w[i].rows ? !is_lent(m, &m->w[i], x) : i >= x->nw || x->w[i].rows))
			return false;
	return true;
}

static bool
same_unread(const struct model *m, const struct model *x)
{
	return m->unread.rows == x->unread.rows && (!m->unread.rows || same_bytes(m, m->unread.stored, x, x->unread.stored));
}

bool
lend_print(struct model *m)
{
	size_t n = (size_t)(m->global + GLOBAL_TENSORS - m->w);

	for (const struct model *x = m->lender; x; x = x->lender)
		if (x->base_print[0] && all_lent(m, n, x, true) && same_unread(m, x)) {
			memcpy(m->base_print, x->base_print, sizeof(m->base_print));
			return true;
		}
	return false;
}

/* c without its head, as text */
static bool
print_trunk(const struct model *m, struct buf *b)
{
	struct model_config c = m->c;
	struct err e;

	c.head = HEAD_LM;
	c.value = c.reward_cost = false;
	c.reward_mean = 0;
	c.reward_sd = 1;
	return !config_print(b, &c, &e) && buf_ok(b);
}

static bool
same_scales(const struct model *a, const struct model *b)
{
	for (size_t l = 0; l < a->c.layers; l++)
		for (size_t i = 0; i < LINEARS; i++) {
			const struct lora_map *x = &a->layer[l].lora[i], *y = &b->layer[l].lora[i];

			if (!x->a != !y->a || (x->a && !(x->scale >= y->scale && x->scale <= y->scale)))
				return false;
		}
	return true;
}

bool
model_same_trunk(const struct model *a, const struct model *b)
{
	struct buf x = BUF_INIT, y = BUF_INIT;
	bool same = a == b;

	if (!same && a->tc == b->tc && a->nw == b->nw && all_lent(a, a->nw, b, false) && same_scales(a, b))
		same = print_trunk(a, &x) && print_trunk(b, &y) && x.n == y.n && !memcmp(x.p, y.p, x.n);
	buf_free(&x);
	buf_free(&y);
	return same;
}
