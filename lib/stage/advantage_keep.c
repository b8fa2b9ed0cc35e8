#include <stdlib.h>
#include <string.h>

#include "stage/advantage_int.h"

struct head {
	struct hash128 prompt;
	double total;
	uint64_t n, len;
	uint32_t ret, kl;
};

enum status
adv_put(struct spool *s, const struct adv_item *x, struct buf *b, struct err *e)
{
	struct head h = { x->prompt, x->total, x->n, x->len, x->ret != NULL, x->kl != NULL };

	buf_clear(b);
	spool_pack(b, &h, sizeof(h));
	spool_pack(b, x->advantage, x->n * sizeof(float));
	if (x->ret)
		spool_pack(b, x->ret, x->n * sizeof(float));
	if (x->kl)
		spool_pack(b, x->kl, x->n * sizeof(float));
	spool_pack(b, x->line, x->len);
	return buf_ok(b) ? spool_add(s, b->p, b->n, e) : err_nomem(e);
}

void
adv_get(const struct spool *s, size_t i, struct adv_item *x)
{
	size_t bytes;
	const char *p = spool_get(s, i, &bytes);
	struct head h;

	memcpy(&h, spool_unpack(&p, sizeof(h)), sizeof(h));
	*x = (struct adv_item){ .prompt = h.prompt, .total = h.total, .n = h.n, .len = h.len };
	x->advantage = spool_unpack(&p, x->n * sizeof(float));
	if (h.ret)
		x->ret = spool_unpack(&p, x->n * sizeof(float));
	if (h.kl)
		x->kl = spool_unpack(&p, x->n * sizeof(float));
	x->line = p;
}

/* Open addressing; a slot with n 0 is free. */
struct adv_groups { struct slot { struct hash128 key; struct group g; } *slot; size_t cap, n; };

enum status
adv_groups_new(struct adv_groups **out, struct err *e)
{
	struct adv_groups *g = calloc(1, sizeof(*g));

	if (!g || !(g->slot = calloc(1024, sizeof(*g->slot)))) {
		free(g);
		return err_nomem(e);
	}
	g->cap = 1024;
	*out = g;
	return ST_OK;
}

void
adv_groups_free(struct adv_groups *g)
{
	if (g)
		free(g->slot);
	free(g);
}

static struct slot *
find(const struct adv_groups *g, struct hash128 key)
{
	size_t i = (size_t)key.lo & (g->cap - 1);

	while (g->slot[i].g.n && (g->slot[i].key.lo != key.lo || g->slot[i].key.hi != key.hi))
		i = (i + 1) & (g->cap - 1);
	return &g->slot[i];
}

static enum status
grow(struct adv_groups *g, struct err *e)
{
	struct adv_groups big = { .cap = 2 * g->cap, .n = g->n };
	size_t i;

	if (!(big.slot = calloc(big.cap, sizeof(*big.slot))))
		return err_nomem(e);
	for (i = 0; i < g->cap; i++)
		if (g->slot[i].g.n)
			*find(&big, g->slot[i].key) = g->slot[i];
	free(g->slot);
	*g = big;
	return ST_OK;
}

enum status
adv_groups_add(struct adv_groups *g, struct hash128 prompt, double total, struct err *e)
{
	struct slot *s;

	if (2 * g->n >= g->cap && grow(g, e))
		return e->code;
	s = find(g, prompt);
	if (!s->g.n)
		g->n++;
	s->key = prompt;
	s->g.n++;
	s->g.sum += total;
	s->g.sumsq += total * total;
	return ST_OK;
}

const struct group *
adv_groups_get(const struct adv_groups *g, struct hash128 prompt)
{
	return &find(g, prompt)->g;
}

uint64_t
adv_groups_alone(const struct adv_groups *g)
{
	uint64_t n = 0;

	for (size_t i = 0; i < g->cap; i++)
		n += g->slot[i].g.n == 1;
	return n;
}
