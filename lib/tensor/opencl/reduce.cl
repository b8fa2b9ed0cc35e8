/* The sum of squares in double of many numbers, each partial sum one chain over every sixteenth of
 * them: sixteen work-items of one group add, while each of the others fetches its SUM_EACH numbers
 * of the next block; past the end the last one, unused. */
enum { SUM = 256, FETCHERS = SUM - LANES, SUM_EACH = 15, SUM_BLOCK = FETCHERS * SUM_EACH, TURNS = 8 };

kernel __attribute__((reqd_work_group_size(SUM, 1, 1))) void
sumsq(ARRAY(double, to), ARRAY(const float, x), const ulong n)
{
	local float y[2][SUM_BLOCK];
	local double part[LANES];
	const uint at = get_local_id(0);
	double s = 0, q[TURNS];
	float f[SUM_EACH];
	ulong i, next;
	uint c, u, len, b = 0;

	BEGIN(to);
	BEGIN(x);
	for (c = at; c < SUM_BLOCK && c < n; c += SUM)
		y[0][c] = x[c];
	for (i = 0; i < n; i = next, b = !b) {
		next = i + SUM_BLOCK;
		barrier(CLK_LOCAL_MEM_FENCE);
		if (at >= LANES && next < n) {
			EVERY(u, SUM_EACH)
				f[u] = x[min(next + at - LANES + u * FETCHERS, n - 1)];
			EVERY(u, SUM_EACH)
				y[!b][at - LANES + u * FETCHERS] = f[u];
		} else if (at < LANES) {
			len = n - i < SUM_BLOCK ? n - i : SUM_BLOCK;
			/* squares first: only the additions wait for one another */
			for (c = at; c + (TURNS - 1) * LANES < len; c += TURNS * LANES) {
				EVERY(u, TURNS)
					q[u] = (double)y[b][c + u * LANES] * (double)y[b][c + u * LANES];
				EVERY(u, TURNS)
					s += q[u];
			}
			for (; c < len; c += LANES)
				s += (double)y[b][c] * (double)y[b][c];
		}
	}
	if (at < LANES)
		part[at] = s;
	for (c = LANES / 2; c; c /= 2) {
		barrier(CLK_LOCAL_MEM_FENCE);
		if (at < c)
			part[at] += part[at + c];
	}
	if (!at)
		*to = part[0];
}

/* *to: the least i of a number from + i that is not finite, if there is one */
kernel void
find_nonfinite(ARRAY(uint, to), ARRAY(const float, x), const ulong from, const ulong n)
{
	const size_t i = get_global_id(0);
	float y;

	if (i >= n)
		return;
	y = x[x_at + from + i];
	if (!(y - y == 0))
		atomic_min(to + to_at, (uint)i);
}

/* what math.h and the contract promise, to be compared with the processor's: products and sums
 * rounded once, division, square root, denormals, exp and log */
kernel void
contract(ARRAY(float, to), global const float *a, global const float *b, global const float *c, const ulong n)
{
	const size_t i = get_global_id(0);

	BEGIN(to);
	if (i >= n)
		return;
	to[i] = fma(a[i], b[i], c[i]);
	to[n + i] = a[i] * b[i] + c[i];
	to[2 * n + i] = a[i] / b[i];
	to[3 * n + i] = sqrt(a[i] < 0 ? -a[i] : a[i]);
	to[4 * n + i] = math_expf(a[i]);
	to[5 * n + i] = math_logf(a[i] < 0 ? -a[i] : a[i]);
	to[6 * n + i] = (float)((double)a[i] * (double)b[i] + (double)c[i]);
}
