/* Every operation, handed to the context's device. */
#include <stdlib.h>

#include "tensor/ref.h"
#include "tensor/tensor_int.h"

void *
tc_alloc(struct tc *tc, size_t bytes)
{
	return tc->device->ops.tc_alloc(tc, bytes);
}

void
tc_free(struct tc *tc, void *p, size_t bytes)
{
	tc->device->ops.tc_free(tc, p, bytes);
}

void
tc_put(struct tc *tc, void *to, const void *from, size_t bytes)
{
	tc->device->ops.tc_put(tc, to, from, bytes);
}

void
tc_get(struct tc *tc, void *to, const void *from, size_t bytes)
{
	tc->device->ops.tc_get(tc, to, from, bytes);
}

void
tc_copy(struct tc *tc, void *to, const void *from, size_t bytes)
{
	tc->device->ops.tc_copy(tc, to, from, bytes);
}

void
tc_zero(struct tc *tc, void *p, size_t bytes)
{
	tc->device->ops.tc_zero(tc, p, bytes);
}

void
tc_sync(struct tc *tc)
{
	tc->device->ops.tc_sync(tc);
}

void
panel_pack(struct tc *tc, struct panel *p, const void *w, enum dtype t, size_t n, size_t k)
{
	tc->device->ops.panel_pack(tc, p, w, t, n, k);
}

void
gemm_nt(struct tc *tc, float *y, size_t ldy, const float *x, size_t ldx,
    const struct panel *w, size_t m, bool acc)
{
	tc->device->ops.gemm_nt(tc, y, ldy, x, ldx, w, m, acc);
}

void
gemm_nn(struct tc *tc, float *dx, size_t lddx, const float *dy, size_t lddy,
    const void *w, enum dtype t, size_t m, size_t n, size_t k, bool acc)
{
	tc->device->ops.gemm_nn(tc, dx, lddx, dy, lddy, w, t, m, n, k, acc);
}

void
gemm_tn(struct tc *tc, float *dw, const float *dy, size_t lddy, const float *x,
    size_t ldx, size_t m, size_t n, size_t k)
{
	tc->device->ops.gemm_tn(tc, dw, dy, lddy, x, ldx, m, n, k);
}

void
cast_round(struct tc *tc, void *to, const float *from, size_t n, enum dtype t)
{
	tc->device->ops.cast_round(tc, to, from, n, t);
}

void
cast_widen(struct tc *tc, float *to, const void *from, size_t n, enum dtype t)
{
	tc->device->ops.cast_widen(tc, to, from, n, t);
}

void
copy_rows(struct tc *tc, float *y, size_t ldy, const float *x, size_t ldx, size_t n, size_t d)
{
	tc->device->ops.copy_rows(tc, y, ldy, x, ldx, n, d);
}

void
gather_rows(struct tc *tc, float *y, const float *x, const size_t *row, size_t n, size_t d)
{
	tc->device->ops.gather_rows(tc, y, x, row, n, d);
}

void
scatter_rows(struct tc *tc, float *y, const size_t *row, const float *x, size_t n, size_t d)
{
	tc->device->ops.scatter_rows(tc, y, row, x, n, d);
}

void
scale_fwd(struct tc *tc, float *x, size_t n, float s)
{
	tc->device->ops.scale_fwd(tc, x, n, s);
}

void
embed_fwd(struct tc *tc, float *x, const void *table, enum dtype t, const int32_t *id, size_t n, size_t d)
{
	tc->device->ops.embed_fwd(tc, x, table, t, id, n, d);
}

void
embed_bwd(struct tc *tc, float *dtable, const float *dx, const int32_t *id, size_t n, size_t d)
{
	tc->device->ops.embed_bwd(tc, dtable, dx, id, n, d);
}

void
rmsnorm_fwd(struct tc *tc, float *y, float *rstd, const float *x, const float *w, size_t n, size_t d, float eps)
{
	tc->device->ops.rmsnorm_fwd(tc, y, rstd, x, w, n, d, eps);
}

void
rmsnorm_bwd(struct tc *tc, float *dx, float *dw, const float *dy, const float *x, const float *w, const float *rstd, size_t n, size_t d)
{
	tc->device->ops.rmsnorm_bwd(tc, dx, dw, dy, x, w, rstd, n, d);
}

void
layernorm_fwd(struct tc *tc, float *y, float *stat, const float *x, const float *w, const float *b, size_t n, size_t d, float eps)
{
	tc->device->ops.layernorm_fwd(tc, y, stat, x, w, b, n, d, eps);
}

void
layernorm_bwd(struct tc *tc, float *dx, float *dw, const float *dy, const float *x, const float *w, const float *stat, size_t n, size_t d)
{
	tc->device->ops.layernorm_bwd(tc, dx, dw, dy, x, w, stat, n, d);
}

void
bias_fwd(struct tc *tc, float *y, size_t ldy, const float *b, size_t n, size_t d)
{
	tc->device->ops.bias_fwd(tc, y, ldy, b, n, d);
}

void
bias_bwd(struct tc *tc, float *db, const float *dy, size_t lddy, size_t n, size_t d)
{
	tc->device->ops.bias_bwd(tc, db, dy, lddy, n, d);
}

void
add_fwd(struct tc *tc, float *y, const float *x, size_t n)
{
	tc->device->ops.add_fwd(tc, y, x, n);
}

void
swiglu_fwd(struct tc *tc, float *y, const float *gate, const float *up, size_t ld, size_t n, size_t f)
{
	tc->device->ops.swiglu_fwd(tc, y, gate, up, ld, n, f);
}

void
swiglu_bwd(struct tc *tc, float *dgate, float *dup, size_t ldd, const float *dy, const float *gate, const float *up, size_t ld, size_t n, size_t f)
{
	tc->device->ops.swiglu_bwd(tc, dgate, dup, ldd, dy, gate, up, ld, n, f);
}

void
geglu_fwd(struct tc *tc, float *y, const float *gate, const float *up, size_t ld, size_t n, size_t f)
{
	tc->device->ops.geglu_fwd(tc, y, gate, up, ld, n, f);
}

void
geglu_bwd(struct tc *tc, float *dgate, float *dup, size_t ldd, const float *dy, const float *gate, const float *up, size_t ld, size_t n, size_t f)
{
	tc->device->ops.geglu_bwd(tc, dgate, dup, ldd, dy, gate, up, ld, n, f);
}

void
gelu_fwd(struct tc *tc, float *y, const float *x, size_t n, enum gelu form)
{
	tc->device->ops.gelu_fwd(tc, y, x, n, form);
}

void
gelu_bwd(struct tc *tc, float *dx, const float *dy, const float *x, size_t n, enum gelu form)
{
	tc->device->ops.gelu_bwd(tc, dx, dy, x, n, form);
}

void
softcap_fwd(struct tc *tc, float *x, size_t n, float cap)
{
	tc->device->ops.softcap_fwd(tc, x, n, cap);
}

void
rope_fwd(struct tc *tc, float *x, size_t ldx, const int32_t *pos, const float *cs, size_t n, size_t h, size_t d, size_t r)
{
	tc->device->ops.rope_fwd(tc, x, ldx, pos, cs, n, h, d, r);
}

void
rope_bwd(struct tc *tc, float *dx, size_t ldx, const int32_t *pos, const float *cs, size_t n, size_t h, size_t d, size_t r)
{
	tc->device->ops.rope_bwd(tc, dx, ldx, pos, cs, n, h, d, r);
}

void
attn_fwd(struct tc *tc, const struct attn_seq *s, size_t nseq, const struct attn_shape *a)
{
	tc->device->ops.attn_fwd(tc, s, nseq, a);
}

void
attn_bwd(struct tc *tc, const struct attn_seq *s, const struct attn_grad *g, size_t nseq, const struct attn_shape *a)
{
	tc->device->ops.attn_bwd(tc, s, g, nseq, a);
}

void
vocab_logprob(struct tc *tc, float *logprob, float *entropy, float *lse, const float *x, size_t ldx,
    const struct panel *w, float cap, const int32_t *target, const float *invtemp, size_t n, float *keep)
{
	tc->device->ops.vocab_logprob(tc, logprob, entropy, lse, x, ldx, w, cap, target, invtemp, n, keep);
}

void
vocab_logprob_bwd(struct tc *tc, float *dx, size_t lddx, float *dw, const float *g, const float *h,
    const float *x, size_t ldx, const struct panel *w, float cap, const void *wt, const int32_t *target,
    const float *invtemp, size_t n, float *kept)
{
	tc->device->ops.vocab_logprob_bwd(tc, dx, lddx, dw, g, h, x, ldx, w, cap, wt, target, invtemp, n, kept);
}

void
vocab_kl(struct tc *tc, float *kl, const float *x, size_t ldx, const struct panel *w, float cap, const float *x2,
    size_t ldx2, const struct panel *w2, float cap2, const float *invtemp, size_t n)
{
	tc->device->ops.vocab_kl(tc, kl, x, ldx, w, cap, x2, ldx2, w2, cap2, invtemp, n);
}

void
adamw_update(struct tc *tc, float *w, float *m, float *v, const float *g, size_t n,
    const struct adamw_numbers *a)
{
	tc->device->ops.adamw_update(tc, w, m, v, g, n, a);
}

double
sumsq_f32(struct tc *tc, const float *x, size_t n)
{
	return tc->device->ops.sumsq_f32(tc, x, n);
}

enum status
sumsq_part(struct tc *tc, double part[16], const float *x, size_t n, struct err *e)
{
	size_t piece = 1 << 20, at, len, i;
	float *room = tc_is_host(tc) ? NULL : malloc(piece * sizeof(*room));
	const float *v;

	if (!tc_is_host(tc) && !room)
		return err_nomem(e);
	for (at = 0; at < n; at += len) {
		len = n - at < piece ? n - at : piece;
		v = tc_read(tc, x + at, len * sizeof(*v), room);
		for (i = 0; i < len; i++)
			part[i % 16] += (double)v[i] * (double)v[i];
	}
	free(room);
	return ST_OK;
}

double
sumsq_end(const double part[16])
{
	return ref_tree_double(part);
}

size_t
find_nonfinite(struct tc *tc, const float *x, size_t n)
{
	return tc->device->ops.find_nonfinite(tc, x, n);
}

void
vocab_logits(struct tc *tc, float *logits, const float *x, size_t ldx, const struct panel *w, float cap, size_t n)
{
	gemm_nt(tc, logits, w->n, x, ldx, w, n, false);
	if (cap > 0)
		softcap_fwd(tc, logits, n * w->n, cap);
}

size_t
attn_cache_keys(const struct attn_shape *a)
{
	return a->kvh * a->d * ATTN_BLOCK;
}

size_t
attn_cache_values(const struct attn_shape *a)
{
	return a->kvh * ((a->d + 31) / 32 * 32) * ATTN_BLOCK;
}

bool
tc_is_host(const struct tc *tc)
{
	return tc->device->host;
}

const void *
tc_read(struct tc *tc, const void *p, size_t bytes, void *room)
{
	if (tc->device->host)
		return p;
	tc_get(tc, room, p, bytes);
	return room;
}
