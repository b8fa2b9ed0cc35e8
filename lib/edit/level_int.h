/* The levels of an alignment: between reach.c, which keeps them, and level.c, which makes them. */
#ifndef EDIT_LEVEL_INT_H
#define EDIT_LEVEL_INT_H

#include "edit/align_int.h"
#include "edit/bound.h"

enum { FAR = INT32_MAX / 2, EDGE = 2, TAIL = 16 };

/* In hunks, diagonals lo .. hi, where step is 2 every other one, at num[at + (k >> shift)]; FAR where there is
 * nothing, and EDGE numbers beyond both ends.  Those from which symbols may be kept, or the start is reached, lie
 * within leave_lo .. leave_hi.
 * Out of hunks (when these cost something), out[first .. end), ascending. */
struct level { int32_t lo, hi, leave_lo, leave_hi; ptrdiff_t at; size_t first, end; };
struct out { int32_t k, x; };

struct edit_reach {
	/* copies, with a 0 before each: it may be read, and the start looks like symbols that can be kept */
	const uint32_t *a, *b;
	uint32_t *sym;                  /* owned; where they lie */
	size_t symcap;
	int32_t n, m;
	bool levenshtein;
	void (*wide)(struct edit_reach *r, struct level *l, int32_t left);      /* by vectors, or NULL */
	size_t c, limit;
	int32_t step, shift;            /* 2 and 1 where a diagonal decides whether costs are odd, else 1 and 0 */
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

static inline struct level *
level_at(const struct edit_reach *r, size_t s)
{
	return &r->level[s + r->depth - r->first];
}

/* Back over the symbols that are kept, from row x of diagonal k. */
static inline int32_t
edit_level_keep(const struct edit_reach *r, int32_t x, int32_t k)
{
	const uint32_t *a = r->a, *b = r->b;

	while (x > 0 && x + k > 0 && a[x - 1] == b[x + k - 1])
		x--;
	return x;
}

/* An includer's edit_level(r, l, left, lev, leaves, step), which is inline, with what each kind of costs
 * makes constant. */
#define EDIT_LEVEL_OF_KIND(r, l, left) do { \
	if ((r)->c && (r)->step == 2) \
		edit_level(r, l, left, false, true, 2); \
	else if ((r)->c) \
		edit_level(r, l, left, false, true, 1); \
	else if ((r)->levenshtein) \
		edit_level(r, l, left, true, false, 1); \
	else \
		edit_level(r, l, left, false, false, 2); \
} while (0)

/* Where one edit leads to from the level before l, for the diagonals of l, of which it keeps those that are
 * reached at the cost that is left. */
void edit_level_avx2(struct edit_reach *r, struct level *l, int32_t left);

/* Set the diagonals of level s, from those of the levels before it. */
void edit_level_range(const struct edit_reach *r, size_t s);
/* Make level s, whose range is set, and for whose diagonals there is room.  Is the start reached? */
bool edit_level_make(struct edit_reach *r, size_t s);

#endif
