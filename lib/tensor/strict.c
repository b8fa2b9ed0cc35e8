/* The processor as a device that nobody may reach through: its memory can be touched only by
 * the operations, and only where they were told to.  Code that reads an address by itself
 * crashes, and one that mixes up the two kinds of memory fails an assertion.  For tests:
 * FINEGRAIN_DEVICE=strict.  It is also the smallest second device. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "tensor/tensor_int.h"

struct block { char *p; size_t bytes; bool open; };
struct strict { struct block *v; size_t n, cap; };

static const struct tensor_ops *const cpu = &device_cpu.ops;

static void
protect(struct block *b, bool open)
{
	int done = mprotect(b->p, b->bytes, open ? PROT_READ | PROT_WRITE : PROT_NONE);

	assert(!done);
	(void)done;
	b->open = open;
}

static struct block *
block_of(struct tc *tc, const void *p)
{
	struct strict *s = tc->state;
	uintptr_t at = (uintptr_t)p;

	for (size_t i = 0; i < s->n; i++)
		if (at >= (uintptr_t)s->v[i].p && at - (uintptr_t)s->v[i].p < s->v[i].bytes)
			return &s->v[i];
	return NULL;
}

/* Addresses that an operation uses: open what is the context's, or see that it is not. */
static void
use(struct tc *tc, bool host, const void *const *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct block *b = p[i] ? block_of(tc, p[i]) : NULL;

		assert(!p[i] || host == !b);
		if (b && !b->open)
			protect(b, true);
	}
}

static void
lock(struct tc *tc)
{
	struct strict *s = tc->state;

	for (size_t i = 0; i < s->n; i++)
		if (s->v[i].open)
			protect(&s->v[i], false);
}

#define LIST(...) (const void *const[]){ __VA_ARGS__ }, sizeof((const void *const[]){ __VA_ARGS__ }) / sizeof(void *)
#define OURS(...) use(tc, false, LIST(__VA_ARGS__));
#define HOST(...) use(tc, true, LIST(__VA_ARGS__));

static void *
strict_tc_alloc(struct tc *tc, size_t bytes)
{
	struct strict *s = tc->state;
	struct block *v;
	void *p;

	if (s->n == s->cap) {
		if (!(v = realloc(s->v, (2 * s->cap + 64) * sizeof(*v))))
			return NULL;
		s->v = v;
		s->cap = 2 * s->cap + 64;
	}
	if (!(p = cpu->tc_alloc(tc, bytes)))
		return NULL;
	s->v[s->n++] = (struct block){ p, bytes ? bytes : 1, true };
	lock(tc);
	return p;
}

static void
strict_tc_free(struct tc *tc, void *p, size_t bytes)
{
	struct strict *s = tc->state;
	struct block *b = block_of(tc, p);

	if (!p)
		return;
	assert(b && b->p == (char *)p && b->bytes == (bytes ? bytes : 1));
	protect(b, true);
	cpu->tc_free(tc, p, bytes);
	*b = s->v[--s->n];
}

/* An operation without a result: its arguments, then the addresses among them. */
#define OP(name, params, args, uses) \
	static void strict_##name params { uses cpu->name args; lock(tc); }

OP(tc_put, (struct tc *tc, void *to, const void *from, size_t bytes),
    (tc, to, from, bytes), OURS(to) HOST(from))
OP(tc_get, (struct tc *tc, void *to, const void *from, size_t bytes),
    (tc, to, from, bytes), OURS(from) HOST(to))
OP(tc_copy, (struct tc *tc, void *to, const void *from, size_t bytes),
    (tc, to, from, bytes), OURS(to, from))
OP(tc_zero, (struct tc *tc, void *p, size_t bytes),
    (tc, p, bytes), OURS(p))
OP(panel_pack, (struct tc *tc, struct panel *p, const void *w, enum dtype t, size_t n, size_t k),
    (tc, p, w, t, n, k), OURS(p->mem, w))
OP(gemm_nt, (struct tc *tc, float *y, size_t ldy, const float *x, size_t ldx, const struct panel *w, size_t m,
    bool acc),
    (tc, y, ldy, x, ldx, w, m, acc), OURS(y, x, w->mem))
OP(gemm_nn, (struct tc *tc, float *dx, size_t lddx, const float *dy, size_t lddy, const void *w, enum dtype t,
    size_t m, size_t n, size_t k, bool acc),
    (tc, dx, lddx, dy, lddy, w, t, m, n, k, acc), OURS(dx, dy, w))
OP(gemm_tn, (struct tc *tc, float *dw, const float *dy, size_t lddy, const float *x, size_t ldx, size_t m,
    size_t n, size_t k),
    (tc, dw, dy, lddy, x, ldx, m, n, k), OURS(dw, dy, x))
OP(cast_round, (struct tc *tc, void *to, const float *from, size_t n, enum dtype t),
    (tc, to, from, n, t), OURS(to, from))
OP(cast_widen, (struct tc *tc, float *to, const void *from, size_t n, enum dtype t),
    (tc, to, from, n, t), OURS(to, from))
OP(copy_rows, (struct tc *tc, float *y, size_t ldy, const float *x, size_t ldx, size_t n, size_t d),
    (tc, y, ldy, x, ldx, n, d), OURS(y, x))
OP(gather_rows, (struct tc *tc, float *y, const float *x, const size_t *row, size_t n, size_t d),
    (tc, y, x, row, n, d), OURS(y, x) HOST(row))
OP(scatter_rows, (struct tc *tc, float *y, const size_t *row, const float *x, size_t n, size_t d),
    (tc, y, row, x, n, d), OURS(y, x) HOST(row))
OP(scale_fwd, (struct tc *tc, float *x, size_t n, float s),
    (tc, x, n, s), OURS(x))
OP(embed_fwd, (struct tc *tc, float *x, const void *table, enum dtype t, const int32_t *id, size_t n, size_t d),
    (tc, x, table, t, id, n, d), OURS(x, table) HOST(id))
OP(embed_bwd, (struct tc *tc, float *dtable, const float *dx, const int32_t *id, size_t n, size_t d),
    (tc, dtable, dx, id, n, d), OURS(dtable, dx) HOST(id))
OP(rmsnorm_fwd, (struct tc *tc, float *y, float *rstd, const float *x, const float *w, size_t n, size_t d,
    float eps),
    (tc, y, rstd, x, w, n, d, eps), OURS(y, rstd, x, w))
OP(rmsnorm_bwd, (struct tc *tc, float *dx, float *dw, const float *dy, const float *x, const float *w,
    const float *rstd, size_t n, size_t d),
    (tc, dx, dw, dy, x, w, rstd, n, d), OURS(dx, dw, dy, x, w, rstd))
OP(layernorm_fwd, (struct tc *tc, float *y, float *stat, const float *x, const float *w, const float *b, size_t n,
    size_t d, float eps),
    (tc, y, stat, x, w, b, n, d, eps), OURS(y, stat, x, w, b))
OP(layernorm_bwd, (struct tc *tc, float *dx, float *dw, const float *dy, const float *x, const float *w,
    const float *stat, size_t n, size_t d),
    (tc, dx, dw, dy, x, w, stat, n, d), OURS(dx, dw, dy, x, w, stat))
OP(bias_fwd, (struct tc *tc, float *y, size_t ldy, const float *b, size_t n, size_t d),
    (tc, y, ldy, b, n, d), OURS(y, b))
OP(bias_bwd, (struct tc *tc, float *db, const float *dy, size_t lddy, size_t n, size_t d),
    (tc, db, dy, lddy, n, d), OURS(db, dy))
OP(add_fwd, (struct tc *tc, float *y, const float *x, size_t n),
    (tc, y, x, n), OURS(y, x))
OP(swiglu_fwd, (struct tc *tc, float *y, const float *gate, const float *up, size_t ld, size_t n, size_t f),
    (tc, y, gate, up, ld, n, f), OURS(y, gate, up))
OP(swiglu_bwd, (struct tc *tc, float *dgate, float *dup, size_t ldd, const float *dy, const float *gate,
    const float *up, size_t ld, size_t n, size_t f),
    (tc, dgate, dup, ldd, dy, gate, up, ld, n, f), OURS(dgate, dup, dy, gate, up))
OP(geglu_fwd, (struct tc *tc, float *y, const float *gate, const float *up, size_t ld, size_t n, size_t f),
    (tc, y, gate, up, ld, n, f), OURS(y, gate, up))
OP(geglu_bwd, (struct tc *tc, float *dgate, float *dup, size_t ldd, const float *dy, const float *gate,
    const float *up, size_t ld, size_t n, size_t f),
    (tc, dgate, dup, ldd, dy, gate, up, ld, n, f), OURS(dgate, dup, dy, gate, up))
OP(gelu_fwd, (struct tc *tc, float *y, const float *x, size_t n, enum gelu form),
    (tc, y, x, n, form), OURS(y, x))
OP(gelu_bwd, (struct tc *tc, float *dx, const float *dy, const float *x, size_t n, enum gelu form),
    (tc, dx, dy, x, n, form), OURS(dx, dy, x))
OP(softcap_fwd, (struct tc *tc, float *x, size_t n, float cap),
    (tc, x, n, cap), OURS(x))
OP(rope_fwd, (struct tc *tc, float *x, size_t ldx, const int32_t *pos, const float *cs, size_t n, size_t h,
    size_t d, size_t r),
    (tc, x, ldx, pos, cs, n, h, d, r), OURS(x, pos, cs))
OP(rope_bwd, (struct tc *tc, float *dx, size_t ldx, const int32_t *pos, const float *cs, size_t n, size_t h,
    size_t d, size_t r),
    (tc, dx, ldx, pos, cs, n, h, d, r), OURS(dx, pos, cs))
OP(vocab_logprob, (struct tc *tc, float *logprob, float *entropy, float *lse, const float *x, size_t ldx,
    const struct panel *w, float cap, const int32_t *target, const float *invtemp, size_t n, float *keep),
    (tc, logprob, entropy, lse, x, ldx, w, cap, target, invtemp, n, keep), OURS(x, w->mem, keep) HOST(logprob,
    entropy, lse, target, invtemp))
OP(vocab_logprob_bwd, (struct tc *tc, float *dx, size_t lddx, float *dw, const float *g, const float *h,
    const float *x, size_t ldx, const struct panel *w, float cap, const void *wt, const int32_t *target,
    const float *invtemp, size_t n, float *kept),
    (tc, dx, lddx, dw, g, h, x, ldx, w, cap, wt, target, invtemp, n, kept), OURS(dx, dw, x, w->mem, wt,
    kept) HOST(g, h, target, invtemp))
OP(vocab_kl, (struct tc *tc, float *kl, const float *x, size_t ldx, const struct panel *w, float cap, const float *x2,
    size_t ldx2, const struct panel *w2, float cap2, const float *invtemp, size_t n),
    (tc, kl, x, ldx, w, cap, x2, ldx2, w2, cap2, invtemp, n), OURS(x, w->mem, x2, w2->mem) HOST(kl, invtemp))
OP(adamw_update, (struct tc *tc, float *w, float *m, float *v, const float *g, size_t n,
    const struct adamw_numbers *a),
    (tc, w, m, v, g, n, a), OURS(w, m, v, g) HOST(a))

static void
use_seqs(struct tc *tc, const struct attn_seq *s, size_t nseq, const struct attn_shape *a)
{
	HOST(s, a)
	for (size_t i = 0; i < nseq; i++)
		OURS(s[i].q, s[i].k, s[i].v, s[i].o, s[i].stat, s[i].kc, s[i].vc, s[i].lead[0].k, s[i].lead[0].v,
		    s[i].lead[1].k, s[i].lead[1].v)
}

static void
strict_attn_fwd(struct tc *tc, const struct attn_seq *s, size_t nseq, const struct attn_shape *a)
{
	use_seqs(tc, s, nseq, a);
	cpu->attn_fwd(tc, s, nseq, a);
	lock(tc);
}

static void
strict_attn_bwd(struct tc *tc, const struct attn_seq *s, const struct attn_grad *g, size_t nseq,
    const struct attn_shape *a)
{
	use_seqs(tc, s, nseq, a);
	HOST(g)
	for (size_t i = 0; i < nseq; i++)
		OURS(g[i].do_, g[i].dq, g[i].dk, g[i].dv, g[i].lead[0].dk, g[i].lead[0].dv, g[i].lead[1].dk, g[i].lead[1].dv)
	cpu->attn_bwd(tc, s, g, nseq, a);
	lock(tc);
}

static double
strict_sumsq_f32(struct tc *tc, const float *x, size_t n)
{
	double sum;

	OURS(x)
	sum = cpu->sumsq_f32(tc, x, n);
	lock(tc);
	return sum;
}

static size_t
strict_find_nonfinite(struct tc *tc, const float *x, size_t n)
{
	size_t at;

	OURS(x)
	at = cpu->find_nonfinite(tc, x, n);
	lock(tc);
	return at;
}

static void
strict_tc_sync(struct tc *tc)
{
	cpu->tc_sync(tc);
}

static enum status
start(struct tc *tc, const char *unit, struct err *e)
{
	(void)unit;
	return (tc->state = calloc(1, sizeof(struct strict))) ? ST_OK : err_nomem(e);
}

static void
stop(struct tc *tc)
{
	struct strict *s = tc->state;

	assert(!s->n);
	free(s->v);
	free(s);
}

static bool
unit(size_t i, struct device_unit *u)
{
	*u = (struct device_unit){ .memory = 0 };
	return i == 0;
}

const struct device device_strict = {
	.name = "strict",
	.hidden = true,
	.unit = unit,
	.open = start,
	.close = stop,
	.ops = {
#define X(name) .name = strict_##name,
		TENSOR_OPS(X)
#undef X
	},
};
