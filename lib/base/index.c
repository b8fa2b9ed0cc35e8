#include <stdlib.h>

#include "base/grow.h"
#include "base/index.h"

/* The slot of key, or the free one where it belongs; there is always a free one. */
static size_t
place(const struct index *x, struct hash128 key)
{
	size_t i = (size_t)key.lo & x->mask;

	for (; x->slot[i]; i = (i + 1) & x->mask)
		if (x->key[x->slot[i] - 1].lo == key.lo && x->key[x->slot[i] - 1].hi == key.hi)
			break;
	return i;
}

static enum status
more_slots(struct index *x, struct err *e)
{
	size_t n = x->mask ? 2 * (x->mask + 1) : 64, i;
	uint32_t *slot = calloc(n, sizeof(*slot));

	if (!slot)
		return err_nomem(e);
	free(x->slot);
	x->slot = slot;
	x->mask = n - 1;
	for (i = 0; i < x->n; i++)
		slot[place(x, x->key[i])] = (uint32_t)i + 1;
	return ST_OK;
}

enum status
index_add(struct index *x, struct hash128 key, uint32_t *at, struct err *e)
{
	size_t i;

	/* at most half of the slots are taken */
	if (2 * (x->n + 1) > x->mask && more_slots(x, e))
		return e->code;
	i = place(x, key);
	if (x->slot[i]) {
		*at = x->slot[i] - 1;
		return ST_OK;
	}
	if (x->n >= UINT32_MAX / 2)
		return err_set(e, ST_INPUT, "more than %u different keys", UINT32_MAX / 2);
	if (grow(&x->key, &x->cap, x->n + 1, sizeof(*x->key), e))
		return e->code;
	*at = (uint32_t)x->n;
	x->key[x->n] = key;
	x->slot[i] = (uint32_t)++x->n;
	return ST_OK;
}

bool
index_find(const struct index *x, struct hash128 key, uint32_t *at)
{
	size_t i;

	if (!x->n || !x->slot[i = place(x, key)])
		return false;
	*at = x->slot[i] - 1;
	return true;
}

void
index_free(struct index *x)
{
	free(x->key);
	free(x->slot);
	*x = (struct index)INDEX_INIT;
}
