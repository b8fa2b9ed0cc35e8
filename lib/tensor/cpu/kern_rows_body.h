/* The kernels of rows and elements; a part of kern_body.h, which has what they are written in. */

static void
rmsnorm(float *y, float *rstd, const float *x, const float *w, size_t d, float eps)
{
	v16 t = v_set(0), r, u;
	size_t j;
	float s;

	for (j = 0; j + 16 <= d; j += 16)
		u = v_load(x + j), t = v_fma(u, u, t);
	if (j < d)
		u = v_part(x + j, d - j, 0), t = v_fma(u, u, t);
	s = 1.0f / sqrtf(v_tree(t) / (float)d + eps);
	r = v_set(s);
	for (j = 0; j + 16 <= d; j += 16)
		v_store(y + j, v_mul(v_load(w + j), v_mul(v_load(x + j), r)));
	for (; j < d; j++)
		y[j] = w[j] * (x[j] * s);
	if (rstd)
		*rstd = s;
}

static void
rmsnorm_dx(float *dx, const float *dy, const float *x, const float *w, float rstd, size_t d)
{
	v16 t = v_set(0), r = v_set(rstd), c, u;
	size_t j;

	for (j = 0; j + 16 <= d; j += 16)
		t = v_fma(v_mul(v_load(dy + j), v_load(w + j)), v_mul(v_load(x + j), r), t);
	if (j < d)
		t = v_fma(v_mul(v_part(dy + j, d - j, 0), v_part(w + j, d - j, 0)),
		    v_mul(v_part(x + j, d - j, 0), r), t);
	c = v_set(-(v_tree(t) / (float)d));
	for (j = 0; j + 16 <= d; j += 16) {
		u = v_mul(v_load(x + j), r);
		u = v_fma(c, u, v_mul(v_load(dy + j), v_load(w + j)));
		v_store(dx + j, v_fma(r, u, v_load(dx + j)));
	}
	if (j < d) {
		u = v_mul(v_part(x + j, d - j, 0), r);
		u = v_fma(c, u, v_mul(v_part(dy + j, d - j, 0), v_part(w + j, d - j, 0)));
		v_store_part(dx + j, v_fma(r, u, v_part(dx + j, d - j, 0)), d - j);
	}
}

static void
rmsnorm_dw(float *dw, const float *dy, const float *x, const float *rstd, size_t n, size_t d, size_t ld)
{
	size_t i, j;
	v16 s;

	for (j = 0; j + 16 <= d; j += 16) {
		s = v_load(dw + j);
		for (i = 0; i < n; i++)
			s = v_fma(v_load(dy + i * ld + j), v_mul(v_load(x + i * ld + j), v_set(rstd[i])), s);
		v_store(dw + j, s);
	}
	for (; j < d; j++)
		for (i = 0; i < n; i++)
			dw[j] = fmaf(dy[i * ld + j], x[i * ld + j] * rstd[i], dw[j]);
}

static void
layernorm(float *y, float *stat, const float *x, const float *w, const float *b, size_t d, float eps)
{
	v16 t = v_set(0), m, r, u;
	size_t j;
	float mean, s;

	for (j = 0; j + 16 <= d; j += 16)
		t = v_add(t, v_load(x + j));
	if (j < d)
		t = v_add(t, v_part(x + j, d - j, 0));
	mean = v_tree(t) / (float)d;
	m = v_set(mean);
	t = v_set(0);
	for (j = 0; j + 16 <= d; j += 16)
		u = v_sub(v_load(x + j), m), t = v_fma(u, u, t);
	if (j < d)
		u = v_sub(v_part(x + j, d - j, mean), m), t = v_fma(u, u, t);
	s = 1.0f / sqrtf(v_tree(t) / (float)d + eps);
	r = v_set(s);
	for (j = 0; j + 16 <= d; j += 16)
		v_store(y + j, v_fma(v_load(w + j), v_mul(v_sub(v_load(x + j), m), r), v_load(b + j)));
	for (; j < d; j++)
		y[j] = fmaf(w[j], (x[j] - mean) * s, b[j]);
	stat[0] = mean;
	stat[1] = s;
}

static void
layernorm_dx(float *dx, const float *dy, const float *x, const float *w, const float *stat, size_t d)
{
	v16 t = v_set(0), s = v_set(0), m = v_set(stat[0]), r = v_set(stat[1]), c1, c2, a, u;
	size_t j;

	for (j = 0; j + 16 <= d; j += 16) {
		a = v_mul(v_load(dy + j), v_load(w + j));
		s = v_add(s, a);
		t = v_fma(a, v_mul(v_sub(v_load(x + j), m), r), t);
	}
	if (j < d) {
		a = v_mul(v_part(dy + j, d - j, 0), v_part(w + j, d - j, 0));
		s = v_add(s, a);
		t = v_fma(a, v_mul(v_sub(v_part(x + j, d - j, 0), m), r), t);
	}
	c1 = v_set(-(v_tree(s) / (float)d));
	c2 = v_set(-(v_tree(t) / (float)d));
	for (j = 0; j + 16 <= d; j += 16) {
		u = v_mul(v_sub(v_load(x + j), m), r);
		a = v_add(v_mul(v_load(dy + j), v_load(w + j)), c1);
		v_store(dx + j, v_fma(r, v_fma(c2, u, a), v_load(dx + j)));
	}
	if (j < d) {
		u = v_mul(v_sub(v_part(x + j, d - j, 0), m), r);
		a = v_add(v_mul(v_part(dy + j, d - j, 0), v_part(w + j, d - j, 0)), c1);
		v_store_part(dx + j, v_fma(r, v_fma(c2, u, a), v_part(dx + j, d - j, 0)), d - j);
	}
}

static void
layernorm_dw(float *dw, const float *dy, const float *x, const float *stat, size_t n, size_t d, size_t ld)
{
	size_t i, j;
	v16 s;

	for (j = 0; j + 16 <= d; j += 16) {
		s = v_load(dw + j);
		for (i = 0; i < n; i++)
			s = v_fma(v_load(dy + i * ld + j), v_mul(v_sub(v_load(x + i * ld + j), v_set(stat[2 * i])),
			    v_set(stat[2 * i + 1])), s);
		v_store(dw + j, s);
	}
	for (; j < d; j++)
		for (i = 0; i < n; i++)
			dw[j] = fmaf(dy[i * ld + j], (x[i * ld + j] - stat[2 * i]) * stat[2 * i + 1], dw[j]);
}

/* A gated unit gives g s(g) up.  s of the gate g; slope: s' = slope s (1 - s) / g. */
INLINE v16
glu_gate(v16 g, bool gelu, v16 *slope)
{
	if (gelu)
		return v_gelu_gate(g, slope);
	*slope = g;
	return v_sigmoid(g);
}

INLINE v16
glu16(v16 g, v16 up, bool gelu)
{
	v16 slope, s = glu_gate(g, gelu, &slope);

	return v_mul(v_mul(g, s), up);
}

INLINE void
glu(float *y, const float *gate, const float *up, size_t f, bool gelu)
{
	size_t j;

	for (j = 0; j + 16 <= f; j += 16)
		v_store(y + j, glu16(v_load(gate + j), v_load(up + j), gelu));
	if (j < f)
		v_store_part(y + j, glu16(v_part(gate + j, f - j, 0), v_part(up + j, f - j, 0), gelu), f - j);
}

INLINE void
glu_grad16(v16 *dgate, v16 *dup, v16 d, v16 g, v16 up, bool gelu)
{
	v16 slope, s = glu_gate(g, gelu, &slope), one = v_set(1.0f);

	*dgate = v_mul(v_mul(d, up), v_mul(s, v_fma(slope, v_sub(one, s), one)));
	*dup = v_mul(d, v_mul(g, s));
}

INLINE void
glu_grad(float *dgate, float *dup, const float *dy, const float *gate, const float *up, size_t f, bool gelu)
{
	size_t j;
	v16 a, b;

	for (j = 0; j + 16 <= f; j += 16) {
		glu_grad16(&a, &b, v_load(dy + j), v_load(gate + j), v_load(up + j), gelu);
		v_store(dgate + j, a);
		v_store(dup + j, b);
	}
	if (j < f) {
		glu_grad16(&a, &b, v_part(dy + j, f - j, 0), v_part(gate + j, f - j, 0), v_part(up + j, f - j, 0), gelu);
		v_store_part(dgate + j, a, f - j);
		v_store_part(dup + j, b, f - j);
	}
}

static void
swiglu(float *y, const float *gate, const float *up, size_t f)
{
	glu(y, gate, up, f, false);
}

static void
swiglu_grad(float *dgate, float *dup, const float *dy, const float *gate, const float *up, size_t f)
{
	glu_grad(dgate, dup, dy, gate, up, f, false);
}

static void
geglu(float *y, const float *gate, const float *up, size_t f)
{
	glu(y, gate, up, f, true);
}

static void
geglu_grad(float *dgate, float *dup, const float *dy, const float *gate, const float *up, size_t f)
{
	glu_grad(dgate, dup, dy, gate, up, f, true);
}

/* gelu of sixteen; *d: its derivative */
INLINE v16
v_gelu(v16 x, enum gelu form, v16 *d)
{
	v16 slope, s;

	if (form == GELU_TANH) {
		s = v_gelu_gate(x, &slope);
		*d = v_mul(s, v_fma(slope, v_sub(v_set(1.0f), s), v_set(1.0f)));
	} else {
		s = v_normal(x, &slope);
		*d = v_add(s, slope);
	}
	return v_mul(x, s);
}

static void
gelu(float *y, const float *x, size_t n, enum gelu form)
{
	size_t j;
	v16 d;

	for (j = 0; j + 16 <= n; j += 16)
		v_store(y + j, v_gelu(v_load(x + j), form, &d));
	if (j < n)
		v_store_part(y + j, v_gelu(v_part(x + j, n - j, 0), form, &d), n - j);
}

static void
gelu_grad(float *dx, const float *dy, const float *x, size_t n, enum gelu form)
{
	size_t j;
	v16 d;

	for (j = 0; j + 16 <= n; j += 16) {
		v_gelu(v_load(x + j), form, &d);
		v_store(dx + j, v_mul(v_load(dy + j), d));
	}
	if (j < n) {
		v_gelu(v_part(x + j, n - j, 0), form, &d);
		v_store_part(dx + j, v_mul(v_part(dy + j, n - j, 0), d), n - j);
	}
}

static void
softcap(float *x, size_t n, float scale, float cap)
{
	v16 c = v_set(cap), inv = v_set(1.0f / cap), s = v_set(scale);
	size_t j;

	for (j = 0; j + 16 <= n; j += 16)
		v_store(x + j, v_mul(c, v_tanh(v_mul(v_mul(v_load(x + j), s), inv))));
	if (j < n)
		v_store_part(x + j, v_mul(c, v_tanh(v_mul(v_mul(v_part(x + j, n - j, 0), s), inv))), n - j);
}

static void
rope(float *x, const float *t, size_t d, float sign)
{
	float c[16], s[16], a, b;
	size_t half = d / 2, l, i;
	v16 va, vb, vc, vs;

	for (l = 0; l + 16 <= half; l += 16) {
		for (i = 0; i < 16; i++) {
			c[i] = t[2 * (l + i)];
			s[i] = t[2 * (l + i) + 1] * sign;
		}
		vc = v_load(c);
		vs = v_load(s);
		va = v_load(x + l);
		vb = v_load(x + half + l);
		v_store(x + l, v_fma(v_sub(v_set(-0.0f), vb), vs, v_mul(va, vc)));
		v_store(x + half + l, v_fma(va, vs, v_mul(vb, vc)));
	}
	for (; l < half; l++) {
		a = x[l];
		b = x[half + l];
		x[l] = fmaf(-b, t[2 * l + 1] * sign, a * t[2 * l]);
		x[half + l] = fmaf(a, t[2 * l + 1] * sign, b * t[2 * l]);
	}
}
