/* The forward pass over all layers. */
#include "model/block_int.h"

/* Ids in range, lengths within the cache; positions of the batch's tokens. */
static enum status
check_batch(struct model *m, const struct batch *b, const struct kv *kv, struct acts *a,
    struct err *e)
{
	size_t s, i, past, reach = 0;

	if (b->prefix && b->prefix != a->prefix.n)
		return err_set(e, ST_USAGE, "a prefix of %zu tokens that was not computed", b->prefix);
	if (acts_reach(a, b->ntok, b->nseq, e))
		return e->code;
	for (i = 0; i < b->ntok; i++)
		if (b->id[i] < 0 || (size_t)b->id[i] >= m->c.vocab)
			return err_set(e, ST_INPUT, "expected a token id below %zu, got %ld", m->c.vocab,
			    (long)b->id[i]);
	for (s = 0; s < b->nseq; s++) {
		past = kv ? kv->used[b->slot[s]] : b->prefix + (b->past ? b->past[s] : 0);
		i = b->off[s + 1] - b->off[s];
		if (kv && i > kv->len - past)
			return err_set(e, ST_INPUT, "%zu tokens do not fit a cache of %zu", past + i,
			    kv->len);
		reach = past + i > reach ? past + i : reach;
		for (i = b->off[s]; i < b->off[s + 1]; i++)
			a->host_pos[i] = (int32_t)(past + i - b->off[s]);
	}
	if (reach > INT32_MAX)
		return err_set(e, ST_INPUT, "a sequence of %zu tokens", reach);
	if (b->ntok)
		tc_put(m->tc, a->pos, a->host_pos, b->ntok * sizeof(*a->pos));
	return rope_reach(m, reach, e);
}

enum status
layers_forward(struct model *m, const struct batch *b, struct kv *kv, struct acts *a, bool prefix, struct err *e)
{
	size_t l, last = m->c.layers - 1;
	float scale = config_embed_scale(&m->c);

	m->kept.hidden = NULL;
	if (check_batch(m, b, kv, a, e))
		return e->code;
	if (!b->ntok)
		return ST_OK;
	embed_fwd(m->tc, a->layer[0].x, m->embed->raw, m->embed->type, b->id, b->ntok, m->c.dim);
	if (scale != 1)
		scale_fwd(m->tc, a->layer[0].x, b->ntok * m->c.dim, scale);
	for (l = 0; l <= last; l++)
		block_forward(&(struct pass){ .m = m, .l = l, .y = &m->layer[l], .b = b, .kv = kv, .a = a,
		    .la = &a->layer[l], .out = l < last ? a->layer[l + 1].x : a->last, .prefix = prefix });
	return ST_OK;
}

enum status
model_forward(struct model *m, const struct batch *b, struct kv *kv, struct acts *a,
    const float **hidden, struct err *e)
{
	size_t s;

	if (layers_forward(m, b, kv, a, false, e))
		return e->code;
	*hidden = a->hidden;
	if (!b->ntok)
		return ST_OK;
	norm_fwd(m, a->hidden, a->rstd, a->last, &m->global[G_NORM], b->ntok);
	/* logits are linear in these */
	if (m->c.logit_scale != 1)
		scale_fwd(m->tc, a->hidden, b->ntok * m->c.dim, 1 / m->c.logit_scale);
	if (kv)
		for (s = 0; s < b->nseq; s++)
			kv->used[b->slot[s]] += b->off[s + 1] - b->off[s];
	return ST_OK;
}
