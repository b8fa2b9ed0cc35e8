/* Every operation's backward pass against central differences of its mathematics, written
 * out once more in double. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"
#include "tensor/tensor.h"

enum { INPUTS = 3 };

/* y (out) from x[0], x[1], .. of in[] numbers; with dy given dx += dL/dx. */
struct op {
	const char *name;
	size_t out, in[INPUTS];
	void (*exact)(double *y, double *const *x);
	void (*run)(struct tc *tc, float *y, float *const *x, const float *dy, float *const *dx);
};

/* ---- y (M,N) = x (M,K) w (N,K)^T + b (N) ---- */
enum { M = 5, N = 6, K = 37 };

static void
linear_exact(double *y, double *const *x)
{
	for (size_t i = 0; i < M; i++)
		for (size_t j = 0; j < N; j++) {
			y[i * N + j] = x[2][j];
			for (size_t l = 0; l < K; l++)
				y[i * N + j] += x[0][i * K + l] * x[1][j * K + l];
		}
}

static void
linear_run(struct tc *tc, float *y, float *const *x, const float *dy, float *const *dx)
{
	struct panel p = { .mem = big_alloc(panel_bytes(DT_F32, N, K)) };

	assert_non_null(p.mem);
	panel_pack(tc, &p, x[1], DT_F32, N, K);
	gemm_nt(tc, y, N, x[0], K, &p, M, false);
	bias_fwd(tc, y, N, x[2], M, N);
	gemm_nn(tc, dx[0], K, dy, N, x[1], DT_F32, M, N, K, true);
	gemm_tn(tc, dx[1], dy, N, x[0], K, M, N, K);
	bias_bwd(tc, dx[2], dy, N, M, N);
	big_free(p.mem, panel_bytes(DT_F32, N, K));
}

/* ---- rows of a table (5,D) ---- */
enum { D = 19 };
static const int32_t ids[] = { 3, 0, 3, 4 };

static void
embed_exact(double *y, double *const *x)
{
	for (size_t i = 0; i < 4; i++)
		memcpy(y + i * D, x[0] + ids[i] * D, D * sizeof(*y));
}

static void
embed_run(struct tc *tc, float *y, float *const *x, const float *dy, float *const *dx)
{
	embed_fwd(tc, y, x[0], DT_F32, ids, 4, D);
	embed_bwd(tc, dx[0], dy, ids, 4, D);
}

/* ---- w * x / rms(x): x (4,D), w (D) ---- */
#define EPS 1e-3f

static void
norm_exact(double *y, double *const *x)
{
	for (size_t i = 0; i < 4; i++) {
		double s = 0;

		for (size_t j = 0; j < D; j++)
			s += x[0][i * D + j] * x[0][i * D + j];
		s = 1 / sqrt(s / D + (double)EPS);
		for (size_t j = 0; j < D; j++)
			y[i * D + j] = x[1][j] * x[0][i * D + j] * s;
	}
}

static void
norm_run(struct tc *tc, float *y, float *const *x, const float *dy, float *const *dx)
{
	float rstd[4];

	rmsnorm_fwd(tc, y, rstd, x[0], x[1], 4, D, EPS);
	rmsnorm_bwd(tc, dx[0], dx[1], dy, x[0], x[1], rstd, 4, D);
}

/* ---- silu(gate) * up: x (3, 2 D), a row gate then up ---- */
static void
swiglu_exact(double *y, double *const *x)
{
	for (size_t i = 0; i < 3; i++)
		for (size_t j = 0; j < D; j++) {
			double g = x[0][i * 2 * D + j];

			y[i * D + j] = g / (1 + exp(-g)) * x[0][i * 2 * D + D + j];
		}
}

static void
swiglu_run(struct tc *tc, float *y, float *const *x, const float *dy, float *const *dx)
{
	swiglu_fwd(tc, y, x[0], x[0] + D, 2 * D, 3, D);
	swiglu_bwd(tc, dx[0], dx[0] + D, 2 * D, dy, x[0], x[0] + D, 2 * D, 3, D);
}

/* ---- gelu(gate) * up, the form with tanh ---- */
static void
geglu_exact(double *y, double *const *x)
{
	for (size_t i = 0; i < 3; i++)
		for (size_t j = 0; j < D; j++) {
			double g = x[0][i * 2 * D + j];

			y[i * D + j] = 0.5 * g * (1 + tanh(sqrt(2 / 3.14159265358979323846) * (g + 0.044715 * g * g * g))) *
			    x[0][i * 2 * D + D + j];
		}
}

static void
geglu_run(struct tc *tc, float *y, float *const *x, const float *dy, float *const *dx)
{
	geglu_fwd(tc, y, x[0], x[0] + D, 2 * D, 3, D);
	geglu_bwd(tc, dx[0], dx[0] + D, 2 * D, dy, x[0], x[0] + D, 2 * D, 3, D);
}

/* ---- gelu(x) with tanh, and with erf, side by side ---- */
static void
gelu_exact(double *y, double *const *x)
{
	for (size_t i = 0; i < 3 * D; i++) {
		double g = x[0][i];

		y[i] = 0.5 * g * (1 + tanh(sqrt(2 / 3.14159265358979323846) * (g + 0.044715 * g * g * g)));
		y[3 * D + i] = 0.5 * x[1][i] * (1 + erf(x[1][i] * sqrt(0.5)));
	}
}

static void
gelu_run(struct tc *tc, float *y, float *const *x, const float *dy, float *const *dx)
{
	for (size_t k = 0; k < 2; k++) {
		gelu_fwd(tc, y + k * 3 * D, x[k], 3 * D, k ? GELU_ERF : GELU_TANH);
		gelu_bwd(tc, dx[k], dy + k * 3 * D, x[k], 3 * D, k ? GELU_ERF : GELU_TANH);
	}
}

/* ---- w * (x - mean) / sd + b: x (4,D), w (D), b (D) ---- */
static void
layer_exact(double *y, double *const *x)
{
	for (size_t i = 0; i < 4; i++) {
		double m = 0, s = 0;

		for (size_t j = 0; j < D; j++)
			m += x[0][i * D + j] / D;
		for (size_t j = 0; j < D; j++)
			s += (x[0][i * D + j] - m) * (x[0][i * D + j] - m) / D;
		for (size_t j = 0; j < D; j++)
			y[i * D + j] = x[1][j] * (x[0][i * D + j] - m) / sqrt(s + (double)EPS) + x[2][j];
	}
}

static void
layer_run(struct tc *tc, float *y, float *const *x, const float *dy, float *const *dx)
{
	float stat[8];

	layernorm_fwd(tc, y, stat, x[0], x[1], x[2], 4, D, EPS);
	layernorm_bwd(tc, dx[0], dx[1], dy, x[0], x[1], stat, 4, D);
	bias_bwd(tc, dx[2], dy, D, 4, D);
}

/* ---- rotation of pairs: x (4, 2 heads, 36) ---- */
enum { ROT = 36, POS = 9 };
static const int32_t at[] = { 0, 8, 3, 4 };

static float
table(size_t pos, size_t i, bool s)
{
	double angle = (double)pos * pow(10, -(double)i / ROT);

	return (float)(s ? sin(angle) : cos(angle));
}

static void
rope_exact(double *y, double *const *x)
{
	for (size_t r = 0; r < 4 * 2; r++)
		for (size_t i = 0; i < ROT / 2; i++) {
			double c = (double)table((size_t)at[r / 2], i, false), s = (double)table((size_t)at[r / 2], i, true);
			const double *a = x[0] + r * ROT;

			y[r * ROT + i] = a[i] * c - a[ROT / 2 + i] * s;
			y[r * ROT + ROT / 2 + i] = a[ROT / 2 + i] * c + a[i] * s;
		}
}

static void
rope_run(struct tc *tc, float *y, float *const *x, const float *dy, float *const *dx)
{
	float cs[POS * ROT];

	for (size_t p = 0; p < POS; p++)
		for (size_t i = 0; i < ROT / 2; i++) {
			cs[(p * ROT / 2 + i) * 2] = table(p, i, false);
			cs[(p * ROT / 2 + i) * 2 + 1] = table(p, i, true);
		}
	memcpy(y, x[0], 4 * 2 * ROT * sizeof(*y));
	rope_fwd(tc, y, 2 * ROT, at, cs, 4, 2, ROT, ROT);
	memcpy(dx[0], dy, 4 * 2 * ROT * sizeof(*dy));
	rope_bwd(tc, dx[0], 2 * ROT, at, cs, 4, 2, ROT, ROT);
}

/* ---- attention: sequences of 20 and 3 tokens, 4 heads on 2 of HD ---- */
enum { H = 4, KVH = 2, HD = 6, T = 23 };
static const size_t off[] = { 0, 20, T };

static void
attention_exact(double *o, double *const *x, size_t window, double cap)
{
	for (size_t s = 0; s < 2; s++)
		for (size_t i = off[s]; i < off[s + 1]; i++)
			for (size_t h = 0; h < H; h++) {
				const double *q = x[0] + (i * H + h) * HD;
				double w[T], sum = 0, *y = o + (i * H + h) * HD;
				size_t from = window && i - off[s] + 1 > window ? i + 1 - window : off[s];

				for (size_t j = from; j <= i; j++) {
					w[j] = 0;
					for (size_t l = 0; l < HD; l++)
						w[j] += q[l] * x[1][(j * KVH + h / 2) * HD + l];
					w[j] *= 0.3;
					w[j] = exp(cap > 0 ? cap * tanh(w[j] / cap) : w[j]);
					sum += w[j];
				}
				memset(y, 0, HD * sizeof(*y));
				for (size_t j = from; j <= i; j++)
					for (size_t l = 0; l < HD; l++)
						y[l] += w[j] / sum * x[2][(j * KVH + h / 2) * HD + l];
			}
}

static void
attention_run(struct tc *tc, float *y, float *const *x, const float *dy, float *const *dx, size_t window, float cap)
{
	struct attn_shape a = { H, KVH, HD, window, 0.3f, cap };
	struct attn_seq s[2];
	struct attn_grad g[2];
	float stat[T * H * 2];

	for (size_t i = 0; i < 2; i++) {
		size_t r = off[i] * H * HD, kr = off[i] * KVH * HD;

		s[i] = (struct attn_seq){ .q = x[0] + r, .k = x[1] + kr, .v = x[2] + kr, .o = y + r, .stat = stat + off[i] * H * 2,
			.ldq = H * HD, .ldk = KVH * HD, .ldv = KVH * HD, .ldo = H * HD, .n = off[i + 1] - off[i] };
		g[i] = (struct attn_grad){ .do_ = dy + r, .dq = dx[0] + r, .dk = dx[1] + kr, .dv = dx[2] + kr,
			.lddo = H * HD, .lddq = H * HD, .lddk = KVH * HD, .lddv = KVH * HD };
	}
	attn_fwd(tc, s, 2, &a);
	attn_bwd(tc, s, g, 2, &a);
}

static void causal_exact(double *y, double *const *x) { attention_exact(y, x, 0, 0); }
static void window_exact(double *y, double *const *x) { attention_exact(y, x, 4, 0); }
static void capped_exact(double *y, double *const *x) { attention_exact(y, x, 4, 0.75); }

static void
causal_run(struct tc *tc, float *y, float *const *x, const float *dy, float *const *dx)
{
	attention_run(tc, y, x, dy, dx, 0, 0);
}

static void
window_run(struct tc *tc, float *y, float *const *x, const float *dy, float *const *dx)
{
	attention_run(tc, y, x, dy, dx, 4, 0);
}

static void
capped_run(struct tc *tc, float *y, float *const *x, const float *dy, float *const *dx)
{
	attention_run(tc, y, x, dy, dx, 4, 0.75f);
}

/* ---- log-probability and entropy of R rows over V words: x (R,D), w (V,D) ---- */
enum { R = 3, V = 41 };
static const int32_t target[] = { 40, 0, 17 };
static const float invtemp[] = { 1, 0.5f, 1.25f };

static void
words_exact(double *y, double *const *x, double cap)
{
	for (size_t i = 0; i < R; i++) {
		double l[V], sum = 0;

		for (size_t v = 0; v < V; v++) {
			l[v] = 0;
			for (size_t j = 0; j < D; j++)
				l[v] += x[0][i * D + j] * x[1][v * D + j];
			l[v] = (cap > 0 ? cap * tanh(l[v] / cap) : l[v]) * (double)invtemp[i];
			sum += exp(l[v]);
		}
		y[i] = l[target[i]] - log(sum);
		y[R + i] = 0;
		for (size_t v = 0; v < V; v++)
			y[R + i] -= exp(l[v]) / sum * (l[v] - log(sum));
	}
}

static void
words_run(struct tc *tc, float *y, float *const *x, const float *dy, float *const *dx, float cap)
{
	struct panel p = { .mem = big_alloc(panel_bytes(DT_F32, V, D)) };

	assert_non_null(p.mem);
	panel_pack(tc, &p, x[1], DT_F32, V, D);
	vocab_logprob(tc, y, y + R, NULL, x[0], D, &p, cap, target, invtemp, R, NULL);
	vocab_logprob_bwd(tc, dx[0], D, dx[1], dy, dy + R, x[0], D, &p, cap, x[1], target, invtemp, R, NULL);
	big_free(p.mem, panel_bytes(DT_F32, V, D));
}

static void vocab_exact(double *y, double *const *x) { words_exact(y, x, 0); }
static void vocab_capped_exact(double *y, double *const *x) { words_exact(y, x, 3); }

static void
vocab_run(struct tc *tc, float *y, float *const *x, const float *dy, float *const *dx)
{
	words_run(tc, y, x, dy, dx, 0);
}

static void
vocab_capped_run(struct tc *tc, float *y, float *const *x, const float *dy, float *const *dx)
{
	words_run(tc, y, x, dy, dx, 3);
}

static const struct op ops[] = {
	{ "linear", M * N, { M * K, N * K, N }, linear_exact, linear_run },
	{ "embed", 4 * D, { 5 * D }, embed_exact, embed_run },
	{ "rmsnorm", 4 * D, { 4 * D, D }, norm_exact, norm_run },
	{ "swiglu", 3 * D, { 3 * 2 * D }, swiglu_exact, swiglu_run },
	{ "geglu", 3 * D, { 3 * 2 * D }, geglu_exact, geglu_run },
	{ "gelu", 6 * D, { 3 * D, 3 * D }, gelu_exact, gelu_run },
	{ "layernorm", 4 * D, { 4 * D, D, D }, layer_exact, layer_run },
	{ "rope", 4 * 2 * ROT, { 4 * 2 * ROT }, rope_exact, rope_run },
	{ "attention", T * H * HD, { T * H * HD, T * KVH * HD, T * KVH * HD }, causal_exact, causal_run },
	{ "windowed attention", T * H * HD, { T * H * HD, T * KVH * HD, T * KVH * HD }, window_exact, window_run },
	{ "capped attention", T * H * HD, { T * H * HD, T * KVH * HD, T * KVH * HD }, capped_exact, capped_run },
	{ "vocabulary", 2 * R, { R * D, V * D }, vocab_exact, vocab_run },
	{ "capped vocabulary", 2 * R, { R * D, V * D }, vocab_capped_exact, vocab_capped_run },
};

static void *
mem(size_t n)
{
	void *p = calloc(n + 1, 1);

	assert_non_null(p);
	return p;
}

static double
loss(const struct op *o, double *const *x, const float *dy, double *y)
{
	double s = 0;

	o->exact(y, x);
	for (size_t i = 0; i < o->out; i++)
		s += (double)dy[i] * y[i];
	return s;
}

static void
near(const struct op *o, const char *what, size_t i, double got, double want, double size)
{
	if (!(fabs(got - want) <= 2e-6 * size))
		fail_msg("%s: %s %zu is %.9g, not %.9g", o->name, what, i, got, want);
}

static double
largest(const double *x, size_t n)
{
	double m = 1;

	for (size_t i = 0; i < n; i++)
		m = fabs(x[i]) > m ? fabs(x[i]) : m;
	return m;
}

static void
check(struct tc *tc, const struct op *o)
{
	struct rng_key key = { .seed = 5 };
	double *x[INPUTS] = {0}, *y = mem(o->out * sizeof(double)), *want;
	float *xf[INPUTS] = {0}, *dx[INPUTS] = {0}, *yf = mem(o->out * sizeof(float)), *dy = mem(o->out * sizeof(float));
	uint64_t drawn = 0;
	size_t k, i;

	for (i = 0; i < o->out; i++)
		dy[i] = (float)rng_normal(&key, drawn++, 0);
	for (k = 0; k < INPUTS; k++) {
		x[k] = mem(o->in[k] * sizeof(double));
		xf[k] = mem(o->in[k] * sizeof(float));
		dx[k] = mem(o->in[k] * sizeof(float));
		for (i = 0; i < o->in[k]; i++)
			x[k][i] = (double)(xf[k][i] = (float)rng_normal(&key, drawn++, 0));
	}
	o->run(tc, yf, xf, dy, dx);
	o->exact(y, x);
	for (i = 0; i < o->out; i++)
		near(o, "output", i, (double)yf[i], y[i], largest(y, o->out));
	for (k = 0; k < INPUTS; k++) {
		want = mem(o->in[k] * sizeof(double));
		for (i = 0; i < o->in[k]; i++) {
			double keep = x[k][i], h = 1e-5, up, down;

			x[k][i] = keep + h;
			up = loss(o, x, dy, y);
			x[k][i] = keep - h;
			down = loss(o, x, dy, y);
			x[k][i] = keep;
			want[i] = (up - down) / (2 * h);
		}
		for (i = 0; i < o->in[k]; i++)
			near(o, "gradient", i, (double)dx[k][i], want[i], largest(want, o->in[k]));
		free(want);
	}
	for (k = 0; k < INPUTS; k++) {
		free(x[k]);
		free(xf[k]);
		free(dx[k]);
	}
	free(y);
	free(yf);
	free(dy);
}

static void
test_op(void **state)
{
	struct err e;
	struct tc *tc;

	assert_int_equal(tc_open(&tc, 1, &e), ST_OK);
	check(tc, *state);
	tc_close(tc);
}

int
main(void)
{
	enum { OPS = sizeof(ops) / sizeof(*ops) };
	struct CMUnitTest tests[OPS];

	for (size_t i = 0; i < OPS; i++)
		tests[i] = (struct CMUnitTest){ ops[i].name, test_op, NULL, NULL, (void *)(uintptr_t)&ops[i] };
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return _cmocka_run_group_tests("gradients of operations", tests, OPS, NULL, NULL);
}
