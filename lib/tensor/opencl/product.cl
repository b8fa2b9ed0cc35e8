/* y (m,n) (+)= a b for large m and n: a group has TM rows by TN columns, a work-item 4 RM
 * rows by 4 RN columns of them.  Every element is one chain over ascending k, so the end of
 * the chain is never filled up.  Written once; the host defines NAME, TM, TN, TK, RM, RN
 * before each copy of this file.
 *
 * a[i][l] is at i ars + l aks, one of which is 1; b[l][c] at c / 32 ps + l ls + c % 32:
 * panels (ps = 32 k, ls = 32) or rows (ps = 32, ls = their stride).
 *
 * The next TK of a and b are fetched to registers while the chains go over those in local
 * memory: a fetch takes as long as some hundred steps. */
#define TX (TN / 4 / RN)
#define TY (TM / 4 / RM)
#define WG (TX * TY)
/* a work-item's share of a fetch */
#define NA (TM * TK / WG)
#define NB (TN * TK / WG)
/* rows of local memory, longer than they need to be: their starts fall on other banks */
#define AM (TM + 4)
#define BN (TN + 4)

#define STEP(c) do { \
	EVERY(j, RN) \
		w[j] = bs[(c) * (BN / 4) + tx + j * TX]; \
	EVERY(i, RM) { \
		x = as[(c) * (AM / 4) + ty + i * TY]; \
		EVERY(j, RN) { \
			s[4 * i][j] = fma((float4)(x.s0), w[j], s[4 * i][j]); \
			s[4 * i + 1][j] = fma((float4)(x.s1), w[j], s[4 * i + 1][j]); \
			s[4 * i + 2][j] = fma((float4)(x.s2), w[j], s[4 * i + 2][j]); \
			s[4 * i + 3][j] = fma((float4)(x.s3), w[j], s[4 * i + 3][j]); \
		} \
	} \
} while (0)

/* a work-item's share from step `from` on; past the last row and step those again, unused */
#define FETCH(from) do { \
	EVERY(i, NA) \
		fa[i] = a[min(row + (byrow ? ar + i * da : ar), m - 1) * ars + min((from) + (byrow ? ac : ac + i * da), k - 1) * aks]; \
	FETCH_B(fb, NB, b, bat, (from) + br, WG / TN, ls, type, k - 1); \
} while (0)

#define BL(i) bl[(br + (i) * (WG / TN)) * BN + bc]

kernel __attribute__((reqd_work_group_size(TX * TY, 1, 1))) void
NAME(ARRAY(float, y), const ulong ldy, ARRAY(const float, a), const ulong ars, const ulong aks, ARRAY(const uchar, b),
    const int type, const ulong ls, const ulong ps, const uint m, const uint n, const uint k, const int acc)
{
	local float4 as[TK * AM / 4], bs[TK * BN / 4];
	local float *al = (local float *)as, *bl = (local float *)bs;
	const uint t = get_local_id(0), tx = t % TX, ty = t / TX;
	const uint row = get_group_id(1) * TM, column = get_group_id(0) * TN;
	/* of the share of a: the first row and column, and from one to the next */
	const bool byrow = aks == 1;
	const uint ar = byrow ? t / TK : t % TM, ac = byrow ? t % TK : t / TM, da = byrow ? WG / TK : WG / TM;
	const uint bc = t % TN, br = t / TN;
	const uint bcol = min(column + bc, n - 1);
	const ulong bat = bcol / PANEL * ps + bcol % PANEL;
	float4 s[4 * RM][RN], w[RN], x;
	float e[4], fa[NA];
	uint fb[NB], i, j, q, l, c, r, len;

	BEGIN(y);
	BEGIN(a);
	BEGIN(b);
	EVERY(i, 4 * RM)
		EVERY(j, RN) {
			r = row + (ty + i / 4 * TY) * 4 + i % 4;
			c = column + (tx + j * TX) * 4;
			EVERY(q, 4)
				e[q] = acc && r < m && c + q < n ? y[r * ldy + c + q] : 0;
			s[i][j] = (float4)(e[0], e[1], e[2], e[3]);
		}
	if (k)
		FETCH(0);
	for (l = 0; l < k; l += TK) {
		len = k - l < TK ? k - l : TK;
		EVERY(i, NA)
			al[(byrow ? ac : ac + i * da) * AM + (byrow ? ar + i * da : ar)] = fa[i];
		PLACE_B(BL, fb, NB, type);
		barrier(CLK_LOCAL_MEM_FENCE);
		if (l + TK < k)
			FETCH(l + TK);
		if (len == TK) {
			EVERY(c, TK)
				STEP(c);
		} else
			for (c = 0; c < len; c++)
				STEP(c);
		barrier(CLK_LOCAL_MEM_FENCE);
	}
	EVERY(i, 4 * RM)
		EVERY(j, RN) {
			r = row + (ty + i / 4 * TY) * 4 + i % 4;
			c = column + (tx + j * TX) * 4;
			e[0] = s[i][j].s0;
			e[1] = s[i][j].s1;
			e[2] = s[i][j].s2;
			e[3] = s[i][j].s3;
			EVERY(q, 4)
				if (r < m && c + q < n)
					y[r * ldy + c + q] = e[q];
		}
}

#undef TX
#undef TY
#undef AM
#undef BN
#undef WG
#undef NA
#undef NB
#undef STEP
#undef FETCH
#undef BL
