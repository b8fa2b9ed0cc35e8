/* Numbers for hashes: the first key gets 0, and each new one the next number. */
#ifndef BASE_INDEX_H
#define BASE_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/status.h"

struct index {
	struct hash128 *key;    /* (n) owned, by number */
	uint32_t *slot;         /* (mask + 1) owned: number + 1, 0 where free */
	size_t n, cap, mask;
};

#define INDEX_INIT {0}

/* The number of key, which is added if it is new: then *at is the old x->n.  ST_INPUT beyond
 * UINT32_MAX / 2 keys. */
enum status index_add(struct index *x, struct hash128 key, uint32_t *at, struct err *e);
/* False if key was not added. */
bool index_find(const struct index *x, struct hash128 key, uint32_t *at);
void index_free(struct index *x);

#endif
