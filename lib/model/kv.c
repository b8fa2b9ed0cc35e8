/* The KV cache: for every layer and slot, blocks of 32 positions of keys, then of values. */
#include <stdlib.h>
#include <string.h>

#include "model/model_int.h"

enum { PANEL = 32 };

static size_t
up32(size_t n)
{
	return add_sat(n, PANEL - 1) == SIZE_MAX ? n : (n + PANEL - 1) / PANEL * PANEL;
}

/* floats of a position's keys, of its values */
static size_t
key_width(const struct model_config *c)
{
	return c->kv_heads * c->head_dim;
}

static size_t
value_width(const struct model_config *c)
{
	return c->kv_heads * up32(c->head_dim);
}

size_t
kv_bytes(const struct model *m, size_t slots, size_t len)
{
	size_t row = (key_width(&m->c) + value_width(&m->c)) * sizeof(float);

	return mul_sat(mul_sat(mul_sat(m->c.layers, row), slots), up32(len));
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
	kv->len = up32(len);
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
kv_keys(const struct kv *kv, size_t layer, size_t slot)
{
	const struct model_config *c = &kv->m->c;

	return kv->mem + (layer * kv->slots + slot) * kv->len * (key_width(c) + value_width(c));
}

float *
kv_values(const struct kv *kv, size_t layer, size_t slot)
{
	return kv_keys(kv, layer, slot) + kv->len * key_width(&kv->m->c);
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
	const struct model_config *c = &from->m->c;
	size_t l;

	for (l = 0; l < c->layers; l++) {
		memcpy(kv_keys(to, l, tslot), kv_keys(from, l, fslot), up32(n) * key_width(c) * sizeof(float));
		memcpy(kv_values(to, l, tslot), kv_values(from, l, fslot), up32(n) * value_width(c) * sizeof(float));
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
	big_free(kv->mem, kv->bytes);
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
