/* Activations: one allocation, laid out by one walk that also measures it. */
#include <stdlib.h>
#include <string.h>

#include "model/block_int.h"

/* Hand out n x per floats from *at on, on cache lines; only measure without mem. */
static float *
take(float *mem, size_t *at, size_t n, size_t per)
{
	float *p = mem ? mem + *at : NULL;

	*at = add_sat(*at, add_sat(mul_sat(n, per), 15));
	if (*at != SIZE_MAX)
		*at &= ~(size_t)15;
	return p;
}

/* The most that the ranks of a layer's adapters come to. */
static size_t
lora_width(const struct model *m)
{
	size_t most = 0, n, l, i;

	for (l = 0; l < m->c.layers; l++) {
		for (i = n = 0; i < LINEARS; i++)
			n += lora_at(&m->lora, l, i).rank;
		most = n > most ? n : most;
	}
	return most;
}

/* gate and up, which may be one map, or up alone */
static size_t
gu_width(const struct model *m)
{
	const struct weight *w = m->layer[0].w;

	return w[L_GATE].rows + w[L_UP].rows;
}

static size_t
big_width(const struct model_config *c)
{
	return c->arch->parallel ? 3 * q_width(c) : c->qk_norm ? q_width(c) : 0;
}

static void
take_layer(struct layer_acts *la, float *mem, size_t *at, const struct model *m, size_t n)
{
	const struct model_config *c = &m->c;
	const struct weight *w = m->layer[0].w;
	size_t q = q_width(c), kv = kv_width(c);

	la->rstd1 = take(mem, at, n, norm_stats(&w[L_NORM1]));
	la->rstd2 = take(mem, at, n, norm_stats(&w[L_NORM2]));
	la->qkv = take(mem, at, n, q + 2 * kv);
	la->pre = c->qk_norm ? take(mem, at, n, q + kv) : NULL;
	la->qrstd = c->qk_norm ? take(mem, at, n, c->heads) : NULL;
	la->krstd = c->qk_norm ? take(mem, at, n, c->kv_heads) : NULL;
	la->stat = take(mem, at, n, 2 * c->heads);
	la->o = take(mem, at, n, q);
	la->mid = c->arch->parallel ? NULL : take(mem, at, n, c->dim);
	la->gu = take(mem, at, n, gu_width(m));
	la->low = m->lora.rank ? take(mem, at, n, lora_width(m)) : NULL;
	la->sub1 = w[L_POST1].rows ? take(mem, at, n, c->dim) : NULL;
	la->sub2 = w[L_POST2].rows ? take(mem, at, n, c->dim) : NULL;
	la->prstd1 = w[L_POST1].rows ? take(mem, at, n, 1) : NULL;
	la->prstd2 = w[L_POST2].rows ? take(mem, at, n, 1) : NULL;
}

static void
take_shared(struct acts *a, float *mem, size_t *at, const struct model *m, size_t n)
{
	const struct model_config *c = &m->c;

	a->last = take(mem, at, n, c->dim);
	a->hidden = take(mem, at, n, c->dim);
	a->rstd = take(mem, at, n, norm_stats(&m->global[G_NORM]));
	a->h = take(mem, at, n, c->dim);
	a->act = take(mem, at, n, c->ffn);
	a->pos = (int32_t *)(void *)take(mem, at, n, 1);
	a->big = big_width(c) ? take(mem, at, n, big_width(c)) : NULL;
}

static void
take_backward(struct acts *a, float *mem, size_t *at, const struct model *m, size_t n)
{
	const struct model_config *c = &m->c;
	size_t q = q_width(c), kv = kv_width(c);

	a->dx = take(mem, at, n, c->dim);
	a->dh = take(mem, at, n, c->dim);
	a->dgu = take(mem, at, n, gu_width(m));
	a->dact = take(mem, at, n, c->ffn);
	a->dqkv = take(mem, at, n, q + 2 * kv);
	a->dob = take(mem, at, n, q);
	a->dlow = m->lora.rank ? take(mem, at, n, m->lora.widest) : NULL;
	a->dbig = big_width(c) ? take(mem, at, n, big_width(c)) : NULL;
}

/* Lay out n tokens from mem (NULL: only measure); floats in all. */
static size_t
plan(struct acts *a, struct layer_acts *la, float *mem, const struct model *m, bool backward,
    bool recompute, size_t n)
{
	size_t at = 0, l;
	bool keep = backward && !recompute;

	for (l = 0; l < m->c.layers; l++) {
		if (l == 0 || keep)
			take_layer(&la[l], mem, &at, m, n);
		else
			la[l] = la[0];
		la[l].x = l == 0 || backward ? take(mem, &at, n, m->c.dim) : la[0].x;
	}
	take_shared(a, mem, &at, m, n);
	if (backward)
		take_backward(a, mem, &at, m, n);
	return at;
}

enum status
acts_new(struct acts **out, const struct model *m, bool backward, bool recompute, struct err *e)
{
	struct acts *a = calloc(1, sizeof(*a));

	*out = NULL;
	if (!a || !(a->layer = calloc(m->c.layers, sizeof(*a->layer)))) {
		free(a);
		return err_nomem(e);
	}
	a->m = m;
	a->tc = m->tc;
	a->backward = backward;
	a->recompute = backward && recompute;
	*out = a;
	return ST_OK;
}

void
acts_free(struct acts *a)
{
	if (!a)
		return;
	tc_free(a->tc, a->mem, a->bytes);
	tc_free(a->tc, a->prefix.mem, a->prefix.bytes);
	free(a->prefix.id);
	free(a->host_pos);
	free(a->seq);
	free(a->gseq);
	free(a->layer);
	free(a);
}

size_t
acts_bytes(const struct model *m, bool backward, bool recompute, size_t ntok)
{
	struct acts a = {0};
	struct layer_acts *la = calloc(m->c.layers, sizeof(*la));
	size_t n;

	if (!la)
		return SIZE_MAX;
	n = plan(&a, la, NULL, m, backward, recompute, ntok);
	free(la);
	/* the logits that heads.c keeps */
	if (backward && m->c.head == HEAD_LM)
		n = add_sat(n, ntok < KEEP_FLOATS / m->c.vocab ? ntok * m->c.vocab : KEEP_FLOATS);
	n = mul_sat(n, sizeof(float));
	return n;
}

static enum status
reach_seqs(struct acts *a, size_t nseq, struct err *e)
{
	struct attn_seq *s;
	struct attn_grad *g;
	size_t n = nseq + nseq / 2 + 16;

	if (nseq <= a->seqcap)
		return ST_OK;
	if (n > SIZE_MAX / sizeof(*s) || !(s = realloc(a->seq, n * sizeof(*s))))
		return err_nomem(e);
	a->seq = s;
	if (!(g = realloc(a->gseq, n * sizeof(*g))))
		return err_nomem(e);
	a->gseq = g;
	a->seqcap = n;
	return ST_OK;
}

enum status
acts_turn(struct acts *a, const struct model *m, struct err *e)
{
	struct layer_acts *layer;

	if (a->m == m)
		return ST_OK;
	if (!(layer = realloc(a->layer, m->c.layers * sizeof(*layer))))
		return err_nomem(e);
	a->layer = layer;
	a->m = m;
	/* laid out anew, in the same memory if it is enough; the prefix is the other model's */
	a->cap = 0;
	a->prefix.n = 0;
	return ST_OK;
}

enum status
acts_reach(struct acts *a, size_t ntok, size_t nseq, struct err *e)
{
	size_t n = add_sat(ntok, ntok / 8), bytes;

	if (reach_seqs(a, nseq, e))
		return e->code;
	if (ntok <= a->cap)
		return ST_OK;
	free(a->host_pos);
	a->cap = 0;
	/* a training batch has a token budget: no slack on what may be most of the memory */
	if (a->backward)
		n = ntok;
	if (!(a->host_pos = calloc(n, sizeof(*a->host_pos))))
		return err_nomem(e);
	bytes = mul_sat(plan(a, a->layer, NULL, a->m, a->backward, a->recompute, n), sizeof(float));
	if (bytes > a->bytes) {
		tc_free(a->tc, a->mem, a->bytes);
		a->mem = NULL;
		a->bytes = 0;
		if (bytes == SIZE_MAX || !(a->mem = tc_alloc(a->tc, bytes)))
			return err_set(e, ST_NOMEM, "out of memory: %zu bytes for the activations of %zu tokens", bytes, ntok);
		a->bytes = bytes;
	}
	a->cap = n;
	plan(a, a->layer, a->mem, a->m, a->backward, a->recompute, n);
	return ST_OK;
}

float *
prefix_at(const struct acts *a, size_t layer, bool grad)
{
	return a->prefix.mem + (layer + (grad ? a->m->c.layers : 0)) * a->prefix.n * 2 * kv_width(&a->m->c);
}
