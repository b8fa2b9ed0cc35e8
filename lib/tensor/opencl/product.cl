/* y (m,n) (+)= a b for large m and n: a group has TM rows by TN columns, a work-item 4 RM
 * rows by 4 RN columns of them.  Every element is one chain over ascending k, so the end of
 * the chain is never filled up.  Written once; the host defines NAME, TM, TN, TK, RM, RN
 * before each copy of this file.
 *
 * a[i][l] is at i ars + l aks, one of which is 1; b[l][c] at c / 32 ps + l ls + c % 32:
 * panels (ps = 32 k, ls = 32) or rows (ps = 32, ls = their stride). */
#define TX (TN / 4 / RN)
#define TY (TM / 4 / RM)
/* rows of local memory, longer than they need to be: their starts fall on other banks */
#define AM (TM + 4)
#define BN (TN + 4)

#define STEP(c) do { \
	for (j = 0; j < RN; j++) \
		w[j] = bs[(c) * (BN / 4) + tx + j * TX]; \
	for (i = 0; i < RM; i++) { \
		x = as[(c) * (AM / 4) + ty + i * TY]; \
		for (j = 0; j < RN; j++) { \
			s[4 * i][j] = fma((float4)(x.s0), w[j], s[4 * i][j]); \
			s[4 * i + 1][j] = fma((float4)(x.s1), w[j], s[4 * i + 1][j]); \
			s[4 * i + 2][j] = fma((float4)(x.s2), w[j], s[4 * i + 2][j]); \
			s[4 * i + 3][j] = fma((float4)(x.s3), w[j], s[4 * i + 3][j]); \
		} \
	} \
} while (0)

kernel __attribute__((reqd_work_group_size(TX * TY, 1, 1))) void
NAME(ARRAY(float, y), const ulong ldy, ARRAY(const float, a), const ulong ars, const ulong aks, ARRAY(const uchar, b),
    const int type, const ulong ls, const ulong ps, const uint m, const uint n, const uint k, const int acc)
{
	local float4 as[TK * AM / 4], bs[TK * BN / 4];
	local float *al = (local float *)as, *bl = (local float *)bs;
	const uint t = get_local_id(0), tx = t % TX, ty = t / TX;
	const uint row = get_group_id(1) * TM, column = get_group_id(0) * TN;
	float4 s[4 * RM][RN], w[RN], x;
	float e[4];
	uint i, j, q, l, c, r, len;

	BEGIN(y);
	BEGIN(a);
	BEGIN(b);
	for (i = 0; i < 4 * RM; i++)
		for (j = 0; j < RN; j++) {
			r = row + (ty + i / 4 * TY) * 4 + i % 4;
			c = column + (tx + j * TX) * 4;
			for (q = 0; q < 4; q++)
				e[q] = acc && r < m && c + q < n ? y[r * ldy + c + q] : 0;
			s[i][j] = (float4)(e[0], e[1], e[2], e[3]);
		}
	for (l = 0; l < k; l += TK) {
		len = k - l < TK ? k - l : TK;
		for (i = t; i < TM * TK; i += TX * TY) {
			r = aks == 1 ? i / TK : i % TM;
			c = aks == 1 ? i % TK : i / TM;
			al[c * AM + r] = row + r < m && c < len ? a[(row + r) * ars + (l + c) * aks] : 0;
		}
		for (i = t; i < TN * TK; i += TX * TY) {
			c = column + i % TN;
			r = i / TN;
			bl[r * BN + i % TN] = c < n && r < len ? get_as(b, c / PANEL * ps + (l + r) * ls + c % PANEL, type) : 0;
		}
		barrier(CLK_LOCAL_MEM_FENCE);
		if (len == TK)
			for (c = 0; c < TK; c++)
				STEP(c);
		else
			for (c = 0; c < len; c++)
				STEP(c);
		barrier(CLK_LOCAL_MEM_FENCE);
	}
	for (i = 0; i < 4 * RM; i++)
		for (j = 0; j < RN; j++) {
			r = row + (ty + i / 4 * TY) * 4 + i % 4;
			c = column + (tx + j * TX) * 4;
			e[0] = s[i][j].s0;
			e[1] = s[i][j].s1;
			e[2] = s[i][j].s2;
			e[3] = s[i][j].s3;
			for (q = 0; q < 4; q++)
				if (r < m && c + q < n)
					y[r * ldy + c + q] = e[q];
		}
}

#undef TX
#undef TY
#undef AM
#undef BN
#undef STEP
