/* The kernels of one instruction set.  Every set gives the bits of ref.c. */
#ifndef TENSOR_KERN_H
#define TENSOR_KERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tensor/tensor.h"
#include "tensor/ref.h"

enum {
	PANEL = 32,     /* columns of a panel: element (k, c) of panel p is at (p K + k) 32 + c */
	KERN_ROWS = 12  /* at most so many rows in a tile */
};

/* What softmax_bwd knows of a row.  slope: 1 - (invcap y)^2, invcap 0 where scores have no cap. */
struct kern_softmax { float before, max, inv, dot, scale, invcap; };

struct kern {
	const char *isa;
	size_t rows;            /* of a full tile */

	/* y (m,n) rows of stride ldy = or += a (m,k) b, b n columns of k rows of stride ldb and of type t:
	 * y[i][c] = chain over l < k of fmaf(a[i ars + l aks], b[l][c], .).  m <= rows; n is 32,
	 * or 16 in f32.  One of the strides is 1: aks (rows of x), else ars (columns of dy, or
	 * packed); where aks is not 1, t is f32. */
	void (*tile)(float *y, size_t ldy, const float *a, size_t ars, size_t aks, const void *b, size_t ldb,
	    enum dtype t, size_t m, size_t n, size_t k, bool acc);
	/* The same for a full tile of rows of x and a panel b of bf16 or f16; wide (k,32) gets it in f32. */
	void (*tile_widen)(float *y, size_t ldy, const float *a, size_t ars, const void *b, enum dtype t, size_t k,
	    bool acc, float *wide);
	/* y (n) = or += a (k) b in f32 for one row, n a multiple of 16: many panels of b, `stride`
	 * floats from one to the next, have their chains side by side */
	void (*row)(float *y, const float *a, const float *b, size_t stride, size_t n, size_t k, bool acc);
	/* to (k,32) = 32 columns of n <= 32 from w (k, ld) of type t, zero after them */
	void (*strip)(float *to, const void *w, size_t ld, enum dtype t, size_t k, size_t n);

	void (*rmsnorm)(float *y, float *rstd, const float *x, const float *w, size_t d, float eps);
	void (*rmsnorm_dx)(float *dx, const float *dy, const float *x, const float *w, float rstd, size_t d);
	/* dw[0..d) over n rows in order, rows of stride ld */
	void (*rmsnorm_dw)(float *dw, const float *dy, const float *x, const float *rstd, size_t n, size_t d,
	    size_t ld);
	void (*layernorm)(float *y, float *stat, const float *x, const float *w, const float *b, size_t d, float eps);
	void (*layernorm_dx)(float *dx, const float *dy, const float *x, const float *w, const float *stat, size_t d);
	/* as rmsnorm_dw */
	void (*layernorm_dw)(float *dw, const float *dy, const float *x, const float *stat, size_t n, size_t d,
	    size_t ld);
	void (*swiglu)(float *y, const float *gate, const float *up, size_t f);
	void (*swiglu_bwd)(float *dgate, float *dup, const float *dy, const float *gate, const float *up, size_t f);
	void (*geglu)(float *y, const float *gate, const float *up, size_t f);
	void (*geglu_bwd)(float *dgate, float *dup, const float *dy, const float *gate, const float *up, size_t f);
	void (*gelu)(float *y, const float *x, size_t n, enum gelu form);
	void (*gelu_bwd)(float *dx, const float *dy, const float *x, size_t n, enum gelu form);
	/* x = cap tanh(scale x / cap) */
	void (*softcap)(float *x, size_t n, float scale, float cap);
	/* x[0..d/2), x[d/2..d) of one head; t: cos, sin pairs */
	void (*rope)(float *x, const float *t, size_t d, float sign);
	/* s[lo..hi) in place: softmax weights; max and sum as attention keeps them */
	void (*softmax)(float *s, size_t lo, size_t hi, float scale, float *max, float *sum);
	/* p[lo..hi) = exp(y - max) inv with y = before p; dp[lo..hi) = p (dp - dot) scale slope */
	void (*softmax_bwd)(float *p, float *dp, size_t lo, size_t hi, const struct kern_softmax *s);
	float (*dot)(const float *x, const float *y, size_t n);         /* partials mod 16 */
	struct row_stat (*row_stat)(const float *logits, size_t v, float invtemp);
	/* w = exp(logits invtemp - max); max and sum as row_stat's, esum 0 */
	struct row_stat (*row_weights)(float *w, const float *logits, size_t v, float invtemp);
	/* invcap: 1 / the logits' cap, 0 where they have none */
	void (*row_bwd)(float *dlogits, const float *logits, size_t v, float invcap, int32_t target, float invtemp,
	    const struct row_stat *s, float g, float h);
	float (*row_kl)(const float *p, const float *q, size_t v, float invtemp);
	void (*add)(float *y, const float *x, size_t n);
	double (*sumsq)(const float *x, size_t n);
};

extern const struct kern kern_portable;
#if defined(__x86_64__)
extern const struct kern kern_avx2, kern_avx512;
#elif defined(__aarch64__)
extern const struct kern kern_neon;
#endif

#endif
