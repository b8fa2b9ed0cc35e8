#include <string.h>

#include "tensor/ref.h"
#include "tensor/tensor_int.h"

void
embed_fwd(struct tc *tc, float *x, const void *table, enum dtype t, const int32_t *id, size_t n, size_t d)
{
	size_t i;

	(void)tc;
	for (i = 0; i < n; i++)
		dtype_to_f32(x + i * d, (const char *)table + (size_t)id[i] * d * dtype_size(t), d, t);
}

void
embed_bwd(struct tc *tc, float *dtable, const float *dx, const int32_t *id, size_t n, size_t d)
{
	(void)tc;
	ref_embed_bwd(dtable, dx, id, n, d);
}

void
rmsnorm_fwd(struct tc *tc, float *y, float *rstd, const float *x, const float *w, size_t n, size_t d, float eps)
{
	(void)tc;
	ref_rmsnorm_fwd(y, rstd, x, w, n, d, eps);
}

void
rmsnorm_bwd(struct tc *tc, float *dx, float *dw, const float *dy, const float *x, const float *w, const float *rstd, size_t n, size_t d)
{
	(void)tc;
	ref_rmsnorm_bwd(dx, dw, dy, x, w, rstd, n, d);
}

void
bias_fwd(struct tc *tc, float *y, size_t ldy, const float *b, size_t n, size_t d)
{
	(void)tc;
	ref_bias_fwd(y, ldy, b, n, d);
}

void
bias_bwd(struct tc *tc, float *db, const float *dy, size_t lddy, size_t n, size_t d)
{
	(void)tc;
	ref_bias_bwd(db, dy, lddy, n, d);
}

void
add_fwd(struct tc *tc, float *y, const float *x, size_t n)
{
	size_t i;

	(void)tc;
	for (i = 0; i < n; i++)
		y[i] += x[i];
}

void
swiglu_fwd(struct tc *tc, float *y, const float *gate, const float *up, size_t ld, size_t n, size_t f)
{
	(void)tc;
	ref_swiglu_fwd(y, gate, up, ld, n, f);
}

void
swiglu_bwd(struct tc *tc, float *dgate, float *dup, size_t ldd, const float *dy, const float *gate, const float *up, size_t ld, size_t n, size_t f)
{
	(void)tc;
	ref_swiglu_bwd(dgate, dup, ldd, dy, gate, up, ld, n, f);
}

void
rope_fwd(struct tc *tc, float *x, size_t ldx, const int32_t *pos, const float *cs, size_t n, size_t h, size_t d)
{
	(void)tc;
	ref_rope(x, ldx, pos, cs, n, h, d, 1);
}

void
rope_bwd(struct tc *tc, float *dx, size_t ldx, const int32_t *pos, const float *cs, size_t n, size_t h, size_t d)
{
	(void)tc;
	ref_rope(dx, ldx, pos, cs, n, h, d, -1);
}
