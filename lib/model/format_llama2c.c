/* Weights of karpathy/llama2.c: a legacy header of seven integers, or version 1 after the
 * magic "ak42". */
#include <string.h>

#include "model/format.h"
#include "model/make_int.h"

struct cursor {
	const char *p;
	size_t n;
	bool legacy;
	enum status st;
	struct err *e;
};

static int32_t
get_i32(struct cursor *c)
{
	uint32_t v = 0;

	if (c->n < 4) {
		c->st = err_set(c->e, ST_INPUT, "the file ends in its header");
		return 0;
	}
	for (int i = 0; i < 4; i++)
		v |= (uint32_t)(unsigned char)c->p[i] << (8 * i);
	c->p += 4;
	c->n -= 4;
	return (int32_t)v;
}

static const char *
skip(struct cursor *c, size_t floats)
{
	const char *p = c->p;

	if (c->st)
		return NULL;
	if (floats > c->n / 4) {
		c->st = err_set(c->e, ST_INPUT, "the file ends in its weights");
		return NULL;
	}
	c->p += floats * 4;
	c->n -= floats * 4;
	return p;
}

/* Rows of a head that pair (2i, 2i+1) to the order that pairs (i, i + D/2). */
static void
unpair(float *to, const char *from, const struct weight *w, size_t head_dim)
{
	size_t r, h, i, row = w->cols * sizeof(float);

	for (r = 0; r < w->rows; r++) {
		h = r / head_dim * head_dim;
		i = r % head_dim;
		memcpy(to + (h + i / 2 + (i % 2) * (head_dim / 2)) * w->cols, from + r * row, row);
	}
}

static void
get_one(struct draft *d, struct cursor *c, struct weight *w, bool pairs)
{
	size_t n = w->rows * w->cols;
	const char *p = skip(c, n);
	float *to = p ? draft_room(d, w, c->e) : NULL;

	if (!p)
		return;
	if (!to)
		c->st = c->e->code;
	else if (pairs)
		unpair(to, p, w, d->m.c.head_dim);
	else
		memcpy(to, p, n * sizeof(float));
}

/* This tensor of every layer */
static void
get_layers(struct draft *d, struct cursor *c, unsigned slot)
{
	for (size_t l = 0; l < d->m.c.layers && !c->st; l++)
		get_one(d, c, &d->m.layer[l].w[slot], slot == L_Q || slot == L_K);
}

static void
get_weights(struct draft *d, struct cursor *c)
{
	static const unsigned char old[] = { L_NORM1, L_Q, L_K, L_V, L_O, L_NORM2, L_GATE, L_DOWN, L_UP };
	static const unsigned char maps[] = { L_Q, L_K, L_V, L_O, L_GATE, L_DOWN, L_UP };
	size_t i;

	if (c->legacy) {
		get_one(d, c, d->m.embed, false);
		for (i = 0; i < sizeof(old); i++)
			get_layers(d, c, old[i]);
		get_one(d, c, &d->m.global[G_NORM], false);
		/* stored cosines and sines */
		skip(c, d->m.c.max_pos * d->m.c.head_dim);
	} else {
		get_layers(d, c, L_NORM1);
		get_layers(d, c, L_NORM2);
		get_one(d, c, &d->m.global[G_NORM], false);
		get_one(d, c, d->m.embed, false);
		for (i = 0; i < sizeof(maps); i++)
			get_layers(d, c, maps[i]);
	}
	if (!d->m.c.tied)
		get_one(d, c, &d->m.global[G_HEAD], false);
	if (!c->st && c->n)
		c->st = err_set(c->e, ST_INPUT, "%zu bytes after the last tensor", c->n);
}

static void
get_header(struct cursor *c, struct model_config *m)
{
	struct cursor start = *c;
	size_t *const field[] = { &m->dim, &m->ffn, &m->layers, &m->heads, &m->kv_heads, &m->vocab, &m->max_pos };
	int32_t v;
	size_t i;

	c->legacy = get_i32(c) != 0x616b3432;
	if (c->legacy)
		*c = start;
	else if ((v = get_i32(c)) != 1 && !c->st)
		c->st = err_set(c->e, ST_INPUT, "version %ld is not supported", (long)v);
	for (i = 0; i < 7 && !c->st; i++) {
		v = get_i32(c);
		/* legacy: a negative vocabulary says that the head is not tied */
		if (i == 5 && c->legacy && v < 0 && v > -INT32_MAX) {
			m->tied = false;
			v = -v;
		}
		if (!c->st && v < 1)
			c->st = err_set(c->e, ST_INPUT, "a size of %ld in the header", (long)v);
		*field[i] = (size_t)v;
	}
	if (!c->legacy && !c->st) {
		if (start.n < 256)
			c->st = err_set(c->e, ST_INPUT, "the file ends in its header");
		else
			m->tied = c->p[0];
		c->p = start.p + 256;
		c->n = start.n - 256;
	}
}

static enum status
read_config(struct import *in, struct model_config *m, struct err *e)
{
	struct cursor *c = arena_alloc(&in->mem, sizeof(*c));

	if (!c)
		return err_nomem(e);
	*c = (struct cursor){ .p = in->map.p, .n = in->map.n, .e = e };
	in->state = c;
	get_header(c, m);
	if (!c->st && m->dim % m->heads)
		c->st = err_set(e, ST_INPUT, "%zu heads do not divide a width of %zu", m->heads, m->dim);
	if (c->st)
		return c->st;
	m->head_dim = m->dim / m->heads;
	/* llama2.c begins and ends a text with the same token */
	m->bos = m->eos[0] = 1;
	m->neos = 1;
	return ST_OK;
}

static enum status
read_weights(struct import *in, struct draft *d, struct err *e)
{
	struct cursor *c = in->state;

	c->e = e;
	get_weights(d, c);
	return c->st;
}

const struct format format_llama2c = { .name = "llama2c", .config = read_config, .weights = read_weights };
