#include "base/math.h"
#include "tensor/ref.h"
#include "tensor/cpu/cpu_int.h"

enum { TILE_BYTES = 32 << 20 };

/* rows of a tile of logits: what fits TILE_BYTES, at least 16 */
static size_t
tile_rows(size_t v, size_t n)
{
	size_t r = TILE_BYTES / (v * sizeof(float));

	r = r < 16 ? 16 : r;
	return r < n ? r : n;
}

static float
scale(const float *invtemp, size_t i)
{
	return invtemp ? invtemp[i] : 1;
}

static float
stat_logprob(const struct row_stat *r, const float *l, int32_t target, float invtemp, float *entropy, float *lse)
{
	float ls = math_logf(r->sum);

	if (entropy)
		*entropy = ls - r->esum / r->sum;
	if (lse)
		*lse = r->max + ls;
	return (l[target] * invtemp - r->max) - ls;
}

/* The rows of a tile of logits, each by itself. */
struct tile {
	struct tc *tc;
	float *l;
	float *q;                       /* of vocab_kl */
	size_t v;
	float cap, cap2;                /* of l, of q; 0: none */
	bool kept;                      /* l has its cap */
	const int32_t *target;
	const float *invtemp, *g, *h;
	float *logprob, *entropy, *lse;
};

/* row i of logits l, capped */
static float *
row_of(const struct tile *t, float *l, size_t i, float cap)
{
	if (cap > 0)
		t->tc->k->softcap(l + i * t->v, t->v, 1, cap);
	return l + i * t->v;
}

static void
logprob_row(void *arg, size_t i, unsigned worker)
{
	const struct tile *t = arg;
	float it = scale(t->invtemp, i), *l = row_of(t, t->l, i, t->cap);
	struct row_stat r = t->tc->k->row_stat(l, t->v, it);

	(void)worker;
	t->logprob[i] = stat_logprob(&r, l, t->target[i], it, t->entropy ? t->entropy + i : NULL,
	    t->lse ? t->lse + i : NULL);
}

static void
bwd_row(void *arg, size_t i, unsigned worker)
{
	const struct tile *t = arg;
	float it = scale(t->invtemp, i), *l = row_of(t, t->l, i, t->kept ? 0 : t->cap);
	struct row_stat r = t->tc->k->row_stat(l, t->v, it);

	(void)worker;
	t->tc->k->row_bwd(l, l, t->v, t->cap > 0 ? 1.0f / t->cap : 0, t->target[i], it, &r, t->g[i], t->h ? t->h[i] : 0);
}

static void
kl_row(void *arg, size_t i, unsigned worker)
{
	const struct tile *t = arg;

	(void)worker;
	t->logprob[i] = t->tc->k->row_kl(row_of(t, t->l, i, t->cap), row_of(t, t->q, i, t->cap2), t->v,
	    scale(t->invtemp, i));
}

static void
run(struct tile *t, void (*fn)(void *, size_t, unsigned), size_t m)
{
	tc_run(t->tc, fn, t, m, 20.0 * (double)m * (double)t->v);
}

static const float *
from(const float *p, size_t i)
{
	return p ? p + i : NULL;
}

float
row_logprob(const struct tc *tc, const float *logits, size_t v, int32_t target, float invtemp, float *entropy)
{
	struct row_stat r = tc->k->row_stat(logits, v, invtemp);

	return stat_logprob(&r, logits, target, invtemp, entropy, NULL);
}

float
row_weights(const struct tc *tc, float *w, const float *logits, size_t v, float invtemp, float *max)
{
	struct row_stat r = tc->k->row_weights(w, logits, v, invtemp);

	*max = r.max;
	return r.sum;
}

float
row_weights_logprob(float sum, float max, float logit, float invtemp)
{
	return (logit * invtemp - max) - math_logf(sum);
}

void
cpu_vocab_logprob(struct tc *tc, float *logprob, float *entropy, float *lse, const float *x, size_t ldx,
    const struct panel *w, float cap, const int32_t *target, const float *invtemp, size_t n, float *keep)
{
	size_t i, m, rows = tile_rows(w->n, n);
	struct tile t = { .tc = tc, .v = w->n, .cap = cap };

	if (!n || (!keep && !(t.l = scratch_get(tc, &tc->shared, rows * w->n * sizeof(*t.l)))))
		return;
	for (i = 0; i < n; i += m) {
		m = n - i < rows ? n - i : rows;
		if (keep)
			t.l = keep + i * w->n;
		cpu_gemm_nt(tc, t.l, w->n, x + i * ldx, ldx, w, m, false);
		t.target = target + i;
		t.invtemp = from(invtemp, i);
		t.logprob = logprob + i;
		t.entropy = entropy ? entropy + i : NULL;
		t.lse = lse ? lse + i : NULL;
		run(&t, logprob_row, m);
	}
}

void
cpu_vocab_logprob_bwd(struct tc *tc, float *dx, size_t lddx, float *dw, const float *g, const float *h,
    const float *x, size_t ldx, const struct panel *w, float cap, const void *wt, const int32_t *target,
    const float *invtemp, size_t n, float *kept)
{
	size_t i, m, rows = tile_rows(w->n, n);
	struct tile t = { .tc = tc, .v = w->n, .cap = cap, .kept = kept };

	if (!n || (!kept && !(t.l = scratch_get(tc, &tc->shared, rows * w->n * sizeof(*t.l)))))
		return;
	for (i = 0; i < n; i += m) {
		m = n - i < rows ? n - i : rows;
		if (kept)
			t.l = kept + i * w->n;
		else
			cpu_gemm_nt(tc, t.l, w->n, x + i * ldx, ldx, w, m, false);
		t.target = target + i;
		t.invtemp = from(invtemp, i);
		t.g = g + i;
		t.h = from(h, i);
		run(&t, bwd_row, m);
		cpu_gemm_nn(tc, dx + i * lddx, lddx, t.l, w->n, wt, w->type, m, w->n, w->k, false);
		if (dw)
			cpu_gemm_tn(tc, dw, t.l, w->n, x + i * ldx, ldx, m, w->n, w->k);
	}
}

void
cpu_vocab_kl(struct tc *tc, float *kl, const float *x, size_t ldx, const struct panel *w, float cap, const float *x2,
    size_t ldx2, const struct panel *w2, float cap2, const float *invtemp, size_t n)
{
	size_t i, m, v = w->n, rows = tile_rows(2 * v, n);
	struct tile t = { .tc = tc, .v = v, .cap = cap, .cap2 = cap2 };
	float *q;

	if (!n || !(t.l = scratch_get(tc, &tc->shared, 2 * rows * v * sizeof(*t.l))))
		return;
	t.q = q = t.l + rows * v;
	for (i = 0; i < n; i += m) {
		m = n - i < rows ? n - i : rows;
		cpu_gemm_nt(tc, t.l, v, x + i * ldx, ldx, w, m, false);
		cpu_gemm_nt(tc, q, v, x2 + i * ldx2, ldx2, w2, m, false);
		t.invtemp = from(invtemp, i);
		t.logprob = kl + i;
		run(&t, kl_row, m);
	}
}
