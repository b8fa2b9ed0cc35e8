#include <math.h>

#include "base/math.h"
#include "tensor/ref.h"

float
ref_tree(const float t[16])
{
	float a[8];
	int i, w;

	for (i = 0; i < 8; i++)
		a[i] = t[i] + t[i + 8];
	for (w = 4; w; w /= 2)
		for (i = 0; i < w; i++)
			a[i] += a[i + w];
	return a[0];
}

double
ref_tree_double(const double t[16])
{
	double a[8];
	int i, w;

	for (i = 0; i < 8; i++)
		a[i] = t[i] + t[i + 8];
	for (w = 4; w; w /= 2)
		for (i = 0; i < w; i++)
			a[i] += a[i + w];
	return a[0];
}

void
ref_gemm_nt(float *y, size_t ldy, const float *x, size_t ldx, const float *w, size_t m, size_t n, size_t k, bool acc)
{
	size_t i, j, l;
	float s;

	for (i = 0; i < m; i++)
		for (j = 0; j < n; j++) {
			s = acc ? y[i * ldy + j] : 0;
			for (l = 0; l < k; l++)
				s = fmaf(x[i * ldx + l], w[j * k + l], s);
			y[i * ldy + j] = s;
		}
}

void
ref_gemm_nn(float *dx, size_t lddx, const float *dy, size_t lddy, const float *w, size_t m, size_t n, size_t k, bool acc)
{
	size_t i, j, l;
	float s;

	for (i = 0; i < m; i++)
		for (l = 0; l < k; l++) {
			s = acc ? dx[i * lddx + l] : 0;
			for (j = 0; j < n; j++)
				s = fmaf(dy[i * lddy + j], w[j * k + l], s);
			dx[i * lddx + l] = s;
		}
}

void
ref_gemm_tn(float *dw, const float *dy, size_t lddy, const float *x, size_t ldx, size_t m, size_t n, size_t k)
{
	size_t i, j, l;

	for (i = 0; i < m; i++)
		for (j = 0; j < n; j++)
			for (l = 0; l < k; l++)
				dw[j * k + l] = fmaf(dy[i * lddy + j], x[i * ldx + l], dw[j * k + l]);
}

void
ref_embed_bwd(float *dtable, const float *dx, const int32_t *id, size_t n, size_t d)
{
	size_t i, j;

	for (i = 0; i < n; i++)
		for (j = 0; j < d; j++)
			dtable[(size_t)id[i] * d + j] += dx[i * d + j];
}

void
ref_rmsnorm_fwd(float *y, float *rstd, const float *x, const float *w, size_t n, size_t d, float eps)
{
	size_t i, j;
	float r;

	for (i = 0; i < n; i++) {
		float t[16] = {0};

		for (j = 0; j < d; j++)
			t[j % 16] = fmaf(x[i * d + j], x[i * d + j], t[j % 16]);
		r = 1.0f / sqrtf(ref_tree(t) / (float)d + eps);
		for (j = 0; j < d; j++)
			y[i * d + j] = w[j] * (x[i * d + j] * r);
		if (rstd)
			rstd[i] = r;
	}
}

/* With u = x rstd, a = dy w: dx = rstd (a - u mean(a u)), dw = dy u. */
void
ref_rmsnorm_bwd(float *dx, float *dw, const float *dy, const float *x, const float *w, const float *rstd, size_t n, size_t d)
{
	size_t i, j;
	float c, u;

	for (i = 0; i < n; i++) {
		float t[16] = {0};

		for (j = 0; j < d; j++) {
			u = x[i * d + j] * rstd[i];
			t[j % 16] = fmaf(dy[i * d + j] * w[j], u, t[j % 16]);
			if (dw)
				dw[j] = fmaf(dy[i * d + j], u, dw[j]);
		}
		c = -(ref_tree(t) / (float)d);
		for (j = 0; j < d; j++) {
			u = x[i * d + j] * rstd[i];
			dx[i * d + j] = fmaf(rstd[i], fmaf(c, u, dy[i * d + j] * w[j]), dx[i * d + j]);
		}
	}
}

void
ref_layernorm_fwd(float *y, float *stat, const float *x, const float *w, const float *b, size_t n, size_t d, float eps)
{
	size_t i, j;
	float mean, r, c;

	for (i = 0; i < n; i++) {
		float t[16] = {0}, s[16] = {0};

		for (j = 0; j < d; j++)
			t[j % 16] += x[i * d + j];
		mean = ref_tree(t) / (float)d;
		for (j = 0; j < d; j++) {
			c = x[i * d + j] - mean;
			s[j % 16] = fmaf(c, c, s[j % 16]);
		}
		r = 1.0f / sqrtf(ref_tree(s) / (float)d + eps);
		for (j = 0; j < d; j++)
			y[i * d + j] = fmaf(w[j], (x[i * d + j] - mean) * r, b[j]);
		stat[2 * i] = mean;
		stat[2 * i + 1] = r;
	}
}

/* With u = (x - mean) rstd, a = dy w: dx = rstd (a - mean(a) - u mean(a u)), dw = dy u. */
void
ref_layernorm_bwd(float *dx, float *dw, const float *dy, const float *x, const float *w, const float *stat, size_t n, size_t d)
{
	size_t i, j;
	float a, c1, c2, u;

	for (i = 0; i < n; i++) {
		float t[16] = {0}, s[16] = {0};

		for (j = 0; j < d; j++) {
			u = (x[i * d + j] - stat[2 * i]) * stat[2 * i + 1];
			a = dy[i * d + j] * w[j];
			s[j % 16] += a;
			t[j % 16] = fmaf(a, u, t[j % 16]);
			if (dw)
				dw[j] = fmaf(dy[i * d + j], u, dw[j]);
		}
		c1 = -(ref_tree(s) / (float)d);
		c2 = -(ref_tree(t) / (float)d);
		for (j = 0; j < d; j++) {
			u = (x[i * d + j] - stat[2 * i]) * stat[2 * i + 1];
			a = dy[i * d + j] * w[j] + c1;
			dx[i * d + j] = fmaf(stat[2 * i + 1], fmaf(c2, u, a), dx[i * d + j]);
		}
	}
}

void
ref_bias_fwd(float *y, size_t ldy, const float *b, size_t n, size_t d)
{
	size_t i, j;

	for (i = 0; i < n; i++)
		for (j = 0; j < d; j++)
			y[i * ldy + j] += b[j];
}

void
ref_bias_bwd(float *db, const float *dy, size_t lddy, size_t n, size_t d)
{
	size_t i, j;

	for (i = 0; i < n; i++)
		for (j = 0; j < d; j++)
			db[j] += dy[i * lddy + j];
}

void
ref_swiglu_fwd(float *y, const float *gate, const float *up, size_t ld, size_t n, size_t f)
{
	size_t i, j;

	for (i = 0; i < n; i++)
		for (j = 0; j < f; j++)
			y[i * f + j] = gate[i * ld + j] * math_sigmoidf(gate[i * ld + j]) * up[i * ld + j];
}

/* silu'(g) = s (1 + g (1 - s)) */
void
ref_swiglu_bwd(float *dgate, float *dup, size_t ldd, const float *dy, const float *gate, const float *up, size_t ld, size_t n, size_t f)
{
	size_t i, j;
	float g, s, d;

	for (i = 0; i < n; i++)
		for (j = 0; j < f; j++) {
			g = gate[i * ld + j];
			d = dy[i * f + j];
			s = math_sigmoidf(g);
			dgate[i * ldd + j] = d * up[i * ld + j] * (s * fmaf(g, 1.0f - s, 1.0f));
			dup[i * ldd + j] = d * (g * s);
		}
}

void
ref_geglu_fwd(float *y, const float *gate, const float *up, size_t ld, size_t n, size_t f)
{
	size_t i, j;
	float slope;

	for (i = 0; i < n; i++)
		for (j = 0; j < f; j++)
			y[i * f + j] = gate[i * ld + j] * math_geluf_gate(gate[i * ld + j], &slope) * up[i * ld + j];
}

void
ref_geglu_bwd(float *dgate, float *dup, size_t ldd, const float *dy, const float *gate, const float *up, size_t ld, size_t n, size_t f)
{
	size_t i, j;
	float g, s, d, slope;

	for (i = 0; i < n; i++)
		for (j = 0; j < f; j++) {
			g = gate[i * ld + j];
			d = dy[i * f + j];
			s = math_geluf_gate(g, &slope);
			dgate[i * ldd + j] = d * up[i * ld + j] * (s * fmaf(slope, 1.0f - s, 1.0f));
			dup[i * ldd + j] = d * (g * s);
		}
}

/* *d: gelu's derivative */
static float
gelu_of(float x, enum gelu form, float *d)
{
	float slope, s = form == GELU_TANH ? math_geluf_gate(x, &slope) : math_normalf(x, &slope);

	*d = form == GELU_TANH ? s * fmaf(slope, 1.0f - s, 1.0f) : s + slope;
	return x * s;
}

void
ref_gelu_fwd(float *y, const float *x, size_t n, enum gelu form)
{
	float d;

	for (size_t i = 0; i < n; i++)
		y[i] = gelu_of(x[i], form, &d);
}

void
ref_gelu_bwd(float *dx, const float *dy, const float *x, size_t n, enum gelu form)
{
	float d;

	for (size_t i = 0; i < n; i++) {
		gelu_of(x[i], form, &d);
		dx[i] = dy[i] * d;
	}
}

static float
capped(float x, float cap)
{
	return cap * math_tanhf(x * (1.0f / cap));
}

/* 1 - tanh^2 from y = cap tanh: the derivative of a capped number; 1 without a cap */
static float
cap_slope(float y, float cap)
{
	float u = y * (cap > 0 ? 1.0f / cap : 0);

	return fmaf(-u, u, 1.0f);
}

void
ref_softcap(float *x, size_t n, float cap)
{
	size_t i;

	for (i = 0; i < n; i++)
		x[i] = capped(x[i], cap);
}

void
ref_rope(float *x, size_t ldx, const int32_t *pos, const float *cs, size_t n, size_t h, size_t d, size_t r, float sign)
{
	const float *t;
	size_t i, j, l;
	float a, b, c, s, *p;

	for (i = 0; i < n; i++) {
		t = cs + (size_t)pos[i] * r;
		for (j = 0; j < h; j++) {
			p = x + i * ldx + j * d;
			for (l = 0; l < r / 2; l++) {
				c = t[2 * l];
				s = t[2 * l + 1] * sign;
				a = p[l];
				b = p[l + r / 2];
				p[l] = fmaf(-b, s, a * c);
				p[l + r / 2] = fmaf(a, s, b * c);
			}
		}
	}
}

static size_t
first_key(size_t pos, size_t window)
{
	return window && pos + 1 > window ? pos + 1 - window : 0;
}

static float
score(const float *q, const float *k, const struct attn_shape *a)
{
	float s = 0;
	size_t i;

	for (i = 0; i < a->d; i++)
		s = fmaf(q[i], k[i], s);
	s *= a->scale;
	return a->cap > 0 ? capped(s, a->cap) : s;
}

/* Where key j of head kh is, and its value; with g also where their gradients are. */
struct key { const float *k, *v; float *dk, *dv; };

static struct key
key_at(const struct attn_seq *q, const struct attn_grad *g, size_t j, size_t col)
{
	size_t i;

	for (i = 0; i < ATTN_LEADS; i++) {
		const struct attn_lead *l = &q->lead[i];

		if (j < l->n)
			return (struct key){ l->k + j * l->ld + col, l->v + j * l->ld + col,
				g ? g->lead[i].dk + j * g->lead[i].ld + col : NULL,
				g ? g->lead[i].dv + j * g->lead[i].ld + col : NULL };
		j -= l->n;
	}
	return (struct key){ q->k + j * q->ldk + col, q->v + j * q->ldv + col,
		g ? g->dk + j * g->lddk + col : NULL, g ? g->dv + j * g->lddv + col : NULL };
}

void
ref_attn_fwd(const struct attn_seq *q, const struct attn_shape *a, float *s)
{
	size_t i, j, l, h, kh, lo, hi;
	float max, inv, sum, acc;

	for (i = 0; i < q->n; i++)
		for (h = 0; h < a->h; h++) {
			float t[16] = {0};

			kh = h / (a->h / a->kvh);
			hi = q->past + i + 1;
			lo = first_key(q->past + i, a->window);
			max = -INFINITY;
			for (j = lo; j < hi; j++) {
				s[j] = score(q->q + i * q->ldq + h * a->d, key_at(q, NULL, j, kh * a->d).k, a);
				if (s[j] > max)
					max = s[j];
			}
			max += 0.0f;    /* no -0: the sign of a tie would depend on the order */
			for (j = lo; j < hi; j++) {
				s[j] = math_expf(s[j] - max);
				t[j % 16] += s[j];
			}
			sum = ref_tree(t);
			inv = 1.0f / sum;
			for (l = 0; l < a->d; l++) {
				acc = 0;
				for (j = lo; j < hi; j++)
					acc = fmaf(s[j] * inv, key_at(q, NULL, j, kh * a->d).v[l], acc);
				q->o[i * q->ldo + h * a->d + l] = acc;
			}
			if (q->stat) {
				q->stat[(i * a->h + h) * 2] = max;
				q->stat[(i * a->h + h) * 2 + 1] = sum;
			}
		}
}

/* With p the softmax and t = do . o: ds = p (do . v - t) scale (cap's slope); dq = ds k, dk = ds^T q,
 * dv = p^T do.  dk and dv: heads of a group in order, rows in order within a head. */
void
ref_attn_bwd(const struct attn_seq *q, const struct attn_grad *g, const struct attn_shape *a, float *s)
{
	size_t i, j, l, h, col, lo, hi;
	const float *qi, *oi, *doi;
	float max, inv, dot, dp, acc, y, *ds = s + q->past + q->n;
	struct key key;

	for (j = 0; j < q->n && !g->more; j++)
		for (l = 0; l < a->kvh * a->d; l++)
			g->dk[j * g->lddk + l] = g->dv[j * g->lddv + l] = 0;
	for (h = 0; h < a->h; h++) {
		col = h / (a->h / a->kvh) * a->d;
		for (i = 0; i < q->n; i++) {
			float t[16] = {0};

			hi = q->past + i + 1;
			lo = first_key(q->past + i, a->window);
			qi = q->q + i * q->ldq + h * a->d;
			oi = q->o + i * q->ldo + h * a->d;
			doi = g->do_ + i * g->lddo + h * a->d;
			max = q->stat[(i * a->h + h) * 2];
			inv = 1.0f / q->stat[(i * a->h + h) * 2 + 1];
			for (l = 0; l < a->d; l++)
				t[l % 16] = fmaf(doi[l], oi[l], t[l % 16]);
			dot = ref_tree(t);
			for (j = lo; j < hi; j++) {
				key = key_at(q, g, j, col);
				y = score(qi, key.k, a);
				s[j] = math_expf(y - max) * inv;
				for (dp = 0, l = 0; l < a->d; l++)
					dp = fmaf(doi[l], key.v[l], dp);
				ds[j] = s[j] * (dp - dot) * a->scale * cap_slope(y, a->cap);
				for (l = 0; l < a->d; l++) {
					key.dk[l] = fmaf(ds[j], qi[l], key.dk[l]);
					key.dv[l] = fmaf(s[j], doi[l], key.dv[l]);
				}
			}
			for (l = 0; l < a->d; l++) {
				acc = 0;
				for (j = lo; j < hi; j++)
					acc = fmaf(ds[j], key_at(q, NULL, j, col).k[l], acc);
				g->dq[i * g->lddq + h * a->d + l] = acc;
			}
		}
	}
}

struct row_stat
ref_row_stat(const float *logits, size_t v, float invtemp)
{
	struct row_stat r = { .max = -INFINITY };
	float s[16] = {0}, t[16] = {0}, x, e;
	size_t i;

	for (i = 0; i < v; i++) {
		x = logits[i] * invtemp;
		if (x > r.max)
			r.max = x;
	}
	r.max += 0.0f;
	for (i = 0; i < v; i++) {
		x = logits[i] * invtemp - r.max;
		e = math_expf(x);
		s[i % 16] += e;
		t[i % 16] = fmaf(e, x, t[i % 16]);
	}
	r.sum = ref_tree(s);
	r.esum = ref_tree(t);
	return r;
}

/* With p the softmax: d logprob / dl_i = [i = target] - p_i,
 * d entropy / dl_i = -p_i (log p_i + entropy). */
void
ref_row_bwd(float *dlogits, const float *logits, size_t v, float cap, int32_t target, float invtemp, const struct row_stat *s, float g, float h)
{
	float inv = 1.0f / s->sum, mean = s->esum / s->sum, x, p, d;
	size_t i;

	for (i = 0; i < v; i++) {
		x = logits[i] * invtemp - s->max;
		p = math_expf(x) * inv;
		/* log p + entropy = x - mean: the logarithm of the sum cancels */
		d = -p * fmaf(h, x - mean, g);
		if (i == (size_t)target)
			d += g;
		dlogits[i] = d * invtemp * cap_slope(logits[i], cap);
	}
}

float
ref_row_kl(const float *p, const float *q, size_t v, float invtemp)
{
	struct row_stat a = ref_row_stat(p, v, invtemp), b = ref_row_stat(q, v, invtemp);
	float la = math_logf(a.sum), lb = math_logf(b.sum), inv = 1.0f / a.sum, x, y, t[16] = {0};
	size_t i;

	for (i = 0; i < v; i++) {
		x = p[i] * invtemp - a.max;
		y = q[i] * invtemp - b.max;
		t[i % 16] = fmaf(math_expf(x) * inv, (x - la) - (y - lb), t[i % 16]);
	}
	return ref_tree(t);
}

double
ref_sumsq(const float *x, size_t n)
{
	double t[16] = {0};
	size_t i;

	for (i = 0; i < n; i++)
		t[i % 16] += (double)x[i] * (double)x[i];
	return ref_tree_double(t);
}
