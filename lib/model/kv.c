/* The KV cache: for every layer and slot, blocks of positions of keys, then of values. */
#include <stdlib.h>

#include "model/model_int.h"

/* blocks that hold n positions */
static size_t
blocks(size_t n)
{
	return n / ATTN_BLOCK + (n % ATTN_BLOCK != 0);
}

/* floats of a block's keys, of its values */
static size_t
block_keys(const struct model *m)
{
	struct attn_shape a = attn_shape_of(m, 0);

	return attn_cache_keys(&a);
}

static size_t
block_values(const struct model *m)
{
	struct attn_shape a = attn_shape_of(m, 0);

	return attn_cache_values(&a);
}

size_t
kv_bytes(const struct model *m, size_t slots, size_t len)
{
	size_t block = (block_keys(m) + block_values(m)) * sizeof(float);

	return mul_sat(mul_sat(mul_sat(m->c.layers, block), slots), blocks(len));
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
	kv->len = mul_sat(blocks(len), ATTN_BLOCK);
	kv->bytes = kv_bytes(m, slots, len);
	kv->used = calloc(slots ? slots : 1, sizeof(*kv->used));
	if (kv->bytes != SIZE_MAX)
		kv->mem = tc_alloc(m->tc, kv->bytes);
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
	tc_free(kv->m->tc, kv->mem, kv->mem ? kv->bytes : 0);
	free(kv->used);
	free(kv);
}

float *
kv_keys(const struct kv *kv, size_t layer, size_t slot)
{
	size_t block = block_keys(kv->m) + block_values(kv->m);

	return kv->mem + (layer * kv->slots + slot) * blocks(kv->len) * block;
}

float *
kv_values(const struct kv *kv, size_t layer, size_t slot)
{
	return kv_keys(kv, layer, slot) + blocks(kv->len) * block_keys(kv->m);
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

/* The first n positions of a slot to one of another cache. */
static void
copy(struct kv *to, size_t tslot, const struct kv *from, size_t fslot, size_t n)
{
	const struct model *m = from->m;
	size_t keys = blocks(n) * block_keys(m) * sizeof(float), values = blocks(n) * block_values(m) * sizeof(float);

	for (size_t l = 0; n && l < m->c.layers; l++) {
		tc_copy(m->tc, kv_keys(to, l, tslot), kv_keys(from, l, fslot), keys);
		tc_copy(m->tc, kv_values(to, l, tslot), kv_values(from, l, fslot), values);
	}
}

enum status
kv_reach(struct kv *kv, size_t len, struct err *e)
{
	struct kv *more;
	size_t s;

	if (len <= kv->len)
		return ST_OK;
	if (kv_new(&more, kv->m, kv->slots, len, e))
		return e->code;
	for (s = 0; s < kv->slots; s++)
		copy(more, s, kv, s, kv->used[s]);
	tc_free(kv->m->tc, kv->mem, kv->bytes);
	kv->mem = more->mem;
	kv->bytes = more->bytes;
	kv->len = more->len;
	more->mem = NULL;
	kv_free(more);
	return ST_OK;
}

void
kv_copy(struct kv *kv, size_t to, size_t from, size_t n)
{
	if (to != from)
		copy(kv, to, kv, from, n);
	kv->used[to] = n;
}
