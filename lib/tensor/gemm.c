#include <math.h>
#include <string.h>

#include "tensor/ref.h"
#include "tensor/tensor_int.h"

size_t
panel_bytes(enum dtype t, size_t n, size_t k)
{
	return (n + PANEL - 1) / PANEL * PANEL * k * dtype_size(t);
}

void
panel_pack(struct tc *tc, struct panel *p, const void *w, enum dtype t, size_t n, size_t k)
{
	size_t i, j, at;

	(void)tc;
	p->n = n;
	p->k = k;
	p->type = t;
	memset(p->mem, 0, panel_bytes(t, n, k));
	for (i = 0; i < n; i++)
		for (j = 0; j < k; j++) {
			at = (i / PANEL * k + j) * PANEL + i % PANEL;
			if (t == DT_F32)
				((float *)p->mem)[at] = ((const float *)w)[i * k + j];
			else
				((uint16_t *)p->mem)[at] = ((const uint16_t *)w)[i * k + j];
		}
}

void
gemm_nt(struct tc *tc, float *y, size_t ldy, const float *x, size_t ldx, const struct panel *w, size_t m, bool acc)
{
	size_t i, j, l;
	float s;

	(void)tc;
	for (i = 0; i < m; i++)
		for (j = 0; j < w->n; j++) {
			s = acc ? y[i * ldy + j] : 0;
			for (l = 0; l < w->k; l++)
				s = fmaf(x[i * ldx + l], dtype_get(w->mem, (j / PANEL * w->k + l) * PANEL + j % PANEL, w->type), s);
			y[i * ldy + j] = s;
		}
}

void
gemm_nn(struct tc *tc, float *dx, size_t lddx, const float *dy, size_t lddy, const void *w, enum dtype t, size_t m, size_t n, size_t k, bool acc)
{
	size_t i, j, l;
	float s;

	(void)tc;
	for (i = 0; i < m; i++)
		for (l = 0; l < k; l++) {
			s = acc ? dx[i * lddx + l] : 0;
			for (j = 0; j < n; j++)
				s = fmaf(dy[i * lddy + j], dtype_get(w, j * k + l, t), s);
			dx[i * lddx + l] = s;
		}
}

void
gemm_tn(struct tc *tc, float *dw, const float *dy, size_t lddy, const float *x, size_t ldx, size_t m, size_t n, size_t k)
{
	(void)tc;
	ref_gemm_tn(dw, dy, lddy, x, ldx, m, n, k);
}
