#include "base/math.h"
#include "tensor/ref.h"
#include "tensor/tensor_int.h"

enum { TILE_BYTES = 8 << 20 };

/* rows of a tile of logits: what fits TILE_BYTES, at least 16 */
static size_t
tile_rows(size_t v, size_t n)
{
	size_t r = TILE_BYTES / (v * sizeof(float));

	r = r < 16 ? 16 : r;
	return r < n ? r : n;
}

static float
scale(const float *invtemp, size_t i)
{
	return invtemp ? invtemp[i] : 1;
}

static float
stat_logprob(const struct row_stat *r, const float *l, int32_t target, float invtemp, float *entropy, float *lse)
{
	float ls = math_logf(r->sum);

	if (entropy)
		*entropy = ls - r->esum / r->sum;
	if (lse)
		*lse = r->max + ls;
	return (l[target] * invtemp - r->max) - ls;
}

float
row_logprob(const float *logits, size_t v, int32_t target, float invtemp, float *entropy)
{
	struct row_stat r = ref_row_stat(logits, v, invtemp);

	return stat_logprob(&r, logits, target, invtemp, entropy, NULL);
}

void
vocab_logits(struct tc *tc, float *logits, const float *x, size_t ldx, const struct panel *w, size_t n)
{
	gemm_nt(tc, logits, w->n, x, ldx, w, n, false);
}

void
vocab_logprob(struct tc *tc, float *logprob, float *entropy, float *lse, const float *x, size_t ldx,
    const struct panel *w, const int32_t *target, const float *invtemp, size_t n)
{
	size_t i, j, m, tile = tile_rows(w->n, n);
	struct row_stat r;
	float *l;

	if (!n || !(l = scratch_get(tc, &tc->shared, tile * w->n * sizeof(*l))))
		return;
	for (i = 0; i < n; i += m) {
		m = n - i < tile ? n - i : tile;
		gemm_nt(tc, l, w->n, x + i * ldx, ldx, w, m, false);
		for (j = 0; j < m; j++) {
			r = ref_row_stat(l + j * w->n, w->n, scale(invtemp, i + j));
			logprob[i + j] = stat_logprob(&r, l + j * w->n, target[i + j], scale(invtemp, i + j),
			    entropy ? entropy + i + j : NULL, lse ? lse + i + j : NULL);
		}
	}
}

void
vocab_logprob_bwd(struct tc *tc, float *dx, size_t lddx, float *dw, const float *g, const float *h,
    const float *x, size_t ldx, const struct panel *w, const void *wt, const int32_t *target,
    const float *invtemp, size_t n)
{
	size_t i, j, m, tile = tile_rows(w->n, n);
	struct row_stat r;
	float *l, *row;

	if (!n || !(l = scratch_get(tc, &tc->shared, tile * w->n * sizeof(*l))))
		return;
	for (i = 0; i < n; i += m) {
		m = n - i < tile ? n - i : tile;
		gemm_nt(tc, l, w->n, x + i * ldx, ldx, w, m, false);
		for (j = 0; j < m; j++) {
			row = l + j * w->n;
			r = ref_row_stat(row, w->n, scale(invtemp, i + j));
			ref_row_bwd(row, row, w->n, target[i + j], scale(invtemp, i + j), &r, g[i + j], h ? h[i + j] : 0);
		}
		gemm_nn(tc, dx + i * lddx, lddx, l, w->n, wt, w->type, m, w->n, w->k, false);
		if (dw)
			gemm_tn(tc, dw, l, w->n, x + i * ldx, ldx, m, w->n, w->k);
	}
}

void
vocab_kl(struct tc *tc, float *kl, const float *x, size_t ldx, const struct panel *w, const float *x2,
    size_t ldx2, const struct panel *w2, const float *invtemp, size_t n)
{
	size_t i, j, m, v = w->n, tile = tile_rows(2 * v, n);
	float *p, *q;

	if (!n || !(p = scratch_get(tc, &tc->shared, 2 * tile * v * sizeof(*p))))
		return;
	q = p + tile * v;
	for (i = 0; i < n; i += m) {
		m = n - i < tile ? n - i : tile;
		gemm_nt(tc, p, v, x + i * ldx, ldx, w, m, false);
		gemm_nt(tc, q, v, x2 + i * ldx2, ldx2, w2, m, false);
		for (j = 0; j < m; j++)
			kl[i + j] = ref_row_kl(p + j * v, q + j * v, v, scale(invtemp, i + j));
	}
}
