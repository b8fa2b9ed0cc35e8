/* Attention in passes over a scratch of scores: scores, softmax, weighted sums; each sum is one
 * chain over ascending keys, or over heads and rows in order.
 *
 * A row of scratch is one query of one head.  The host cuts the work into chunks that fit the
 * scratch: sequences from `seq` on, key heads from kh0 on, of each group the heads g0 .. g0+ng-1,
 * of each sequence the queries i0 .. i1-1.  Row r of (sequence, key head) is head g0 + r / m,
 * query i0 + r % m, with m the sequence's queries in the chunk.  group_id(0) counts (sequence,
 * key head). */

/* a sequence, as the host lays it out; places in floats */
enum {
	S_Q, S_K, S_V, S_O, S_STAT, S_KC, S_VC, S_K0, S_V0, S_K1, S_V1, S_DO, S_DQ, S_DK, S_DV, S_DK0, S_DV0, S_DK1, S_DV1,
	S_LDQ, S_LDK, S_LDV, S_LDO, S_LD0, S_LD1, S_LDDO, S_LDDQ, S_LDDK, S_LDDV, S_LDD0, S_LDD1, S_N, S_PAST, S_N0, S_N1,
	S_CACHE,
	S_MORE,         /* dk and dv += */
	S_AT,           /* of the sequence's rows in the scratch */
	S_LD,           /* from one row to the next */
	S_WORDS
};

/* sides of a tile, and its share of a work-item */
enum { SIDE = 32, SHARE = 4, GROUP = SIDE * SIDE / SHARE };

#define CHUNK const ulong seq, const ulong kh0, const ulong nkh, const ulong g0, const ulong ng, const ulong i0, \
    const ulong i1
#define SHAPE const ulong h, const ulong kvh, const ulong d, const ulong window

#define SETUP(plane) \
	global const ulong *s = table + (seq + (uint)get_group_id(0) / (uint)nkh) * S_WORDS; \
	const ulong kh = kh0 + (uint)get_group_id(0) % (uint)nkh, end = s[S_N] < i1 ? s[S_N] : i1; \
	const ulong m = end > i0 ? end - i0 : 0, rows = m * ng, past = s[S_PAST]; \
	global float *score = scratch + s[S_AT] + (uint)get_group_id(0) % (uint)nkh * rows * s[S_LD] + (plane)

/* the head, and the query, of a row; a chunk has fewer than 2^32 of them, whose division is much
 * faster than that of longs */
#define HEAD(r) (kh * (h / kvh) + g0 + (uint)(r) / (uint)m)
#define QUERY(r) (i0 + (uint)(r) % (uint)m)

ulong
first_key(const ulong at, const ulong window)
{
	return window && at + 1 > window ? at + 1 - window : 0;
}

/* the queries of rows r .. r+n-1 are all in [*from, *to) */
void
queries(const ulong r, const ulong n, const ulong m, const ulong i0, ulong *from, ulong *to)
{
	const bool one = r / m == (r + n - 1) / m;

	*from = i0 + (one ? r % m : 0);
	*to = i0 + (one ? r % m + n : m);
}

/* where keys are, and where values are: rows, a cache, rows of the two leads */
#define KEYS global const float *k, global const float *kc, global const float *k0, global const float *k1
#define VALUES global const float *v, global const float *vc, global const float *v0, global const float *v1

/* number l of key j, head kh */
float
key_of(global const ulong *s, KEYS, ulong j, const ulong kh, const ulong l, const ulong kvh, const ulong d)
{
	if (s[S_CACHE])
		return kc[s[S_KC] + ((j / PANEL * kvh + kh) * d + l) * PANEL + j % PANEL];
	if (j < s[S_N0])
		return k0[s[S_K0] + j * s[S_LD0] + kh * d + l];
	j -= s[S_N0];
	if (j < s[S_N1])
		return k1[s[S_K1] + j * s[S_LD1] + kh * d + l];
	return k[s[S_K] + (j - s[S_N1]) * s[S_LDK] + kh * d + l];
}

float
value_of(global const ulong *s, VALUES, ulong j, const ulong kh, const ulong l, const ulong kvh, const ulong d)
{
	if (s[S_CACHE])
		return vc[s[S_VC] + ((j / PANEL * kvh + kh) * ((d + PANEL - 1) / PANEL) + l / PANEL) * PANEL * PANEL +
		    j % PANEL * PANEL + l % PANEL];
	if (j < s[S_N0])
		return v0[s[S_V0] + j * s[S_LD0] + kh * d + l];
	j -= s[S_N0];
	if (j < s[S_N1])
		return v1[s[S_V1] + j * s[S_LD1] + kh * d + l];
	return v[s[S_V] + (j - s[S_N1]) * s[S_LDV] + kh * d + l];
}

/* The n new rows are stored after the past ones; group_id(2) is the sequence. */
kernel void
attn_store(global const ulong *table, global const float *k, global const float *v, global float *kc, global float *vc,
    const ulong kvh, const ulong d)
{
	global const ulong *s = table + get_group_id(2) * S_WORDS;

	ELEMENT(s[S_N], kvh * d);
	const ulong at = s[S_PAST] + i, kh = j / d, l = j % d;

	kc[s[S_KC] + ((at / PANEL * kvh + kh) * d + l) * PANEL + at % PANEL] = k[s[S_K] + i * s[S_LDK] + j];
	vc[s[S_VC] + ((at / PANEL * kvh + kh) * ((d + PANEL - 1) / PANEL) + l / PANEL) * PANEL * PANEL +
	    at % PANEL * PANEL + l % PANEL] = v[s[S_V] + i * s[S_LDV] + j];
}

/* A work-item's share of the next tiles of rows and keys, from number `at` of the head on, fetched
 * while the last ones are used; past the last row, key and number those again, unused.  A cache
 * has keys side by side. */
#define KEY_ROW (s[S_CACHE] ? tx : ty + i * (SIDE / SHARE))
#define KEY_COLUMN (s[S_CACHE] ? ty + i * (SIDE / SHARE) : tx)
#define FETCH_SCORES(at) \
	EVERY(i, SHARE) { \
		r = row + min((ulong)(ty + i * (SIDE / SHARE)), n - 1); \
		fx[i] = q[qat + QUERY(r) * ldq + HEAD(r) * d + min((ulong)(at) + tx, d - 1)]; \
		r = min(j + KEY_ROW, past + to - 1); \
		fy[i] = values ? value_of(s, k, kc, k0, k1, r, kh, min((ulong)(at) + KEY_COLUMN, d - 1), kvh, d) : \
		    key_of(s, k, kc, k0, k1, r, kh, min((ulong)(at) + KEY_COLUMN, d - 1), kvh, d); \
	}

/* score = scale (q . key), capped, a tile of rows by keys; or with values: do . value as it is */
kernel __attribute__((reqd_work_group_size(GROUP, 1, 1))) void
attn_scores(global const ulong *table, CHUNK, SHAPE, const float scale, const float cap, global const float *q, KEYS,
    global float *scratch, const ulong plane, const int values)
{
	local float x[SIDE][SIDE + 1], y[SIDE][SIDE + 1];
	SETUP(plane);
	const uint t = get_local_id(0), tx = t % SIDE, ty = t / SIDE;
	const ulong row = get_group_id(1) * SIDE, j = get_group_id(2) * SIDE, n = rows - row < SIDE ? rows - row : SIDE;
	const ulong qat = s[values ? S_DO : S_Q], ldq = s[values ? S_LDDO : S_LDQ];
	float acc[SHARE] = { 0 }, fx[SHARE], fy[SHARE];
	ulong from, to, l, r;
	uint i, c, len;

	/* the whole group leaves, or none of it */
	if (row >= rows)
		return;
	queries(row, n, m, i0, &from, &to);
	if (j >= past + to || j + SIDE <= first_key(past + from, window))
		return;
	FETCH_SCORES(0);
	for (l = 0; l < d; l += SIDE) {
		len = d - l < SIDE ? d - l : SIDE;
		EVERY(i, SHARE) {
			x[ty + i * (SIDE / SHARE)][tx] = fx[i];
			y[KEY_ROW][KEY_COLUMN] = fy[i];
		}
		barrier(CLK_LOCAL_MEM_FENCE);
		if (l + SIDE < d)
			FETCH_SCORES(l + SIDE);
		for (c = 0; c < len; c++)
			EVERY(i, SHARE)
				acc[i] = fma(x[ty + i * (SIDE / SHARE)][c], y[tx][c], acc[i]);
		barrier(CLK_LOCAL_MEM_FENCE);
	}
	for (i = 0; i < SHARE; i++) {
		r = ty + i * (SIDE / SHARE);
		if (r < n && j + tx < past + to)
			score[(row + r) * s[S_LD] + j + tx] = values ? acc[i] : cap > 0 ? capped(scale * acc[i], cap) :
			    scale * acc[i];
	}
}

/* scores to weights, sixteen work-items a row: partial i of the sum is key i mod 16 */
kernel __attribute__((reqd_work_group_size(NORM, 1, 1))) void
attn_softmax(global const ulong *table, CHUNK, SHAPE, global float *scratch, global float *stat)
{
	local float part[NORM];
	SETUP(0);
	const uint lane = get_local_id(0) % LANES;
	local float *mine = part + get_local_id(0) / LANES * LANES;
	const ulong r = get_group_id(1) * NORM_ROWS + get_local_id(0) / LANES, i = r < rows ? QUERY(r) : 0;
	const ulong lo = r < rows ? first_key(past + i, window) : 0, hi = r < rows ? past + i + 1 : 0;
	const ulong begin = lo + (lane + LANES - lo % LANES) % LANES;
	float max = -INFINITY, sum = 0, inv, e;
	ulong j;

	score += r * s[S_LD];
	for (j = begin; j < hi; j += LANES)
		max = score[j] > max ? score[j] : max;
	mine[lane] = max;
	max = tree_max(mine, lane);
	for (j = begin; j < hi; j += LANES) {
		e = math_expf(score[j] - max);
		score[j] = e;
		sum += e;
	}
	mine[lane] = sum;
	sum = tree(mine, lane);
	inv = 1.0f / sum;
	for (j = begin; j < hi; j += LANES)
		score[j] *= inv;
	if (s[S_STAT] != NONE && r < rows && !lane) {
		stat += s[S_STAT] + (i * h + HEAD(r)) * 2;
		stat[0] = max;
		stat[1] = sum;
	}
}

/* The backward pass: scores become weights again, and in the second plane do . value becomes
 * ds = p (do . value - do . o) scale, times the slope of the cap. */
kernel __attribute__((reqd_work_group_size(NORM, 1, 1))) void
attn_softmax_bwd(global const ulong *table, CHUNK, SHAPE, const float scale, const float cap, global const float *o,
    global const float *dout, global float *scratch, const ulong plane, global const float *stat)
{
	local float part[NORM];
	SETUP(0);
	const uint lane = get_local_id(0) % LANES;
	local float *mine = part + get_local_id(0) / LANES * LANES;
	const ulong r = get_group_id(1) * NORM_ROWS + get_local_id(0) / LANES;
	const ulong i = r < rows ? QUERY(r) : 0, head = r < rows ? HEAD(r) : 0;
	const ulong lo = r < rows ? first_key(past + i, window) : 0, hi = r < rows ? past + i + 1 : 0;
	const ulong begin = lo + (lane + LANES - lo % LANES) % LANES;
	float t = 0, max, inv, p, y;
	ulong j;

	o += s[S_O] + i * s[S_LDO] + head * d;
	dout += s[S_DO] + i * s[S_LDDO] + head * d;
	for (j = lane; r < rows && j < d; j += LANES)
		t = fma(dout[j], o[j], t);
	mine[lane] = t;
	t = tree(mine, lane);
	score += r * s[S_LD];
	stat += s[S_STAT] + (i * h + head) * 2;
	max = r < rows ? stat[0] : 0;
	inv = r < rows ? 1.0f / stat[1] : 0;
	for (j = begin; j < hi; j += LANES) {
		y = score[j];
		p = math_expf(y - max) * inv;
		score[j] = p;
		score[plane + j] = p * (score[plane + j] - t) * scale * cap_slope(y, cap);
	}
}

/* as FETCH_SCORES, from key `at` on */
#define FETCH_WEIGH(at) \
	EVERY(i, SHARE) { \
		fx[i] = score[(row + min((ulong)(ty + i * (SIDE / SHARE)), n - 1)) * s[S_LD] + min((ulong)(at) + tx, to - 1)]; \
		r = min((ulong)(at) + ty + i * (SIDE / SHARE), to - 1); \
		fy[i] = keys ? key_of(s, v, vc, v0, v1, r, kh, min(l + tx, d - 1), kvh, d) : \
		    value_of(s, v, vc, v0, v1, r, kh, min(l + tx, d - 1), kvh, d); \
	}

/* out row = chain over the keys that the row sees of weight and value; or with keys: dq of ds
 * and key.  A tile of rows by numbers of the head. */
kernel __attribute__((reqd_work_group_size(GROUP, 1, 1))) void
attn_weigh(global const ulong *table, CHUNK, SHAPE, global float *out, VALUES, global float *scratch,
    const ulong plane, const int keys)
{
	local float x[SIDE][SIDE + 1], y[SIDE][SIDE + 1];
	SETUP(plane);
	const uint t = get_local_id(0), tx = t % SIDE, ty = t / SIDE;
	const ulong row = get_group_id(1) * SIDE, l = get_group_id(2) * SIDE, n = rows - row < SIDE ? rows - row : SIDE;
	const ulong oat = s[keys ? S_DQ : S_O], ldo = s[keys ? S_LDDQ : S_LDO];
	float acc[SHARE] = { 0 }, fx[SHARE], fy[SHARE];
	ulong lo[SHARE], hi[SHARE], from, to, j, r;
	uint i, c;

	if (row >= rows)
		return;
	queries(row, n, m, i0, &from, &to);
	EVERY(i, SHARE) {
		r = row + ty + i * (SIDE / SHARE);
		lo[i] = r < rows ? first_key(past + QUERY(r), window) : 0;
		hi[i] = r < rows ? past + QUERY(r) + 1 : 0;
	}
	to += past;
	j = first_key(past + from, window) & ~(ulong)(SIDE - 1);
	FETCH_WEIGH(j);
	for (; j < to; j += SIDE) {
		EVERY(i, SHARE) {
			x[ty + i * (SIDE / SHARE)][tx] = fx[i];
			y[ty + i * (SIDE / SHARE)][tx] = fy[i];
		}
		barrier(CLK_LOCAL_MEM_FENCE);
		if (j + SIDE < to)
			FETCH_WEIGH(j + SIDE);
		for (c = 0; c < SIDE; c++)
			EVERY(i, SHARE)
				acc[i] = j + c >= lo[i] && j + c < hi[i] ? fma(x[ty + i * (SIDE / SHARE)][c], y[c][tx], acc[i]) :
				    acc[i];
		barrier(CLK_LOCAL_MEM_FENCE);
	}
	for (i = 0; i < SHARE; i++) {
		r = row + ty + i * (SIDE / SHARE);
		if (r < rows && l + tx < d)
			out[oat + QUERY(r) * ldo + HEAD(r) * d + l + tx] = acc[i];
	}
}

/* acc: a tile of keys key0 + j .. by numbers l .. of the head goes on over the heads of the group
 * in the chunk, and over the queries that see a key, of weight and row of q or do. */
#define GATHER(s, score, m, end, key0, nkeys, qat, ldq) \
	for (g = 0; g < ng; g++) \
		for (at = (key0) + j > past && (key0) + j - past > i0 ? (key0) + j - past : i0; \
		    at < (end) && (!window || past + at < (key0) + j + SIDE - 1 + window); at += SIDE) { \
			for (i = ty; i < SIDE; i += GROUP / SIDE) { \
				x[i][tx] = at + i < (end) && j + tx < (nkeys) ? \
				    (score)[(g * (m) + at + i - i0) * (s)[S_LD] + (key0) + j + tx] : 0; \
				y[i][tx] = at + i < (end) && l + tx < d ? \
				    q[(qat) + (at + i) * (ldq) + (kh * (h / kvh) + g0 + g) * d + l + tx] : 0; \
			} \
			barrier(CLK_LOCAL_MEM_FENCE); \
			for (c = 0; c < SIDE && at + c < (end); c++) \
				for (i = 0; i < SHARE; i++) { \
					key = j + ty + i * (SIDE / SHARE); \
					acc[i] = key < (nkeys) && (key0) + key <= past + at + c && \
					    (key0) + key >= first_key(past + at + c, window) ? fma(x[c][key - j], y[c][tx], acc[i]) : acc[i]; \
				} \
			barrier(CLK_LOCAL_MEM_FENCE); \
		}

/* dk or dv: row j = or += chain over heads of the group, and over queries that see key j, of
 * weight and row of q or do.  A tile of keys by numbers of the head. */
kernel __attribute__((reqd_work_group_size(GROUP, 1, 1))) void
attn_gather(global const ulong *table, CHUNK, SHAPE, global float *out, global const float *q, global float *scratch,
    const ulong plane, const int values, const int more)
{
	local float x[SIDE][SIDE + 1], y[SIDE][SIDE + 1];
	SETUP(plane);
	const uint t = get_local_id(0), tx = t % SIDE, ty = t / SIDE;
	const ulong l = get_group_id(2) * SIDE, j = get_group_id(1) * SIDE;
	const ulong oat = s[values ? S_DV : S_DK], ldo = s[values ? S_LDDV : S_LDDK];
	const ulong qat = s[values ? S_DO : S_Q], ldq = s[values ? S_LDDO : S_LDQ];
	float acc[SHARE];
	ulong g, at, key;
	uint i, c;

	if (j >= s[S_N])
		return;
	for (i = 0; i < SHARE; i++) {
		key = j + ty + i * (SIDE / SHARE);
		acc[i] = (more || s[S_MORE]) && key < s[S_N] && l + tx < d ? out[oat + key * ldo + kh * d + l + tx] : 0;
	}
	GATHER(s, score, m, end, past, s[S_N], qat, ldq)
	for (i = 0; i < SHARE; i++) {
		key = j + ty + i * (SIDE / SHARE);
		if (key < s[S_N] && l + tx < d)
			out[oat + key * ldo + kh * d + l + tx] = acc[i];
	}
}

/* The same for the keys of a lead (number `lead`), +=: the work-group of the first of the chunk's
 * n sequences that add to it goes through all of them, which follow one another, in order. */
kernel __attribute__((reqd_work_group_size(GROUP, 1, 1))) void
attn_give(global const ulong *table, CHUNK, SHAPE, global float *out, global const float *q, global float *scratch,
    const ulong plane, const ulong n, const ulong lead, const int values)
{
	local float x[SIDE][SIDE + 1], y[SIDE][SIDE + 1];
	const ulong first = get_group_id(0) / nkh, kh = kh0 + get_group_id(0) % nkh;
	global const ulong *s = table + (seq + first) * S_WORDS;
	const uint t = get_local_id(0), tx = t % SIDE, ty = t / SIDE;
	const ulong l = get_group_id(2) * SIDE, j = get_group_id(1) * SIDE;
	const ulong to = (values ? S_DV0 : S_DK0) + 2 * lead, oat = s[to], ldo = s[S_LDD0 + lead];
	float acc[SHARE];
	ulong g, at, key, most = 0, u, past, end, m, key0, nkeys;
	global float *score;
	uint i, c;

	if (oat == NONE || (first && s[(long)to - S_WORDS] == oat))
		return;
	for (u = first; u < n && table[(seq + u) * S_WORDS + to] == oat; u++)
		most = max(most, table[(seq + u) * S_WORDS + S_N0 + lead]);
	if (j >= most)
		return;
	for (i = 0; i < SHARE; i++) {
		key = j + ty + i * (SIDE / SHARE);
		acc[i] = key < most && l + tx < d ? out[oat + key * ldo + kh * d + l + tx] : 0;
	}
	for (u = first; u < n && s[to] == oat; u++, s += S_WORDS) {
		past = s[S_PAST];
		end = s[S_N] < i1 ? s[S_N] : i1;
		m = end > i0 ? end - i0 : 0;
		key0 = lead ? s[S_N0] : 0;
		nkeys = s[S_N0 + lead];
		score = scratch + s[S_AT] + get_group_id(0) % nkh * m * ng * s[S_LD] + plane;
		GATHER(s, score, m, end, key0, nkeys, s[values ? S_DO : S_Q], s[values ? S_LDDO : S_LDQ])
	}
	for (i = 0; i < SHARE; i++) {
		key = j + ty + i * (SIDE / SHARE);
		if (key < most && l + tx < d)
			out[oat + key * ldo + kh * d + l + tx] = acc[i];
	}
}
