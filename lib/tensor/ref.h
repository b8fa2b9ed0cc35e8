/* The oracle: every operation of tensor.h as plain loops, one thread, no tiles.
 * It defines the bits; the fast paths are compared to it by memcmp. Shapes and meaning
 * as in tensor.h; tables and weights here are float rows. */
#ifndef TENSOR_REF_H
#define TENSOR_REF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tensor/tensor.h"

/* The fixed tree over 16 partial sums: 8, 4, 2, 1 apart. */
float ref_tree(const float t[16]);
double ref_tree_double(const double t[16]);

void ref_gemm_nt(float *y, size_t ldy, const float *x, size_t ldx, const float *w, size_t m, size_t n, size_t k, bool acc);
void ref_gemm_nn(float *dx, size_t lddx, const float *dy, size_t lddy, const float *w, size_t m, size_t n, size_t k, bool acc);
void ref_gemm_tn(float *dw, const float *dy, size_t lddy, const float *x, size_t ldx, size_t m, size_t n, size_t k);

void ref_embed_bwd(float *dtable, const float *dx, const int32_t *id, size_t n, size_t d);
void ref_rmsnorm_fwd(float *y, float *rstd, const float *x, const float *w, size_t n, size_t d, float eps);
void ref_rmsnorm_bwd(float *dx, float *dw, const float *dy, const float *x, const float *w, const float *rstd, size_t n, size_t d);
void ref_layernorm_fwd(float *y, float *stat, const float *x, const float *w, const float *b, size_t n, size_t d, float eps);
void ref_layernorm_bwd(float *dx, float *dw, const float *dy, const float *x, const float *w, const float *stat, size_t n, size_t d);
void ref_bias_fwd(float *y, size_t ldy, const float *b, size_t n, size_t d);
void ref_bias_bwd(float *db, const float *dy, size_t lddy, size_t n, size_t d);
void ref_swiglu_fwd(float *y, const float *gate, const float *up, size_t ld, size_t n, size_t f);
void ref_swiglu_bwd(float *dgate, float *dup, size_t ldd, const float *dy, const float *gate, const float *up, size_t ld, size_t n, size_t f);
void ref_geglu_fwd(float *y, const float *gate, const float *up, size_t ld, size_t n, size_t f);
void ref_geglu_bwd(float *dgate, float *dup, size_t ldd, const float *dy, const float *gate, const float *up, size_t ld, size_t n, size_t f);
void ref_gelu_fwd(float *y, const float *x, size_t n, enum gelu form);
void ref_gelu_bwd(float *dx, const float *dy, const float *x, size_t n, enum gelu form);
void ref_softcap(float *x, size_t n, float cap);
/* sign 1: forward, -1: backward */
void ref_rope(float *x, size_t ldx, const int32_t *pos, const float *cs, size_t n, size_t h, size_t d, size_t r,
    float sign);

/* s: scratch of past + n floats; bwd: twice as many */
void ref_attn_fwd(const struct attn_seq *q, const struct attn_shape *a, float *s);
void ref_attn_bwd(const struct attn_seq *q, const struct attn_grad *g, const struct attn_shape *a, float *s);

/* One row of scaled logits l: maximum, sum of exp(l - max), sum of exp(l - max) (l - max). */
struct row_stat { float max, sum, esum; };
struct row_stat ref_row_stat(const float *logits, size_t v, float invtemp);
/* dlogits (may be logits itself) of one row, from its statistics; where the logits were capped,
 * those of what was before the cap */
void ref_row_bwd(float *dlogits, const float *logits, size_t v, float cap, int32_t target, float invtemp, const struct row_stat *s, float g, float h);
float ref_row_kl(const float *p, const float *q, size_t v, float invtemp);

double ref_sumsq(const float *x, size_t n);

#endif
