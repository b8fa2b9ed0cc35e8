/* Between the walk, which fixes the script, and the engines, which know the costs. */
#ifndef EDIT_ALIGN_INT_H
#define EDIT_ALIGN_INT_H

#include "edit/align.h"

/* Costs to go: D_out(i,j) from outside a hunk and D_in(i,j) from inside one are the
 * cheapest ways to turn a[i..n) into b[j..m).  within: is it at most s?  An engine need only
 * know it where s is the least and the place is on a cheapest script, and says no anywhere
 * else; the walk asks for nothing more, and for s in descending order.
 *
 * Both fall along a diagonal: D(i+1,j+1) <= D(i,j), for a script from (i,j) can be shifted
 * by one symbol: until it leaves row i and column j it only edits, and the shifted one edits
 * one symbol less on each side.  So an engine need only store how far a diagonal is reached. */
struct edit_oracle {
	bool (*within)(void *ctx, bool in, size_t i, size_t j, size_t s);
	void *ctx;
	size_t total;           /* D_out(0,0) */
	bool over;              /* more than the bound on steps: nothing else is set */
	uint64_t steps;
};

/* Append the hunks of the walk over a and b; base is added to every index. */
enum status edit_walk_hunks(const struct edit_oracle *o, unsigned c, const struct edit_seq *a,
    const struct edit_seq *b, size_t base, struct edit_script *out, struct err *e);
/* a and b are reversed: the walk from the front of these is one from the back. */
enum status edit_walk_levenshtein(const struct edit_oracle *o, const struct edit_seq *a,
    const struct edit_seq *b, struct edit_script *out, struct err *e);

enum status edit_script_push(struct edit_script *s, struct edit_hunk h, struct err *e);

/* The oracle of both modes that alignments use; it lives in r until the next run.  Its
 * memory is kept.  Owned: edit_reach_free. */
struct edit_reach;
enum status edit_reach_new(struct edit_reach **r, struct err *e);
void edit_reach_free(struct edit_reach *r);
void edit_reach_bound(struct edit_reach *r, uint64_t steps);
/* Use vector instructions where there are some, as at first? */
void edit_reach_vectors(struct edit_reach *r, bool use);
enum status edit_reach_run(struct edit_reach *r, enum edit_mode mode, unsigned c, const struct edit_seq *a,
    const struct edit_seq *b, struct edit_oracle *o, struct err *e);

/* The oracle that it is compared with: the whole table, n * m cells.  Owned: edit_table_free. */
struct edit_table;
enum status edit_table_new(struct edit_table **t, enum edit_mode mode, unsigned c,
    const struct edit_seq *a, const struct edit_seq *b, struct edit_oracle *o, struct err *e);
void edit_table_free(struct edit_table *t);

#endif
