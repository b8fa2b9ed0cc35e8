#include "edit/level_int.h"

/* With more diagonals vectors are faster; they wait for those of the level before. */
enum { WIDE = 10 };

void
edit_level_range(const struct edit_reach *r, size_t s)
{
	struct level *l = level_at(r, s);
	const struct level *p = l - 1, *f = l - r->c;
	int32_t lo = FAR, hi = -FAR, left = (int32_t)(r->limit - s);

	if (!s)
		lo = hi = r->m - r->n;
	if (p->lo <= p->hi) {
		lo = p->lo - 1;
		hi = p->hi + 1;
	}
	/* beside those of the level before, and those at which symbols are kept that level s - c edits before */
	if (r->c && f->lo <= f->hi) {
		lo = lo < f->lo ? lo : f->lo;
		hi = hi > f->hi ? hi : f->hi;
	}
	/* no farther from the start's than what is left allows */
	lo = lo < -left ? -left : lo;
	hi = hi > left ? left : hi;
	l->lo = lo < -r->n ? -r->n : lo;
	l->hi = hi > r->m ? r->m : hi;
	if (r->step == 2) {
		l->lo += (l->lo ^ r->m ^ r->n ^ (int32_t)s) & 1;
		l->hi -= (l->hi ^ r->m ^ r->n ^ (int32_t)s) & 1;
	}
	if (l->lo > l->hi) {
		l->lo = 0;
		l->hi = -1;
	}
}

/* The first and the last of the diagonals up to k whose bits are set; the lowest bit is that of k. */
static inline void
widen(int32_t *lo, int32_t *hi, int32_t k, int32_t step, uint64_t bits)
{
	int32_t first = k - step * (63 - __builtin_clzll(bits | 1)), last = k - step * __builtin_ctzll(bits | (uint64_t)1 << 63);

	if (bits) {
		*lo = first < *lo ? first : *lo;
		*hi = last;
	}
}

/* Where one edit leads to from level s - 1, into num + l->at; l keeps the diagonals that do.  leaves: a hunk has
 * a price, so that the symbols before it are not kept at once. */
static inline __attribute__((always_inline)) void
edit_level(struct edit_reach *r, struct level *l, int32_t left, bool lev, bool leaves, int32_t step)
{
	const int32_t *least_a = r->bound.a, *least_b = r->bound.b;
	const uint32_t *a = r->a, *b = r->b;
	const struct level *p = l - 1;
	int32_t n = r->n, m = r->m, shift = step - 1, k = l->lo, end = l->hi, x, y, some;
	int32_t last = p->hi + 1 < end ? p->hi + 1 : end, lo = FAR, hi = -FAR, leave_lo = FAR, leave_hi = -FAR;
	const int32_t *from = r->num + p->at + ((k + 1) >> shift);      /* that of diagonal k + 1 */
	int32_t *to = r->num + l->at + (k >> shift);
	uint64_t kept = 0, reached, leave;
	bool z;

	for (; k < p->lo - 1 && k <= end; k += step, from++)
		*to++ = FAR;
	while (k <= last) {
		some = last - k < 63 * step ? last : k + 63 * step;
		reached = leave = 0;
		/* without branches: they cost more than they save */
		for (; k <= some; k += step, from++) {
			x = from[-2 / step] - 1;
			y = from[0];
			x = x < y ? x : y;
			if (lev)
				x = x < from[-1] - 1 ? x : from[-1] - 1;
			y = k < 0 ? -k : 0;
			x = x < y ? y : x;
			y = n < m - k ? n : m - k;
			z = x <= y;
			if (step == 1)
				z &= x < from[-1];
			x = z ? x : y;
			if (!leaves) {
				y = x;
				x = edit_level_keep(r, x, k);
				kept += (uint64_t)(y - x);
			}
			/* edit_bound_least() */
			z &= least_a[x] <= (lev && k < 0 ? left : left - k);
			z &= least_b[x + k] <= (lev && k > 0 ? left : left + k);
			*to++ = x | (((int32_t)z - 1) & FAR);
			reached = 2 * reached + z;
			if (leaves)
				leave = 2 * leave + (a[x - 1] == b[x + k - 1]);
		}
		widen(&lo, &hi, k - step, step, reached);
		if (leaves)
			widen(&leave_lo, &leave_hi, k - step, step, reached & leave);
	}
	for (; k <= end; k += step)
		*to++ = FAR;
	l->lo = lo;
	l->hi = hi;
	l->leave_lo = leave_lo;
	l->leave_hi = leave_hi;
	r->steps += kept;
}

static void
edit_plain(struct edit_reach *r, struct level *l, int32_t left)
{
	EDIT_LEVEL_OF_KIND(r, l, left);
}

/* Where the symbols lead to that are kept before what level s - c edits.  Out of one
 * hunk and into another at once is never cheapest, but for the start.  Is it reached? */
static bool
leave_level(struct edit_reach *r, struct level *l, int32_t k, int32_t end, int32_t left)
{
	const struct level *f = l - r->c, *p = l - 1;
	const int32_t *in = r->num + f->at, *from = r->num + p->at;
	int32_t x, y, *to = r->num + l->at;
	bool start = false;

	k = f->leave_lo > k ? f->leave_lo : k;
	end = f->leave_hi < end ? f->leave_hi : end;
	for (; k <= end; k += r->step) {
		if ((x = in[k >> r->shift]) == FAR)
			continue;
		y = edit_level_keep(r, x, k);
		r->steps += (uint64_t)(x - y);
		start |= !y && !k;
		if (y == x || edit_bound_least(&r->bound, false, y, k) > left)
			continue;
		r->out[l->end++] = (struct out){ k, y };
		/* level s - 1 was there?  Not where its diagonals are others */
		if (r->step == 1 && k >= p->lo && k <= p->hi && y >= from[k])
			continue;
		if (y < to[k >> r->shift]) {
			to[k >> r->shift] = y;
			l->lo = k < l->lo ? k : l->lo;
			l->hi = k > l->hi ? k : l->hi;
		}
	}
	return start;
}

bool
edit_level_make(struct edit_reach *r, size_t s)
{
	struct level *l = level_at(r, s);
	int32_t left = (int32_t)(r->limit - s), k = l->lo, end = l->hi, *to;
	bool start;

	l->at = (ptrdiff_t)r->nums + EDGE - (k >> r->shift);
	l->first = l->end = r->outs;
	to = r->num + l->at;
	if (!s) {
		to[k >> r->shift] = edit_level_keep(r, r->n, k);
		start = !to[k >> r->shift] && !k;
		r->out[l->end++] = (struct out){ k, to[k >> r->shift] };
		l->leave_lo = FAR;
		l->leave_hi = -FAR;
	} else {
		(r->wide && end - k > WIDE * r->step ? r->wide : edit_plain)(r, l, left);
		if (r->c)
			start = leave_level(r, l, k, end, left);
		else
			start = k <= 0 && end >= 0 && !(k & r->shift) && !to[0];
	}
	if (l->lo > l->hi) {
		l->lo = k;
		l->hi = k - r->step;
	}
	to += l->lo >> r->shift;
	to[-1] = to[-2] = FAR;
	to += (l->hi - l->lo) / r->step;
	to[1] = to[2] = FAR;
	r->nums = (size_t)(to - r->num) + 1 + EDGE;
	r->outs = l->end;
	return start;
}
