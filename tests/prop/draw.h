/* Random numbers of a property test, one after the other, the same in every run: DRAW_SEED
 * is the test's. */
#ifndef TESTS_PROP_DRAW_H
#define TESTS_PROP_DRAW_H

#include <stddef.h>
#include <stdint.h>

#include "base/rng.h"

static struct rng_key key = { .seed = DRAW_SEED };
static uint64_t drawn;

static inline size_t
below(size_t n)
{
	return (size_t)(rng_unit(&key, drawn++, 0) * (double)n);
}

#endif
