#include <stdlib.h>
#include <string.h>

#include "base/grow.h"
#include "base/index.h"
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

struct adv_groups { struct index prompts; struct group *v; size_t cap; };

enum status
adv_groups_new(struct adv_groups **out, struct err *e)
{
	return (*out = calloc(1, sizeof(**out))) ? ST_OK : err_nomem(e);
}

void
adv_groups_free(struct adv_groups *g)
{
	if (!g)
		return;
	index_free(&g->prompts);
	free(g->v);
	free(g);
}

enum status
adv_groups_add(struct adv_groups *g, struct hash128 prompt, double total, struct err *e)
{
	size_t n = g->prompts.n;
	uint32_t k;

	if (grow(&g->v, &g->cap, n + 1, sizeof(*g->v), e) || index_add(&g->prompts, prompt, &k, e))
		return e->code;
	if (k == n)
		g->v[k] = (struct group){0};
	g->v[k].n++;
	g->v[k].sum += total;
	g->v[k].sumsq += total * total;
	return ST_OK;
}

const struct group *
adv_groups_get(const struct adv_groups *g, struct hash128 prompt)
{
	uint32_t k;

	return index_find(&g->prompts, prompt, &k) ? &g->v[k] : NULL;
}

uint64_t
adv_groups_alone(const struct adv_groups *g)
{
	uint64_t n = 0;

	for (size_t i = 0; i < g->prompts.n; i++)
		n += g->v[i].n == 1;
	return n;
}
