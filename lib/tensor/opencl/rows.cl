/* Operations on rows and elements.  A reduction over a row has sixteen work-items: element i
 * belongs to partial sum i mod 16, which is lane i mod 16's.  A group has NORM_ROWS rows. */
enum { NORM_ROWS = 8, NORM = NORM_ROWS * LANES };

/* element (i,j) of (n,d) for each work-item */
#define ELEMENT(n, d) \
	const size_t i = get_global_id(0) / (d), j = get_global_id(0) % (d); \
\
	if (i >= (n)) \
		return
/* lane of row i for each work-item, and where its partial sum is */
#define NORM_ROW \
	local float part[NORM]; \
	const uint lane = get_local_id(0) % LANES; \
	local float *mine = part + get_local_id(0) / LANES * LANES; \
	const size_t i = get_global_id(0) / LANES

/* a lane's next BLOCK numbers of a row, from j on, fetched before the first is used; past the row's
 * end its last number, unused */
enum { BLOCK = 8 };
#define FETCH_ROW(to, from) \
	EVERY(c, BLOCK) \
		to[c] = (from)[min(j + c * LANES, (size_t)d - 1)]

/* w (n,k) to panels of 32 columns, TURN by TURN elements at a time; bits of one size */
enum { TURN = 32 };
#define PACK(name, type) \
kernel __attribute__((reqd_work_group_size(TURN * 8, 1, 1))) void \
name(ARRAY(type, to), ARRAY(const type, w), const ulong n, const ulong k) \
{ \
	local type t[TURN * (TURN + 1)]; \
	const uint x = get_local_id(0) % TURN, y = get_local_id(0) / TURN; \
	const ulong l = get_group_id(0) * TURN, p = get_group_id(1); \
	uint i; \
\
	BEGIN(to); \
	BEGIN(w); \
	for (i = y; i < TURN; i += 8) \
		t[i * (TURN + 1) + x] = p * PANEL + i < n && l + x < k ? w[(p * PANEL + i) * k + l + x] : 0; \
	barrier(CLK_LOCAL_MEM_FENCE); \
	for (i = y; i < TURN; i += 8) \
		if (l + i < k) \
			to[(p * k + l + i) * PANEL + x] = t[x * (TURN + 1) + i]; \
}
PACK(pack_floats, uint)
PACK(pack_halves, ushort)

/* x (n,d) = rows id[] of a table */
kernel void
embed(ARRAY(float, x), ARRAY(const uchar, table), const int type, global const int *id, const ulong n, const ulong d)
{
	ELEMENT(n, d);
	BEGIN(x);
	BEGIN(table);
	x[i * d + j] = get_as(table, (size_t)id[i] * d + j, type);
}

/* y[to[g]] += rows from[start[g]] .. from[start[g + 1] - 1] of x, in this order, for all n
 * groups g */
kernel void
scatter(ARRAY(float, y), ARRAY(const float, x), global const ulong *to, global const ulong *start, global const ulong *from,
    const ulong n, const ulong d)
{
	float s;

	ELEMENT(n, d);
	BEGIN(y);
	BEGIN(x);
	s = y[to[i] * d + j];
	for (ulong l = start[i]; l < start[i + 1]; l++)
		s += x[from[l] * d + j];
	y[to[i] * d + j] = s;
}

kernel __attribute__((reqd_work_group_size(NORM, 1, 1))) void
rmsnorm(ARRAY(float, y), ARRAY(float, rstd), ARRAY(const float, x), ARRAY(const float, w), const ulong n, const ulong d,
    const float eps)
{
	NORM_ROW;
	const size_t row = min(i, n - 1) * d;
	float s = 0, r, u[BLOCK], v[BLOCK];
	size_t j, c;

	BEGIN(y);
	BEGIN(x);
	BEGIN(w);
	for (j = lane; j < d; j += BLOCK * LANES) {
		FETCH_ROW(u, x + row);
		EVERY(c, BLOCK)
			s = j + c * LANES < d ? fma(u[c], u[c], s) : s;
	}
	mine[lane] = s;
	s = tree(mine, lane);
	r = 1.0f / sqrt(s / (float)d + eps);
	for (j = lane; i < n && j < d; j += BLOCK * LANES) {
		FETCH_ROW(u, x + row);
		FETCH_ROW(v, w);
		EVERY(c, BLOCK)
			if (j + c * LANES < d)
				y[row + j + c * LANES] = v[c] * (u[c] * r);
	}
	if (GIVEN(rstd) && i < n && !lane)
		rstd[rstd_at + i] = r;
}

kernel __attribute__((reqd_work_group_size(NORM, 1, 1))) void
rmsnorm_dx(ARRAY(float, dx), ARRAY(const float, dy), ARRAY(const float, x), ARRAY(const float, w),
    ARRAY(const float, rstd), const ulong n, const ulong d)
{
	NORM_ROW;
	float s = 0, r, c, u;
	size_t j;

	BEGIN(dx);
	BEGIN(dy);
	BEGIN(x);
	BEGIN(w);
	BEGIN(rstd);
	r = i < n ? rstd[i] : 0;
	for (j = lane; i < n && j < d; j += LANES)
		s = fma(dy[i * d + j] * w[j], x[i * d + j] * r, s);
	mine[lane] = s;
	c = -(tree(mine, lane) / (float)d);
	for (j = lane; i < n && j < d; j += LANES) {
		u = fma(c, x[i * d + j] * r, dy[i * d + j] * w[j]);
		dx[i * d + j] = fma(r, u, dx[i * d + j]);
	}
}

/* dw: one column each, over rows in order; normal: the row's number i, normalised */
#define NORM_DW(NAME, stat, normal) \
kernel void \
NAME(ARRAY(float, dw), ARRAY(const float, dy), ARRAY(const float, x), ARRAY(const float, stat), const ulong n, \
    const ulong d) \
{ \
	const size_t j = get_global_id(0); \
	size_t i; \
	float s; \
\
	BEGIN(dw); \
	BEGIN(dy); \
	BEGIN(x); \
	BEGIN(stat); \
	if (j >= d) \
		return; \
	for (s = dw[j], i = 0; i < n; i++) \
		s = fma(dy[i * d + j], normal, s); \
	dw[j] = s; \
}
NORM_DW(rmsnorm_dw, rstd, x[i * d + j] * rstd[i])

kernel __attribute__((reqd_work_group_size(NORM, 1, 1))) void
layernorm(ARRAY(float, y), ARRAY(float, stat), ARRAY(const float, x), ARRAY(const float, w), ARRAY(const float, b),
    const ulong n, const ulong d, const float eps)
{
	NORM_ROW;
	float s = 0, mean, r;
	size_t j;

	BEGIN(y);
	BEGIN(stat);
	BEGIN(x);
	BEGIN(w);
	BEGIN(b);
	for (j = lane; i < n && j < d; j += LANES)
		s += x[i * d + j];
	mine[lane] = s;
	mean = tree(mine, lane) / (float)d;
	s = 0;
	for (j = lane; i < n && j < d; j += LANES)
		s = fma(x[i * d + j] - mean, x[i * d + j] - mean, s);
	mine[lane] = s;
	s = tree(mine, lane);
	r = 1.0f / sqrt(s / (float)d + eps);
	for (j = lane; i < n && j < d; j += LANES)
		y[i * d + j] = fma(w[j], (x[i * d + j] - mean) * r, b[j]);
	if (i < n && !lane) {
		stat[2 * i] = mean;
		stat[2 * i + 1] = r;
	}
}

kernel __attribute__((reqd_work_group_size(NORM, 1, 1))) void
layernorm_dx(ARRAY(float, dx), ARRAY(const float, dy), ARRAY(const float, x), ARRAY(const float, w),
    ARRAY(const float, stat), const ulong n, const ulong d)
{
	NORM_ROW;
	float s = 0, t = 0, mean, r, c1, c2, a;
	size_t j;

	BEGIN(dx);
	BEGIN(dy);
	BEGIN(x);
	BEGIN(w);
	BEGIN(stat);
	mean = i < n ? stat[2 * i] : 0;
	r = i < n ? stat[2 * i + 1] : 0;
	for (j = lane; i < n && j < d; j += LANES) {
		a = dy[i * d + j] * w[j];
		s += a;
		t = fma(a, (x[i * d + j] - mean) * r, t);
	}
	mine[lane] = s;
	c1 = -(tree(mine, lane) / (float)d);
	mine[lane] = t;
	c2 = -(tree(mine, lane) / (float)d);
	for (j = lane; i < n && j < d; j += LANES) {
		a = dy[i * d + j] * w[j] + c1;
		dx[i * d + j] = fma(r, fma(c2, (x[i * d + j] - mean) * r, a), dx[i * d + j]);
	}
}

NORM_DW(layernorm_dw, stat, (x[i * d + j] - stat[2 * i]) * stat[2 * i + 1])

kernel void
bias(ARRAY(float, y), const ulong ldy, ARRAY(const float, b), const ulong n, const ulong d)
{
	ELEMENT(n, d);
	BEGIN(y);
	BEGIN(b);
	y[i * ldy + j] += b[j];
}

kernel void
bias_bwd(ARRAY(float, db), ARRAY(const float, dy), const ulong lddy, const ulong n, const ulong d)
{
	const size_t j = get_global_id(0);
	size_t i;
	float s;

	BEGIN(db);
	BEGIN(dy);
	if (j >= d)
		return;
	for (s = db[j], i = 0; i < n; i++)
		s += dy[i * lddy + j];
	db[j] = s;
}

kernel void
add(ARRAY(float, y), ARRAY(const float, x), const ulong n)
{
	const size_t i = get_global_id(0);

	if (i < n)
		y[y_at + i] += x[x_at + i];
}

kernel void
scale(ARRAY(float, y), const float s, const ulong n)
{
	const size_t i = get_global_id(0);

	if (i < n)
		y[y_at + i] *= s;
}

kernel void
swiglu(ARRAY(float, y), ARRAY(const float, gate), ARRAY(const float, up), const ulong ld, const ulong n, const ulong f)
{
	float g;

	ELEMENT(n, f);
	BEGIN(y);
	BEGIN(gate);
	BEGIN(up);
	g = gate[i * ld + j];
	y[i * f + j] = g * math_sigmoidf(g) * up[i * ld + j];
}

kernel void
swiglu_bwd(ARRAY(float, dgate), ARRAY(float, dup), const ulong ldd, ARRAY(const float, dy), ARRAY(const float, gate),
    ARRAY(const float, up), const ulong ld, const ulong n, const ulong f)
{
	float g, d, s;

	ELEMENT(n, f);
	BEGIN(dgate);
	BEGIN(dup);
	BEGIN(dy);
	BEGIN(gate);
	BEGIN(up);
	g = gate[i * ld + j];
	d = dy[i * f + j];
	s = math_sigmoidf(g);
	dgate[i * ldd + j] = d * up[i * ld + j] * (s * fma(g, 1.0f - s, 1.0f));
	dup[i * ldd + j] = d * (g * s);
}

kernel void
geglu(ARRAY(float, y), ARRAY(const float, gate), ARRAY(const float, up), const ulong ld, const ulong n, const ulong f)
{
	float g, slope;

	ELEMENT(n, f);
	BEGIN(y);
	BEGIN(gate);
	BEGIN(up);
	g = gate[i * ld + j];
	y[i * f + j] = g * math_geluf_gate(g, &slope) * up[i * ld + j];
}

kernel void
geglu_bwd(ARRAY(float, dgate), ARRAY(float, dup), const ulong ldd, ARRAY(const float, dy), ARRAY(const float, gate),
    ARRAY(const float, up), const ulong ld, const ulong n, const ulong f)
{
	float g, d, s, slope;

	ELEMENT(n, f);
	BEGIN(dgate);
	BEGIN(dup);
	BEGIN(dy);
	BEGIN(gate);
	BEGIN(up);
	g = gate[i * ld + j];
	d = dy[i * f + j];
	s = math_geluf_gate(g, &slope);
	dgate[i * ldd + j] = d * up[i * ld + j] * (s * fma(slope, 1.0f - s, 1.0f));
	dup[i * ldd + j] = d * (g * s);
}

/* enum gelu of tensor.h */
enum { GELU_TANH, GELU_ERF };

float
gelu_of(const float x, const int form, float *d)
{
	float slope, s;

	if (form == GELU_TANH) {
		s = math_geluf_gate(x, &slope);
		*d = s * fma(slope, 1.0f - s, 1.0f);
	} else {
		s = math_normalf(x, &slope);
		*d = s + slope;
	}
	return x * s;
}

kernel void
gelu(ARRAY(float, y), ARRAY(const float, x), const int form, const ulong n)
{
	const size_t i = get_global_id(0);
	float d;

	if (i < n)
		y[y_at + i] = gelu_of(x[x_at + i], form, &d);
}

kernel void
gelu_bwd(ARRAY(float, dx), ARRAY(const float, dy), ARRAY(const float, x), const int form, const ulong n)
{
	const size_t i = get_global_id(0);
	float d;

	if (i >= n)
		return;
	gelu_of(x[x_at + i], form, &d);
	dx[dx_at + i] = dy[dy_at + i] * d;
}

kernel void
softcap(ARRAY(float, x), const float cap, const ulong n)
{
	const size_t i = get_global_id(0);

	if (i < n)
		x[x_at + i] = capped(x[x_at + i], cap);
}

/* one pair for each work-item: l < r / 2 of h heads d wide, row i */
kernel void
rope(ARRAY(float, x), const ulong ldx, ARRAY(const int, pos), ARRAY(const float, cs), const ulong n, const ulong h,
    const ulong d, const ulong r, const float sign)
{
	float a, b, c, s;

	ELEMENT(n, h * (r / 2));
	const size_t l = j % (r / 2);

	BEGIN(x);
	BEGIN(pos);
	BEGIN(cs);
	x += i * ldx + j / (r / 2) * d + l;
	cs += (size_t)pos[i] * r + 2 * l;
	c = cs[0];
	s = cs[1] * sign;
	a = x[0];
	b = x[r / 2];
	x[0] = fma(-b, s, a * c);
	x[r / 2] = fma(a, s, b * c);
}

/* y (n,d) of stride ldy = rows of x of stride ldx: row[i], or i where rows is 0 */
kernel void
copy_rows(ARRAY(float, y), const ulong ldy, ARRAY(const float, x), const ulong ldx, global const ulong *row,
    const int rows, const ulong n, const ulong d)
{
	ELEMENT(n, d);
	BEGIN(y);
	BEGIN(x);
	y[i * ldy + j] = x[(rows ? row[i] : i) * ldx + j];
}

/* element by element */
kernel void
adamw(ARRAY(float, w), ARRAY(float, m), ARRAY(float, v), ARRAY(const float, g), const ulong n, const float b1,
    const float c1, const float b2, const float c2, const float gscale, const float keep, const float rate, const float root,
    const float eps)
{
	const size_t i = get_global_id(0);
	float x;

	BEGIN(w);
	BEGIN(m);
	BEGIN(v);
	BEGIN(g);
	if (i >= n)
		return;
	x = g[i] * gscale;
	m[i] = b1 * m[i] + c1 * x;
	v[i] = b2 * v[i] + c2 * (x * x);
	w[i] = w[i] * keep - rate * m[i] / (sqrt(v[i]) * root + eps);
}

/* round to nearest even, as tensor/dtype.c */
ushort
narrow(const float x, const int type)
{
	uint u = as_uint(x), sign = u >> 16 & 0x8000, shift, m, r;

	if (type == DT_BF16) {
		if ((u & 0x7fffffff) > 0x7f800000)
			return (ushort)(u >> 16 | 0x40);
		return (ushort)((u + 0x7fff + (u >> 16 & 1)) >> 16);
	}
	u &= 0x7fffffff;
	if (u > 0x7f800000)
		return (ushort)(sign | 0x7e00);
	if (u >= 0x477ff000)
		return (ushort)(sign | 0x7c00);
	if (u >= 0x38800000) {
		u -= 0x38000000;
		return (ushort)(sign | (u + 0xfff + (u >> 13 & 1)) >> 13);
	}
	if (u < 0x33000000)
		return (ushort)sign;
	shift = 126 - (u >> 23);
	m = (u & 0x7fffff) | 0x800000;
	r = m >> shift;
	m &= (1u << shift) - 1;
	if (m > 1u << (shift - 1) || (m == 1u << (shift - 1) && r & 1))
		r++;
	return (ushort)(sign | r);
}

kernel void
cast_round(ARRAY(ushort, to), ARRAY(const float, from), const int type, const ulong n)
{
	const size_t i = get_global_id(0);

	if (i < n)
		to[to_at + i] = narrow(from[from_at + i], type);
}

kernel void
cast_widen(ARRAY(float, to), ARRAY(const uchar, from), const int type, const ulong n)
{
	const size_t i = get_global_id(0);

	BEGIN(from);
	if (i < n)
		to[to_at + i] = get_as(from, i, type);
}
