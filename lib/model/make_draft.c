#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "model/make_int.h"

enum { CHUNK = 1 << 14 };

enum status
draft_open(struct draft *d, struct tc *tc, const struct model_config *c, const struct lora_config *l,
    struct err *e)
{
	*d = (struct draft){0};
	d->m.tc = tc;
	d->m.c = *c;
	if (l)
		d->m.lora = *l;
	return params_make(&d->m, e);
}

void
draft_close(struct draft *d)
{
	mem_free(&d->m);
	arena_free(&d->m.arena);
}

void *
draft_room(struct draft *d, struct weight *w, struct err *e)
{
	void *p = mem_host(&d->m, weight_bytes(w), e);

	w->host = p;
	return p;
}

struct fill {
	const struct weight *w;
	struct rng_key key;
	float range;
	bool uniform;
	size_t n;
};

static void
fill_chunk(void *arg, size_t task, unsigned worker)
{
	const struct fill *f = arg;
	size_t at = task * CHUNK, n = f->n - at < CHUNK ? f->n - at : CHUNK, i, k, j;
	size_t size = dtype_size(f->w->type);
	float v[256];

	(void)worker;
	for (i = 0; i < n; i += k) {
		k = n - i < 256 ? n - i : 256;
		for (j = 0; j < k; j++)
			v[j] = f->w->init == INIT_ONE ? 1 : f->w->init == INIT_ZERO ? 0 :
			    f->uniform ? (float)(2 * rng_unit(&f->key, at + i + j, 0) - 1) * f->range :
			    (float)rng_normal(&f->key, at + i + j, 0) * f->range;
		dtype_from_f32((char *)(uintptr_t)f->w->host + (at + i) * size, v, k, f->w->type);
	}
}

enum status
draft_fill(struct draft *d, struct weight *w, uint64_t seed, bool uniform, struct err *e)
{
	struct hash128 h = hash128(w->name, strlen(w->name));
	struct fill f = {
		.w = w, .key = { .seed = seed, .id = { h.hi, h.lo } }, .uniform = uniform,
		.range = uniform ? (float)(1 / sqrt((double)w->cols)) : d->m.c.init_range,
		.n = w->rows * w->cols
	};

	if (!draft_room(d, w, e))
		return e->code;
	pool_run(tc_pool(d->m.tc), fill_chunk, &f, (f.n + CHUNK - 1) / CHUNK);
	return ST_OK;
}

enum status
draft_save(struct draft *d, const char *dir, struct err *e)
{
	if (weights_write(&d->m, d->m.w, d->m.nw, dir, "model.safetensors", NULL, 0, e))
		return e->code;
	return config_write(&d->m.c, dir, e);
}
