/* Groups of a step: the answers to one prompt, which a micro-batch holds whole, so that the
 * prompt is computed once, forward and backward.  Groups depend on the step's examples alone:
 * never on micro-batches, threads or ranks. */
#ifndef RUN_GROUP_H
#define RUN_GROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "run/example.h"

/* A group takes more answers until it holds so many tokens besides the prompt: what a
 * micro-batch holds at least is bounded. */
enum { GROUP_TOKENS = 1024 };

/* An example of a step. */
struct group_item {
	size_t at;              /* its place in the step */
	uint64_t prompt;        /* group_prompt of it */
	size_t first;           /* place of the first example with this prompt */
	uint64_t tokens;        /* that are computed for it */
	bool joins;             /* it is of the group of the item before, and shares a beginning with it */
};

uint64_t group_prompt(const struct example *x);
/* Put n items, of which at and prompt are set, in order: prompts as they appear first, and
 * of each its examples by their place. */
void group_sort(struct group_item *it, size_t n);

/* Of items in order: sets tokens and joins of *it, whose example is x. */
struct group_walk { const int32_t *lead; size_t nlead, first; uint64_t answers; };
#define GROUP_WALK { NULL, 0, 0, 0 }
void group_next(struct group_walk *w, struct group_item *it, const struct example *x);

#endif
