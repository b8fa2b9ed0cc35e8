/* The KV cache: for every layer and slot, rows of keys then values. */
#include <stdlib.h>
#include <string.h>

#include "model/model_int.h"

size_t
kv_bytes(const struct model *m, size_t slots, size_t len)
{
	size_t row = 2 * kv_width(&m->c) * sizeof(float);

	return mul_sat(mul_sat(mul_sat(m->c.layers, row), slots), len);
}

enum status
kv_new(struct kv **out, const struct model *m, size_t slots, size_t len, struct err *e)
{
	struct kv *kv = calloc(1, sizeof(*kv));

	*out = NULL;
	if (!kv)
		return err_nomem(e);
	kv->m = m;
	kv->slots = slots;
	kv->len = len;
	kv->row = 2 * kv_width(&m->c);
	kv->bytes = kv_bytes(m, slots, len);
	kv->used = calloc(slots ? slots : 1, sizeof(*kv->used));
	if (kv->bytes != SIZE_MAX)
		kv->mem = big_alloc(kv->bytes);
	if (!kv->used || !kv->mem) {
		size_t bytes = kv->bytes;

		kv_free(kv);
		return err_set(e, ST_NOMEM, "out of memory: %zu bytes for %zu caches of %zu tokens",
		    bytes, slots, len);
	}
	*out = kv;
	return ST_OK;
}

void
kv_free(struct kv *kv)
{
	if (!kv)
		return;
	big_free(kv->mem, kv->mem ? kv->bytes : 0);
	free(kv->used);
	free(kv);
}

float *
kv_row(const struct kv *kv, size_t layer, size_t slot, size_t pos)
{
	return kv->mem + ((layer * kv->slots + slot) * kv->len + pos) * kv->row;
}

size_t
kv_used(const struct kv *kv, size_t slot)
{
	return kv->used[slot];
}

void
kv_truncate(struct kv *kv, size_t slot, size_t n)
{
	if (n < kv->used[slot])
		kv->used[slot] = n;
}

size_t
kv_len(const struct kv *kv)
{
	return kv->len;
}

enum status
kv_reach(struct kv *kv, size_t len, struct err *e)
{
	struct kv *more;
	size_t l, s;

	if (len <= kv->len)
		return ST_OK;
	if (kv_new(&more, kv->m, kv->slots, len, e))
		return e->code;
	for (l = 0; l < kv->m->c.layers; l++)
		for (s = 0; s < kv->slots; s++)
			memcpy(kv_row(more, l, s, 0), kv_row(kv, l, s, 0), kv->used[s] * kv->row * sizeof(float));
	big_free(kv->mem, kv->bytes);
	kv->mem = more->mem;
	kv->bytes = more->bytes;
	kv->len = len;
	more->mem = NULL;
	kv_free(more);
	return ST_OK;
}

void
kv_copy(struct kv *kv, size_t to, size_t from)
{
	if (to == from)
		return;
	for (size_t l = 0; l < kv->m->c.layers; l++)
		memcpy(kv_row(kv, l, to, 0), kv_row(kv, l, from, 0),
		    kv->used[from] * kv->row * sizeof(float));
	kv->used[to] = kv->used[from];
}
