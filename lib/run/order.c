#include <stdlib.h>

#include "base/rng.h"
#include "run/order.h"

enum status
order_new(struct order *o, size_t n, size_t batch, uint64_t seed, struct err *e)
{
	*o = (struct order){ .n = n, .batch = batch && batch < n ? batch : n, .seed = seed,
		.epoch = UINT64_MAX };
	o->item = calloc(n ? n : 1, sizeof(*o->item));
	return o->item ? ST_OK : err_nomem(e);
}

void
order_free(struct order *o)
{
	free(o->item);
	o->item = NULL;
}

size_t
order_steps(const struct order *o)
{
	return o->n ? (o->n + o->batch - 1) / o->batch : 0;
}

static int
by_key(const void *x, const void *y)
{
	const struct order_item *a = x, *b = y;

	if (a->key != b->key)
		return a->key < b->key ? -1 : 1;
	return a->i < b->i ? -1 : a->i > b->i;
}

size_t
order_step(struct order *o, uint64_t step, size_t *at)
{
	size_t steps = order_steps(o), left;
	uint64_t epoch = step / steps;
	struct rng_key k = { .seed = o->seed, .id = { 0x6f72646572, 0 } };      /* "order" */

	if (epoch != o->epoch) {
		for (size_t i = 0; i < o->n; i++)
			o->item[i] = (struct order_item){ rng_u64(&k, epoch, i), i };
		qsort(o->item, o->n, sizeof(*o->item), by_key);
		o->epoch = epoch;
	}
	*at = (size_t)(step % steps) * o->batch;
	left = o->n - *at;
	return left < o->batch ? left : o->batch;
}
