/* The backward pass over all layers, from the last to the first. */
#include "model/block_int.h"

void
layers_backward(struct model *m, const struct batch *b, struct acts *a, bool prefix, float *grad)
{
	size_t l;
	float scale = config_embed_scale(&m->c);

	for (l = m->c.layers; l-- > 0;) {
		struct pass p = { .m = m, .l = l, .y = &m->layer[l], .b = b, .a = a, .la = &a->layer[l], .grad = grad,
			.prefix = prefix };

		if (a->recompute)
			block_recompute(&p);
		block_backward(&p);
	}
	if (m->embed->train && scale != 1)
		scale_fwd(m->tc, a->dx, b->ntok * m->c.dim, scale);
	if (m->embed->train)
		embed_bwd(m->tc, grad + m->embed->at, a->dx, b->id, b->ntok, m->c.dim);
}

enum status
model_backward(struct model *m, const struct batch *b, struct acts *a, float *dhidden, float *grad,
    struct err *e)
{
	size_t n = b->ntok, d = m->c.dim;

	if (!a->backward || a->cap < n)
		return err_set(e, ST_USAGE, "no activations for a backward pass");
	if (!n)
		return ST_OK;
	tc_zero(m->tc, a->dx, n * d * sizeof(float));
	if (m->c.logit_scale != 1)
		scale_fwd(m->tc, dhidden, n * d, 1 / m->c.logit_scale);
	norm_bwd(m, grad, a->dx, dhidden, a->last, &m->global[G_NORM], a->rstd, n);
	layers_backward(m, b, a, false, grad);
	return ST_OK;
}

enum status
model_grad_begin(struct model *m, struct err *e)
{
	size_t bytes = m->embed->rows * m->embed->cols * sizeof(float);

	if (!tied_trains(m))
		return ST_OK;
	if (!m->tied_grad && !(m->tied_grad = mem_get(m, bytes, e)))
		return e->code;
	tc_zero(m->tc, m->tied_grad, bytes);
	m->tied_open = true;
	return ST_OK;
}

void
model_grad_end(struct model *m, float *grad)
{
	if (!m->tied_open)
		return;
	add_fwd(m->tc, grad + m->embed->at, m->tied_grad, m->embed->rows * m->embed->cols);
	m->tied_open = false;
}
