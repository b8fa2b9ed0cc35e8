/* product.cl's y (m,n) (+)= a b for few rows or few groups: one panel of columns by TM rows.
 * All WG work-items fetch a and b, the next TK of them while the chains go over the last; a
 * work-item has the chains of RM rows of one column, or none.  The host defines NAME, TM, TK,
 * WG before each copy of this file. */
#define ROWS (WG / PANEL)
#define RM ((TM + ROWS - 1) / ROWS)
#define NA ((TM * TK + WG - 1) / WG)
#define NB (TK * PANEL / WG)
/* rows of a in local memory, four steps at a time; longer, so that their starts fall on other banks */
#define AK (TK / 4 + 1)

/* past the last row and step those again, unused */
#define FETCH(from) do { \
	EVERY(i, NA) { \
		r = byrow ? (t + i * WG) / TK : (t + i * WG) % TM; \
		c = byrow ? (t + i * WG) % TK : (t + i * WG) / TM; \
		fa[i] = a[min(row + r, m - 1) * ars + min((from) + c, k - 1) * aks]; \
	} \
	FETCH_B(fb, NB, b, bat, (from) + ty, ROWS, ls, type, k - 1); \
} while (0)

#define BS(i) bs[(ty + (i) * ROWS) * PANEL + tx]

kernel __attribute__((reqd_work_group_size(WG, 1, 1))) void
NAME(ARRAY(float, y), const ulong ldy, ARRAY(const float, a), const ulong ars, const ulong aks, ARRAY(const uchar, b),
    const int type, const ulong ls, const ulong ps, const uint m, const uint n, const uint k, const int acc)
{
	local float4 as[TM * AK];
	local float bs[TK * PANEL], *al = (local float *)as;
	const uint t = get_local_id(0), tx = t % PANEL, ty = t / PANEL;
	const uint row = get_group_id(1) * TM, column = get_group_id(0) * PANEL;
	const bool byrow = aks == 1;
	const ulong bat = column / PANEL * ps + min(tx, n - 1 - column);
	float s[RM], fa[NA], w[4];
	uint fb[NB], i, j, l, c, r, len;
	float4 x;

	BEGIN(y);
	BEGIN(a);
	BEGIN(b);
	EVERY(i, RM) {
		r = ty + i * ROWS;
		s[i] = acc && r < TM && row + r < m && column + tx < n ? y[(row + r) * ldy + column + tx] : 0;
	}
	if (k)
		FETCH(0);
	for (l = 0; l < k; l += TK) {
		len = k - l < TK ? k - l : TK;
		EVERY(i, NA) {
			r = byrow ? (t + i * WG) / TK : (t + i * WG) % TM;
			c = byrow ? (t + i * WG) % TK : (t + i * WG) / TM;
			if (r < TM && c < TK)
				al[r * AK * 4 + c] = fa[i];
		}
		PLACE_B(BS, fb, NB, type);
		barrier(CLK_LOCAL_MEM_FENCE);
		if (l + TK < k)
			FETCH(l + TK);
		if (ty < TM && len == TK) {
#pragma unroll 8
			for (c = 0; c < TK; c += 4) {
				EVERY(j, 4)
					w[j] = bs[(c + j) * PANEL + tx];
				EVERY(i, RM) {
					x = as[(ty + i * ROWS) % TM * AK + c / 4];
					s[i] = fma(x.s0, w[0], s[i]);
					s[i] = fma(x.s1, w[1], s[i]);
					s[i] = fma(x.s2, w[2], s[i]);
					s[i] = fma(x.s3, w[3], s[i]);
				}
			}
		} else if (ty < TM) {
			for (c = 0; c < len; c++)
				EVERY(i, RM)
					s[i] = fma(al[(ty + i * ROWS) % TM * AK * 4 + c], bs[c * PANEL + tx], s[i]);
		}
		barrier(CLK_LOCAL_MEM_FENCE);
	}
	EVERY(i, RM) {
		r = ty + i * ROWS;
		if (r < TM && row + r < m && column + tx < n)
			y[(row + r) * ldy + column + tx] = s[i];
	}
}

#undef ROWS
#undef RM
#undef NA
#undef NB
#undef AK
#undef FETCH
#undef BS
