/* Operations on rows and elements: a call of a kernel each. */
#include <stdlib.h>

#include "tensor/opencl/opencl_int.h"

void
opencl_cast_round(struct tc *tc, void *to, const float *from, size_t n, enum dtype t)
{
	if (t == DT_F32)
		opencl_tc_copy(tc, to, from, n * sizeof(*from));
	else
		RUN_EACH(tc, K_cast_round, n, OF(to, 2), F(from), I(t), N(n));
}

void
opencl_cast_widen(struct tc *tc, float *to, const void *from, size_t n, enum dtype t)
{
	RUN_EACH(tc, K_cast_widen, n, F(to), OF(from, 1), I(t), N(n));
}

/* rows of x, row[i] or i */
static void
copy(struct tc *tc, float *y, size_t ldy, const float *x, size_t ldx, const uint64_t *row, size_t n, size_t d)
{
	const uint64_t none = 0;

	RUN_EACH(tc, K_copy_rows, n * d, F(y), N(ldy), F(x), N(ldx), HOST(row ? row : &none, row ? n * sizeof(*row) : sizeof(none)),
	    I(row != NULL), N(n), N(d));
}

void
opencl_copy_rows(struct tc *tc, float *y, size_t ldy, const float *x, size_t ldx, size_t n, size_t d)
{
	copy(tc, y, ldy, x, ldx, NULL, n, d);
}

void
opencl_gather_rows(struct tc *tc, float *y, const float *x, const size_t *row, size_t n, size_t d)
{
	_Static_assert(sizeof(size_t) == sizeof(uint64_t), "row numbers are ulong on the device");
	if (n)
		copy(tc, y, d, x, d, (const uint64_t *)row, n, d);
}

/* A row number and the row that is added to it. */
struct link { uint64_t to, from; };

static int
by_row(const void *a, const void *b)
{
	const struct link *x = a, *y = b;

	return x->to != y->to ? x->to < y->to ? -1 : 1 : (x->from > y->from) - (x->from < y->from);
}

/* y[to] += x[from] for n links, those to one row in order of from: a work-item adds up all that
 * one of its numbers gets. */
static void
scatter(struct tc *tc, float *y, const float *x, struct link *link, size_t n, size_t d)
{
	uint64_t *to, *start, *from;
	size_t i, groups = 0;

	qsort(link, n, sizeof(*link), by_row);
	if (!(to = malloc((3 * n + 1) * sizeof(*to)))) {
		failed(tc, ST_NOMEM, "a table", CL_OUT_OF_HOST_MEMORY);
		return;
	}
	start = to + n;
	from = start + n + 1;
	for (i = 0; i < n; i++) {
		if (!i || link[i].to != link[i - 1].to) {
			to[groups] = link[i].to;
			start[groups++] = i;
		}
		from[i] = link[i].from;
	}
	start[groups] = n;
	RUN_EACH(tc, K_scatter, groups * d, F(y), F(x), HOST(to, groups * sizeof(*to)),
	    HOST(start, (groups + 1) * sizeof(*start)), HOST(from, n * sizeof(*from)), N(groups), N(d));
	free(to);
}

static struct link *
links(struct tc *tc, size_t n)
{
	struct link *l = n < SIZE_MAX / 4 / sizeof(*l) ? malloc(n * sizeof(*l)) : NULL;

	if (!l)
		failed(tc, ST_NOMEM, "a table", CL_OUT_OF_HOST_MEMORY);
	return l;
}

void
opencl_scatter_rows(struct tc *tc, float *y, const size_t *row, const float *x, size_t n, size_t d)
{
	struct link *l;

	if (!n || !(l = links(tc, n)))
		return;
	for (size_t i = 0; i < n; i++)
		l[i] = (struct link){ row[i], i };
	scatter(tc, y, x, l, n, d);
	free(l);
}

void
opencl_embed_bwd(struct tc *tc, float *dtable, const float *dx, const int32_t *id, size_t n, size_t d)
{
	struct link *l;

	if (!n || !(l = links(tc, n)))
		return;
	for (size_t i = 0; i < n; i++)
		l[i] = (struct link){ (uint64_t)id[i], i };
	scatter(tc, dtable, dx, l, n, d);
	free(l);
}

void
opencl_embed_fwd(struct tc *tc, float *x, const void *table, enum dtype t, const int32_t *id, size_t n, size_t d)
{
	if (n)
		RUN_EACH(tc, K_embed, n * d, F(x), OF(table, 1), I(t), HOST(id, n * sizeof(*id)), N(n), N(d));
}

void
opencl_scale_fwd(struct tc *tc, float *x, size_t n, float s)
{
	RUN_EACH(tc, K_scale, n, F(x), R(s), N(n));
}

void
opencl_add_fwd(struct tc *tc, float *y, const float *x, size_t n)
{
	RUN_EACH(tc, K_add, n, F(y), F(x), N(n));
}

void
opencl_rmsnorm_fwd(struct tc *tc, float *y, float *rstd, const float *x, const float *w, size_t n, size_t d, float eps)
{
	RUN_GROUPS(tc, K_rmsnorm, parts(n, NORM_ROWS), 1, 1, NORM_ROWS * LANES, F(y), F(rstd), F(x), F(w), N(n), N(d), R(eps));
}

void
opencl_rmsnorm_bwd(struct tc *tc, float *dx, float *dw, const float *dy, const float *x, const float *w, const float *rstd,
    size_t n, size_t d)
{
	if (dw && n)
		RUN_EACH(tc, K_rmsnorm_dw, d, F(dw), F(dy), F(x), F(rstd), N(n), N(d));
	RUN_GROUPS(tc, K_rmsnorm_dx, parts(n, NORM_ROWS), 1, 1, NORM_ROWS * LANES, F(dx), F(dy), F(x), F(w), F(rstd), N(n), N(d));
}

void
opencl_bias_fwd(struct tc *tc, float *y, size_t ldy, const float *b, size_t n, size_t d)
{
	RUN_EACH(tc, K_bias, n * d, F(y), N(ldy), F(b), N(n), N(d));
}

void
opencl_bias_bwd(struct tc *tc, float *db, const float *dy, size_t lddy, size_t n, size_t d)
{
	if (n)
		RUN_EACH(tc, K_bias_bwd, d, F(db), F(dy), N(lddy), N(n), N(d));
}

void
opencl_swiglu_fwd(struct tc *tc, float *y, const float *gate, const float *up, size_t ld, size_t n, size_t f)
{
	RUN_EACH(tc, K_swiglu, n * f, F(y), F(gate), F(up), N(ld), N(n), N(f));
}

void
opencl_swiglu_bwd(struct tc *tc, float *dgate, float *dup, size_t ldd, const float *dy, const float *gate, const float *up,
    size_t ld, size_t n, size_t f)
{
	RUN_EACH(tc, K_swiglu_bwd, n * f, F(dgate), F(dup), N(ldd), F(dy), F(gate), F(up), N(ld), N(n), N(f));
}

void
opencl_geglu_fwd(struct tc *tc, float *y, const float *gate, const float *up, size_t ld, size_t n, size_t f)
{
	RUN_EACH(tc, K_geglu, n * f, F(y), F(gate), F(up), N(ld), N(n), N(f));
}

void
opencl_geglu_bwd(struct tc *tc, float *dgate, float *dup, size_t ldd, const float *dy, const float *gate, const float *up,
    size_t ld, size_t n, size_t f)
{
	RUN_EACH(tc, K_geglu_bwd, n * f, F(dgate), F(dup), N(ldd), F(dy), F(gate), F(up), N(ld), N(n), N(f));
}

void
opencl_gelu_fwd(struct tc *tc, float *y, const float *x, size_t n, enum gelu form)
{
	RUN_EACH(tc, K_gelu, n, F(y), F(x), I(form), N(n));
}

void
opencl_gelu_bwd(struct tc *tc, float *dx, const float *dy, const float *x, size_t n, enum gelu form)
{
	RUN_EACH(tc, K_gelu_bwd, n, F(dx), F(dy), F(x), I(form), N(n));
}

void
opencl_layernorm_fwd(struct tc *tc, float *y, float *stat, const float *x, const float *w, const float *b, size_t n, size_t d,
    float eps)
{
	RUN_GROUPS(tc, K_layernorm, parts(n, NORM_ROWS), 1, 1, NORM_ROWS * LANES, F(y), F(stat), F(x), F(w), F(b), N(n), N(d),
	    R(eps));
}

void
opencl_layernorm_bwd(struct tc *tc, float *dx, float *dw, const float *dy, const float *x, const float *w, const float *stat,
    size_t n, size_t d)
{
	if (dw && n)
		RUN_EACH(tc, K_layernorm_dw, d, F(dw), F(dy), F(x), F(stat), N(n), N(d));
	RUN_GROUPS(tc, K_layernorm_dx, parts(n, NORM_ROWS), 1, 1, NORM_ROWS * LANES, F(dx), F(dy), F(x), F(w), F(stat), N(n), N(d));
}

void
opencl_softcap_fwd(struct tc *tc, float *x, size_t n, float cap)
{
	RUN_EACH(tc, K_softcap, n, F(x), R(cap), N(n));
}

static void
rope(struct tc *tc, float *x, size_t ldx, const int32_t *pos, const float *cs, size_t n, size_t h, size_t d, size_t r,
    float sign)
{
	RUN_EACH(tc, K_rope, n * h * (r / 2), F(x), N(ldx), F(pos), F(cs), N(n), N(h), N(d), N(r), R(sign));
}

void
opencl_rope_fwd(struct tc *tc, float *x, size_t ldx, const int32_t *pos, const float *cs, size_t n, size_t h, size_t d, size_t r)
{
	rope(tc, x, ldx, pos, cs, n, h, d, r, 1);
}

void
opencl_rope_bwd(struct tc *tc, float *dx, size_t ldx, const int32_t *pos, const float *cs, size_t n, size_t h, size_t d, size_t r)
{
	rope(tc, dx, ldx, pos, cs, n, h, d, r, -1);
}

void
opencl_adamw_update(struct tc *tc, float *w, float *m, float *v, const float *g, size_t n, const struct adamw_numbers *a)
{
	RUN_EACH(tc, K_adamw, n, F(w), F(m), F(v), F(g), N(n), R(a->b1), R(a->c1), R(a->b2), R(a->c2), R(a->scale), R(a->keep),
	    R(a->rate), R(a->root), R(a->eps));
}

double
opencl_sumsq_f32(struct tc *tc, const float *x, size_t n)
{
	float *to;
	double s = 0;

	if (n && (to = scratch_at_least(tc, sizeof(s)))) {
		RUN_GROUPS(tc, K_sumsq, 1, 1, 1, SUM, OF(to, sizeof(s)), F(x), N(n));
		opencl_tc_get(tc, &s, to, sizeof(s));
	}
	return s;
}

size_t
opencl_find_nonfinite(struct tc *tc, const float *x, size_t n)
{
	const uint32_t none = UINT32_MAX;
	uint32_t at = none;
	size_t from, part;
	float *to = n ? scratch_at_least(tc, sizeof(at)) : NULL;

	for (from = 0; to && from < n; from += part) {
		part = n - from < none ? n - from : none - 1;
		opencl_tc_put(tc, to, &none, sizeof(none));
		RUN_EACH(tc, K_find_nonfinite, part, F(to), F(x), N(from), N(part));
		opencl_tc_get(tc, &at, to, sizeof(at));
		if (at != none)
			return from + at;
	}
	return n;
}
