/* What scripts cost at most, and what the way from the start to a place costs at least. */
#ifndef EDIT_BOUND_H
#define EDIT_BOUND_H

#include "edit/align.h"

/* No script of at most `most` leaves the diagonals k = j - i with |k| + |m - n - k| <= most.
 * So a symbol that the other side does not have within these
 * diagonals is edited.  With da and db such symbols in a[0,i) and b[0,j), k = j - i, and g
 * what the hunks cost that hold those of one side (two of them share a hunk only if all
 * between them is edited too), a way from (0,0) to (i,j) costs at least
 *     g_a + max(da + db, 2 da + k),  g_b + max(da + db, 2 db - k)
 * and, where a replacement costs 1, max(da, da + k), max(db, db - k).  Each is a sum of one
 * number of i, one of j and k; it does not fall along a diagonal. */
struct edit_bound_at { int32_t alone, both, twice; };

struct edit_bound {
	size_t most;                    /* what some script costs */
	struct edit_bound_at *a, *b;    /* owned; n + 1 and m + 1 */
	size_t cap;
	uint32_t *seen;                 /* owned; for a hash of symbols, parts of a side that have one */
	size_t cap_seen;
};

enum status edit_bound_make(struct edit_bound *h, enum edit_mode mode, unsigned c, const struct edit_seq *a,
    const struct edit_seq *b, struct err *e);
void edit_bound_free(struct edit_bound *h);

static inline int32_t
edit_bound_max(int32_t x, int32_t y)
{
	return x > y ? x : y;
}

/* What the way to (i, i + k) costs at least, if it is part of a script of at most `most`. */
static inline int32_t
edit_bound_least(const struct edit_bound *h, int32_t i, int32_t k)
{
	const struct edit_bound_at *a = &h->a[i], *b = &h->b[i + k];

	return edit_bound_max(edit_bound_max(a->both + b->alone, a->twice + k),
	    edit_bound_max(a->alone + b->both, b->twice - k));
}

#endif
