/* What the kernels share: arguments, widened weights, the fixed tree. */

/* An array argument: a buffer, and where in it the array begins, in elements. */
#define ARRAY(type, name) global type *name, const ulong name##_at
#define BEGIN(name) name += name##_at
/* an optional array that is not there has this place */
#define NONE (~0ul)
#define GIVEN(name) (name##_at != NONE)

enum { LANES = 16, PANEL = 32 };
/* a loop of a fixed number of turns, unrolled: what it indexes stays in registers */
#define EVERY(i, n) _Pragma("unroll") for (i = 0; i < (n); i++)
/* enum dtype of tensor.h */
enum { DT_F32, DT_BF16, DT_F16 };

/* element i of typed memory, widened exactly */
float
widen(const ushort h, const int type)
{
	uint sign = (uint)(h & 0x8000) << 16, e = h >> 10 & 31, m = h & 0x3ff;

	if (type == DT_BF16)
		return as_float((uint)h << 16);
	if (e == 31)
		return as_float(sign | 0x7f800000 | m << 13);
	if (e)
		return as_float(sign | (e + 112) << 23 | m << 13);
	return as_float(sign | as_uint((float)m * 5.9604644775390625e-8f));
}

float
get_as(global const void *p, const size_t i, const int type)
{
	return type == DT_F32 ? ((global const float *)p)[i] : widen(((global const ushort *)p)[i], type);
}

/* Rows `row`, row + rows and so on of a column of weights as their bits: widened when they are used,
 * so that no fetch waits for another.  For rows past the last one the last is fetched, which
 * nobody uses: a condition would have to be waited for, too. */
#define FETCH_B(to, count, b, at, row, rows, ls, type, last) do { \
	if ((type) == DT_F32) \
		EVERY(i, count) \
			to[i] = ((global const uint *)(b))[(at) + min((row) + i * (rows), last) * (ls)]; \
	else \
		EVERY(i, count) \
			to[i] = ((global const ushort *)(b))[(at) + min((row) + i * (rows), last) * (ls)]; \
} while (0)

/* what FETCH_B fetched to place(i) of local memory */
#define PLACE_B(place, from, count, type) do { \
	if ((type) == DT_F32) \
		EVERY(i, count) \
			place(i) = as_float(from[i]); \
	else \
		EVERY(i, count) \
			place(i) = widen((ushort)from[i], type); \
} while (0)

float
capped(const float x, const float cap)
{
	return cap * math_tanhf(x * (1.0f / cap));
}

/* the derivative of y = capped(x); 1 where there is no cap */
float
cap_slope(const float y, const float cap)
{
	const float u = y * (cap > 0 ? 1.0f / cap : 0);

	return fma(-u, u, 1.0f);
}

/* The fixed tree over 16 partial sums: 8, 4, 2, 1 apart.  All work-items of the group call
 * it, each sixteen of them with its own t; returns the sum. */
float
tree(local float *t, const uint lane)
{
	float sum;
	uint w;

	for (w = LANES / 2; w; w /= 2) {
		barrier(CLK_LOCAL_MEM_FENCE);
		if (lane < w)
			t[lane] += t[lane + w];
	}
	barrier(CLK_LOCAL_MEM_FENCE);
	sum = t[0];
	barrier(CLK_LOCAL_MEM_FENCE);
	return sum;
}

float
tree_max(local float *t, const uint lane)
{
	float m;
	uint w;

	for (w = LANES / 2; w; w /= 2) {
		barrier(CLK_LOCAL_MEM_FENCE);
		if (lane < w)
			t[lane] = t[lane + w] > t[lane] ? t[lane + w] : t[lane];
	}
	barrier(CLK_LOCAL_MEM_FENCE);
	/* no -0: the sign of a tie would depend on the order */
	m = t[0] + 0.0f;
	barrier(CLK_LOCAL_MEM_FENCE);
	return m;
}
