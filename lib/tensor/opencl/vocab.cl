/* Rows of logits: one group a row.  All work-items compute exponentials; partial i of a sum
 * belongs to lane i, which adds what the others left in local memory, in order. */
enum { VOCAB = 256 };

/* the largest of scaled logits */
float
row_max(local float *t, global const float *x, const ulong v, const float invtemp)
{
	const uint at = get_local_id(0);
	float m = -INFINITY, y;
	ulong i;
	uint w;

	for (i = at; i < v; i += VOCAB) {
		y = x[i] * invtemp;
		m = y > m ? y : m;
	}
	t[at] = m;
	for (w = VOCAB / 2; w; w /= 2) {
		barrier(CLK_LOCAL_MEM_FENCE);
		if (at < w)
			t[at] = t[at + w] > t[at] ? t[at + w] : t[at];
	}
	barrier(CLK_LOCAL_MEM_FENCE);
	m = t[0] + 0.0f;
	barrier(CLK_LOCAL_MEM_FENCE);
	return m;
}

/* r[0] = sum of exp(x - max), r[1] = sum of exp(x - max) (x - max): two times sixteen lanes add,
 * for each a sum of its own. */
void
row_sums(local float *e, local float *y, local float *r, global const float *x, const ulong v, const float invtemp,
    const float max)
{
	const uint at = get_local_id(0), lane = at % LANES;
	float s = 0;
	ulong i;
	uint c, n;

	for (i = 0; i < v; i += VOCAB) {
		n = v - i < VOCAB ? v - i : VOCAB;
		if (at < n) {
			y[at] = x[i + at] * invtemp - max;
			e[at] = math_expf(y[at]);
		}
		barrier(CLK_LOCAL_MEM_FENCE);
		if (at < LANES)
			for (c = lane; c < n; c += LANES)
				s += e[c];
		else if (at < 2 * LANES)
			for (c = lane; c < n; c += LANES)
				s = fma(e[c], y[c], s);
		barrier(CLK_LOCAL_MEM_FENCE);
	}
	if (at < 2 * LANES)
		e[at] = s;
	s = tree(e + (at < LANES ? 0 : at < 2 * LANES ? LANES : 2 * LANES), at < 2 * LANES ? lane : LANES);
	if (at == 0)
		r[0] = s;
	if (at == LANES)
		r[1] = s;
	barrier(CLK_LOCAL_MEM_FENCE);
}

/* What the host knows of a row: target, invtemp, g, h. */
#define ROW \
	local float e[VOCAB], y[VOCAB], r[2]; \
	const size_t i = get_group_id(0); \
	const uint at = get_local_id(0); \
	const int target = as_int(row[i].s0); \
	const float it = row[i].s1

/* out (n,3): logprob, entropy, log-sum-exp */
kernel __attribute__((reqd_work_group_size(VOCAB, 1, 1))) void
vocab_logprob(ARRAY(float, out), ARRAY(const float, x), const ulong v, global const float4 *row)
{
	ROW;
	float max, ls;

	BEGIN(out);
	BEGIN(x);
	x += i * v;
	max = row_max(e, x, v, it);
	row_sums(e, y, r, x, v, it, max);
	if (at)
		return;
	ls = math_logf(r[0]);
	out[3 * i] = (x[target] * it - max) - ls;
	out[3 * i + 1] = ls - r[1] / r[0];
	out[3 * i + 2] = max + ls;
}

/* x becomes its gradient, that of what was before the cap */
kernel __attribute__((reqd_work_group_size(VOCAB, 1, 1))) void
vocab_bwd(ARRAY(float, x), const ulong v, const float cap, global const float4 *row)
{
	ROW;
	const float g = row[i].s2, h = row[i].s3;
	float max, inv, mean, u, d;
	ulong c;

	BEGIN(x);
	x += i * v;
	max = row_max(e, x, v, it);
	row_sums(e, y, r, x, v, it, max);
	inv = 1.0f / r[0];
	mean = r[1] / r[0];
	for (c = at; c < v; c += VOCAB) {
		u = x[c] * it - max;
		d = -(math_expf(u) * inv) * fma(h, u - mean, g);
		if (c == (ulong)target)
			d += g;
		x[c] = d * it * cap_slope(x[c], cap);
	}
}

/* out (n) */
kernel __attribute__((reqd_work_group_size(VOCAB, 1, 1))) void
vocab_kl(ARRAY(float, out), ARRAY(const float, p), ARRAY(const float, q), const ulong v, global const float4 *row)
{
	ROW;
	float a, b, la, lb, inv, u, w, s = 0;
	ulong c;
	uint k, n;

	BEGIN(out);
	BEGIN(p);
	BEGIN(q);
	p += i * v;
	q += i * v;
	a = row_max(e, p, v, it);
	row_sums(e, y, r, p, v, it, a);
	la = math_logf(r[0]);
	inv = 1.0f / r[0];
	b = row_max(e, q, v, it);
	row_sums(e, y, r, q, v, it, b);
	lb = math_logf(r[0]);
	for (c = 0; c < v; c += VOCAB) {
		n = v - c < VOCAB ? v - c : VOCAB;
		if (at < n) {
			u = p[c + at] * it - a;
			w = q[c + at] * it - b;
			e[at] = math_expf(u) * inv;
			y[at] = (u - la) - (w - lb);
		}
		barrier(CLK_LOCAL_MEM_FENCE);
		if (at < LANES)
			for (k = at; k < n; k += LANES)
				s = fma(e[k], y[k], s);
		barrier(CLK_LOCAL_MEM_FENCE);
	}
	if (at < LANES)
		e[at] = s;
	s = tree(e, at < LANES ? at : LANES);
	if (!at)
		out[i] = s;
}
