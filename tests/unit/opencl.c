/* Every operation on an OpenCL device against the processor's, bit by bit, over random shapes.
 * (tests/unit/tensor.c holds the processor to the plain loops of ref.c.)  Skipped where there is
 * no device. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "base/folder.h"
#include "base/rng.h"
#include "tensor/opencl/cache.h"
#include "tensor/opencl/opencl_int.h"
#include "tensor/tensor.h"

/* the processor, the device */
enum { SIDES = 2 };
static struct tc *tc[SIDES];
#define BOTH unsigned s = 0; s < SIDES; s++

/* An array in the memory of each. */
struct twin { float *p[SIDES]; size_t n; };

static struct rng_key key = { .seed = 21 };
static uint64_t drawn;
static struct twin made[64];
static size_t nmade;

static size_t
below(size_t n)
{
	return (size_t)(rng_unit(&key, drawn++, 1) * (double)n);
}

/* n numbers, the same on both sides */
static struct twin
twin(size_t n)
{
	struct twin t = { .n = n };

	assert_true(nmade < sizeof(made) / sizeof(*made));
	for (BOTH)
		assert_non_null(t.p[s] = tc_alloc(tc[s], (n + 1) * sizeof(float)));
	for (size_t i = 0; i < n; i++)
		t.p[0][i] = (float)rng_normal(&key, drawn++, 0);
	tc_put(tc[1], t.p[1], t.p[0], n * sizeof(float));
	return made[nmade++] = t;
}

/* Free all that were made. */
static void
clear(void)
{
	struct err e;

	for (; nmade; nmade--)
		for (BOTH)
			tc_free(tc[s], made[nmade - 1].p[s], (made[nmade - 1].n + 1) * sizeof(float));
	if (tc_check(tc[1], &e))
		fail_msg("%s", e.msg);
}

static void
equal(const float *x, const float *y, size_t n, const char *what)
{
	for (size_t i = 0; i < n; i++)
		if (memcmp(&x[i], &y[i], sizeof(*x)))
			fail_msg("%s: element %zu of %zu: %.9g, not %.9g", what, i, n, (double)y[i], (double)x[i]);
}

static void
same(const struct twin *t, const char *what)
{
	float *got = malloc((t->n + 1) * sizeof(*got));

	assert_non_null(got);
	tc_get(tc[1], got, t->p[1], t->n * sizeof(*got));
	equal(t->p[0], got, t->n, what);
	free(got);
}

/* w, rounded to type t, on both sides; what follows it is not used */
static void
rounded(struct twin *raw, const struct twin *w, enum dtype t)
{
	*raw = twin(w->n);
	for (BOTH)
		cast_round(tc[s], raw->p[s], w->p[s], w->n, t);
	same(raw, "cast_round");
}

static void
products(size_t m, size_t n, size_t k, enum dtype t)
{
	size_t pad = below(3), ldx = k + pad, ldy = n + pad;
	struct twin x = twin(m * ldx), w = twin(n * k), y = twin(m * ldy), d = twin(n * k), z = twin(m * ldx), raw, wide = twin(n * k);
	struct panel p[SIDES];
	struct twin mem = twin(panel_bytes(t, n, k) / sizeof(float) + 1);
	bool acc = below(2);

	rounded(&raw, &w, t);
	for (BOTH) {
		p[s].mem = mem.p[s];
		panel_pack(tc[s], &p[s], raw.p[s], t, n, k);
		cast_widen(tc[s], wide.p[s], raw.p[s], n * k, t);
		gemm_nt(tc[s], y.p[s], ldy, x.p[s], ldx, &p[s], m, acc);
		gemm_nn(tc[s], z.p[s], ldx, y.p[s], ldy, raw.p[s], t, m, n, k, acc);
		gemm_tn(tc[s], d.p[s], y.p[s], ldy, x.p[s], ldx, m, n, k);
	}
	same(&mem, "panel_pack");
	same(&wide, "cast_widen");
	same(&y, "gemm_nt");
	same(&z, "gemm_nn");
	same(&d, "gemm_tn");
	clear();
}

static void
test_products(void **state)
{
	static const size_t shape[][3] = { { 1, 1, 1 }, { 1, 600, 130 }, { 2, 33, 385 }, { 13, 70, 20 }, { 300, 40, 9 },
		{ 130, 150, 65 }, { 260, 270, 40 } };

	(void)state;
	for (size_t i = 0; i < sizeof(shape) / sizeof(*shape); i++)
		products(shape[i][0], shape[i][1], shape[i][2], (enum dtype)(i % 3));
	for (int i = 0; i < 24; i++)
		products(1 + below(90), 1 + below(150), 1 + below(300), (enum dtype)(i % 3));
}

static void
rows(size_t n, size_t d)
{
	size_t m = n * d, i;
	struct twin x = twin(m), w = twin(d), y = twin(m), r = twin(n), dy = twin(m), dw = twin(d), g = twin(2 * m), dg = twin(2 * m);
	struct twin few = twin(5 * d), wide = twin(n * (d + 3)), other = twin(m), st = twin(2 * n);
	int32_t *id = malloc((n + 1) * sizeof(*id));
	size_t *row = malloc((n + 1) * sizeof(*row));
	struct twin raw[2];

	assert_non_null(id);
	assert_non_null(row);
	for (i = 0; i < n; i++)
		id[i] = (int32_t)(row[i] = below(5));
	rounded(&raw[0], &few, DT_BF16);
	rounded(&raw[1], &few, DT_F16);
	for (BOTH) {
		rmsnorm_fwd(tc[s], y.p[s], r.p[s], x.p[s], w.p[s], n, d, 1e-5f);
		rmsnorm_fwd(tc[s], other.p[s], NULL, x.p[s], w.p[s], n, d, 1e-5f);
		rmsnorm_bwd(tc[s], y.p[s], dw.p[s], dy.p[s], x.p[s], w.p[s], r.p[s], n, d);
		rmsnorm_bwd(tc[s], y.p[s], NULL, dy.p[s], x.p[s], w.p[s], r.p[s], n, d);
		swiglu_bwd(tc[s], dg.p[s], dg.p[s] + d, 2 * d, dy.p[s], g.p[s], g.p[s] + d, 2 * d, n, d);
	}
	same(&y, "rmsnorm_bwd");
	same(&r, "rstd");
	same(&dw, "rmsnorm_bwd dw");
	same(&other, "rmsnorm_fwd");
	same(&dg, "swiglu_bwd");
	for (BOTH) {
		swiglu_fwd(tc[s], y.p[s], g.p[s], g.p[s] + d, 2 * d, n, d);
		bias_bwd(tc[s], dw.p[s], dy.p[s], d, n, d);
		bias_fwd(tc[s], wide.p[s], d + 3, w.p[s], n, d);
		add_fwd(tc[s], y.p[s], x.p[s], m);
		scale_fwd(tc[s], dy.p[s], m, 0.7f);
		copy_rows(tc[s], wide.p[s] + 1, d + 3, dy.p[s], d, n, d);
		tc_copy(tc[s], dg.p[s], g.p[s] + 1, m * sizeof(float));
		tc_zero(tc[s], g.p[s] + 1, m * sizeof(float));
	}
	same(&y, "swiglu_fwd, add_fwd");
	same(&dw, "bias_bwd");
	same(&wide, "bias_fwd, copy_rows");
	same(&dy, "scale_fwd");
	same(&dg, "tc_copy");
	same(&g, "tc_zero");
	for (BOTH) {
		geglu_bwd(tc[s], dg.p[s], dg.p[s] + d, 2 * d, x.p[s], few.p[s], few.p[s] + d, 2 * d, n < 2 ? n : 2, d);
		geglu_fwd(tc[s], y.p[s], few.p[s], few.p[s] + d, 2 * d, n < 2 ? n : 2, d);
		softcap_fwd(tc[s], x.p[s], m, 0.7f);
	}
	same(&dg, "geglu_bwd");
	same(&y, "geglu_fwd");
	same(&x, "softcap_fwd");
	for (BOTH) {
		gelu_fwd(tc[s], y.p[s], dg.p[s], m, GELU_TANH);
		gelu_fwd(tc[s], other.p[s], dg.p[s], m, GELU_ERF);
		layernorm_fwd(tc[s], dy.p[s], st.p[s], x.p[s], w.p[s], dw.p[s], n, d, 1e-5f);
		layernorm_bwd(tc[s], y.p[s], dw.p[s], other.p[s], x.p[s], w.p[s], st.p[s], n, d);
		layernorm_bwd(tc[s], other.p[s], NULL, y.p[s], x.p[s], w.p[s], st.p[s], n, d);
	}
	same(&dy, "layernorm_fwd");
	same(&st, "layernorm_fwd stat");
	same(&y, "gelu_fwd, layernorm_bwd");
	same(&other, "gelu_fwd with erf, layernorm_bwd");
	same(&dw, "layernorm_bwd dw");
	for (BOTH) {
		gelu_bwd(tc[s], y.p[s], x.p[s], dy.p[s], m, GELU_TANH);
		gelu_bwd(tc[s], other.p[s], x.p[s], dy.p[s], m, GELU_ERF);
	}
	same(&y, "gelu_bwd");
	same(&other, "gelu_bwd with erf");
	for (BOTH) {
		embed_fwd(tc[s], y.p[s], few.p[s], DT_F32, id, n, d);
		embed_fwd(tc[s], x.p[s], raw[0].p[s], DT_BF16, id, n, d);
		embed_fwd(tc[s], dy.p[s], raw[1].p[s], DT_F16, id, n, d);
		gather_rows(tc[s], other.p[s], few.p[s], row, n, d);
		embed_bwd(tc[s], few.p[s], dy.p[s], id, n, d);
		scatter_rows(tc[s], few.p[s], row, x.p[s], n, d);
	}
	same(&y, "embed_fwd");
	same(&x, "embed_fwd bf16");
	same(&dy, "embed_fwd f16");
	same(&other, "gather_rows");
	same(&few, "embed_bwd, scatter_rows");
	free(id);
	free(row);
	clear();
}

static void
test_rows(void **state)
{
	static const size_t d[] = { 1, 8, 17, 48, 100 };

	(void)state;
	for (size_t i = 0; i < sizeof(d) / sizeof(*d); i++) {
		rows(1, d[i]);
		rows(37, d[i]);
	}
}

static void
test_rotations(void **state)
{
	static const size_t dims[] = { 2, 8, 36, 64, 9, 48 }, turned[] = { 2, 8, 36, 64, 4, 36 };

	(void)state;
	for (size_t k = 0; k < sizeof(dims) / sizeof(*dims); k++) {
		size_t d = dims[k], r = turned[k], h = 3, n = 9, ld = h * d + 5;
		struct twin cs = twin(20 * d), x = twin(n * ld), at = twin(n);
		int32_t pos[9];

		for (size_t i = 0; i < n; i++)
			pos[i] = (int32_t)below(20);
		for (BOTH) {
			tc_put(tc[s], at.p[s], pos, sizeof(pos));
			rope_fwd(tc[s], x.p[s], ld, (const int32_t *)(void *)at.p[s], cs.p[s], n, h, d, r);
		}
		same(&x, "rope_fwd");
		for (BOTH)
			rope_bwd(tc[s], x.p[s], ld, (const int32_t *)(void *)at.p[s], cs.p[s], n, h, d, r);
		same(&x, "rope_bwd");
		clear();
	}
}

/* of attention's scores, in the tests below */
static float attn_cap;

/* nseq sequences of up to n tokens, side by side in the same arrays, and their gradients */
static void
attention(size_t nseq, size_t n, size_t h, size_t kvh, size_t d, size_t window)
{
	struct attn_shape a = { h, kvh, d, window, 0.3f, attn_cap };
	size_t ldq = h * d + 3, ldk = kvh * d + 2, all = nseq * n, i;
	struct twin q = twin(all * ldq), k = twin(all * ldk), v = twin(all * ldk), o = twin(all * ldq), st = twin(2 * all * h);
	struct twin go = twin(all * ldq), dq = twin(all * ldq), dk = twin(all * ldk), dv = twin(all * ldk);
	struct attn_seq *seq = calloc(nseq, sizeof(*seq));
	struct attn_grad *g = calloc(nseq, sizeof(*g));
	size_t *len = calloc(nseq, sizeof(*len));

	assert_non_null(seq);
	assert_non_null(g);
	assert_non_null(len);
	for (i = 0; i < nseq; i++)
		len[i] = i ? 1 + below(n) : n;
	for (BOTH) {
		for (i = 0; i < nseq; i++) {
			seq[i] = (struct attn_seq){ .q = q.p[s] + i * n * ldq, .k = k.p[s] + i * n * ldk, .v = v.p[s] + i * n * ldk,
				.o = o.p[s] + i * n * ldq, .stat = st.p[s] + 2 * i * n * h, .ldq = ldq, .ldk = ldk, .ldv = ldk,
				.ldo = ldq, .n = len[i] };
			g[i] = (struct attn_grad){ .do_ = go.p[s] + i * n * ldq, .dq = dq.p[s] + i * n * ldq, .dk = dk.p[s] + i * n * ldk,
				.dv = dv.p[s] + i * n * ldk, .lddo = ldq, .lddq = ldq, .lddk = ldk, .lddv = ldk };
		}
		attn_fwd(tc[s], seq, nseq, &a);
		attn_bwd(tc[s], seq, g, nseq, &a);
	}
	same(&o, "attn_fwd");
	same(&st, "attn_fwd stat");
	same(&dq, "attn_bwd dq");
	same(&dk, "attn_bwd dk");
	same(&dv, "attn_bwd dv");
	free(seq);
	free(g);
	free(len);
	clear();
}

/* Two sequences that begin with most of the `lead` keys of a third, and all three with `beyond`
 * keys that lie elsewhere. */
static void
shared_lead(size_t beyond, size_t n, size_t lead, size_t h, size_t kvh, size_t d, size_t window)
{
	struct attn_shape a = { h, kvh, d, window, 0.3f, attn_cap };
	size_t ldq = h * d, ldk = kvh * d, all = 2 * n + lead;
	struct twin q = twin(all * ldq), k = twin(all * ldk), v = twin(all * ldk), o = twin(all * ldq), st = twin(2 * all * h);
	struct twin go = twin(all * ldq), dq = twin(all * ldq), dk = twin(all * ldk), dv = twin(all * ldk);
	struct twin b = twin(2 * beyond * ldk), db = twin(2 * beyond * ldk);

	for (BOTH) {
		struct attn_seq seq[3];
		struct attn_grad g[3];

		for (size_t i = 0; i < 3; i++) {
			size_t at = i ? lead + (i - 1) * n : 0, mine = beyond ? 1 : 0;

			seq[i] = (struct attn_seq){ .q = q.p[s] + at * ldq, .k = k.p[s] + at * ldk, .v = v.p[s] + at * ldk,
				.o = o.p[s] + at * ldq, .stat = st.p[s] + 2 * at * h, .ldq = ldq, .ldk = ldk, .ldv = ldk, .ldo = ldq,
				.n = i ? n : lead, .past = beyond + (i ? lead - i : 0) };
			g[i] = (struct attn_grad){ .do_ = go.p[s] + at * ldq, .dq = dq.p[s] + at * ldq, .dk = dk.p[s] + at * ldk,
				.dv = dv.p[s] + at * ldk, .lddo = ldq, .lddq = ldq, .lddk = ldk, .lddv = ldk, .more = i == 1 };
			if (beyond) {
				seq[i].lead[0] = (struct attn_lead){ b.p[s], b.p[s] + ldk, 2 * ldk, beyond };
				g[i].lead[0] = (struct attn_lead_grad){ db.p[s], db.p[s] + ldk, 2 * ldk };
			}
			if (i) {
				seq[i].lead[mine] = (struct attn_lead){ k.p[s], v.p[s], ldk, lead - i };
				g[i].lead[mine] = (struct attn_lead_grad){ dk.p[s], dv.p[s], ldk };
			}
		}
		attn_fwd(tc[s], seq, 3, &a);
		attn_bwd(tc[s], seq, g, 3, &a);
	}
	same(&o, "attn_fwd with a shared beginning");
	same(&dq, "attn_bwd dq with a shared beginning");
	same(&dk, "attn_bwd dk with a shared beginning");
	same(&dv, "attn_bwd dv with a shared beginning");
	same(&db, "attn_bwd of the shared beginning");
	clear();
}

/* nseq caches: a prompt each, then one token at a time */
static void
cached(size_t nseq, size_t n, size_t steps, size_t h, size_t kvh, size_t d, size_t window)
{
	struct attn_shape a = { h, kvh, d, window, 0.3f, attn_cap };
	size_t ld = (h + 2 * kvh) * d, blocks = (n + steps + ATTN_BLOCK - 1) / ATTN_BLOCK, past[8], i, step, m;
	size_t kb = blocks * attn_cache_keys(&a), vb = blocks * attn_cache_values(&a);
	struct twin x = twin(nseq * n * ld), o = twin(nseq * n * h * d), kc = twin(nseq * kb), vc = twin(nseq * vb);
	struct attn_seq seq[8];

	for (BOTH) {
		tc_zero(tc[s], kc.p[s], nseq * kb * sizeof(float));
		tc_zero(tc[s], vc.p[s], nseq * vb * sizeof(float));
	}
	memset(past, 0, sizeof(past));
	for (step = 0; step <= steps; step++) {
		for (BOTH) {
			for (i = 0; i < nseq; i++) {
				m = step ? 1 : n - i;
				seq[i] = (struct attn_seq){ .q = x.p[s] + i * n * ld, .k = x.p[s] + i * n * ld + h * d,
					.v = x.p[s] + i * n * ld + (h + kvh) * d, .o = o.p[s] + i * n * h * d, .ldq = ld, .ldk = ld, .ldv = ld,
					.ldo = h * d, .n = m, .past = past[i], .kc = kc.p[s] + i * kb, .vc = vc.p[s] + i * vb };
			}
			attn_fwd(tc[s], seq, nseq, &a);
		}
		for (i = 0; i < nseq; i++)
			past[i] += seq[i].n;
		same(&o, "attn_fwd with a cache");
	}
	same(&kc, "keys of a cache");
	same(&vc, "values of a cache");
	clear();
}

static void
all_attention(void)
{
	attention(1, 1, 2, 1, 8, 0);
	attention(3, 40, 4, 2, 8, 0);
	attention(2, 70, 6, 2, 36, 17);
	attention(1, 130, 3, 1, 64, 0);
	shared_lead(0, 9, 40, 4, 2, 8, 0);
	shared_lead(0, 33, 5, 2, 2, 36, 10);
	shared_lead(45, 9, 40, 4, 2, 8, 0);
	shared_lead(37, 33, 5, 2, 2, 36, 10);
	cached(1, 70, 3, 4, 2, 8, 0);
	cached(4, 33, 2, 6, 2, 48, 20);
}

static void
test_attention(void **state)
{
	static const uint64_t most[] = { 0, 20000, 3000, 400 };

	(void)state;
	/* with all scores at once, and in ever smaller parts */
	for (size_t i = 0; i < sizeof(most) / sizeof(*most); i++) {
		((struct opencl *)tc[1]->state)->scores = most[i];
		attn_cap = i % 2 ? 0.5f : 0;
		all_attention();
	}
	((struct opencl *)tc[1]->state)->scores = 0;
}

static void
vocabulary(size_t n, size_t v, size_t d, enum dtype t, bool kept, float cap)
{
	struct twin x = twin(n * d), w = twin(v * d), dx = twin(n * d), dw = twin(v * d), keep = twin(n * v), raw;
	struct twin mem = twin(panel_bytes(t, v, d) / sizeof(float) + 1);
	float lp[SIDES][64], en[SIDES][64], lse[SIDES][64], kl[SIDES][64], it[64], g[64], h[64];
	int32_t target[64];
	struct panel p[SIDES];

	rounded(&raw, &w, t);
	for (size_t i = 0; i < n; i++) {
		target[i] = (int32_t)below(v);
		it[i] = 0.5f + (float)below(20) / 8;
		g[i] = (float)rng_normal(&key, drawn++, 0);
		h[i] = (float)rng_normal(&key, drawn++, 0);
	}
	for (BOTH) {
		p[s].mem = mem.p[s];
		panel_pack(tc[s], &p[s], raw.p[s], t, v, d);
		vocab_logprob(tc[s], lp[s], en[s], lse[s], x.p[s], d, &p[s], cap, target, it, n, kept ? keep.p[s] : NULL);
		vocab_logprob_bwd(tc[s], dx.p[s], d, dw.p[s], g, h, x.p[s], d, &p[s], cap, raw.p[s], target, it, n, kept ? keep.p[s] : NULL);
		vocab_kl(tc[s], kl[s], x.p[s], d, &p[s], cap, dx.p[s], d, &p[s], 2 * cap, it, n);
	}
	equal(lp[0], lp[1], n, "logprob");
	equal(en[0], en[1], n, "entropy");
	equal(lse[0], lse[1], n, "log-sum-exp");
	equal(kl[0], kl[1], n, "kl");
	same(&dx, "vocab_logprob_bwd dx");
	same(&dw, "vocab_logprob_bwd dw");
	for (BOTH) {
		vocab_logprob(tc[s], lp[s], NULL, NULL, x.p[s], d, &p[s], cap, target, NULL, n, NULL);
		vocab_logprob_bwd(tc[s], dx.p[s], d, NULL, g, NULL, x.p[s], d, &p[s], cap, raw.p[s], target, NULL, n, NULL);
		vocab_logits(tc[s], keep.p[s], x.p[s], d, &p[s], cap, n);
	}
	equal(lp[0], lp[1], n, "logprob without temperatures");
	same(&dx, "vocab_logprob_bwd without entropy");
	same(&keep, "logits");
	clear();
}

static void
test_vocabulary(void **state)
{
	static const size_t sizes[] = { 1, 5, 16, 33, 257, 1000 };

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
		for (int cap = 0; cap < 2; cap++)
			vocabulary(1 + i * 7, sizes[i], 12, (enum dtype)(i % 3), i % 2, cap ? 1.5f : 0);
}

static void
test_optimizer_and_sums(void **state)
{
	const struct adamw_numbers a = { 0.9f, 0.1f, 0.95f, 0.05f, 0.3f, 0.999f, 1e-3f, 1.7f, 1e-8f };
	static const size_t sizes[] = { 1, 15, 16, 1000, 3600, 5001, 14401 };

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		size_t n = sizes[i];
		struct twin w = twin(n), m = twin(n), v = twin(n), g = twin(n);
		const float bad = -1.0f / 0.0f;
		double sq[SIDES];

		for (BOTH) {
			/* second moments are not negative */
			rmsnorm_fwd(tc[s], v.p[s], NULL, v.p[s], v.p[s], 1, n, 1e-5f);
			adamw_update(tc[s], w.p[s], m.p[s], v.p[s], g.p[s], n, &a);
			adamw_update(tc[s], w.p[s], m.p[s], v.p[s], g.p[s], n, &a);
			sq[s] = sumsq_f32(tc[s], w.p[s], n);
			assert_int_equal(find_nonfinite(tc[s], w.p[s], n), n);
			tc_put(tc[s], g.p[s] + n / 2, &bad, sizeof(bad));
			tc_put(tc[s], g.p[s] + n - 1, &bad, sizeof(bad));
			assert_int_equal(find_nonfinite(tc[s], g.p[s], n), n / 2);
		}
		same(&w, "adamw w");
		same(&m, "adamw m");
		same(&v, "adamw v");
		assert_memory_equal(&sq[0], &sq[1], sizeof(*sq));
		clear();
	}
}

static size_t nfiles;

static enum status
count_file(void *arg, const char *dir, const char *name, struct err *e)
{
	(void)arg;
	(void)dir;
	(void)name;
	(void)e;
	nfiles++;
	return ST_OK;
}

/* A program is built once, kept, loaded; what was damaged is built again. */
static void
test_cache(void **state)
{
	static const char text[] = "kernel void one(global int *x) { x[get_global_id(0)] = 1; }\n";
	struct opencl *o = tc[1]->state;
	char dir[] = "/tmp/fg-cache.XXXXXX", path[256], key_of_it[HASH_HEX], *was = getenv("XDG_CACHE_HOME");
	struct err e = { 0 };
	struct buf b = BUF_INIT;
	cl_program p;
	bool loaded;
	FILE *f;

	(void)state;
	was = was ? strdup(was) : NULL;
	assert_non_null(mkdtemp(dir));
	setenv("XDG_CACHE_HOME", dir, 1);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(program_get(o, text, true, &p, &loaded, &e), ST_OK);
		assert_int_equal(loaded, i);
		o->cl.ReleaseProgram(p);
	}
	/* by itself: bytes, other bytes in the file, no file */
	hash_hex(hash128("key", 3), key_of_it);
	cache_put(key_of_it, "program", 7);
	assert_true(cache_get(&b, key_of_it));
	assert_int_equal(b.n, 7);
	assert_memory_equal(b.p, "program", 7);
	snprintf(path, sizeof(path), "%s/finegrain/opencl/%s", dir, key_of_it);
	assert_non_null(f = fopen(path, "r+"));
	assert_int_equal(fseek(f, -1, SEEK_END), 0);
	assert_int_equal(fputc('x', f), 'x');
	assert_int_equal(fclose(f), 0);
	assert_false(cache_get(&b, key_of_it));
	/* the oldest go: no more than sixteen are kept */
	for (int i = 0; i < 40; i++) {
		hash_hex(hash128(&i, sizeof(i)), key_of_it);
		cache_put(key_of_it, "program", 7);
		assert_true(cache_get(&b, key_of_it));
	}
	nfiles = 0;
	snprintf(path, sizeof(path), "%s/finegrain/opencl", dir);
	assert_int_equal(folder_walk(path, count_file, NULL, &e), ST_OK);
	assert_int_equal(nfiles, 16);
	buf_free(&b);
	assert_int_equal(folder_remove(dir, &e), ST_OK);
	if (was)
		setenv("XDG_CACHE_HOME", was, 1);
	else
		unsetenv("XDG_CACHE_HOME");
	free(was);
	/* a text that does not compile: the log's first lines */
	assert_int_equal(program_get(o, "kernel void two(global int *x) { y = 1; }\n", false, &p, &loaded, &e), ST_IO);
	assert_non_null(strstr(e.msg, "its driver does not compile the kernels: "));
	assert_non_null(strstr(e.msg, "'y'"));
	o->cl.ReleaseProgram(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_products), cmocka_unit_test(test_rows), cmocka_unit_test(test_rotations),
		cmocka_unit_test(test_attention), cmocka_unit_test(test_vocabulary), cmocka_unit_test(test_optimizer_and_sums),
		cmocka_unit_test(test_cache)
	};
	const char *build = getenv("BUILD");
	struct err e = { 0 };
	char text[1200];
	int failures;

	/* compiled once for all tests, and not kept in the user's folder */
	if (build) {
		snprintf(text, sizeof(text), "%s/cache", build);
		setenv("XDG_CACHE_HOME", text, 1);
	}

	cmocka_set_message_output(CM_OUTPUT_TAP);
	if (tc_open_device(&tc[1], "opencl", 1, &e)) {
		printf("1..0 # SKIP %s\n", err_text(&e, text, sizeof(text)));
		return 0;
	}
	if (tc_open(&tc[0], 1, &e))
		return 1;
	failures = cmocka_run_group_tests(tests, NULL, NULL);
	tc_close(tc[0]);
	tc_close(tc[1]);
	return failures;
}
