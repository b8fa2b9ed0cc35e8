/* The vocabulary head: logits a tile of rows at a time, in scratch; what the host knows of a
 * row goes up with it, and three numbers a row come back. */
#include <stdlib.h>

#include "tensor/opencl/opencl_int.h"

enum { TILE_BYTES = 128 << 20, OUT = 3 };

struct row { int32_t target; float invtemp, g, h; };

/* What a call takes; each uses its part. */
struct head {
	const int32_t *target;
	const float *invtemp, *g, *h;
	float *out[OUT];
	size_t n;
};

/* l (m rows of w) = logits */
static void
logits(struct tc *tc, float *l, const float *x, size_t ldx, const struct panel *w, float cap, size_t m)
{
	opencl_gemm_nt(tc, l, w->n, x, ldx, w, m, false);
	if (cap > 0)
		opencl_softcap_fwd(tc, l, m * w->n, cap);
}

/* rows of a tile: what fits TILE_BYTES, at least 16 */
static size_t
tile_rows(size_t v, size_t n)
{
	size_t r = TILE_BYTES / (v * sizeof(float));

	r = r < 16 ? 16 : r;
	return r < n ? r : n;
}

static struct row *
rows_of(struct tc *tc, const struct head *h)
{
	struct row *r = h->n < SIZE_MAX / sizeof(*r) ? malloc((h->n + 1) * sizeof(*r)) : NULL;
	size_t i;

	if (!r)
		failed(tc, ST_NOMEM, "a table", CL_OUT_OF_HOST_MEMORY);
	for (i = 0; r && i < h->n; i++)
		r[i] = (struct row){ h->target ? h->target[i] : 0, h->invtemp ? h->invtemp[i] : 1, h->g ? h->g[i] : 0,
			h->h ? h->h[i] : 0 };
	return r;
}

/* Fetch a tile's numbers, rows i .. i+m-1. */
static void
fetch(struct tc *tc, const struct head *h, const float *from, float *room, size_t i, size_t m)
{
	size_t k, c;

	opencl_tc_get(tc, room, from, m * OUT * sizeof(*room));
	for (c = 0; c < OUT; c++)
		for (k = 0; h->out[c] && k < m; k++)
			h->out[c][i + k] = room[k * OUT + c];
}

void
opencl_vocab_logprob(struct tc *tc, float *logprob, float *entropy, float *lse, const float *x, size_t ldx,
    const struct panel *w, float cap, const int32_t *target, const float *invtemp, size_t n, float *keep)
{
	struct head h = { .target = target, .invtemp = invtemp, .out = { logprob, entropy, lse }, .n = n };
	size_t rows = tile_rows(w->n, n), i, m;
	struct row *r = rows_of(tc, &h);
	float *out, *l, *room = malloc((rows + 1) * OUT * sizeof(*room));

	if (r && room && n && (out = scratch_at_least(tc, rows * (OUT + (keep ? 0 : w->n)) * sizeof(*out))))
		for (i = 0; i < n; i += m) {
			m = n - i < rows ? n - i : rows;
			l = keep ? keep + i * w->n : out + rows * OUT;
			logits(tc, l, x + i * ldx, ldx, w, cap, m);
			RUN_GROUPS(tc, K_vocab_logprob, m, 1, 1, VOCAB, F(out), F(l), N(w->n), HOST(r + i, m * sizeof(*r)));
			fetch(tc, &h, out, room, i, m);
		}
	free(room);
	free(r);
}

void
opencl_vocab_logprob_bwd(struct tc *tc, float *dx, size_t lddx, float *dw, const float *g, const float *h, const float *x,
    size_t ldx, const struct panel *w, float cap, const void *wt, const int32_t *target, const float *invtemp, size_t n,
    float *kept)
{
	struct head hd = { .target = target, .invtemp = invtemp, .g = g, .h = h, .n = n };
	size_t rows = tile_rows(w->n, n), i, m;
	struct row *r = rows_of(tc, &hd);
	float *l = kept;

	if (r && n && (kept || (l = scratch_at_least(tc, rows * w->n * sizeof(*l)))))
		for (i = 0; i < n; i += m) {
			m = n - i < rows ? n - i : rows;
			if (kept)
				l = kept + i * w->n;
			else
				logits(tc, l, x + i * ldx, ldx, w, cap, m);
			RUN_GROUPS(tc, K_vocab_bwd, m, 1, 1, VOCAB, F(l), N(w->n), R(cap), HOST(r + i, m * sizeof(*r)));
			opencl_gemm_nn(tc, dx + i * lddx, lddx, l, w->n, wt, w->type, m, w->n, w->k, false);
			if (dw)
				opencl_gemm_tn(tc, dw, l, w->n, x + i * ldx, ldx, m, w->n, w->k);
		}
	free(r);
}

void
opencl_vocab_kl(struct tc *tc, float *kl, const float *x, size_t ldx, const struct panel *w, float cap, const float *x2,
    size_t ldx2, const struct panel *w2, float cap2, const float *invtemp, size_t n)
{
	struct head h = { .invtemp = invtemp, .n = n };
	size_t v = w->n, rows = tile_rows(2 * v, n), i, m;
	struct row *r = rows_of(tc, &h);
	float *out, *p, *q;

	if (r && n && (out = scratch_at_least(tc, rows * (1 + 2 * v) * sizeof(*out))))
		for (i = 0; i < n; i += m) {
			m = n - i < rows ? n - i : rows;
			p = out + rows;
			q = p + rows * v;
			logits(tc, p, x + i * ldx, ldx, w, cap, m);
			logits(tc, q, x2 + i * ldx2, ldx2, w2, cap2, m);
			RUN_GROUPS(tc, K_vocab_kl, m, 1, 1, VOCAB, F(out), F(p), F(q), N(v), HOST(r + i, m * sizeof(*r)));
			opencl_tc_get(tc, kl + i, out, m * sizeof(*kl));
		}
	free(r);
}
