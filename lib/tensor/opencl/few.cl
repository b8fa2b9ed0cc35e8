/* product.cl's y (m,n) (+)= a b for few rows or few groups: one panel of columns by TM rows.
 * All WG work-items fetch b; chains run on PANEL columns by WG / PANEL rows, or the first of
 * them.  The host defines NAME, TM, TK, WG before each copy of this file. */
#define ROWS (WG / PANEL)
#define RM ((TM + ROWS - 1) / ROWS)

kernel __attribute__((reqd_work_group_size(WG, 1, 1))) void
NAME(ARRAY(float, y), const ulong ldy, ARRAY(const float, a), const ulong ars, const ulong aks, ARRAY(const uchar, b),
    const int type, const ulong ls, const ulong ps, const uint m, const uint n, const uint k, const int acc)
{
	local float as[TM * TK], bs[TK * PANEL];
	const uint t = get_local_id(0), tx = t % PANEL, ty = t / PANEL;
	const uint row = get_group_id(1) * TM, column = get_group_id(0) * PANEL;
	float s[RM];
	uint i, l, c, r, len;

	BEGIN(y);
	BEGIN(a);
	BEGIN(b);
	b += (column / PANEL * ps) * (type == DT_F32 ? 4 : 2);
	for (i = 0; i < RM; i++) {
		r = ty + i * ROWS;
		s[i] = acc && r < TM && row + r < m && column + tx < n ? y[(row + r) * ldy + column + tx] : 0;
	}
	for (l = 0; l < k; l += TK) {
		len = k - l < TK ? k - l : TK;
		for (i = t; i < TM * TK; i += WG) {
			r = aks == 1 ? i / TK : i % TM;
			c = aks == 1 ? i % TK : i / TM;
			as[r * TK + c] = row + r < m && c < len ? a[(row + r) * ars + (l + c) * aks] : 0;
		}
		for (i = t; i < TK * PANEL; i += WG)
			bs[i] = column + i % PANEL < n && i / PANEL < len ? get_as(b, (l + i / PANEL) * ls + i % PANEL, type) : 0;
		barrier(CLK_LOCAL_MEM_FENCE);
		if (ty < TM)
			for (c = 0; c < len; c++)
				for (i = 0; i < RM; i++)
					s[i] = fma(as[(ty + i * ROWS) % TM * TK + c], bs[c * PANEL + tx], s[i]);
		barrier(CLK_LOCAL_MEM_FENCE);
	}
	for (i = 0; i < RM; i++) {
		r = ty + i * ROWS;
		if (r < TM && row + r < m && column + tx < n)
			y[(row + r) * ldy + column + tx] = s[i];
	}
}

#undef ROWS
#undef RM
