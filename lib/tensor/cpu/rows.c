/* Operations on rows: cut over threads where a row is by itself, over columns where rows
 * are summed in order. */
#include <math.h>
#include <string.h>

#include "tensor/cpu/cpu_int.h"

enum { BLOCK = 16, COLUMNS = 64 };      /* rows, and columns, of a task */

/* What the row functions below take; each uses its part. */
struct rows {
	struct tc *tc;
	float *y, *z, *rstd;
	const float *x, *w, *u, *v;
	const void *table;
	const int32_t *id;
	enum dtype type;
	size_t n, d, ldx, ldy, heads, turned;
	float eps, sign;
	enum gelu form;
	void (*fwd)(float *, const float *, const float *, size_t);
	void (*bwd)(float *, float *, const float *, const float *, const float *, size_t);
};

/* rows [i, end) of a task */
static size_t
block(const struct rows *r, size_t task, size_t *i)
{
	*i = task * BLOCK;
	return r->n - *i < BLOCK ? r->n : *i + BLOCK;
}

static void
over_rows(struct rows *r, void (*fn)(void *, size_t, unsigned), double cost)
{
	tc_run(r->tc, fn, r, (r->n + BLOCK - 1) / BLOCK, cost * (double)r->n * (double)r->d);
}

static void
over_columns(struct rows *r, void (*fn)(void *, size_t, unsigned), double cost)
{
	tc_run(r->tc, fn, r, (r->d + COLUMNS - 1) / COLUMNS, cost * (double)r->n * (double)r->d);
}

static size_t
columns(const struct rows *r, size_t task)
{
	return r->d - task * COLUMNS < COLUMNS ? r->d - task * COLUMNS : COLUMNS;
}

static void
embed_rows(void *arg, size_t task, unsigned worker)
{
	const struct rows *r = arg;
	size_t i, end = block(r, task, &i);

	(void)worker;
	for (; i < end; i++)
		dtype_to_f32(r->y + i * r->d, (const char *)r->table + (size_t)r->id[i] * r->d * dtype_size(r->type),
		    r->d, r->type);
}

void
cpu_embed_fwd(struct tc *tc, float *x, const void *table, enum dtype t, const int32_t *id, size_t n, size_t d)
{
	struct rows r = { .tc = tc, .y = x, .table = table, .type = t, .id = id, .n = n, .d = d };

	over_rows(&r, embed_rows, 1);
}

static void
embed_columns(void *arg, size_t task, unsigned worker)
{
	const struct rows *r = arg;
	size_t i, m = columns(r, task), at = task * COLUMNS;

	(void)worker;
	for (i = 0; i < r->n; i++)
		r->tc->k->add(r->y + (size_t)r->id[i] * r->d + at, r->x + i * r->d + at, m);
}

void
cpu_embed_bwd(struct tc *tc, float *dtable, const float *dx, const int32_t *id, size_t n, size_t d)
{
	struct rows r = { .tc = tc, .y = dtable, .x = dx, .id = id, .n = n, .d = d };

	over_columns(&r, embed_columns, 2);
}

static void
norm_rows(void *arg, size_t task, unsigned worker)
{
	const struct rows *r = arg;
	size_t i, end = block(r, task, &i);

	(void)worker;
	for (; i < end; i++)
		r->tc->k->rmsnorm(r->y + i * r->d, r->rstd ? r->rstd + i : NULL, r->x + i * r->d, r->w, r->d, r->eps);
}

void
cpu_rmsnorm_fwd(struct tc *tc, float *y, float *rstd, const float *x, const float *w, size_t n, size_t d, float eps)
{
	struct rows r = { .tc = tc, .y = y, .rstd = rstd, .x = x, .w = w, .n = n, .d = d, .eps = eps };

	over_rows(&r, norm_rows, 4);
}

static void
norm_dx_rows(void *arg, size_t task, unsigned worker)
{
	const struct rows *r = arg;
	size_t i, end = block(r, task, &i);

	(void)worker;
	for (; i < end; i++)
		r->tc->k->rmsnorm_dx(r->y + i * r->d, r->u + i * r->d, r->x + i * r->d, r->w, r->v[i], r->d);
}

static void
norm_dw_columns(void *arg, size_t task, unsigned worker)
{
	const struct rows *r = arg;
	size_t at = task * COLUMNS;

	(void)worker;
	r->tc->k->rmsnorm_dw(r->z + at, r->u + at, r->x + at, r->v, r->n, columns(r, task), r->d);
}

void
cpu_rmsnorm_bwd(struct tc *tc, float *dx, float *dw, const float *dy, const float *x, const float *w, const float *rstd, size_t n, size_t d)
{
	struct rows r = { .tc = tc, .y = dx, .z = dw, .u = dy, .x = x, .w = w, .v = rstd, .n = n, .d = d };

	if (dw)
		over_columns(&r, norm_dw_columns, 4);
	over_rows(&r, norm_dx_rows, 8);
}

static void
layer_rows(void *arg, size_t task, unsigned worker)
{
	const struct rows *r = arg;
	size_t i, end = block(r, task, &i);

	(void)worker;
	for (; i < end; i++)
		r->tc->k->layernorm(r->y + i * r->d, r->rstd + 2 * i, r->x + i * r->d, r->w, r->u, r->d, r->eps);
}

void
cpu_layernorm_fwd(struct tc *tc, float *y, float *stat, const float *x, const float *w, const float *b, size_t n, size_t d, float eps)
{
	struct rows r = { .tc = tc, .y = y, .rstd = stat, .x = x, .w = w, .u = b, .n = n, .d = d, .eps = eps };

	over_rows(&r, layer_rows, 6);
}

static void
layer_dx_rows(void *arg, size_t task, unsigned worker)
{
	const struct rows *r = arg;
	size_t i, end = block(r, task, &i);

	(void)worker;
	for (; i < end; i++)
		r->tc->k->layernorm_dx(r->y + i * r->d, r->u + i * r->d, r->x + i * r->d, r->w, r->v + 2 * i, r->d);
}

static void
layer_dw_columns(void *arg, size_t task, unsigned worker)
{
	const struct rows *r = arg;
	size_t at = task * COLUMNS;

	(void)worker;
	r->tc->k->layernorm_dw(r->z + at, r->u + at, r->x + at, r->v, r->n, columns(r, task), r->d);
}

void
cpu_layernorm_bwd(struct tc *tc, float *dx, float *dw, const float *dy, const float *x, const float *w, const float *stat, size_t n, size_t d)
{
	struct rows r = { .tc = tc, .y = dx, .z = dw, .u = dy, .x = x, .w = w, .v = stat, .n = n, .d = d };

	if (dw)
		over_columns(&r, layer_dw_columns, 4);
	over_rows(&r, layer_dx_rows, 10);
}

void
cpu_bias_fwd(struct tc *tc, float *y, size_t ldy, const float *b, size_t n, size_t d)
{
	size_t i;

	for (i = 0; i < n; i++)
		tc->k->add(y + i * ldy, b, d);
}

void
cpu_bias_bwd(struct tc *tc, float *db, const float *dy, size_t lddy, size_t n, size_t d)
{
	size_t i;

	for (i = 0; i < n; i++)
		tc->k->add(db, dy + i * lddy, d);
}

void
cpu_add_fwd(struct tc *tc, float *y, const float *x, size_t n)
{
	tc->k->add(y, x, n);
}

static void
glu_rows(void *arg, size_t task, unsigned worker)
{
	const struct rows *r = arg;
	size_t i, end = block(r, task, &i);

	(void)worker;
	for (; i < end; i++)
		r->fwd(r->y + i * r->d, r->x + i * r->ldx, r->u + i * r->ldx, r->d);
}

void
cpu_swiglu_fwd(struct tc *tc, float *y, const float *gate, const float *up, size_t ld, size_t n, size_t f)
{
	struct rows r = { .tc = tc, .y = y, .x = gate, .u = up, .ldx = ld, .n = n, .d = f,
		.fwd = tc->k->swiglu };

	over_rows(&r, glu_rows, 20);
}

void
cpu_geglu_fwd(struct tc *tc, float *y, const float *gate, const float *up, size_t ld, size_t n, size_t f)
{
	struct rows r = { .tc = tc, .y = y, .x = gate, .u = up, .ldx = ld, .n = n, .d = f,
		.fwd = tc->k->geglu };

	over_rows(&r, glu_rows, 20);
}

static void
glu_bwd_rows(void *arg, size_t task, unsigned worker)
{
	const struct rows *r = arg;
	size_t i, end = block(r, task, &i);

	(void)worker;
	for (; i < end; i++)
		r->bwd(r->y + i * r->ldy, r->z + i * r->ldy, r->v + i * r->d, r->x + i * r->ldx, r->u + i * r->ldx, r->d);
}

void
cpu_swiglu_bwd(struct tc *tc, float *dgate, float *dup, size_t ldd, const float *dy, const float *gate, const float *up, size_t ld, size_t n, size_t f)
{
	struct rows r = { .tc = tc, .y = dgate, .z = dup, .ldy = ldd, .v = dy, .x = gate, .u = up, .ldx = ld, .n = n, .d = f,
		.bwd = tc->k->swiglu_bwd };

	over_rows(&r, glu_bwd_rows, 30);
}

void
cpu_geglu_bwd(struct tc *tc, float *dgate, float *dup, size_t ldd, const float *dy, const float *gate, const float *up, size_t ld, size_t n, size_t f)
{
	struct rows r = { .tc = tc, .y = dgate, .z = dup, .ldy = ldd, .v = dy, .x = gate, .u = up, .ldx = ld, .n = n, .d = f,
		.bwd = tc->k->geglu_bwd };

	over_rows(&r, glu_bwd_rows, 30);
}

static void
gelu_columns(void *arg, size_t task, unsigned worker)
{
	const struct rows *r = arg;
	size_t at = task * COLUMNS;

	(void)worker;
	if (r->u)
		r->tc->k->gelu_bwd(r->y + at, r->u + at, r->x + at, columns(r, task), r->form);
	else
		r->tc->k->gelu(r->y + at, r->x + at, columns(r, task), r->form);
}

void
cpu_gelu_fwd(struct tc *tc, float *y, const float *x, size_t n, enum gelu form)
{
	struct rows r = { .tc = tc, .y = y, .x = x, .n = 1, .d = n, .form = form };

	over_columns(&r, gelu_columns, 20);
}

void
cpu_gelu_bwd(struct tc *tc, float *dx, const float *dy, const float *x, size_t n, enum gelu form)
{
	struct rows r = { .tc = tc, .y = dx, .u = dy, .x = x, .n = 1, .d = n, .form = form };

	over_columns(&r, gelu_columns, 30);
}

static void
cap_columns(void *arg, size_t task, unsigned worker)
{
	const struct rows *r = arg;

	(void)worker;
	r->tc->k->softcap(r->y + task * COLUMNS, columns(r, task), 1, r->eps);
}

void
cpu_softcap_fwd(struct tc *tc, float *x, size_t n, float cap)
{
	struct rows r = { .tc = tc, .y = x, .n = 1, .d = n, .eps = cap };

	over_columns(&r, cap_columns, 20);
}

static void
rope_rows(void *arg, size_t task, unsigned worker)
{
	const struct rows *r = arg;
	size_t i, h, dim = r->d / r->heads, end = block(r, task, &i);

	(void)worker;
	for (; i < end; i++)
		for (h = 0; h < r->heads; h++)
			r->tc->k->rope(r->y + i * r->ldy + h * dim, r->w + (size_t)r->id[i] * r->turned, r->turned, r->sign);
}

void
cpu_rope_fwd(struct tc *tc, float *x, size_t ldx, const int32_t *pos, const float *cs, size_t n, size_t h, size_t d, size_t r)
{
	struct rows a = { .tc = tc, .y = x, .ldy = ldx, .id = pos, .w = cs, .n = n, .d = h * d, .heads = h,
		.turned = r, .sign = 1 };

	over_rows(&a, rope_rows, 4);
}

void
cpu_rope_bwd(struct tc *tc, float *dx, size_t ldx, const int32_t *pos, const float *cs, size_t n, size_t h, size_t d, size_t r)
{
	struct rows a = { .tc = tc, .y = dx, .ldy = ldx, .id = pos, .w = cs, .n = n, .d = h * d, .heads = h,
		.turned = r, .sign = -1 };

	over_rows(&a, rope_rows, 4);
}

void
cpu_copy_rows(struct tc *tc, float *y, size_t ldy, const float *x, size_t ldx, size_t n, size_t d)
{
	size_t i;

	(void)tc;
	for (i = 0; i < n; i++)
		memcpy(y + i * ldy, x + i * ldx, d * sizeof(*y));
}

void
cpu_gather_rows(struct tc *tc, float *y, const float *x, const size_t *row, size_t n, size_t d)
{
	size_t i;

	(void)tc;
	for (i = 0; i < n; i++)
		memcpy(y + i * d, x + row[i] * d, d * sizeof(*y));
}

void
cpu_scatter_rows(struct tc *tc, float *y, const size_t *row, const float *x, size_t n, size_t d)
{
	size_t i;

	for (i = 0; i < n; i++)
		tc->k->add(y + row[i] * d, x + i * d, d);
}

void
cpu_scale_fwd(struct tc *tc, float *x, size_t n, float s)
{
	size_t i;

	(void)tc;
	for (i = 0; i < n; i++)
		x[i] *= s;
}

void
cpu_cast_round(struct tc *tc, void *to, const float *from, size_t n, enum dtype t)
{
	(void)tc;
	dtype_from_f32(to, from, n, t);
}

void
cpu_cast_widen(struct tc *tc, float *to, const void *from, size_t n, enum dtype t)
{
	(void)tc;
	dtype_to_f32(to, from, n, t);
}
