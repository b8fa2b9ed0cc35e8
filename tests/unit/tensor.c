/* Every instruction set and number of threads against the plain loops of ref.c, bit by
 * bit, on many shapes. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/math.h"
#include "base/rng.h"
#include "tensor/ref.h"
#include "tensor/tensor.h"

static const char *const isas[] = { "portable", "avx2", "avx512", "neon" };

static struct rng_key key = { .seed = 7 };
static uint64_t drawn;

static float
real(void)
{
	return (float)rng_normal(&key, drawn++, 0);
}

static size_t
below(size_t n)
{
	return (size_t)(rng_unit(&key, drawn++, 1) * (double)n);
}

static float *
reals(size_t n)
{
	float *p = malloc((n + 1) * sizeof(*p));

	assert_non_null(p);
	for (size_t i = 0; i < n; i++)
		p[i] = real();
	return p;
}

static float *
copy(const float *x, size_t n)
{
	float *p = malloc((n + 1) * sizeof(*p));

	assert_non_null(p);
	memcpy(p, x, n * sizeof(*p));
	return p;
}

/* fn under every instruction set of this machine, on one thread and on three */
static void
everywhere(void (*fn)(struct tc *tc))
{
	struct err e;
	struct tc *tc;
	unsigned threads, i;

	for (threads = 1; threads <= 3; threads += 2) {
		assert_int_equal(tc_open(&tc, threads, &e), ST_OK);
		for (i = 0; i < sizeof(isas) / sizeof(*isas); i++)
			if (!tc_set_isa(tc, isas[i], &e)) {
				fn(tc);
				assert_false(tc_failed(tc));
			}
		tc_close(tc);
	}
}

static void
equal(const float *x, const float *y, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (memcmp(&x[i], &y[i], sizeof(*x)))
			fail_msg("element %zu of %zu: %.9g, not %.9g", i, n, (double)x[i], (double)y[i]);
}

static void
products(struct tc *tc, size_t m, size_t n, size_t k, enum dtype t)
{
	size_t pad = below(3), ldx = k + pad, ldy = n + pad;
	float *x = reals(m * ldx), *w = reals(n * k), *y0 = reals(m * ldy), *d0 = reals(n * k), *x0 = reals(m * ldx);
	float *y = copy(y0, m * ldy), *d = copy(d0, n * k), *z = copy(x0, m * ldx);
	void *raw = malloc(n * k * dtype_size(t) + 1);
	struct panel p = { .mem = big_alloc(panel_bytes(t, n, k) + 1) };
	bool acc = below(2);

	assert_non_null(raw);
	assert_non_null(p.mem);
	dtype_from_f32(raw, w, n * k, t);
	dtype_to_f32(w, raw, n * k, t);
	panel_pack(tc, &p, raw, t, n, k);
	gemm_nt(tc, y, ldy, x, ldx, &p, m, acc);
	ref_gemm_nt(y0, ldy, x, ldx, w, m, n, k, acc);
	equal(y, y0, m * ldy);
	gemm_nn(tc, z, ldx, y0, ldy, raw, t, m, n, k, acc);
	ref_gemm_nn(x0, ldx, y0, ldy, w, m, n, k, acc);
	equal(z, x0, m * ldx);
	gemm_tn(tc, d, y0, ldy, x, ldx, m, n, k);
	ref_gemm_tn(d0, y0, ldy, x, ldx, m, n, k);
	equal(d, d0, n * k);
	big_free(p.mem, panel_bytes(t, n, k) + 1);
	free(raw);
	free(x);
	free(w);
	free(y0);
	free(d0);
	free(x0);
	free(y);
	free(d);
	free(z);
}

static void
all_products(struct tc *tc)
{
	static const size_t shape[][3] = { { 1, 1, 1 }, { 1, 32, 400 }, { 2, 33, 385 }, { 3, 31, 7 }, { 12, 64, 64 },
		{ 13, 70, 20 }, { 25, 96, 32 }, { 5, 600, 30 }, { 300, 40, 9 }, { 301, 33, 390 }, { 13, 130, 512 }, { 30, 1, 50 }, { 1, 600, 3 },
		{ 300, 130, 16 }, { 1160, 48, 16 }, { 40, 16, 650 }, { 20, 16, 64 }, { 24, 80, 48 },
		{ 40, 64, 1300 } };

	for (size_t i = 0; i < sizeof(shape) / sizeof(*shape); i++)
		for (int t = 0; t < 3; t++)
			products(tc, shape[i][0], shape[i][1], shape[i][2], (enum dtype)t);
	for (int i = 0; i < 20; i++)
		products(tc, 1 + below(60), 1 + below(80), 1 + below(90), (enum dtype)below(3));
}

/* What is packed in parts and shared between tasks equals a hundred rows at a time. */
static void
large_products(struct tc *tc)
{
	enum { M = 700, N = 1100, K = 1030, STEP = 100 };
	float *a, *b, *y, *y0, *z, *z0;

	/* the same code as the others, but slow */
	if (!strcmp(tc_isa(tc), "portable"))
		return;
	a = reals(M * N);
	b = reals(N * K);
	y = reals(M * K);
	y0 = copy(y, M * K);
	gemm_nn(tc, y, K, a, N, b, DT_F32, M, N, K, true);
	for (size_t i = 0; i < M; i += STEP)
		gemm_nn(tc, y0 + i * K, K, a + i * N, N, b, DT_F32, STEP, N, K, true);
	equal(y, y0, M * K);
	/* (M,K) += a^T b, a now (N,M) */
	z = reals(M * K);
	z0 = copy(z, M * K);
	gemm_tn(tc, z, a, M, b, K, N, M, K);
	for (size_t i = 0; i < M; i += STEP)
		gemm_tn(tc, z0 + i * K, a + i, M, b, K, N, STEP, K);
	equal(z, z0, M * K);
	free(a);
	free(b);
	free(y);
	free(y0);
	free(z);
	free(z0);
}

static void
row_operations(struct tc *tc, size_t n, size_t d)
{
	size_t m = n * d;
	float *x = reals(m), *w = reals(d), *dy = reals(m), *y = reals(m), *y0 = copy(y, m), *r = reals(n), *r0 = copy(r, n);
	float *dw = reals(d), *dw0 = copy(dw, d), *g = reals(2 * m), *dg = reals(2 * m), *dg0 = copy(dg, 2 * m);
	float *st = reals(2 * n), *st0 = copy(st, 2 * n);
	int32_t *id = malloc((n + 1) * sizeof(*id));

	assert_non_null(id);
	rmsnorm_fwd(tc, y, r, x, w, n, d, 1e-5f);
	ref_rmsnorm_fwd(y0, r0, x, w, n, d, 1e-5f);
	equal(y, y0, m);
	equal(r, r0, n);
	rmsnorm_bwd(tc, y, dw, dy, x, w, r, n, d);
	ref_rmsnorm_bwd(y0, dw0, dy, x, w, r0, n, d);
	equal(y, y0, m);
	equal(dw, dw0, d);
	swiglu_fwd(tc, y, g, g + d, 2 * d, n, d);
	ref_swiglu_fwd(y0, g, g + d, 2 * d, n, d);
	equal(y, y0, m);
	swiglu_bwd(tc, dg, dg + d, 2 * d, dy, g, g + d, 2 * d, n, d);
	ref_swiglu_bwd(dg0, dg0 + d, 2 * d, dy, g, g + d, 2 * d, n, d);
	equal(dg, dg0, 2 * m);
	geglu_fwd(tc, y, g, g + d, 2 * d, n, d);
	ref_geglu_fwd(y0, g, g + d, 2 * d, n, d);
	equal(y, y0, m);
	geglu_bwd(tc, dg, dg + d, 2 * d, dy, g, g + d, 2 * d, n, d);
	ref_geglu_bwd(dg0, dg0 + d, 2 * d, dy, g, g + d, 2 * d, n, d);
	equal(dg, dg0, 2 * m);
	for (int form = GELU_TANH; form <= GELU_ERF; form++) {
		gelu_fwd(tc, y, g, m, (enum gelu)form);
		ref_gelu_fwd(y0, g, m, (enum gelu)form);
		equal(y, y0, m);
		gelu_bwd(tc, dg, dy, g, m, (enum gelu)form);
		ref_gelu_bwd(dg0, dy, g, m, (enum gelu)form);
		equal(dg, dg0, m);
	}
	layernorm_fwd(tc, y, st, x, w, g, n, d, 1e-5f);
	ref_layernorm_fwd(y0, st0, x, w, g, n, d, 1e-5f);
	equal(y, y0, m);
	equal(st, st0, 2 * n);
	layernorm_bwd(tc, y, dw, dy, x, w, st, n, d);
	ref_layernorm_bwd(y0, dw0, dy, x, w, st0, n, d);
	equal(y, y0, m);
	equal(dw, dw0, d);
	softcap_fwd(tc, y, m, 0.7f);
	ref_softcap(y0, m, 0.7f);
	equal(y, y0, m);
	for (size_t i = 0; i < n; i++)
		id[i] = (int32_t)below(5);
	free(x);
	x = reals(5 * d);
	y0 = realloc(y0, (5 * d + m + 1) * sizeof(*y0));
	assert_non_null(y0);
	memcpy(y0, x, 5 * d * sizeof(*x));
	embed_bwd(tc, x, dy, id, n, d);
	ref_embed_bwd(y0, dy, id, n, d);
	equal(x, y0, 5 * d);
	bias_bwd(tc, dw, dy, d, n, d);
	ref_bias_bwd(dw0, dy, d, n, d);
	equal(dw, dw0, d);
	free(x);
	free(w);
	free(dy);
	free(y);
	free(y0);
	free(r);
	free(r0);
	free(dw);
	free(dw0);
	free(g);
	free(dg);
	free(dg0);
	free(st);
	free(st0);
	free(id);
}

static void
all_rows(struct tc *tc)
{
	static const size_t d[] = { 1, 8, 16, 17, 48, 100 };

	for (size_t i = 0; i < sizeof(d) / sizeof(*d); i++) {
		row_operations(tc, 1, d[i]);
		row_operations(tc, 37, d[i]);
	}
}

static void
rotations(struct tc *tc)
{
	static const size_t dims[] = { 2, 8, 32, 36, 64, 9, 48 }, turned[] = { 2, 8, 32, 36, 64, 4, 36 };
	int32_t pos[9];

	for (size_t k = 0; k < sizeof(dims) / sizeof(*dims); k++) {
		size_t d = dims[k], r = turned[k], h = 3, n = 9, ld = h * d + 5;
		float *cs = reals(20 * d), *x = reals(n * ld), *y = copy(x, n * ld);

		for (size_t i = 0; i < n; i++)
			pos[i] = (int32_t)below(20);
		rope_fwd(tc, x, ld, pos, cs, n, h, d, r);
		ref_rope(y, ld, pos, cs, n, h, d, r, 1);
		equal(x, y, n * ld);
		rope_bwd(tc, x, ld, pos, cs, n, h, d, r);
		ref_rope(y, ld, pos, cs, n, h, d, r, -1);
		equal(x, y, n * ld);
		free(cs);
		free(x);
		free(y);
	}
}

/* The same with a cache: the past in two pieces, then the new tokens; o0 is expected. */
static void
cached(struct tc *tc, const struct attn_seq *whole, const struct attn_shape *a, const float *o0)
{
	size_t n = whole->past + whole->n, cap = (n + 31) / 32 * 32 + 32, d32 = (a->d + 31) / 32 * 32, at, m;
	float *q = reals(n * whole->ldq), *o = reals(n * whole->ldo), *got = copy(whole->o, whole->n * whole->ldo);
	struct attn_seq s = *whole;

	s.kc = calloc(a->kvh * cap * a->d, sizeof(float));
	s.vc = calloc(a->kvh * cap * d32, sizeof(float));
	s.stat = NULL;
	for (at = 0; at < n; at += m) {
		m = at < whole->past ? (whole->past - at + 1) / 2 : whole->n;
		s.k = whole->k + at * s.ldk;
		s.v = whole->v + at * s.ldv;
		s.q = at < whole->past ? q : whole->q;
		s.o = at < whole->past ? o : got;
		s.past = at;
		s.n = m;
		attn_fwd(tc, &s, 1, a);
	}
	equal(got, o0, whole->n * whole->ldo);
	free(s.kc);
	free(s.vc);
	free(q);
	free(o);
	free(got);
}

/* One call for a sequence that decodes its last token, one that reads all into a cache, and one without a cache. */
static void
mixed(struct tc *tc, const struct attn_seq *whole, const struct attn_shape *a, const float *o0)
{
	size_t n = whole->past + whole->n, cap = (n + 31) / 32 * 32, d32 = (a->d + 31) / 32 * 32, i;
	float *q = reals(n * whole->ldq), *o[3], *last = q + (n - 1) * whole->ldq;
	struct attn_seq s[3] = { *whole, *whole, *whole };

	memcpy(q + whole->past * whole->ldq, whole->q, ((whole->n - 1) * whole->ldq + a->h * a->d) * sizeof(*q));
	for (i = 0; i < 3; i++) {
		o[i] = copy(whole->o, whole->n * whole->ldo);
		o[i] = realloc(o[i], n * whole->ldo * sizeof(**o));
		assert_non_null(o[i]);
		s[i].stat = NULL;
		s[i].o = o[i];
	}
	for (i = 0; i < 2; i++) {
		s[i].kc = calloc(a->kvh * cap * a->d, sizeof(float));
		s[i].vc = calloc(a->kvh * cap * d32, sizeof(float));
		s[i].q = q;
		s[i].past = 0;
		s[i].n = n - !i;
	}
	if (n > 1)
		attn_fwd(tc, s, 1, a);
	s[0].k = whole->k + (n - 1) * whole->ldk;
	s[0].v = whole->v + (n - 1) * whole->ldv;
	s[0].q = last;
	s[0].past = n - 1;
	s[0].n = 1;
	attn_fwd(tc, s, 3, a);
	equal(o[0], o0 + (whole->n - 1) * whole->ldo, a->h * a->d);
	for (i = 0; i < whole->n; i++) {
		equal(o[1] + (whole->past + i) * whole->ldo, o0 + i * whole->ldo, a->h * a->d);
		equal(o[2] + i * whole->ldo, o0 + i * whole->ldo, a->h * a->d);
	}
	for (i = 0; i < 3; i++)
		free(o[i]);
	for (i = 0; i < 2; i++) {
		free(s[i].kc);
		free(s[i].vc);
	}
	free(q);
}

/* nseq sequences; with a past there is no backward */
static void
attention(struct tc *tc, size_t n, size_t past, size_t h, size_t kvh, size_t d, size_t window, float cap)
{
	struct attn_shape a = { h, kvh, d, window, 0.3f, cap };
	size_t keys = past + n, ldq = h * d + 3, ldk = kvh * d + 2;
	float *q = reals(n * ldq), *k = reals(keys * ldk), *v = reals(keys * ldk), *go = reals(n * ldq);
	float *o = reals(n * ldq), *o0 = copy(o, n * ldq), *st = reals(2 * n * h), *st0 = copy(st, 2 * n * h);
	float *dq = reals(n * ldq), *dq0 = copy(dq, n * ldq), *dk = reals(keys * ldk), *dk0 = copy(dk, keys * ldk);
	float *dv = reals(keys * ldk), *dv0 = copy(dv, keys * ldk), *tmp = reals(2 * keys);
	struct attn_seq s = { .q = q, .k = k, .v = v, .o = o, .stat = st, .ldq = ldq, .ldk = ldk, .ldv = ldk, .ldo = ldq,
		.n = n, .past = past }, s0 = s;
	struct attn_grad g = { .do_ = go, .dq = dq, .dk = dk, .dv = dv, .lddo = ldq, .lddq = ldq, .lddk = ldk, .lddv = ldk },
		g0 = g;

	s0.o = o0;
	s0.stat = st0;
	attn_fwd(tc, &s, 1, &a);
	ref_attn_fwd(&s0, &a, tmp);
	equal(o, o0, n * ldq);
	equal(st, st0, 2 * n * h);
	if (!past) {
		g0.dq = dq0;
		g0.dk = dk0;
		g0.dv = dv0;
		attn_bwd(tc, &s, &g, 1, &a);
		ref_attn_bwd(&s0, &g0, &a, tmp);
		equal(dq, dq0, n * ldq);
		equal(dk, dk0, n * ldk);
		equal(dv, dv0, n * ldk);
	}
	cached(tc, &s, &a, o0);
	mixed(tc, &s, &a, o0);
	free(q);
	free(k);
	free(v);
	free(go);
	free(o);
	free(o0);
	free(st);
	free(st0);
	free(dq);
	free(dq0);
	free(dk);
	free(dk0);
	free(dv);
	free(dv0);
	free(tmp);
}

/* A family: sequences that go on from keys elsewhere (b of them; their gradients go on too) and,
 * but for the first one, from rows of the first.  The same as in order by the reference. */
static void
family(struct tc *tc, size_t b, size_t h, size_t kvh, size_t d, size_t window, float cap)
{
	enum { N = 4 };
	static const size_t len[N] = { 50, 7, 1, 33 }, shared[N] = { 0, 40, 33, 5 };
	struct attn_shape a = { h, kvh, d, window, 0.3f, cap };
	size_t ldq = h * d + 3, ldk = kvh * d + 2, ldb = kvh * d + 1, all = 91, at = 0, i;
	float *q = reals(all * ldq), *k = reals(all * ldk), *v = reals(all * ldk), *go = reals(all * ldq);
	float *bk = reals(b * ldb), *bv = reals(b * ldb), *o = reals(all * ldq), *st = reals(2 * all * h);
	float *dq[2], *dk[2], *dv[2], *dbk[2], *dbv[2], *o0 = copy(o, all * ldq), *tmp = reals(2 * (b + all));
	struct attn_seq s[N], s0;
	struct attn_grad g[2][N];

	dq[0] = reals(all * ldq);
	dk[0] = reals(all * ldk);
	dv[0] = reals(all * ldk);
	dbk[0] = reals(b * ldb);
	dbv[0] = reals(b * ldb);
	dq[1] = copy(dq[0], all * ldq);
	dk[1] = copy(dk[0], all * ldk);
	dv[1] = copy(dv[0], all * ldk);
	dbk[1] = copy(dbk[0], b * ldb);
	dbv[1] = copy(dbv[0], b * ldb);
	for (i = 0; i < N; at += len[i++]) {
		size_t mine = b ? 1 : 0;

		s[i] = (struct attn_seq){ .q = q + at * ldq, .k = k + at * ldk, .v = v + at * ldk, .o = o + at * ldq,
			.stat = st + 2 * at * h, .ldq = ldq, .ldk = ldk, .ldv = ldk, .ldo = ldq, .n = len[i],
			.past = b + shared[i] };
		if (b)
			s[i].lead[0] = (struct attn_lead){ bk, bv, ldb, b };
		if (shared[i])
			s[i].lead[mine] = (struct attn_lead){ k, v, ldk, shared[i] };
		for (size_t r = 0; r < 2; r++) {
			g[r][i] = (struct attn_grad){ .do_ = go + at * ldq, .dq = dq[r] + at * ldq, .dk = dk[r] + at * ldk,
				.dv = dv[r] + at * ldk, .lddo = ldq, .lddq = ldq, .lddk = ldk, .lddv = ldk, .more = i == 3 };
			if (b)
				g[r][i].lead[0] = (struct attn_lead_grad){ dbk[r], dbv[r], ldb };
			if (shared[i])
				g[r][i].lead[mine] = (struct attn_lead_grad){ dk[r], dv[r], ldk };
		}
	}
	attn_fwd(tc, s, N, &a);
	for (i = 0; i < N; i++) {
		s0 = s[i];
		s0.o = o0 + (s[i].o - o);
		ref_attn_fwd(&s0, &a, tmp);
	}
	equal(o, o0, all * ldq);
	attn_bwd(tc, s, g[0], N, &a);
	for (i = 0; i < N; i++)
		ref_attn_bwd(&s[i], &g[1][i], &a, tmp);
	equal(dq[0], dq[1], all * ldq);
	equal(dk[0], dk[1], all * ldk);
	equal(dv[0], dv[1], all * ldk);
	equal(dbk[0], dbk[1], b * ldb);
	equal(dbv[0], dbv[1], b * ldb);
	for (i = 0; i < 2; i++) {
		free(dq[i]);
		free(dk[i]);
		free(dv[i]);
		free(dbk[i]);
		free(dbv[i]);
	}
	free(q);
	free(k);
	free(v);
	free(go);
	free(bk);
	free(bv);
	free(o);
	free(o0);
	free(st);
	free(tmp);
}

static void
all_attention(struct tc *tc)
{
	for (size_t w = 0; w < 3; w++) {
		family(tc, 0, 4, 2, 8, w * 17, 0);
		family(tc, 21, 6, 3, 36, w * 17, 0.5f);
		family(tc, 64, 3, 1, 64, w * 40, 0);
	}
	static const size_t n[] = { 1, 2, 15, 16, 33, 64, 65, 130 };

	for (size_t i = 0; i < sizeof(n) / sizeof(*n); i++)
		for (size_t w = 0; w < 3; w++) {
			attention(tc, n[i], 0, 4, 2, 8, w * 17, 0);
			attention(tc, n[i], 40, 2, 2, 36, w * 17, 0);
			attention(tc, n[i], 0, 4, 2, 8, w * 17, 0.5f);
			attention(tc, n[i], 40, 2, 2, 36, w * 17, 0.5f);
		}
	attention(tc, 1, 300, 6, 2, 48, 0, 0);
	attention(tc, 1, 300, 6, 2, 48, 0, 0.5f);
	attention(tc, 70, 0, 3, 1, 64, 0, 0);
}

static void
vocabulary(struct tc *tc, float cap)
{
	static const size_t sizes[] = { 1, 5, 16, 33, 400 };
	const float it[] = { 1, 0.5f, 2, 1.25f, 1, 3, 1 };
	enum { N = 7, D = 12 };

	for (size_t k = 0; k < 5; k++) {
		size_t v = sizes[k], i;
		float *x = reals(N * D), *w = reals(v * D), *l = malloc(N * v * sizeof(float)), lp[N], en[N], kl[N], one;
		float *dx = reals(N * D), *dx0 = copy(dx, N * D), *dw = reals(v * D), *dw0 = copy(dw, v * D), *g = reals(N), *h = reals(N);
		struct panel p = { .mem = big_alloc(panel_bytes(DT_F32, v, D)) };
		int32_t target[N];
		float *keep = reals(N * v);

		assert_non_null(l);
		for (i = 0; i < N; i++)
			target[i] = (int32_t)below(v);
		panel_pack(tc, &p, w, DT_F32, v, D);
		ref_gemm_nt(l, v, x, D, w, N, v, D, false);
		if (cap > 0)
			ref_softcap(l, N * v, cap);
		vocab_logits(tc, keep, x, D, &p, cap, N);
		equal(keep, l, N * v);
		vocab_logprob(tc, lp, en, NULL, x, D, &p, cap, target, it, N, k % 2 ? keep : NULL);
		for (i = 0; i < N; i++) {
			struct row_stat r = ref_row_stat(l + i * v, v, it[i]);

			assert_true(lp[i] == row_logprob(tc, l + i * v, v, target[i], it[i], &one));
			assert_true(en[i] == one);
			ref_row_bwd(l + i * v, l + i * v, v, cap, target[i], it[i], &r, g[i], h[i]);
		}
		vocab_logprob_bwd(tc, dx, D, dw, g, h, x, D, &p, cap, w, target, it, N, k % 2 ? keep : NULL);
		ref_gemm_nn(dx0, D, l, v, w, N, v, D, false);
		ref_gemm_tn(dw0, l, v, x, D, N, v, D);
		equal(dx, dx0, N * D);
		equal(dw, dw0, v * D);
		vocab_kl(tc, kl, x, D, &p, cap, dx, D, &p, 2 * cap, it, N);
		for (i = 0; i < N; i++) {
			float *a = malloc(v * sizeof(float)), *b = malloc(v * sizeof(float));

			assert_non_null(a);
			assert_non_null(b);
			ref_gemm_nt(a, v, x + i * D, D, w, 1, v, D, false);
			ref_gemm_nt(b, v, dx + i * D, D, w, 1, v, D, false);
			if (cap > 0) {
				ref_softcap(a, v, cap);
				ref_softcap(b, v, 2 * cap);
			}
			assert_true(kl[i] == ref_row_kl(a, b, v, it[i]));
			free(a);
			free(b);
		}
		big_free(p.mem, panel_bytes(DT_F32, v, D));
		free(keep);
		free(x);
		free(w);
		free(l);
		free(dx);
		free(dx0);
		free(dw);
		free(dw0);
		free(g);
		free(h);
	}
}

static void
vocabularies(struct tc *tc)
{
	vocabulary(tc, 0);
	vocabulary(tc, 1.5f);
}

/* From the smallest to the largest number, against the C library's in double; ulp: of the result. */
static void
test_functions(void **state)
{
	double most[4] = {0};

	(void)state;
	for (uint32_t u = 1; u < 0x7f800000; u += 9973)
		for (int sign = -1; sign <= 1; sign += 2) {
			float x, y, slope;
			double want, got[4], exact[4];

			memcpy(&x, &u, sizeof(x));
			x *= (float)sign;
			y = math_geluf_gate(x, &slope);
			assert_true(y >= 0 && y <= 1 && slope - slope == 0);
			got[0] = (double)math_tanhf(x);
			exact[0] = tanh((double)x);
			got[1] = (double)y;
			want = 0.7978845608028654 * ((double)x + 0.044715 * (double)x * (double)x * (double)x);
			/* below this s is nothing beside 1, and x s near 0 */
			exact[1] = want < -20 ? got[1] : 1 / (1 + exp(-2 * want));
			got[2] = (double)math_erff(x);
			exact[2] = erf((double)x);
			/* a sum with 1: what counts is its error beside that */
			got[3] = 1 + (double)math_normalf(x, &slope);
			exact[3] = 1 + 0.5 * erfc(-(double)x * 0.70710678118654752);
			assert_true(slope - slope == 0);
			for (int k = 0; k < 4; k++) {
				double ulp = (double)(nextafterf((float)fabs(exact[k]), INFINITY) - (float)fabs(exact[k]));

				most[k] = fmax(most[k], fabs(got[k] - exact[k]) / ulp);
			}
		}
	print_message("# ulp: tanh %g, gate of gelu %g, erf %g, normal %g\n", most[0], most[1], most[2], most[3]);
	assert_true(most[0] < 3 && most[2] < 2 && most[3] < 1);
	/* the exponent's own rounding: as much as it is far from 0 */
	assert_true(most[1] < 60);
	assert_true(math_tanhf(NAN) != math_tanhf(NAN) && math_tanhf(INFINITY) == 1 && math_tanhf(-INFINITY) == -1);
}

static void
reductions(struct tc *tc)
{
	for (size_t n = 0; n < 100; n += 7) {
		float *x = reals(n);

		assert_true(sumsq_f32(tc, x, n) == ref_sumsq(x, n));
		assert_int_equal(find_nonfinite(tc, x, n), n);
		if (n) {
			x[n / 2] = n % 2 ? NAN : INFINITY;
			assert_int_equal(find_nonfinite(tc, x, n), n / 2);
		}
		free(x);
	}
}

#define TEST(name, fn) static void name(void **state) { (void)state; everywhere(fn); }
TEST(test_products, all_products)
TEST(test_large, large_products)
TEST(test_rows, all_rows)
TEST(test_rope, rotations)
TEST(test_attention, all_attention)
TEST(test_vocab, vocabularies)
TEST(test_reduce, reductions)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_products), cmocka_unit_test(test_large), cmocka_unit_test(test_rows),
		cmocka_unit_test(test_rope),
		cmocka_unit_test(test_attention), cmocka_unit_test(test_vocab), cmocka_unit_test(test_reduce),
		cmocka_unit_test(test_functions),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("tensor", tests, NULL, NULL);
}
