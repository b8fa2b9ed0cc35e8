/* What scripts cost at most, and what the way from the start to a place costs at least. */
#ifndef EDIT_BOUND_H
#define EDIT_BOUND_H

#include "edit/align.h"

/* No script of at most `most` leaves the diagonals k = j - i with |k| + |m - n - k| <= most.
 * What of a[0,i) cannot be kept is known of a alone, as far as this asks what of b lies
 * within these diagonals: a symbol that b does not have there is deleted; of two neighbours
 * that b does not have as neighbours one is, or a hunk lies between them; deleting begins a
 * hunk.  Let A be the least of 2 * deleted + c * hunks under these rules (two states a
 * symbol, kept or not), and B that of inserted symbols for b[0,j).  As inserted =
 * deleted + k, a way from (0,0) to (i,j) costs, for hunks of price c, at least
 *     A + k,  B - k
 * and, where a replacement costs 1 and A is the least deleted, A, B, A + k, B - k.  None falls
 * along a diagonal. */
struct edit_bound {
	size_t most;            /* what some script costs */
	int32_t *a, *b;         /* owned; A and B; n + 1 and m + 1 */
	size_t cap;
	uint32_t *seen;         /* owned; by hash, the parts of a side that have a symbol or two */
	size_t cap_seen;
};

enum status edit_bound_make(struct edit_bound *h, enum edit_mode mode, unsigned c, const struct edit_seq *a,
    const struct edit_seq *b, struct err *e);
void edit_bound_free(struct edit_bound *h);

/* What the way to (i, i + k) costs at least, if it is part of a script of at most `most`. */
static inline int32_t
edit_bound_least(const struct edit_bound *h, bool levenshtein, int32_t i, int32_t k)
{
	int32_t x = h->a[i] + (levenshtein && k < 0 ? 0 : k), y = h->b[i + k] - (levenshtein && k > 0 ? 0 : k);

	return x > y ? x : y;
}

#endif
