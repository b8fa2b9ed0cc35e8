/* Norms of rows as wide as the model: LayerNorm where the weight has a bias after it in the table, else RMSNorm. */
#include "model/block_int.h"

size_t
norm_stats(const struct weight *w)
{
	return w[1].rows ? 2 : 1;
}

void
norm_fwd(const struct model *m, float *y, float *stat, const float *x, const struct weight *w, size_t n)
{
	if (w[1].rows)
		layernorm_fwd(m->tc, y, stat, x, w->vec, w[1].vec, n, m->c.dim, m->c.norm_eps);
	else
		rmsnorm_fwd(m->tc, y, stat, x, w->vec, n, m->c.dim, m->c.norm_eps);
}

void
norm_bwd(const struct model *m, float *grad, float *dx, const float *dy, const float *x, const struct weight *w,
    const float *stat, size_t n)
{
	float *db = weight_grad(grad, &w[1]);

	if (!w[1].rows) {
		rmsnorm_bwd(m->tc, dx, weight_grad(grad, w), dy, x, w->vec, stat, n, m->c.dim);
		return;
	}
	layernorm_bwd(m->tc, dx, weight_grad(grad, w), dy, x, w->vec, stat, n, m->c.dim);
	if (db)
		bias_bwd(m->tc, db, dy, m->c.dim, n, m->c.dim);
}
