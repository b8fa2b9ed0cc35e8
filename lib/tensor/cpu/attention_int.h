/* What attention's tasks share: packing, products with panels, weights from scores. */
#ifndef TENSOR_CPU_ATTENTION_INT_H
#define TENSOR_CPU_ATTENTION_INT_H

#include "tensor/cpu/cpu_int.h"

enum { QUERIES = 24 };  /* of a block */

/* Forward. */
struct attn_job {
	struct tc *tc;
	const struct attn_seq *s;
	const struct attn_shape *a;
	size_t share;           /* key heads of a task that decodes */
	const size_t *order;    /* sequences that do not decode one token, so many, then those that do */
	size_t others;
};

static inline size_t
up32(size_t n)
{
	return (n + 31) & ~(size_t)31;
}

static inline size_t
first_key(size_t pos, size_t window)
{
	return window && pos + 1 > window ? pos + 1 - window : 0;
}

/* Rows from .. to-1 of the keys and values: a lead's, or the sequence's own. */
struct attn_piece { const float *k, *v; size_t ldk, ldv, from, to; };
/* All of them, in order; how many. */
size_t attn_pieces(const struct attn_seq *s, struct attn_piece p[ATTN_LEADS + 1]);
/* Panels of 32 keys, those from..n-1: to[(p d + l) 32 + j] = x[(32 p + j - from) ld + l], zero
 * after n. */
void attn_pack_across(float *to, const float *x, size_t ld, size_t from, size_t n, size_t d);
/* Panels of 32 of the d columns, each of rows keys, those from..n-1:
 * to[(p rows + j) 32 + l] = x[(j - from) ld + 32 p + l]. */
void attn_pack_along(const struct kern *k, float *to, size_t rows, const float *x, size_t ld, size_t from, size_t n,
    size_t d);
/* y (m,n) (+)= a b over a chain of k, b in panels of which each holds kb rows; the first
 * k of them from row `from` on count. */
void attn_product(const struct kern *kn, float *y, size_t ldy, const float *a, size_t ars, size_t aks,
    const float *b, size_t kb, size_t from, size_t m, size_t n, size_t k, bool acc);
/* Keys that a block of queries i .. i+m-1 may see: [lo, hi), lo a multiple of 32. */
void attn_span(const struct attn_seq *s, const struct attn_shape *a, size_t i, size_t m, size_t *lo, size_t *hi);
/* Scores with a cap get it; what is left to multiply them by. */
float attn_cap(const struct kern *k, float *row, const struct attn_shape *a, size_t at);
/* Weights of keys lo..hi-1 from scores, for the query at position at; lo a multiple of 32.
 * stat: max and sum, or NULL. */
void attn_soften(const struct kern *k, float *row, const struct attn_shape *a, size_t at, size_t lo, size_t hi, float *stat);
/* Store the new rows of key head kh after the past ones. */
void attn_store(const struct attn_seq *s, const struct attn_shape *a, size_t kh);
/* Operations of all sequences: factor for each of a query, a key and a number of a head. */
double attn_work(const struct attn_seq *s, size_t nseq, const struct attn_shape *a, double factor);
/* attention_decode.c: one new token of sequence s with a cache, for j->share key heads from `from` on. */
void attn_decode(const struct attn_job *j, const struct attn_seq *s, size_t from, unsigned worker);

#endif
