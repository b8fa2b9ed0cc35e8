/* Costs to go by how far each diagonal is reached (after Ukkonen 1985, Myers 1986), with
 * what is known of the way from the start (edit/bound.h) to leave hopeless places out.
 *
 * A level is a cost s; for a diagonal k = j - i it keeps the least i such that D(i,i+k) <= s
 * for both states, if the place can lie on a script of at most `limit` and level s - 1 was
 * not there yet.  In a hunk, level s comes from the neighbours of level s - 1; out
 * of one, from the symbols kept before what level s - c edits.  The limit begins a
 * little above the least that any script costs and grows until there is a script.
 *
 * The walk asks for levels in descending order, so only the last block of them is kept, and
 * of the blocks before it the levels from which they can be made again: time O(N + D^2) at
 * the worst, memory O(N + D^1.5) for cost D. */
#include <stdlib.h>
#include <string.h>

#include "base/grow.h"
#include "edit/align_int.h"
#include "edit/bound.h"

enum { FAR = INT32_MAX / 2, SLACK = 16, BLOCK = 256, EDGE = 2 };

/* In hunks, diagonals lo .. hi at num[at + k], FAR where there is nothing and EDGE numbers
 * beyond both ends; out of hunks (when these cost something), out[first .. end), ascending. */
struct level { ptrdiff_t lo, hi, at; size_t first, end; };
struct out { int32_t k, x; };

struct edit_reach {
	const uint32_t *a, *b;
	ptrdiff_t n, m;
	bool levenshtein;
	size_t c, limit;
	int32_t step;                   /* 2 where a diagonal decides whether costs are odd, else 1 */
	uint64_t steps, most;           /* taken, and their bound */
	struct edit_bound bound;        /* owned, as all below */
	/* levels first - depth .. of the block that begins at first */
	size_t first, depth, block;
	struct level *level;
	size_t levelcap;
	int32_t *num;
	size_t nums, numcap;
	struct out *out;
	size_t outs, outcap;
	/* the depth levels before each block but the first */
	struct seed { struct level *level; int32_t *num; } *seed;
	size_t seeds, seedcap;
};

enum status
edit_reach_new(struct edit_reach **r, struct err *e)
{
	if (!(*r = calloc(1, sizeof(**r))))
		return err_nomem(e);
	(*r)->most = UINT64_MAX;
	return ST_OK;
}

void
edit_reach_bound(struct edit_reach *r, uint64_t steps)
{
	r->most = steps;
}

static void
drop_seeds(struct edit_reach *r)
{
	while (r->seeds) {
		free(r->seed[--r->seeds].level);
		free(r->seed[r->seeds].num);
	}
}

void
edit_reach_free(struct edit_reach *r)
{
	if (!r)
		return;
	drop_seeds(r);
	free(r->seed);
	free(r->num);
	free(r->out);
	free(r->level);
	edit_bound_free(&r->bound);
	free(r);
}

static struct level *
level_at(const struct edit_reach *r, size_t s)
{
	return &r->level[s + r->depth - r->first];
}

/* Back over the symbols that are kept, from row x of diagonal k. */
static int32_t
keep(const struct edit_reach *r, int32_t x, int32_t k)
{
	const uint32_t *a = r->a, *b = r->b;

	while (x > 0 && x + k > 0 && a[x - 1] == b[x + k - 1])
		x--;
	return x;
}

/* The diagonals of level s: beside those of the level before, and those of level s - c; no
 * farther from the start's than what is left allows. */
static void
set_range(const struct edit_reach *r, size_t s)
{
	struct level *l = level_at(r, s);
	const struct level *p = l - 1, *f = l - r->c;
	ptrdiff_t lo = FAR, hi = -FAR, left = (ptrdiff_t)(r->limit - s);

	if (!s)
		lo = hi = r->m - r->n;
	if (p->lo <= p->hi) {
		lo = p->lo - 1;
		hi = p->hi + 1;
	}
	if (r->c && f->lo <= f->hi) {
		lo = lo < f->lo ? lo : f->lo;
		hi = hi > f->hi ? hi : f->hi;
	}
	lo = lo < -left ? -left : lo;
	hi = hi > left ? left : hi;
	l->lo = lo < -r->n ? -r->n : lo;
	l->hi = hi > r->m ? r->m : hi;
	if (r->step == 2) {
		l->lo += (l->lo ^ r->m ^ r->n ^ (ptrdiff_t)s) & 1;
		l->hi -= (l->hi ^ r->m ^ r->n ^ (ptrdiff_t)s) & 1;
	}
	if (l->lo > l->hi) {
		l->lo = 0;
		l->hi = -1;
	}
}

/* Where one edit leads to from level s - 1, into num + l->at; l keeps the diagonals that do. */
static void
edit_level(struct edit_reach *r, struct level *l, int32_t left)
{
	uint64_t kept = 0;
	const struct level *p = l - 1;
	int32_t n = (int32_t)r->n, m = (int32_t)r->m, step = r->step, k = (int32_t)l->lo, end = (int32_t)l->hi, x, y, z;
	int32_t last = p->hi + 1 < end ? (int32_t)p->hi + 1 : end, *to = r->num + l->at, lo = end + step, hi = k - step;
	const int32_t *from = r->num + p->at;
	bool lev = r->levenshtein, free = !r->c;

	for (; k < p->lo - 1 && k <= end; k += step)
		to[k] = to[k + 1] = FAR;
	for (; k <= last; k += step) {
		x = from[k - 1] - 1;
		y = from[k + 1];
		z = from[k];
		x = x < y ? x : y;
		if (lev)
			x = x < z - 1 ? x : z - 1;
		x = x < 0 ? 0 : x;
		x = x < -k ? -k : x;
		y = n < m - k ? n : m - k;
		/* most places are there: a branch for the others costs more than it saves */
		z = x < z && x <= y;
		x = z ? x : y;
		if (free) {
			y = x;
			x = keep(r, x, k);
			kept += (uint64_t)(y - x);
		}
		z &= edit_bound_least(&r->bound, x, k) <= left;
		to[k] = z ? x : FAR;
		to[k + 1] = FAR;
		lo = z && k < lo ? k : lo;
		hi = z ? k : hi;
	}
	for (; k <= end; k += step)
		to[k] = to[k + 1] = FAR;
	l->lo = lo;
	l->hi = hi;
	r->steps += kept;
}

/* Where the symbols lead to that are kept before what level s - c edits.  Out of one
 * hunk and into another at once is never cheapest, but for the start.  Is it reached? */
static bool
leave_level(struct edit_reach *r, struct level *l, int32_t k, int32_t end, int32_t left)
{
	const struct level *f = l - r->c, *p = l - 1;
	const int32_t *in = r->num + f->at;
	int32_t x, y, *to = r->num + l->at;
	bool start = false;

	k = f->lo > k ? (int32_t)f->lo : k;
	end = f->hi < end ? (int32_t)f->hi : end;
	for (; k <= end; k += r->step) {
		if ((x = in[k]) == FAR)
			continue;
		y = keep(r, x, k);
		r->steps += (uint64_t)(x - y);
		start |= !y && !k;
		if (y == x || edit_bound_least(&r->bound, y, k) > left)
			continue;
		r->out[l->end++] = (struct out){ k, y };
		if ((k < p->lo || k > p->hi || y < r->num[p->at + k]) && y < to[k]) {
			to[k] = y;
			l->lo = k < l->lo ? k : l->lo;
			l->hi = k > l->hi ? k : l->hi;
		}
	}
	return start;
}

/* Make level s, for whose diagonals there is room.  Is the start reached? */
static bool
make_level(struct edit_reach *r, size_t s)
{
	struct level *l = level_at(r, s);
	int32_t left = (int32_t)(r->limit - s), k = (int32_t)l->lo, end = (int32_t)l->hi, *to;
	bool start;

	l->at = (ptrdiff_t)r->nums + EDGE - k;
	l->first = l->end = r->outs;
	to = r->num + l->at;
	if (!s) {
		to[k] = keep(r, (int32_t)r->n, k);
		start = !to[k] && !k;
		r->out[l->end++] = (struct out){ k, to[k] };
	} else {
		edit_level(r, l, left);
		start = r->c ? leave_level(r, l, k, end, left) : k <= 0 && end >= 0 && !to[0];
	}
	if (l->lo > l->hi) {
		l->lo = k;
		l->hi = k - 1;
	}
	to[l->lo - 1] = to[l->lo - 2] = to[l->hi + 1] = to[l->hi + 2] = FAR;
	r->nums = (size_t)(l->at + l->hi + 1 + EDGE);
	r->outs = l->end;
	return start;
}

/* Begin block b. */
static void
begin_block(struct edit_reach *r, size_t b)
{
	size_t i;

	r->first = b * r->block;
	r->nums = r->outs = 0;
	for (i = 0; i < r->depth; i++)
		r->level[i] = b ? r->seed[b - 1].level[i] : (struct level){ 0, -1, 0, 0, 0 };
	if (b) {
		r->nums = (size_t)(r->level[i - 1].at + r->level[i - 1].hi + 1 + EDGE);
		memcpy(r->num, r->seed[b - 1].num, r->nums * sizeof(*r->num));
	}
}

/* The block is full, s levels are made: keep what the next one needs of it. */
static enum status
next_block(struct edit_reach *r, size_t s, struct err *e)
{
	struct level *from = level_at(r, s) - r->depth;
	ptrdiff_t begin = from->at + from->lo - EDGE;
	struct seed *p;
	size_t i, n = r->nums - (size_t)begin;

	if (grow(&r->seed, &r->seedcap, r->seeds + 1, sizeof(*r->seed), e))
		return e->code;
	p = &r->seed[r->seeds++];
	p->level = malloc(r->depth * sizeof(*p->level));
	p->num = malloc(n * sizeof(*p->num));
	if (!p->level || !p->num)
		return err_nomem(e);
	memcpy(p->level, from, r->depth * sizeof(*from));
	memcpy(p->num, r->num + begin, n * sizeof(*p->num));
	for (i = 0; i < r->depth; i++)
		p->level[i].at -= begin;
	begin_block(r, r->seeds);
	return ST_OK;
}

static bool
within(void *ctx, bool in, size_t i, size_t j, size_t s)
{
	struct edit_reach *r = ctx;
	ptrdiff_t k = (ptrdiff_t)j - (ptrdiff_t)i;
	const struct level *l;
	size_t t;

	if (s > r->limit)
		return false;
	if (s < r->first) {
		begin_block(r, s / r->block);
		for (t = r->first; t < r->first + r->block; t++) {
			set_range(r, t);
			make_level(r, t);
		}
	}
	l = level_at(r, s);
	if (in || !r->c)
		return k >= l->lo && k <= l->hi && r->num[l->at + k] <= (int32_t)i;
	for (t = l->first; t < l->end && r->out[t].k < k; t++)
		;
	return t < l->end && r->out[t].k == k && r->out[t].x <= (int32_t)i;
}

/* Make levels until the start is reached, *s by then, or the limit is, or the bound on steps. */
static enum status
search(struct edit_reach *r, size_t *s, bool *found, struct err *e)
{
	const struct level *l;
	size_t w;

	drop_seeds(r);
	begin_block(r, 0);
	for (*s = 0; *s <= r->limit; ++*s) {
		if (*s && *s % r->block == 0 && next_block(r, *s, e))
			return e->code;
		set_range(r, *s);
		l = level_at(r, *s);
		w = (size_t)(l->hi - l->lo + 1);
		r->steps += w;
		if (r->steps > r->most)
			break;
		if (grow(&r->num, &r->numcap, r->nums + w + 2 * EDGE, sizeof(*r->num), e) ||
		    grow(&r->out, &r->outcap, r->outs + w, sizeof(*r->out), e))
			return e->code;
		if ((*found = make_level(r, *s)))
			break;
	}
	return ST_OK;
}

enum status
edit_reach_run(struct edit_reach *r, enum edit_mode mode, unsigned c, const struct edit_seq *a,
    const struct edit_seq *b, struct edit_oracle *o, struct err *e)
{
	size_t s = 0, slack = SLACK, least;
	bool found = false;

	r->a = a->sym;
	r->b = b->sym;
	r->n = (ptrdiff_t)a->n;
	r->m = (ptrdiff_t)b->n;
	r->levenshtein = mode == EDIT_LEVENSHTEIN;
	r->c = r->levenshtein ? 0 : c;
	r->step = r->levenshtein || r->c & 1 ? 1 : 2;
	r->depth = r->c > 2 ? r->c : 2;
	r->block = 8 * r->depth > BLOCK ? 8 * r->depth : BLOCK;
	if (grow(&r->level, &r->levelcap, r->depth + r->block, sizeof(*r->level), e) ||
	    edit_bound_make(&r->bound, mode, c, a, b, e))
		return e->code;
	least = (size_t)edit_bound_least(&r->bound, (int32_t)r->n, (int32_t)(r->m - r->n));
	r->steps = 0;
	for (; !found && r->steps <= r->most; slack *= 4) {
		r->limit = r->bound.most;
		if (least + 4 * slack < r->limit)
			r->limit = least + slack;
		if (search(r, &s, &found, e))
			return e->code;
	}
	*o = (struct edit_oracle){ .within = within, .ctx = r, .total = s, .over = !found, .steps = r->steps };
	return ST_OK;
}
