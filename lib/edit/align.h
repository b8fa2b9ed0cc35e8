/* Alignment of two symbol sequences.
 *
 * EDIT_HUNK minimises deleted + inserted + c * hunks: a hunk is a maximal run of edited
 * symbols, and a replaced symbol is one deletion and one insertion in the same hunk.
 * EDIT_LEVENSHTEIN minimises deleted + inserted + replaced, each 1, for published rules.
 *
 * Among equally cheap scripts one is chosen, by rules that a table could hold:
 * 1. Common symbols at the start are kept, then common symbols at the end.
 * 2. The rest is walked from the front. Outside a hunk, equal symbols are kept (this is
 *    always among the cheapest). Inside one, the first choice that stays cheapest is
 *    taken: end the hunk, if both sides are at a word boundary; delete; insert; end it.
 * 3. A hunk that only deletes or only inserts slides over equal symbols to where its two
 *    ends lie on the strongest boundaries; among equals the first place is taken.
 * EDIT_LEVENSHTEIN walks from the back, without 1 and 3: keep; delete; insert; replace.
 */
#ifndef EDIT_ALIGN_H
#define EDIT_ALIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum edit_mode { EDIT_HUNK, EDIT_LEVENSHTEIN };

enum { EDIT_COST_MAX = 1000 };

/* How strong a word boundary is; edge[i] is the one before symbol i, edge[n] the one after the
 * last.  A hunk ends well on EDIT_EDGE_SOFT and better. */
enum { EDIT_EDGE_NONE, EDIT_EDGE_SOFT, EDIT_EDGE_WORD, EDIT_EDGE_SENTENCE };

/* n symbols and n + 1 edges; edge may be NULL (every place is a word boundary). */
struct edit_seq {
	const uint32_t *sym;
	const uint8_t *edge;
	size_t n;
};

/* a[a0,a1) became b[b0,b1); one of them may be empty. */
struct edit_hunk { size_t a0, a1, b0, b1; };

struct edit_script {
	struct edit_hunk *hunk; /* owned; ascending, a kept symbol between any two */
	size_t n, cap;
	size_t deleted, inserted;       /* EDIT_LEVENSHTEIN: a replacement counts as both */
	size_t replaced;                /* EDIT_LEVENSHTEIN only */
	uint64_t cost;
	bool over;              /* the bound on steps was reached: there is no script */
	uint64_t steps;         /* that were taken: places looked at, and symbols compared */
};

void edit_script_free(struct edit_script *s);

/* Working memory that is kept between pairs; one a thread.  Owned. */
struct edit_ws;
enum status edit_ws_new(struct edit_ws **w, struct err *e);
void edit_ws_free(struct edit_ws *w);
/* Alignments that take more steps stop with out->over; at first there is no bound. */
void edit_ws_bound(struct edit_ws *w, uint64_t most);

/* Use vector instructions where the processor has some, as at first?  The results are the same. */
void edit_ws_vectors(struct edit_ws *w, bool use);

/* The cheapest script from a to b under the rules above; c is the price of a hunk (at
 * most EDIT_COST_MAX, not used by EDIT_LEVENSHTEIN).
 * ST_NOMEM; ST_INPUT when a side has more than 2^29 symbols. */
enum status edit_align(struct edit_ws *w, enum edit_mode mode, unsigned c,
    const struct edit_seq *a, const struct edit_seq *b, struct edit_script *out,
    struct err *e);

/* max(deleted, inserted) / symbols of the longer side; 0 for two empty sides. */
double edit_ratio(const struct edit_script *s, size_t n, size_t m);

#endif
