#include <stdlib.h>
#include <string.h>

#include "edit/bound.h"

enum { LOG_MIN = 10, LOG_MAX = 28, PARTS = 32, SKIP_MAX = 64 };

void
edit_bound_free(struct edit_bound *h)
{
	free(h->a);
	free(h->seen);
	*h = (struct edit_bound){0};
}

/* Are the next `run` symbols kept, or all that are left? */
static bool
agree(const struct edit_seq *a, const struct edit_seq *b, size_t i, size_t j, size_t run)
{
	for (; run && i < a->n && j < b->n; i++, j++, run--)
		if (a->sym[i] != b->sym[j])
			return false;
	return !run || (i == a->n && j == b->n);
}

/* The cost of a script that ends every hunk at the next place from which enough symbols
 * agree; where none is near, of the one that keeps nothing from there on. */
static size_t
greedy(enum edit_mode mode, size_t c, const struct edit_seq *a, const struct edit_seq *b)
{
	size_t i = 0, j = 0, n = a->n, m = b->n, cost = 0, run = c > 4 ? (c + 1) / 2 : 2, t, p = 0;
	bool found;

	for (;;) {
		for (; i < n && j < m && a->sym[i] == b->sym[j]; i++, j++)
			;
		if (i == n && j == m)
			return cost;
		for (t = 1, found = false; t <= SKIP_MAX && t <= n - i + m - j && !found; t++)
			for (p = t > m - j ? t - (m - j) : 0; p <= t && p <= n - i && !found; p++)
				found = agree(a, b, i + p, j + t - p, run);
		/* both went one too far */
		t--;
		p--;
		if (!found) {
			p = n - i;
			t = p + m - j;
		}
		cost += mode == EDIT_HUNK ? c + t : p > t - p ? p : t - p;
		i += p;
		j += t - p;
	}
}

/* Symbols may share a slot: what seems to be there and is not only weakens the bound. */
static uint32_t
slot(uint32_t sym, unsigned log)
{
	return (sym * 0x9E3779B1u) >> (32 - log);
}

static void
mark(uint32_t *seen, unsigned log, const struct edit_seq *s, unsigned part)
{
	size_t i;

	memset(seen, 0, sizeof(*seen) << log);
	for (i = 0; i < s->n; i++)
		seen[slot(s->sym[i], log)] |= (uint32_t)1 << (i >> part);
}

/* The parts that [from,to] touches, to >= 0, of n > 0 symbols. */
static uint32_t
parts(ptrdiff_t from, ptrdiff_t to, ptrdiff_t n, unsigned part)
{
	from = from < 0 ? 0 : from < n ? from : n - 1;
	to = to < n ? to : n - 1;
	return UINT32_MAX << (from >> part) & UINT32_MAX >> (PARTS - 1 - (to >> part));
}

/* at[i] for the symbols of s; other is the other side's length, whose symbols were seen;
 * s[i] may be kept with other[i + lo .. i + hi]. */
static void
fill(struct edit_bound_at *at, const uint32_t *seen, unsigned log, unsigned part, enum edit_mode mode, int32_t c,
    const struct edit_seq *s, size_t other, ptrdiff_t lo, ptrdiff_t hi)
{
	int32_t d = 0, g = 0, gap = c, lev = mode == EDIT_LEVENSHTEIN, lone;
	ptrdiff_t i, n = (ptrdiff_t)s->n;

	for (i = 0;; i++) {
		at[i] = lev ? (struct edit_bound_at){ 0, d, d } : (struct edit_bound_at){ d, d + g, 2 * d + g };
		if (i == n)
			return;
		lone = !other || !(seen[slot(s->sym[i], log)] & parts(i + lo, i + hi, (ptrdiff_t)other, part));
		d += lone;
		/* the symbols since the last such one, at most c; c before the first */
		g += lone ? gap : 0;
		gap = lone ? 0 : gap < c ? gap + 1 : c;
	}
}

enum status
edit_bound_make(struct edit_bound *h, enum edit_mode mode, unsigned c, const struct edit_seq *a,
    const struct edit_seq *b, struct err *e)
{
	size_t n = a->n, m = b->n, need = n + m + 2, longer = n > m ? n : m;
	ptrdiff_t off = (ptrdiff_t)m - (ptrdiff_t)n, wide, lo, hi;
	unsigned log = LOG_MIN, part = 0;
	int32_t price = mode == EDIT_HUNK ? (int32_t)c : 0;
	void *p;

	while (log < LOG_MAX && (size_t)1 << log < 8 * longer)
		log++;
	while (longer >> part >= PARTS)
		part++;
	if (need > h->cap) {
		need += need / 2;
		if (need > SIZE_MAX / sizeof(*h->a) || !(p = realloc(h->a, need * sizeof(*h->a))))
			return err_nomem(e);
		h->a = p;
		h->cap = need;
	}
	if ((size_t)1 << log > h->cap_seen) {
		if (!(p = realloc(h->seen, sizeof(*h->seen) << log)))
			return err_nomem(e);
		h->seen = p;
		h->cap_seen = (size_t)1 << log;
	}
	h->b = h->a + n + 1;
	h->most = greedy(mode, (size_t)price, a, b);
	if (h->most > n + m + (size_t)price)
		h->most = n + m + (size_t)price;
	/* |k| + |off - k| <= most */
	wide = ((ptrdiff_t)h->most - (off < 0 ? -off : off)) / 2;
	lo = (off < 0 ? off : 0) - wide;
	hi = (off < 0 ? 0 : off) + wide;
	mark(h->seen, log, b, part);
	fill(h->a, h->seen, log, part, mode, price, a, m, lo, hi);
	mark(h->seen, log, a, part);
	fill(h->b, h->seen, log, part, mode, price, b, n, -hi, -lo);
	return ST_OK;
}
