/* The order of a pass: which examples a step holds. */
#ifndef RUN_ORDER_H
#define RUN_ORDER_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct order {
	size_t n, batch;        /* examples; examples a step */
	uint64_t seed;
	uint64_t epoch;         /* of index; UINT64_MAX before the first */
	struct order_item { uint64_t key; size_t i; } *item;    /* (n), owned */
};

/* batch 0: everything in one step. */
enum status order_new(struct order *o, size_t n, size_t batch, uint64_t seed, struct err *e);
void order_free(struct order *o);

size_t order_steps(const struct order *o);      /* of an epoch */

/* The examples of a step, counted over epochs from 0: a shuffle keyed by (seed, epoch,
 * index), the same whatever was asked for before.  at: its first place. */
size_t order_step(struct order *o, uint64_t step, size_t *at);
static inline size_t
order_index(const struct order *o, size_t at)
{
	return o->item[at].i;
}

#endif
