/* The kernels, written once over a vector type; kern_*.c defines the type and includes
 * this.  Expected: W lanes, vf, vf_load, vf_store, vf_set, vf_fma, vf_max, vf_min,
 * vf_bf16, vf_f16 (W halves widened), KERN (the table's name), ISA, ROWS, and COLS: the
 * vectors of a tile's row, a part of 32 / W.
 *
 * A v16 is sixteen floats: partial i of a reduction is lane i mod 16. */
#include <math.h>
#include <string.h>

#include "base/math.h"
#include "tensor/cpu/kern.h"

#define INLINE static inline __attribute__((always_inline))
#define N16 (16 / W)
/* the vectors of twelve chains, in sixteens; even */
#if W == 16
#define UNITS 12
#elif W == 8
#define UNITS 6
#else
#define UNITS 2
#endif

typedef uint32_t vu __attribute__((vector_size(4 * W)));
typedef int32_t vi __attribute__((vector_size(4 * W)));
typedef struct { vf v[N16]; } v16;

/* rows of a panel between their prefetch and their use; far: where few rows of a use them, which is soon */
#define AHEAD 20
#define FAR_AHEAD 48

#define EACH for (unsigned q = 0; q < N16; q++)

INLINE v16 v_load(const float *p) { v16 r; EACH r.v[q] = vf_load(p + q * W); return r; }
INLINE void v_store(float *p, v16 x) { EACH vf_store(p + q * W, x.v[q]); }
INLINE v16 v_set(float x) { v16 r; EACH r.v[q] = vf_set(x); return r; }
INLINE v16 v_add(v16 a, v16 b) { EACH a.v[q] = a.v[q] + b.v[q]; return a; }
INLINE v16 v_sub(v16 a, v16 b) { EACH a.v[q] = a.v[q] - b.v[q]; return a; }
INLINE v16 v_mul(v16 a, v16 b) { EACH a.v[q] = a.v[q] * b.v[q]; return a; }
INLINE v16 v_div(v16 a, v16 b) { EACH a.v[q] = a.v[q] / b.v[q]; return a; }
INLINE v16 v_fma(v16 a, v16 b, v16 c) { EACH c.v[q] = vf_fma(a.v[q], b.v[q], c.v[q]); return c; }
/* the larger of b and a, b where they are not ordered */
INLINE v16 v_max(v16 a, v16 b) { EACH a.v[q] = vf_max(a.v[q], b.v[q]); return a; }

INLINE vf
vf_select(vi mask, vf a, vf b)
{
	return (vf)(((vi)a & mask) | ((vi)b & ~mask));
}

/* n <= 16 floats, fill after them */
INLINE v16
v_part(const float *p, size_t n, float fill)
{
	float t[16];

	for (size_t i = 0; i < 16; i++)
		t[i] = i < n ? p[i] : fill;
	return v_load(t);
}

INLINE void
v_store_part(float *p, v16 x, size_t n)
{
	float t[16];

	v_store(t, x);
	for (size_t i = 0; i < n; i++)
		p[i] = t[i];
}

/* lanes in [lo, hi) of x, fill elsewhere */
INLINE v16
v_keep(v16 x, size_t lo, size_t hi, float fill)
{
	float t[16];

	v_store(t, x);
	for (size_t i = 0; i < 16; i++)
		if (i < lo || i >= hi)
			t[i] = fill;
	return v_load(t);
}

INLINE float
v_tree(v16 x)
{
	float t[16];

	v_store(t, x);
	return ref_tree(t);
}

INLINE float
v_top(v16 x)
{
	float t[16], m = -INFINITY;

	v_store(t, x);
	for (unsigned i = 0; i < 16; i++)
		m = t[i] > m ? t[i] : m;
	return m;
}

/* math_expf, lane by lane */
INLINE vf
vf_exp(vf x)
{
	vf t, k, r, p;
	vu n, h;

	x = vf_max(vf_set(-104.0f), x);
	x = vf_min(vf_set(89.0f), x);
	t = vf_fma(x, vf_set(MATH_EXPF_LOG2E), vf_set(MATH_EXPF_MAGIC));
	n = (vu)t - (vu)vf_set(MATH_EXPF_MAGIC);
	k = t - vf_set(MATH_EXPF_MAGIC);
	r = vf_fma(k, vf_set(-MATH_EXPF_LN2_HI), x);
	r = vf_fma(k, vf_set(-MATH_EXPF_LN2_LO), r);
	p = vf_set(MATH_EXPF_C6);
	p = vf_fma(p, r, vf_set(MATH_EXPF_C5));
	p = vf_fma(p, r, vf_set(MATH_EXPF_C4));
	p = vf_fma(p, r, vf_set(MATH_EXPF_C3));
	p = vf_fma(p, r, vf_set(MATH_EXPF_C2));
	p = vf_fma(p, r, vf_set(1.0f));
	p = vf_fma(p, r, vf_set(1.0f));
	h = (n >> 1) | (n & 0x80000000u);
	return p * (vf)((h + 127) << 23) * (vf)((n - h + 127) << 23);
}

INLINE v16 v_exp(v16 x) { EACH x.v[q] = vf_exp(x.v[q]); return x; }

/* math_sigmoidf, lane by lane */
INLINE v16
v_sigmoid(v16 x)
{
	EACH {
		vi neg = (vi)(x.v[q] < vf_set(0.0f));
		vf e = vf_exp(vf_select(neg, x.v[q], (vf)((vu)x.v[q] ^ 0x80000000u)));

		x.v[q] = vf_select(neg, e, vf_set(1.0f)) / (vf_set(1.0f) + e);
	}
	return x;
}

/* math_tanhf, lane by lane */
INLINE v16
v_tanh(v16 x)
{
	EACH {
		vi neg = (vi)(x.v[q] < vf_set(0.0f));
		vf a = vf_select(neg, (vf)((vu)x.v[q] ^ 0x80000000u), x.v[q]), z = x.v[q] * x.v[q], p, t;
		vi low = (vi)(a < vf_set(MATH_TANHF_TOP));

		p = vf_set(MATH_TANHF_C11);
		p = vf_fma(p, z, vf_set(MATH_TANHF_C9));
		p = vf_fma(p, z, vf_set(MATH_TANHF_C7));
		p = vf_fma(p, z, vf_set(MATH_TANHF_C5));
		p = vf_fma(p, z, vf_set(MATH_TANHF_C3));
		p = vf_fma(p * z, x.v[q], x.v[q]);
		t = vf_set(1.0f) - vf_set(2.0f) / (vf_exp(vf_set(2.0f) * a) + vf_set(1.0f));
		t = vf_select(neg, (vf)((vu)t ^ 0x80000000u), t);
		x.v[q] = vf_select(low, p, t);
	}
	return x;
}

/* math_geluf_gate, lane by lane */
INLINE v16
v_gelu_gate(v16 x, v16 *slope)
{
	v16 z;

	EACH {
		x.v[q] = vf_max(vf_set(-MATH_GELUF_FAR), x.v[q]);
		x.v[q] = vf_min(vf_set(MATH_GELUF_FAR), x.v[q]);
	}
	z = v_mul(x, x);
	*slope = v_mul(x, v_fma(z, v_set(3.0f * MATH_GELUF_C3), v_set(MATH_GELUF_C1)));
	return v_sigmoid(v_mul(x, v_fma(z, v_set(MATH_GELUF_C3), v_set(MATH_GELUF_C1))));
}

/* math_normalf, lane by lane: math_erff in it */
INLINE v16
v_normal(v16 x, v16 *slope)
{
	EACH {
		vf t = vf_max(vf_set(-MATH_GELUF_FAR), x.v[q]), a, z, p, r, b, y;
		vi neg, low;

		t = vf_min(vf_set(MATH_GELUF_FAR), t);
		slope->v[q] = t * (vf_set(MATH_NORMAL) * vf_exp(t * t * vf_set(-0.5f)));
		t = t * vf_set(MATH_ROOT_HALF);
		neg = (vi)(t < vf_set(0.0f));
		a = vf_select(neg, (vf)((vu)t ^ 0x80000000u), t);
		low = ~(vi)(a > vf_set(MATH_ERFF_TOP));
		z = t * t;
		p = vf_set(MATH_ERFF_A11);
		p = vf_fma(p, z, vf_set(MATH_ERFF_A9));
		p = vf_fma(p, z, vf_set(MATH_ERFF_A7));
		p = vf_fma(p, z, vf_set(MATH_ERFF_A5));
		p = vf_fma(p, z, vf_set(MATH_ERFF_A3));
		p = vf_fma(p, z, vf_set(MATH_ERFF_A1));
		p = vf_fma(p, t, t);
		b = vf_min(vf_set(5.0f), a);
		z = b * b;
		r = vf_fma(vf_set(MATH_ERFF_B7), b, vf_set(MATH_ERFF_B6));
		y = vf_fma(vf_set(MATH_ERFF_B5), b, vf_set(MATH_ERFF_B4));
		r = vf_fma(r, z, y);
		r = vf_fma(r, b, vf_set(MATH_ERFF_B3));
		r = vf_fma(r, b, vf_set(MATH_ERFF_B2));
		r = vf_fma(r, b, vf_set(MATH_ERFF_B1));
		r = vf_fma(r, b, (vf)((vu)b ^ 0x80000000u));
		r = vf_set(1.0f) - vf_exp(r);
		r = vf_select(neg, (vf)((vu)r ^ 0x80000000u), r);
		x.v[q] = vf_fma(vf_set(0.5f), vf_select(low, p, r), vf_set(0.5f));
	}
	return x;
}

/* ---- matrix products ---- */

INLINE vf
load_as(const void *b, size_t i, enum dtype t)
{
	if (t == DT_F32)
		return vf_load((const float *)b + i);
	return t == DT_BF16 ? vf_bf16((const uint16_t *)b + i) : vf_f16((const uint16_t *)b + i);
}

/* m rows of n vectors from column c on; wide (k,32) gets these columns of b, unless it is NULL;
 * m, n, t and rows (aks is 1, else ars is) are constants where this is inlined */
INLINE void
tile_block(float *y, size_t ldy, const float *a, size_t stride, const void *b, size_t ldb, size_t c, size_t k,
    bool acc, const enum dtype t, const bool rows, const unsigned m, const unsigned n, float *wide)
{
	vf s[KERN_ROWS][32 / W], w[32 / W];
	unsigned i, j;
	size_t l;

#pragma GCC unroll 16
	for (i = 0; i < m; i++)
#pragma GCC unroll 16
		for (j = 0; j < n; j++)
			s[i][j] = acc ? vf_load(y + i * ldy + c + j * W) : vf_set(0);
	for (l = 0; l < k; l++) {
		/* half a panel at a time is no stream that the processor sees ahead in */
		if (n < 32 / W && W < 16) {
			__builtin_prefetch((const char *)b + (l + AHEAD) * ldb * (t == DT_F32 ? 4 : 2));
			if (t == DT_F32)
				__builtin_prefetch((const char *)b + ((l + AHEAD) * ldb + 16) * 4);
		}
		/* a cache is as many short streams, and memory is all that they wait for */
		if (n == 32 / W && m <= 6 && t == DT_F32) {
			__builtin_prefetch((const char *)b + (l + FAR_AHEAD) * ldb * 4);
			__builtin_prefetch((const char *)b + ((l + FAR_AHEAD) * ldb + 16) * 4);
		}
#pragma GCC unroll 16
		for (j = 0; j < n; j++)
			w[j] = load_as(b, l * ldb + c + j * W, t);
#pragma GCC unroll 16
		for (j = 0; wide && j < n; j++)
			vf_store(wide + l * PANEL + c + j * W, w[j]);
#pragma GCC unroll 16
		for (i = 0; i < m; i++) {
			vf x = vf_set(rows ? a[i * stride + l] : a[l * stride + i]);

#pragma GCC unroll 16
			for (j = 0; j < n; j++)
				s[i][j] = vf_fma(x, w[j], s[i][j]);
		}
	}
#pragma GCC unroll 16
	for (i = 0; i < m; i++)
#pragma GCC unroll 16
		for (j = 0; j < n; j++)
			vf_store(y + i * ldy + c + j * W, s[i][j]);
}

/* Few rows keep few chains: all 32 columns then run side by side. */
INLINE void
tile_rows_of(float *y, size_t ldy, const float *a, size_t stride, const void *b, size_t ldb, size_t n, size_t k,
    bool acc, const enum dtype t, const bool rows, const unsigned m)
{
	/* only f32 comes in half panels */
	if (t == DT_F32 && W == 16 && n < PANEL)
		tile_block(y, ldy, a, stride, b, ldb, 0, k, acc, t, rows, m, 1, NULL);
	else if (m * (32 / W) <= 12 && (t != DT_F32 || n == PANEL))
		tile_block(y, ldy, a, stride, b, ldb, 0, k, acc, t, rows, m, 32 / W, NULL);
	else
		for (size_t c = 0; c < (t == DT_F32 ? n : PANEL); c += COLS * W)
			tile_block(y, ldy, a, stride, b, ldb, c, k, acc, t, rows, m, COLS, NULL);
}

#define CASE(m) case m: tile_rows_of(y, ldy, a, stride, b, ldb, n, k, acc, t, rows, m); break
INLINE void
tile_typed(float *y, size_t ldy, const float *a, size_t stride, const void *b, size_t ldb, size_t m, size_t n,
    size_t k, bool acc, const enum dtype t, const bool rows)
{
	switch (m) {
	CASE(1);
	CASE(2);
	CASE(3);
	CASE(4);
#if ROWS > 4
	CASE(5);
	CASE(6);
#endif
#if ROWS > 6
	CASE(7);
	CASE(8);
	CASE(9);
	CASE(10);
	CASE(11);
	CASE(12);
#endif
	}
}

static void
tile(float *y, size_t ldy, const float *a, size_t ars, size_t aks, const void *b, size_t ldb, enum dtype t,
    size_t m, size_t n, size_t k, bool acc)
{
	if (aks != 1)
		/* only packed f32 meets columns */
		tile_typed(y, ldy, a, aks, b, ldb, m, n, k, acc, DT_F32, false);
	else if (t == DT_F32)
		tile_typed(y, ldy, a, ars, b, ldb, m, n, k, acc, DT_F32, true);
	else if (t == DT_BF16)
		tile_typed(y, ldy, a, ars, b, ldb, m, n, k, acc, DT_BF16, true);
	else
		tile_typed(y, ldy, a, ars, b, ldb, m, n, k, acc, DT_F16, true);
}

static void
tile_widen(float *y, size_t ldy, const float *a, size_t ars, const void *b, enum dtype t, size_t k, bool acc, float *wide)
{
	for (size_t c = 0; c < PANEL; c += COLS * W)
		if (t == DT_BF16)
			tile_block(y, ldy, a, ars, b, PANEL, c, k, acc, DT_BF16, true, ROWS, COLS, wide);
		else
			tile_block(y, ldy, a, ars, b, PANEL, c, k, acc, DT_F16, true, ROWS, COLS, wide);
}

/* units of 16 columns, a constant where this is inlined */
INLINE void
row_block(float *y, const float *a, const float *b, size_t stride, size_t k, bool acc, const unsigned units)
{
	vf s[UNITS * N16];
	unsigned j, n = units * N16;
	size_t l;

#pragma GCC unroll 16
	for (j = 0; j < n; j++)
		s[j] = acc ? vf_load(y + j * W) : vf_set(0);
	for (l = 0; l < k; l++) {
		vf x = vf_set(a[l]);

#pragma GCC unroll 16
		for (j = 0; j < n; j++)
			s[j] = vf_fma(x, vf_load(b + j * W / PANEL * stride + l * PANEL + j * W % PANEL), s[j]);
	}
#pragma GCC unroll 16
	for (j = 0; j < n; j++)
		vf_store(y + j * W, s[j]);
}

static void
row(float *y, const float *a, const float *b, size_t stride, size_t n, size_t k, bool acc)
{
	size_t u;

	for (n /= 16; n; n -= u) {
		u = n < UNITS ? n : UNITS;
		switch (u) {
#if UNITS > 6
		case 12: row_block(y, a, b, stride, k, acc, 12); break;
		case 11: row_block(y, a, b, stride, k, acc, 11); break;
		case 10: row_block(y, a, b, stride, k, acc, 10); break;
		case 9: row_block(y, a, b, stride, k, acc, 9); break;
		case 8: row_block(y, a, b, stride, k, acc, 8); break;
		case 7: row_block(y, a, b, stride, k, acc, 7); break;
#endif
#if UNITS > 2
		case 6: row_block(y, a, b, stride, k, acc, 6); break;
		case 5: row_block(y, a, b, stride, k, acc, 5); break;
		case 4: row_block(y, a, b, stride, k, acc, 4); break;
		case 3: row_block(y, a, b, stride, k, acc, 3); break;
#endif
		case 2: row_block(y, a, b, stride, k, acc, 2); break;
		case 1: row_block(y, a, b, stride, k, acc, 1); break;
		}
		y += u * 16;
		b += u * 16 / PANEL * stride;
	}
}

static void
strip(float *to, const void *w, size_t ld, enum dtype t, size_t k, size_t n)
{
	size_t l, c;

	if (n == PANEL) {
		for (l = 0; l < k; l++)
			for (c = 0; c < PANEL; c += W)
				vf_store(to + l * PANEL + c, load_as(w, l * ld + c, t));
		return;
	}
	for (l = 0; l < k; l++) {
		memset(to + l * PANEL, 0, PANEL * sizeof(*to));
		dtype_to_f32(to + l * PANEL, (const char *)w + l * ld * dtype_size(t), n, t);
	}
}

#include "tensor/cpu/kern_rows_body.h"

/* ---- softmax over keys: i is the key's absolute position ---- */

/* The block of 16 around s[at]; only lanes of [lo, hi) count. */
#define BLOCK(at, lo, hi) size_t b0 = (lo) > (at) ? (lo) - (at) : 0, b1 = (hi) - (at) < 16 ? (hi) - (at) : 16
#define WHOLE (b0 == 0 && b1 == 16)

static void
softmax(float *s, size_t lo, size_t hi, float scale, float *max, float *sum)
{
	v16 m = v_set(-INFINITY), t = v_set(0), x, inv;
	size_t at;

	for (at = lo & ~(size_t)15; at < hi; at += 16) {
		BLOCK(at, lo, hi);
		x = v_mul(v_load(s + at), v_set(scale));
		v_store(s + at, x);
		m = v_max(WHOLE ? x : v_keep(x, b0, b1, -INFINITY), m);
	}
	*max = v_top(m) + 0.0f;
	for (at = lo & ~(size_t)15; at < hi; at += 16) {
		BLOCK(at, lo, hi);
		x = v_exp(v_sub(v_load(s + at), v_set(*max)));
		if (!WHOLE)
			x = v_keep(x, b0, b1, 0);
		v_store(s + at, x);
		t = v_add(t, x);
	}
	*sum = v_tree(t);
	inv = v_set(1.0f / *sum);
	for (at = lo & ~(size_t)15; at < hi; at += 16)
		v_store(s + at, v_mul(v_load(s + at), inv));
}

/* 1 - (invcap y)^2 */
INLINE v16
v_cap_slope(v16 y, float invcap)
{
	v16 u = v_mul(y, v_set(invcap));

	return v_fma(v_sub(v_set(-0.0f), u), u, v_set(1.0f));
}

static void
softmax_bwd(float *p, float *dp, size_t lo, size_t hi, const struct kern_softmax *s)
{
	size_t at;
	v16 x, y, d;

	for (at = lo & ~(size_t)15; at < hi; at += 16) {
		BLOCK(at, lo, hi);
		y = v_mul(v_load(p + at), v_set(s->before));
		x = v_mul(v_exp(v_sub(y, v_set(s->max))), v_set(s->inv));
		d = v_mul(v_mul(x, v_sub(v_load(dp + at), v_set(s->dot))), v_set(s->scale));
		d = v_mul(d, v_cap_slope(y, s->invcap));
		v_store(p + at, WHOLE ? x : v_keep(x, b0, b1, 0));
		v_store(dp + at, WHOLE ? d : v_keep(d, b0, b1, 0));
	}
}

static float
dot(const float *x, const float *y, size_t n)
{
	v16 t = v_set(0);
	size_t j;

	for (j = 0; j + 16 <= n; j += 16)
		t = v_fma(v_load(x + j), v_load(y + j), t);
	if (j < n)
		t = v_fma(v_part(x + j, n - j, 0), v_part(y + j, n - j, 0), t);
	return v_tree(t);
}

/* ---- the vocabulary ---- */

static struct row_stat
row_stat(const float *l, size_t v, float invtemp)
{
	v16 m = v_set(-INFINITY), s = v_set(0), t = v_set(0), it = v_set(invtemp), x, e, max;
	struct row_stat r;
	size_t i;

	for (i = 0; i + 16 <= v; i += 16)
		m = v_max(v_mul(v_load(l + i), it), m);
	if (i < v)
		m = v_max(v_keep(v_mul(v_part(l + i, v - i, 0), it), 0, v - i, -INFINITY), m);
	r.max = v_top(m) + 0.0f;
	max = v_set(r.max);
	for (i = 0; i + 16 <= v; i += 16) {
		x = v_sub(v_mul(v_load(l + i), it), max);
		e = v_exp(x);
		s = v_add(s, e);
		t = v_fma(e, x, t);
	}
	if (i < v) {
		x = v_sub(v_mul(v_part(l + i, v - i, 0), it), max);
		e = v_keep(v_exp(x), 0, v - i, 0);
		s = v_add(s, e);
		t = v_fma(e, v_keep(x, 0, v - i, 0), t);
	}
	r.sum = v_tree(s);
	r.esum = v_tree(t);
	return r;
}

static struct row_stat
weights(float *w, const float *l, size_t v, float invtemp)
{
	v16 m = v_set(-INFINITY), s = v_set(0), it = v_set(invtemp), e, max;
	struct row_stat r = { .esum = 0 };
	size_t i, k;

	for (i = 0; i + 16 <= v; i += 16)
		m = v_max(v_mul(v_load(l + i), it), m);
	if (i < v)
		m = v_max(v_keep(v_mul(v_part(l + i, v - i, 0), it), 0, v - i, -INFINITY), m);
	r.max = v_top(m) + 0.0f;
	max = v_set(r.max);
	for (i = 0; i + 16 <= v; i += 16) {
		e = v_exp(v_sub(v_mul(v_load(l + i), it), max));
		v_store(w + i, e);
		s = v_add(s, e);
	}
	if (i < v) {
		float edge[16];

		e = v_keep(v_exp(v_sub(v_mul(v_part(l + i, v - i, 0), it), max)), 0, v - i, 0);
		v_store(edge, e);
		for (k = i; k < v; k++)
			w[k] = edge[k - i];
		s = v_add(s, e);
	}
	r.sum = v_tree(s);
	return r;
}

static void
row_bwd(float *dl, const float *l, size_t v, float invcap, int32_t target, float invtemp, const struct row_stat *s,
    float g, float h)
{
	float inv = 1.0f / s->sum, mean = s->esum / s->sum, tl = l[target], x, p, u;
	v16 it = v_set(invtemp), max = v_set(s->max), y, vx, vp, d;
	size_t i;

	for (i = 0; i + 16 <= v; i += 16) {
		y = v_load(l + i);
		vx = v_sub(v_mul(y, it), max);
		vp = v_mul(v_exp(vx), v_set(inv));
		d = v_mul(v_sub(v_set(-0.0f), vp), v_fma(v_set(h), v_sub(vx, v_set(mean)), v_set(g)));
		v_store(dl + i, v_mul(v_mul(d, it), v_cap_slope(y, invcap)));
	}
	for (; i < v; i++) {
		x = l[i] * invtemp - s->max;
		p = math_expf(x) * inv;
		u = l[i] * invcap;
		dl[i] = -p * fmaf(h, x - mean, g) * invtemp * fmaf(-u, u, 1.0f);
	}
	x = tl * invtemp - s->max;
	p = math_expf(x) * inv;
	u = tl * invcap;
	dl[target] = (-p * fmaf(h, x - mean, g) + g) * invtemp * fmaf(-u, u, 1.0f);
}

static float
row_kl(const float *p, const float *q, size_t v, float invtemp)
{
	struct row_stat a = row_stat(p, v, invtemp), b = row_stat(q, v, invtemp);
	float la = math_logf(a.sum), lb = math_logf(b.sum), inv = 1.0f / a.sum;
	v16 t = v_set(0), it = v_set(invtemp), x, y, e;
	size_t i, n;

	for (i = 0; i < v; i += 16) {
		n = v - i < 16 ? v - i : 16;
		x = v_sub(v_mul(n == 16 ? v_load(p + i) : v_part(p + i, n, 0), it), v_set(a.max));
		y = v_sub(v_mul(n == 16 ? v_load(q + i) : v_part(q + i, n, 0), it), v_set(b.max));
		e = v_mul(v_exp(x), v_set(inv));
		x = v_sub(v_sub(x, v_set(la)), v_sub(y, v_set(lb)));
		if (n < 16) {
			e = v_keep(e, 0, n, 0);
			x = v_keep(x, 0, n, 0);
		}
		t = v_fma(e, x, t);
	}
	return v_tree(t);
}

static void
add(float *y, const float *x, size_t n)
{
	size_t i;

	for (i = 0; i + 16 <= n; i += 16)
		v_store(y + i, v_add(v_load(y + i), v_load(x + i)));
	for (; i < n; i++)
		y[i] += x[i];
}

/* sixteen partial sums in double; the compiler makes vectors of them */
static double
sumsq(const float *x, size_t n)
{
	double t[16] = {0};
	size_t i, j;

	for (i = 0; i + 16 <= n; i += 16)
		for (j = 0; j < 16; j++)
			t[j] += (double)x[i + j] * (double)x[i + j];
	for (j = 0; i + j < n; j++)
		t[j] += (double)x[i + j] * (double)x[i + j];
	return ref_tree_double(t);
}

const struct kern KERN = {
	ISA, ROWS, tile, tile_widen, row, strip, rmsnorm, rmsnorm_dx, rmsnorm_dw, layernorm, layernorm_dx, layernorm_dw, swiglu, swiglu_grad,
	geglu, geglu_grad, gelu, gelu_grad, softcap,
	rope, softmax, softmax_bwd, dot, row_stat, weights, row_bwd, row_kl, add, sumsq
};
