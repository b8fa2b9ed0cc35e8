/* A beginning that all sequences of many batches share. */
#include <stdlib.h>
#include <string.h>

#include "model/block_int.h"

/* Room for a prefix of n tokens, its gradients zero. */
static enum status
reach(struct acts *a, size_t n, struct err *e)
{
	const struct model_config *c = &a->m->c;
	struct prefix *p = &a->prefix;
	size_t bytes = mul_sat(mul_sat(n, 2 * kv_width(c) * sizeof(float)), c->layers * (a->backward ? 2 : 1));
	int32_t *id;

	p->n = 0;
	if (n > SIZE_MAX / sizeof(*id) || !(id = realloc(p->id, n * sizeof(*id))))
		return err_nomem(e);
	p->id = id;
	if (bytes > p->bytes) {
		tc_free(a->m->tc, p->mem, p->bytes);
		p->bytes = 0;
		if (bytes == SIZE_MAX || !(p->mem = tc_alloc(a->m->tc, bytes)))
			return err_set(e, ST_NOMEM, "out of memory: %zu bytes for a shared beginning of %zu tokens", bytes, n);
		p->bytes = bytes;
	} else {
		tc_zero(a->m->tc, p->mem, bytes);
	}
	p->n = n;
	return ST_OK;
}

enum status
model_prefix(struct model *m, const int32_t *id, size_t n, struct acts *a, struct err *e)
{
	const size_t off[] = { 0, n };
	struct batch b = { .ntok = n, .nseq = 1, .off = off };

	if (reach(a, n, e))
		return e->code;
	memcpy(a->prefix.id, id, n * sizeof(*id));
	b.id = a->prefix.id;
	return layers_forward(m, &b, NULL, a, true, e);
}

enum status
model_prefix_backward(struct model *m, struct acts *a, float *grad, struct err *e)
{
	const size_t off[] = { 0, a->prefix.n };
	const struct batch b = { .ntok = a->prefix.n, .nseq = 1, .id = a->prefix.id, .off = off };

	if (layers_forward(m, &b, NULL, a, true, e))
		return e->code;
	/* nothing reads the output of its last layer */
	tc_zero(m->tc, a->dx, b.ntok * m->c.dim * sizeof(float));
	layers_backward(m, &b, a, true, grad);
	return ST_OK;
}
