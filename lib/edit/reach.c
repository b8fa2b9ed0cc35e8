/* Costs to go by how far each diagonal is reached (after Ukkonen 1985, Myers 1986).
 *
 * A level is a cost s; for every diagonal k = j - i it keeps the least i such that
 * D(i,i+k) <= s, for both states.  Level s comes from levels s - 1 and s - c - 1: an edit
 * leads to the diagonals beside, a kept symbol goes on along its own.  The walk asks for
 * levels in descending order, so only the last block of them is kept, and of the blocks
 * before it the c + 1 levels from which they can be made again: time O(N + D^2), memory
 * O(N + D^1.5) for cost D. */
#include <stdlib.h>
#include <string.h>

#include "edit/align_int.h"

enum { FAR = INT32_MAX / 2 };

struct edit_reach {
	const uint32_t *a, *b;
	ptrdiff_t n, m;
	bool levenshtein;
	size_t c, block;                /* levels of a block */
	size_t first, have;             /* levels in buf: first .. have - 1 */
	int32_t *buf;                   /* in and out of each, 2 (2s + 1) */
	size_t cap;
	int32_t **seed;                 /* of block b > 0: the c + 1 levels before it, one
	                                 * behind the other; owned */
	size_t seeds, seedcap;
};

enum status
edit_reach_new(struct edit_reach **r, struct err *e)
{
	*r = calloc(1, sizeof(**r));
	return *r ? ST_OK : err_nomem(e);
}

static void
drop_seeds(struct edit_reach *r)
{
	while (r->seeds)
		free(r->seed[--r->seeds]);
}

void
edit_reach_free(struct edit_reach *r)
{
	if (!r)
		return;
	drop_seeds(r);
	free(r->seed);
	free(r->buf);
	free(r);
}

/* Numbers of the levels before s: 2 (1 + 3 + ... + 2s - 1). */
static size_t
place(size_t s)
{
	return 2 * s * s;
}

/* Level s, whose middle is the diagonal of the end; NULL before the first. */
static const int32_t *
in_level(const struct edit_reach *r, size_t s)
{
	size_t b, lo, t;
	const int32_t *p;

	if (s == SIZE_MAX)
		return NULL;
	if (s >= r->first)
		return r->buf + (place(s) - place(r->first)) + s;
	/* among the seeds of the block that begins at first */
	b = r->first / r->block;
	lo = r->first - (r->c + 1);
	p = r->seed[b];
	for (t = lo; t < s; t++)
		p += 2 * t + 1;
	return p + s;
}

static int32_t *
out_level(const struct edit_reach *r, size_t s)
{
	return r->buf + (place(s) - place(r->first)) + 2 * s + 1 + s;
}

static int32_t
least(int32_t x, int32_t y)
{
	return x < y ? x : y;
}

/* to[d] for |d| <= w: the least i of diagonal end + d from which one edit leads into level
 * p, whose cost is t (p NULL: there is none). */
static void
edited(const struct edit_reach *r, int32_t *to, ptrdiff_t w, const int32_t *p, ptrdiff_t t)
{
	int32_t k0 = (int32_t)(r->m - r->n), n = (int32_t)r->n, m = (int32_t)r->m, x, y, k, lo, hi;
	ptrdiff_t d, from = t < w ? -t - 1 : -w, end = t < w ? t + 1 : w;

	for (d = -w; d <= w; d++)
		to[d] = FAR;
	if (!p)
		return;
	/* in the middle both neighbours are there; the loop has no branches */
	for (d = from + 2; d <= end - 2; d++) {
		k = k0 + (int32_t)d;
		lo = k < 0 ? -k : 0;
		hi = n < m - k ? n : m - k;
		x = p[d - 1] - 1;
		y = p[d + 1];
		x = x < y ? x : y;
		y = r->levenshtein ? p[d] - 1 : FAR;
		x = x < y ? x : y;
		x = x < lo ? lo : x;
		to[d] = x > hi ? FAR : x;
	}
	for (d = from; d <= end; d++) {
		if (d == from + 2 && end - 1 > d)
			d = end - 1;
		k = k0 + (int32_t)d;
		lo = k < 0 ? -k : 0;
		hi = n < m - k ? n : m - k;
		x = d - 1 >= -t ? p[d - 1] - 1 : FAR;
		y = d + 1 <= t ? p[d + 1] : FAR;
		x = x < y ? x : y;
		y = r->levenshtein && d >= -t && d <= t ? p[d] - 1 : FAR;
		x = x < y ? x : y;
		x = x < lo ? lo : x;
		to[d] = x > hi ? FAR : x;
	}
}

static void
make_level(struct edit_reach *r, size_t s)
{
	ptrdiff_t w = (ptrdiff_t)s, c = (ptrdiff_t)r->c, k0 = r->m - r->n, d;
	const int32_t *before = in_level(r, s - 1), *far = s > r->c ? in_level(r, s - r->c - 1) : NULL;
	int32_t *in = (int32_t *)(uintptr_t)in_level(r, s), *out = out_level(r, s), x;
	const uint32_t *a = r->a, *b = r->b;

	edited(r, out, w, far, w - c - 1);
	if (far != before)
		edited(r, in, w, before, w - 1);
	out[0] = least(out[0], (int32_t)r->n);
	for (d = -w; d <= w; d++) {
		x = out[d];
		if (x != FAR) {
			while (x > 0 && x + k0 + d > 0 && a[x - 1] == b[x - 1 + k0 + d])
				x--;
			out[d] = x;
		}
		in[d] = far == before ? x : least(in[d], x);
	}
}

static enum status
room(struct edit_reach *r, size_t s, struct err *e)
{
	size_t need = place(s + 1) - place(r->first), cap;
	int32_t *p;

	if (need <= r->cap)
		return ST_OK;
	cap = need + need / 2;
	if (cap > SIZE_MAX / sizeof(*p) || !(p = realloc(r->buf, cap * sizeof(*p))))
		return err_nomem(e);
	r->buf = p;
	r->cap = cap;
	return ST_OK;
}

/* The block is full: keep what the next one needs of it. */
static enum status
next_block(struct edit_reach *r, size_t s, struct err *e)
{
	size_t lo = s - (r->c + 1), n = s * s - lo * lo, t, b = s / r->block, cap;
	int32_t *seed, **p;

	if (b >= r->seedcap) {
		cap = 2 * b + 8;
		if (!(p = realloc(r->seed, cap * sizeof(*p))))
			return err_nomem(e);
		r->seed = p;
		r->seedcap = cap;
	}
	while (r->seeds < b)
		r->seed[r->seeds++] = NULL;
	if (!(seed = malloc(n * sizeof(*seed))))
		return err_nomem(e);
	for (n = 0, t = lo; t < s; n += 2 * t + 1, t++)
		memcpy(seed + n, in_level(r, t) - t, (2 * t + 1) * sizeof(*seed));
	if (r->seeds > b)
		free(r->seed[b]);
	else
		r->seeds = b + 1;
	r->seed[b] = seed;
	r->first = r->have = s;
	return ST_OK;
}

/* Load the block that holds level s again. */
static void
load(struct edit_reach *r, size_t s)
{
	size_t end = (s / r->block + 1) * r->block;

	r->first = s / r->block * r->block;
	for (r->have = r->first; r->have < end; r->have++)
		make_level(r, r->have);
}

static bool
within(void *ctx, bool in, size_t i, size_t j, size_t s)
{
	struct edit_reach *r = ctx;
	ptrdiff_t d = (ptrdiff_t)j - (ptrdiff_t)i - (r->m - r->n), w = (ptrdiff_t)s;

	if (s == SIZE_MAX || d < -w || d > w)
		return false;
	if (s < r->first)
		load(r, s);
	return (in ? in_level(r, s)[d] : out_level(r, s)[d]) <= (int32_t)i;
}

enum status
edit_reach_run(struct edit_reach *r, enum edit_mode mode, unsigned c, const struct edit_seq *a,
    const struct edit_seq *b, struct edit_oracle *o, struct err *e)
{
	ptrdiff_t start;
	size_t s;

	drop_seeds(r);
	r->a = a->sym;
	r->b = b->sym;
	r->n = (ptrdiff_t)a->n;
	r->m = (ptrdiff_t)b->n;
	r->levenshtein = mode == EDIT_LEVENSHTEIN;
	r->c = r->levenshtein ? 0 : c;
	r->block = 8 * (r->c + 1) > 256 ? 8 * (r->c + 1) : 256;
	r->first = r->have = 0;
	start = r->n - r->m;            /* the diagonal of (0,0), seen from that of the end */
	for (s = 0;; s++) {
		if (s && s % r->block == 0 && next_block(r, s, e))
			return e->code;
		if (room(r, s, e))
			return e->code;
		r->have = s + 1;
		make_level(r, s);
		if (start >= -(ptrdiff_t)s && start <= (ptrdiff_t)s && out_level(r, s)[start] == 0)
			break;
	}
	*o = (struct edit_oracle){ within, r, s };
	return ST_OK;
}
