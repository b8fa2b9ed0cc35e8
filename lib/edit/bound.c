#include <stdlib.h>
#include <string.h>

#include "base/grow.h"
#include "edit/bound.h"

enum { LOG_MIN = 10, LOG_MAX = 28, PARTS = 32, SKIP_MAX = 64, FEW = 3 };

void
edit_bound_free(struct edit_bound *h)
{
	free(h->a);
	free(h->seen);
	*h = (struct edit_bound){0};
}

/* Do the next `run` symbols agree, or all that are left? */
static bool
agree(const struct edit_seq *a, const struct edit_seq *b, size_t i, size_t j, size_t run)
{
	for (; run && i < a->n && j < b->n; i++, j++, run--)
		if (a->sym[i] != b->sym[j])
			return false;
	return !run || (i == a->n && j == b->n);
}

/* The nearest place after (i,j), counted in symbols left out, from which `run` symbols agree; where
 * none is near, the end.  Symbols of a left out; *all: of both. */
static size_t
skip(const struct edit_seq *a, const struct edit_seq *b, size_t i, size_t j, size_t run, size_t *all)
{
	size_t n = a->n - i, m = b->n - j, t, p, end;

	for (t = 1; n && m && t <= SKIP_MAX && t < n + m; t++) {
		end = t < n ? t : n - 1;
		for (p = t < m ? 0 : t - m + 1; p <= end; p++) {
			if (a->sym[i + p] == b->sym[j + t - p] && agree(a, b, i + p, j + t - p, run)) {
				*all = t;
				return p;
			}
		}
	}
	*all = n + m;
	return n;
}

/* The cost of the script that ends every hunk there. */
static size_t
greedy(enum edit_mode mode, size_t c, const struct edit_seq *a, const struct edit_seq *b)
{
	size_t i = 0, j = 0, n = a->n, m = b->n, cost = 0, run = c > 4 ? (c + 1) / 2 : 2, t, p;

	for (;;) {
		for (t = n - i < m - j ? n - i : m - j; t && a->sym[i] == b->sym[j]; i++, j++, t--)
			;
		if (i == n && j == m)
			return cost;
		p = skip(a, b, i, j, run, &t);
		cost += mode == EDIT_HUNK ? c + t : p > t - p ? p : t - p;
		i += p;
		j += t - p;
	}
}

/* The slot of a symbol, and that of two neighbours.  Some share one: what seems to be there
 * and is not only weakens the bound. */
static uint32_t
slot(uint32_t sym, unsigned log)
{
	return (sym * 0x9E3779B1u) >> (32 - log);
}

static uint32_t
slot_two(uint32_t before, uint32_t sym, unsigned log)
{
	return (before * 0x85EBCA6Bu + sym * 0xC2B2AE35u) >> (32 - log);
}

/* two: neighbours too; the one before the first counts as 0. */
static void
mark(uint32_t *seen, unsigned log, bool two, const struct edit_seq *s, unsigned part)
{
	uint32_t before = 0;
	size_t i;

	memset(seen, 0, sizeof(*seen) << log);
	for (i = 0; i < s->n; i++) {
		seen[slot(s->sym[i], log)] |= (uint32_t)1 << (i >> part);
		if (two) {
			seen[slot_two(before, s->sym[i], log)] |= (uint32_t)1 << (i >> part);
			before = s->sym[i];
		}
	}
}

/* The parts that [from,to] touches, to >= 0, of n > 0 symbols. */
static uint32_t
parts(ptrdiff_t from, ptrdiff_t to, ptrdiff_t n, unsigned part)
{
	from = from < 0 ? 0 : from < n ? from : n - 1;
	to = to < n ? to : n - 1;
	return UINT32_MAX << (from >> part) & UINT32_MAX >> (PARTS - 1 - (to >> part));
}

enum { THERE = 1, JOINED = 2 };

/* What is seen of each symbol of s on the other side, which has `other` symbols, into at: is it THERE, and JOINED to
 * the one before it?  The i-th may be kept with other's i + lo .. i + hi. */
static void
look(int32_t *at, const uint32_t *seen, unsigned log, unsigned part, bool two, const struct edit_seq *s, size_t other,
    ptrdiff_t lo, ptrdiff_t hi)
{
	ptrdiff_t i, from, n = (ptrdiff_t)s->n;
	uint32_t mask[PARTS] = {0}, before = 0, there, joined;

	for (i = 0, from = 0; from < n && other; i++, from += (ptrdiff_t)1 << part)
		mask[i] = parts(from + lo, from + ((ptrdiff_t)1 << part) - 1 + hi, (ptrdiff_t)other, part);
	for (i = 0; i < n; i++) {
		there = seen[slot(s->sym[i], log)] & mask[i >> part];
		joined = two ? seen[slot_two(before, s->sym[i], log)] & mask[i >> part] : 0;
		before = s->sym[i];
		at[i] = (there ? THERE : 0) | (there && joined ? JOINED : 0);
	}
}

/* The least so far with the last symbol kept, and how much more it is with the last symbol not kept. */
struct way { int32_t kept, more; };

/* Replace what was seen of a symbol by the least before it.  Without branches: texts do not say which comes next. */
static inline void
step(struct way *w, int32_t *at, int32_t weight, int32_t price)
{
	int32_t there = -(*at & 1), joined = -(*at >> 1), begin = w->more < price ? w->more : price;

	*at = w->kept;
	w->kept += (begin & ~joined) + (weight & ~there);
	w->more = ((begin & joined) + weight) & there;
}

/* Both sides at once, as each waits for the symbol before. */
static void
fill(struct edit_bound *h, size_t n, size_t m, int32_t weight, int32_t price)
{
	struct way a = { 0, price }, b = { 0, price };
	size_t i, both = n < m ? n : m;

	for (i = 0; i < both; i++) {
		step(&a, &h->a[i], weight, price);
		step(&b, &h->b[i], weight, price);
	}
	for (; i < n; i++)
		step(&a, &h->a[i], weight, price);
	for (i = both; i < m; i++)
		step(&b, &h->b[i], weight, price);
	h->a[n] = a.kept;
	h->b[m] = b.kept;
}

enum status
edit_bound_make(struct edit_bound *h, enum edit_mode mode, unsigned c, const struct edit_seq *a,
    const struct edit_seq *b, struct err *e)
{
	size_t n = a->n, m = b->n, need = n + m + 2, longer = n > m ? n : m;
	ptrdiff_t off = (ptrdiff_t)m - (ptrdiff_t)n, wide, lo, hi;
	unsigned log = LOG_MIN, part = 0;
	int32_t price = mode == EDIT_HUNK ? (int32_t)c : 0;

	while (log < LOG_MAX && (size_t)1 << log < 8 * longer)
		log++;
	while (longer >> part >= PARTS)
		part++;
	if (grow(&h->a, &h->cap, need, sizeof(*h->a), e) ||
	    grow(&h->seen, &h->cap_seen, (size_t)1 << log, sizeof(*h->seen), e))
		return e->code;
	h->b = h->a + n + 1;
	h->most = greedy(mode, (size_t)price, a, b);
	if (h->most > n + m + (size_t)price)
		h->most = n + m + (size_t)price;
	/* the places of so cheap a script are fewer than the symbols */
	if (h->most * h->most < FEW * (n + m)) {
		memset(h->a, 0, need * sizeof(*h->a));
		return ST_OK;
	}
	/* |k| + |off - k| <= most */
	wide = ((ptrdiff_t)h->most - (off < 0 ? -off : off)) / 2;
	lo = (off < 0 ? off : 0) - wide;
	hi = (off < 0 ? 0 : off) + wide;
	mark(h->seen, log, price, b, part);
	look(h->a, h->seen, log, part, price, a, m, lo, hi);
	mark(h->seen, log, price, a, part);
	look(h->b, h->seen, log, part, price, b, n, -hi, -lo);
	fill(h, n, m, mode == EDIT_LEVENSHTEIN ? 1 : 2, price);
	return ST_OK;
}
