#include <string.h>

#include "tensor/cpu/attention_int.h"

/* Four keys of a panel at a time, which is then written four floats at a time. */
static void
turn(float *panel, const float *x, size_t ld, size_t d)
{
	typedef float v4 __attribute__((vector_size(16)));
	size_t l;
	v4 t;

	for (l = 0; l < d; l++, x++) {
		t = (v4){ x[0], x[ld], x[2 * ld], x[3 * ld] };
		memcpy(panel + l * PANEL, &t, sizeof(t));
	}
}

void
attn_pack_across(float *to, const float *x, size_t ld, size_t from, size_t n, size_t d)
{
	size_t p, j, l, m;

	for (p = from / PANEL; p * PANEL < n; p++) {
		float *panel = to + p * d * PANEL;

		m = n - p * PANEL < PANEL ? n - p * PANEL : PANEL;
		j = p * PANEL < from ? from - p * PANEL : 0;
		for (; j + 4 <= m; j += 4)
			turn(panel + j, x + (p * PANEL + j - from) * ld, ld, d);
		for (; j < m; j++)
			for (l = 0; l < d; l++)
				panel[l * PANEL + j] = x[(p * PANEL + j - from) * ld + l];
		for (; j < PANEL; j++)
			for (l = 0; l < d; l++)
				panel[l * PANEL + j] = 0;
	}
}

void
attn_pack_along(const struct kern *k, float *to, size_t rows, const float *x, size_t ld, size_t from, size_t n,
    size_t d)
{
	size_t p, m;

	for (p = 0; p * PANEL < d; p++) {
		m = d - p * PANEL < PANEL ? d - p * PANEL : PANEL;
		k->strip(to + (p * rows + from) * PANEL, x + p * PANEL, ld, DT_F32, n - from, m);
	}
}

void
attn_product(const struct kern *kn, float *y, size_t ldy, const float *a, size_t ars, size_t aks,
    const float *b, size_t kb, size_t from, size_t m, size_t n, size_t k, bool acc)
{
	float edge[KERN_ROWS * PANEL];
	size_t p = 0, i, r, c, w;

	if (m == 1 && aks == 1) {
		kn->row(y, a, b + from * PANEL, kb * PANEL, n & ~(size_t)15, k, acc);
		if (n % 16 == 0)
			return;
		p = n / PANEL;
	}
	for (; p * PANEL < n; p++)
		for (i = 0; i < m; i += r) {
			const float *ai = a + i * ars, *bp = b + (p * kb + from) * PANEL;
			float *yi = y + i * ldy + p * PANEL;

			r = m - i < kn->rows ? m - i : kn->rows;
			w = n - p * PANEL;
			if (w >= PANEL || w == PANEL / 2) {
				kn->tile(yi, ldy, ai, ars, aks, bp, PANEL, DT_F32, r, w < PANEL ? w : PANEL, k, acc);
				continue;
			}
			for (c = 0; acc && c < r; c++)
				memcpy(edge + c * PANEL, yi + c * ldy, w * sizeof(*yi));
			kn->tile(edge, PANEL, ai, ars, aks, bp, PANEL, DT_F32, r, w < PANEL / 2 ? PANEL / 2 : PANEL, k, acc);
			for (c = 0; c < r; c++)
				memcpy(yi + c * ldy, edge + c * PANEL, w * sizeof(*yi));
		}
}

void
attn_span(const struct attn_seq *s, const struct attn_shape *a, size_t i, size_t m, size_t *lo, size_t *hi)
{
	*lo = first_key(s->past + i, a->window) & ~(size_t)31;
	*hi = s->past + i + m;
}

size_t
attn_pieces(const struct attn_seq *s, struct attn_piece p[ATTN_LEADS + 1])
{
	size_t n = 0, at = 0, i;

	for (i = 0; i < ATTN_LEADS; i++)
		if (s->lead[i].n) {
			p[n++] = (struct attn_piece){ s->lead[i].k, s->lead[i].v, s->lead[i].ld, s->lead[i].ld, at,
				at + s->lead[i].n };
			at += s->lead[i].n;
		}
	p[n++] = (struct attn_piece){ s->k, s->v, s->ldk, s->ldv, at, s->past + s->n };
	return n;
}

float
attn_cap(const struct kern *k, float *row, const struct attn_shape *a, size_t at)
{
	size_t from = first_key(at, a->window) & ~(size_t)15;

	if (!(a->cap > 0))
		return a->scale;
	k->softcap(row + from, ((at + 16) & ~(size_t)15) - from, a->scale, a->cap);
	return 1;
}

void
attn_soften(const struct kern *k, float *row, const struct attn_shape *a, size_t at, size_t lo, size_t hi, float *stat)
{
	size_t first = first_key(at, a->window), c;
	float max, sum;

	k->softmax(row, first, at + 1, attn_cap(k, row, a, at), &max, &sum);
	/* what softmax has not touched: lanes outside of its blocks of 16 */
	memset(row + lo, 0, ((first & ~(size_t)15) - lo) * sizeof(*row));
	for (c = (at + 16) & ~(size_t)15; c < hi; c++)
		row[c] = 0;
	if (stat) {
		stat[0] = max;
		stat[1] = sum;
	}
}

void
attn_store(const struct attn_seq *s, const struct attn_shape *a, size_t kh)
{
	size_t i, l, p, at, row = up32(a->d) * PANEL;
	float *kc, *vc;

	for (i = 0; i < s->n; i++) {
		const float *k = s->k + i * s->ldk + kh * a->d, *v = s->v + i * s->ldv + kh * a->d;

		at = s->past + i;
		kc = s->kc + (at / PANEL * a->kvh + kh) * a->d * PANEL + at % PANEL;
		vc = s->vc + (at / PANEL * a->kvh + kh) * row + at % PANEL * PANEL;
		for (l = 0; l < a->d; l++)
			kc[l * PANEL] = k[l];
		for (p = 0; p * PANEL < a->d; p++)
			memcpy(vc + p * PANEL * PANEL, v + p * PANEL,
			    (a->d - p * PANEL < PANEL ? a->d - p * PANEL : PANEL) * sizeof(*v));
	}
}

double
attn_work(const struct attn_seq *s, size_t nseq, const struct attn_shape *a, double factor)
{
	double sum = 0;
	size_t i;

	for (i = 0; i < nseq; i++)
		sum += (double)s[i].n * ((double)s[i].past + (double)s[i].n);
	return factor * sum * (double)a->h * (double)a->d;
}
