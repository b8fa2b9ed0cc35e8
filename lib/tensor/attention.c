#include "tensor/ref.h"
#include "tensor/tensor_int.h"

void
attn_fwd(struct tc *tc, const struct attn_seq *s, size_t nseq, const struct attn_shape *a)
{
	size_t i;
	float *t;

	for (i = 0; i < nseq; i++) {
		if (!(t = scratch_get(tc, &tc->shared, (s[i].past + s[i].n) * sizeof(*t))))
			return;
		ref_attn_fwd(&s[i], a, t);
	}
}

void
attn_bwd(struct tc *tc, const struct attn_seq *s, const struct attn_grad *g, size_t nseq, const struct attn_shape *a)
{
	size_t i;
	float *t;

	for (i = 0; i < nseq; i++) {
		if (!(t = scratch_get(tc, &tc->shared, 2 * s[i].n * sizeof(*t))))
			return;
		ref_attn_bwd(&s[i], &g[i], a, t);
	}
}
