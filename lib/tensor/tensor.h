/* The tiny tensor library.  Row-major float arrays, shapes in comments, (rows,cols).
 *
 * The contract that makes sampler, scorer and trainer agree bit for bit:
 * - an element of a matrix product is one chain over ascending k,
 *   acc = fmaf(a[k], b[k], acc); accumulation into y continues the chain from y;
 * - other reductions: element i goes to partial i mod 16, then a fixed tree
 *   (8, 4, 2, 1 apart); over keys, i is the key's absolute position;
 * - sums over tokens run in token order and continue across calls;
 * - exp, log are lib/base's, lane by lane; no fast-math, no contraction.
 * So a result depends on values alone: never on threads, tiles, batch, ISA or device.
 *
 * Two kinds of memory.  Arrays of an operation lie in the context's memory (tc_alloc), but
 * for those marked HOST, which are the caller's own: ids, row numbers, one number a row that
 * the caller makes or reads.  An address in the context's memory may be computed with
 * (p + i ld is element i ld), but not read or written through: a device may hold it.
 * Only where tc_is_host says so are the two kinds one. */
#ifndef TENSOR_TENSOR_H
#define TENSOR_TENSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/pool.h"
#include "base/status.h"

/* A computing context: a device, threads, scratch, the kernels of this machine. */
struct tc;
enum status tc_open(struct tc **tc, unsigned threads, struct err *e); /* the processor; 0: pool_processors */
/* On the device called name: "cpu", NAME, NAME:UNIT, or "auto", the first unit of any device
 * that accelerates and gives the processor's bytes, else the processor.  NULL: the environment
 * variable FINEGRAIN_DEVICE, else the processor.  ST_USAGE where there is no such device. */
enum status tc_open_device(struct tc **tc, const char *name, unsigned threads, struct err *e);
void tc_close(struct tc *tc);
const char *tc_device(const struct tc *tc);     /* "cpu" */
/* What a device whose memory is its own has done; false where it is the host's. */
struct tc_usage {
	const char *name;               /* as its driver has it; borrowed */
	uint64_t memory, used, most;    /* bytes: in all, of arrays now, and at the most */
	uint64_t put, puts, got, gets;  /* bytes and transfers to the device, and from it */
};
bool tc_usage(struct tc *tc, struct tc_usage *u);
/* ST_NOMEM, saying how much there is, when so many more bytes do not fit the device. */
enum status tc_fits(struct tc *tc, size_t bytes, struct err *e);
struct pool *tc_pool(struct tc *tc);
const char *tc_isa(const struct tc *tc);        /* "avx512", "avx2", "neon", "portable" */
/* Use another ISA than the best one ("portable", ...); ST_USAGE if not to be had here.
 * Also by the environment variable FINEGRAIN_ISA at tc_open. */
enum status tc_set_isa(struct tc *tc, const char *isa, struct err *e);
/* Operations return nothing.  One whose scratch memory could not grow leaves its results
 * undefined and sets a mark: true here says that this happened since the last call (and
 * clears the mark).  Ask after a pass over the model, when its results have been fetched. */
bool tc_failed(struct tc *tc);
/* The same as an error with its message. */
enum status tc_check(struct tc *tc, struct err *e);

/* ---- memory ----
 * Zeroed, 64-byte aligned. NULL when memory is out. Freed with the same number of bytes. */
void *tc_alloc(struct tc *tc, size_t bytes);
void tc_free(struct tc *tc, void *p, size_t bytes);
/* to the context's memory from the host's, and back; both are done when they return */
void tc_put(struct tc *tc, void *to, const void *from, size_t bytes);
void tc_get(struct tc *tc, void *to, const void *from, size_t bytes);
/* within the context's memory; to and from do not overlap */
void tc_copy(struct tc *tc, void *to, const void *from, size_t bytes);
void tc_zero(struct tc *tc, void *p, size_t bytes);
/* Return when all operations are done (to measure time: results are fetched by tc_get). */
void tc_sync(struct tc *tc);
/* Whether the context's memory is the host's own: then it may be read and written in place,
 * and any host memory, such as the map of a file, be handed to operations. */
bool tc_is_host(const struct tc *tc);
/* The bytes at p for the host to read until the next operation: p itself where tc_is_host,
 * else copied into room, of as many bytes (else it may be NULL). */
const void *tc_read(struct tc *tc, const void *p, size_t bytes, void *room);

/* Host memory: large, 64-byte aligned, huge-paged where possible, zeroed. NULL when memory
 * is out. */
void *big_alloc(size_t bytes);
void big_free(void *p, size_t bytes);

enum dtype { DT_F32, DT_BF16, DT_F16 };
size_t dtype_size(enum dtype t);
/* in host memory: round to nearest even, n elements */
void dtype_from_f32(void *to, const float *from, size_t n, enum dtype t);
void dtype_to_f32(float *to, const void *from, size_t n, enum dtype t);

/* ---- matrix products ----
 * Weights w (N,K) row-major are packed into panels once for y = x w^T. */
struct panel {
	void *mem;              /* owned by who allocated it: tc_alloc, panel_bytes() */
	size_t n, k;
	enum dtype type;
};
size_t panel_bytes(enum dtype t, size_t n, size_t k);
void panel_pack(struct tc *tc, struct panel *p, const void *w, enum dtype t, size_t n, size_t k);
/* y (M,N) = x (M,K) w^T, or y += (the chain starts at y) with acc */
void gemm_nt(struct tc *tc, float *y, size_t ldy, const float *x, size_t ldx,
    const struct panel *w, size_t m, bool acc);
/* dx (M,K) = or += dy (M,N) w (N,K): chain over ascending n */
void gemm_nn(struct tc *tc, float *dx, size_t lddx, const float *dy, size_t lddy,
    const void *w, enum dtype t, size_t m, size_t n, size_t k, bool acc);
/* dw (N,K) += dy^T (N,M) x (M,K): the chain of every element goes on from dw over
 * ascending rows m */
void gemm_tn(struct tc *tc, float *dw, const float *dy, size_t lddy, const float *x,
    size_t ldx, size_t m, size_t n, size_t k);

/* ---- pointwise and row operations; N rows ---- */
/* to = from rounded to nearest even as type t, and widened again; n elements */
void cast_round(struct tc *tc, void *to, const float *from, size_t n, enum dtype t);
void cast_widen(struct tc *tc, float *to, const void *from, size_t n, enum dtype t);
/* y (N,D) = x (N,D), rows of stride ldy, ldx */
void copy_rows(struct tc *tc, float *y, size_t ldy, const float *x, size_t ldx, size_t n, size_t d);
/* y (N,D) = rows row[i] of x (.,D);  y (.,D) rows row[i] += x (N,D), in order.  HOST row (N) */
void gather_rows(struct tc *tc, float *y, const float *x, const size_t *row, size_t n, size_t d);
void scatter_rows(struct tc *tc, float *y, const size_t *row, const float *x, size_t n, size_t d);
/* x *= s, n floats */
void scale_fwd(struct tc *tc, float *x, size_t n, float s);
/* x (N,D) = table row of each id; type of the table; id in range is the caller's duty.
 * HOST id (N) */
void embed_fwd(struct tc *tc, float *x, const void *table, enum dtype t, const int32_t *id, size_t n, size_t d);
/* dtable[id] += dx, in row order; HOST id (N) */
void embed_bwd(struct tc *tc, float *dtable, const float *dx, const int32_t *id, size_t n, size_t d);
/* y = w * (x * rstd), rstd (N) = 1 / sqrtf(mean(x^2) + eps)   (Zhang & Sennrich 2019) */
void rmsnorm_fwd(struct tc *tc, float *y, float *rstd, const float *x, const float *w, size_t n, size_t d, float eps);
/* dx += ...; dw += over rows in order (dw may be NULL) */
void rmsnorm_bwd(struct tc *tc, float *dx, float *dw, const float *dy, const float *x, const float *w, const float *rstd, size_t n, size_t d);
/* y = w * (x - mean) rstd + b, stat (N,2) = mean, 1 / sqrtf(mean((x - mean)^2) + eps)   (Ba et al. 2016) */
void layernorm_fwd(struct tc *tc, float *y, float *stat, const float *x, const float *w, const float *b, size_t n, size_t d, float eps);
/* dx += ...; dw += over rows in order (dw may be NULL); b's gradient is bias_bwd's */
void layernorm_bwd(struct tc *tc, float *dx, float *dw, const float *dy, const float *x, const float *w, const float *stat, size_t n, size_t d);
/* y (N,D) += b (D) */
void bias_fwd(struct tc *tc, float *y, size_t ldy, const float *b, size_t n, size_t d);
void bias_bwd(struct tc *tc, float *db, const float *dy, size_t lddy, size_t n, size_t d);
/* y += x, n floats */
void add_fwd(struct tc *tc, float *y, const float *x, size_t n);
/* y = silu(gate) * up (Shazeer 2020), (N,F); gate and up with row stride ld.
 * dgate, dup = (not +=) */
void swiglu_fwd(struct tc *tc, float *y, const float *gate, const float *up, size_t ld, size_t n, size_t f);
void swiglu_bwd(struct tc *tc, float *dgate, float *dup, size_t ldd, const float *dy, const float *gate, const float *up, size_t ld, size_t n, size_t f);
/* y = gelu(gate) * up, in the form with tanh (math_geluf_gate); the same shapes */
void geglu_fwd(struct tc *tc, float *y, const float *gate, const float *up, size_t ld, size_t n, size_t f);
void geglu_bwd(struct tc *tc, float *dgate, float *dup, size_t ldd, const float *dy, const float *gate, const float *up, size_t ld, size_t n, size_t f);
/* y = gelu(x), n floats, in the form with tanh or with erf (math_normalf; Hendrycks & Gimpel 2016).
 * dx = (not +=) */
enum gelu { GELU_TANH, GELU_ERF };
void gelu_fwd(struct tc *tc, float *y, const float *x, size_t n, enum gelu form);
void gelu_bwd(struct tc *tc, float *dx, const float *dy, const float *x, size_t n, enum gelu form);
/* x = cap tanh(x / cap), n floats (Bello et al. 2016): a soft cap */
void softcap_fwd(struct tc *tc, float *x, size_t n, float cap);
/* Rotary embedding, HF's half-split form: x (N,H,D) rows of stride ldx, in place; row i
 * is at position pos[i]; of each head the first R <= D are turned, i with i + R/2; cs
 * (max_pos, R/2, 2) holds cos, sin made in double by the model.  bwd rotates the other way. */
void rope_fwd(struct tc *tc, float *x, size_t ldx, const int32_t *pos, const float *cs, size_t n, size_t h, size_t d, size_t r);
void rope_bwd(struct tc *tc, float *dx, size_t ldx, const int32_t *pos, const float *cs, size_t n, size_t h, size_t d, size_t r);

/* ---- attention ----
 * One sequence's n new tokens at positions past .. past+n-1; query i sees keys
 * max(0, past+i+1-window) .. past+i (window 0: all).  q, o rows: H heads of D floats;
 * k, v rows: KVH heads of D, row j is key position j.  stat (n,H,2): max and sum, may
 * be NULL when no backward follows.  Score = scale * chain over d, with cap > 0 softly capped;
 * softmax two-pass; o = chain over ascending keys of p_j v_j. */
enum { ATTN_LEADS = 2 };
struct attn_seq {
	const float *q, *k, *v;
	float *o, *stat;
	size_t ldq, ldk, ldv, ldo;      /* row strides in floats */
	size_t n, past;
	/* With a cache, k and v are the n new rows alone: they are stored after the past ones,
	 * and all are read from there.  Blocks of ATTN_BLOCK positions, as many as past + n
	 * need: attn_cache_keys floats each in kc, attn_cache_values in vc, zeroed once.
	 * NULL: no cache. */
	float *kc, *vc;
	/* Without a cache, the first keys may be rows of other sequences, a beginning that is
	 * shared: keys 0 .. n-1 are those of lead[0], the next ones those of lead[1], and k and v
	 * begin with the key after them.  n 0: there is none. */
	struct attn_lead { const float *k, *v; size_t ld, n; } lead[ATTN_LEADS];
};
struct attn_shape { size_t h, kvh, d, window; float scale, cap; };
/* A block of the cache: what it holds is the device's own affair, but n positions are in the
 * first ceil(n / ATTN_BLOCK) blocks of both, which may be copied. */
enum { ATTN_BLOCK = 32 };
size_t attn_cache_keys(const struct attn_shape *a);
size_t attn_cache_values(const struct attn_shape *a);
/* s (nseq) and a: HOST, with addresses in the context's memory */
void attn_fwd(struct tc *tc, const struct attn_seq *s, size_t nseq, const struct attn_shape *a);
/* past must be the number of the leads' keys.  dq, dk, dv = (with more, dk and dv +=); the
 * gradients of the leads' keys and values +=, in order of the sequences.  Those that add to
 * one lead follow one another, after the sequence whose rows it is, if that is among them. */
struct attn_grad {
	const float *do_;
	float *dq, *dk, *dv;
	size_t lddo, lddq, lddk, lddv;
	bool more;
	struct attn_lead_grad { float *dk, *dv; size_t ld; } lead[ATTN_LEADS];
};
void attn_bwd(struct tc *tc, const struct attn_seq *s, const struct attn_grad *g, size_t nseq, const struct attn_shape *a);

/* ---- the vocabulary head, a tile of rows at a time; logits are never all kept ----
 * x (N,D) final hidden rows, w the head's panels (V,D), target (N) ids.  cap: logits are softly
 * capped, 0: they are not.
 * HOST: target, invtemp, logprob, entropy, lse, kl, g, h.
 * logit scaled by invtemp[i] (float, 1/temperature; NULL: all 1).
 * logprob (N), entropy (N, may be NULL), lse (N, may be NULL: log-sum-exp of the scaled logits).
 * keep (N,V, or NULL): the logits before invtemp, for the backward pass. */
void vocab_logprob(struct tc *tc, float *logprob, float *entropy, float *lse, const float *x, size_t ldx,
    const struct panel *w, float cap, const int32_t *target, const float *invtemp, size_t n, float *keep);
/* whole rows of logits (N,V) before invtemp, for sampling */
void vocab_logits(struct tc *tc, float *logits, const float *x, size_t ldx, const struct panel *w, float cap, size_t n);
/* Given g (N) = dL/dlogprob and h (N, NULL: none) = dL/dentropy: dx (N,D) = ..., and
 * dw (V,D) += in row order (NULL: none). wt: w's rows (V,D). kept: the logits, which are
 * overwritten; NULL: they are computed again. */
void vocab_logprob_bwd(struct tc *tc, float *dx, size_t lddx, float *dw, const float *g, const float *h,
    const float *x, size_t ldx, const struct panel *w, float cap, const void *wt, const int32_t *target,
    const float *invtemp, size_t n, float *kept);
/* exact KL(p || q) over the vocabulary a row: x,w,cap of p and x2,w2,cap2 of q */
void vocab_kl(struct tc *tc, float *kl, const float *x, size_t ldx, const struct panel *w, float cap, const float *x2,
    size_t ldx2, const struct panel *w2, float cap2, const float *invtemp, size_t n);

/* ---- one row of logits that was fetched: HOST, on the processor whatever the device ----
 * log-softmax statistics of one row of logits, equal bit for bit to vocab_logprob's */
float row_logprob(const struct tc *tc, const float *logits, size_t v, int32_t target, float invtemp, float *entropy);
/* w (V, may be logits) = exp(logits invtemp - max) of one row, to sample from; returns
 * their sum.  The second gives a token's logprob from these, equal bit for bit to
 * row_logprob's. */
float row_weights(const struct tc *tc, float *w, const float *logits, size_t v, float invtemp, float *max);
float row_weights_logprob(float sum, float max, float logit, float invtemp);

/* ---- the optimizer: every element by itself ----
 *   g = scale g   m = b1 m + c1 g   v = b2 v + c2 (g g)
 *   w = w keep - rate m / (sqrtf(v) root + eps)                       (n) each */
struct adamw_numbers { float b1, c1, b2, c2, scale, keep, rate, root, eps; };
void adamw_update(struct tc *tc, float *w, float *m, float *v, const float *g, size_t n,
    const struct adamw_numbers *a);

/* ---- reductions ---- */
/* the sum of squares in double: partials mod 16, fixed tree */
double sumsq_f32(struct tc *tc, const float *x, size_t n);
/* The same in pieces: part (16, HOST, zero before the first piece) goes on over x; every
 * piece but the last has a multiple of 16 elements. */
enum status sumsq_part(struct tc *tc, double part[16], const float *x, size_t n, struct err *e);
double sumsq_end(const double part[16]);
/* index of the first value that is not finite, n if none */
size_t find_nonfinite(struct tc *tc, const float *x, size_t n);

#endif
