/* Linear maps with their biases and adapters, backward beside forward. */
#include "model/block_int.h"

const struct linear linear_qkv = { L_Q, L_QB, LIN_Q, 3, offsetof(struct layer, qkv) };
const struct linear linear_o = { L_O, L_OB, LIN_O, 1, offsetof(struct layer, o) };
const struct linear linear_gu = { L_GATE, L_GATEB, LIN_GATE, 2, offsetof(struct layer, gu) };
const struct linear linear_down = { L_DOWN, L_DOWNB, LIN_DOWN, 1, offsetof(struct layer, down) };
const struct linear *const linears[] = { &linear_qkv, &linear_o, &linear_gu, &linear_down, NULL };

struct panel *
linear_panel(struct layer *y, const struct linear *f)
{
	return (struct panel *)(void *)((char *)y + f->panel);
}

static const struct panel *
panel_of(const struct layer *y, const struct linear *f)
{
	return (const struct panel *)(const void *)((const char *)y + f->panel);
}

float *
weight_grad(float *grad, const struct weight *w)
{
	return w->rows && w->train ? grad + w->at : NULL;
}

/* (N, r) = scale A x, kept for the backward pass */
static float *
lora_low(const struct pass *p, const struct lora_map *map, const float *x, bool kept)
{
	size_t r = map->a->rows, n = p->b->ntok;
	float *low = p->la->low + n * map->at;

	if (kept)
		return low;
	gemm_nt(p->m->tc, low, r, x, map->a->cols, &map->pa, n, false);
	scale_fwd(p->m->tc, low, n * r, map->scale);
	return low;
}

/* y (N, rows) += B low */
static void
lora_fwd(const struct pass *p, const struct lora_map *map, float *y, size_t ldy, const float *x)
{
	if (map->a)
		gemm_nt(p->m->tc, y, ldy, lora_low(p, map, x, false), map->a->rows, &map->pb, p->b->ntok, true);
}

/* dB += dy^T low; with u = scale dy B: dA += u^T x, dx += u A */
static void
lora_bwd(const struct pass *p, const struct lora_map *map, float *dx, const float *dy, size_t lddy, const float *x,
    bool kept)
{
	struct tc *tc = p->m->tc;
	size_t r = map->a ? map->a->rows : 0, n = p->b->ntok, cols;
	float *u = p->a->dlow, *da, *db;

	if (!map->a)
		return;
	cols = map->a->cols;
	da = weight_grad(p->grad, map->a);
	db = weight_grad(p->grad, map->b);
	if (db)
		gemm_tn(tc, db, dy, lddy, lora_low(p, map, x, kept), r, n, map->b->rows, r);
	gemm_nn(tc, u, r, dy, lddy, map->b->raw, map->b->type, n, map->b->rows, r, false);
	scale_fwd(tc, u, n * r, map->scale);
	if (da)
		gemm_tn(tc, da, u, r, x, cols, n, r, cols);
	gemm_nn(tc, dx, cols, u, r, map->a->raw, map->a->type, n, r, cols, true);
}

void
linear_fwd(const struct pass *p, const struct linear *f, float *y, size_t ldy, const float *x, bool acc)
{
	const struct weight *w = p->y->w + f->w, *b = p->y->w + f->b;
	size_t n = p->b->ntok, i;

	gemm_nt(p->m->tc, y, ldy, x, w->cols, panel_of(p->y, f), n, acc);
	for (i = 0; i < f->count; y += w[i++].rows) {
		lora_fwd(p, &p->y->lora[f->lora + i], y, ldy, x);
		if (b[i].rows)
			bias_fwd(p->m->tc, y, ldy, b[i].vec, n, b[i].cols);
	}
}

/* Is b's matrix, and its gradient, the continuation of a's? */
static bool
side_by_side(const struct weight *a, const struct weight *b)
{
	return a->type == b->type && a->train == b->train && (!a->train || b->at == a->at + a->rows * a->cols) &&
	    (const char *)b->raw == (const char *)a->raw + weight_bytes(a);
}

/* What is computed again does not come as far as a layer's last step. */
static bool
in_last_step(const struct pass *p, const struct linear *f)
{
	return f == &linear_down || (f == &linear_o && p->m->c.arch->parallel);
}

void
linear_bwd(const struct pass *p, const struct linear *f, float *dx, const float *dy, size_t lddy, const float *x)
{
	const struct weight *w = p->y->w + f->w, *b = p->y->w + f->b;
	size_t n = p->b->ntok, cols = w->cols, i, end, rows, from = 0;
	struct tc *tc = p->m->tc;
	float *dw;

	/* one chain over the rows of all maps, where these are one matrix */
	for (i = 0; i < f->count; i = end, from += rows) {
		rows = w[i].rows;
		for (end = i + 1; end < f->count && side_by_side(&w[end - 1], &w[end]); end++)
			rows += w[end].rows;
		if (!rows)
			continue;
		gemm_nn(tc, dx, cols, dy + from, lddy, w[i].raw, w[i].type, n, rows, cols, i > 0);
		if ((dw = weight_grad(p->grad, &w[i])))
			gemm_tn(tc, dw, dy + from, lddy, x, cols, n, rows, cols);
	}
	for (i = 0, from = 0; i < f->count; from += w[i++].rows)
		if ((dw = weight_grad(p->grad, &b[i])))
			bias_bwd(tc, dw, dy + from, lddy, n, b[i].cols);
	for (i = 0, from = 0; i < f->count; from += w[i++].rows)
		lora_bwd(p, &p->y->lora[f->lora + i], dx, dy + from, lddy, x, !p->a->recompute || !in_last_step(p, f));
}
