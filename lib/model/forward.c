#include <math.h>

#include "model/model_int.h"

struct attn_shape
attn_shape_of(const struct model *m, size_t l)
{
	const struct model_config *c = &m->c;

	return (struct attn_shape){ c->heads, c->kv_heads, c->head_dim,
	    l >= c->window_from ? c->window : 0, 1.0f / sqrtf((float)c->head_dim) };
}

/* y (N, rows) += scale * B (A x); x (N, cols) rows of stride ldx */
static void
lora_forward(struct model *m, const struct lora_map *map, struct acts *a, float *y, size_t ldy,
    const float *x, size_t n)
{
	size_t r = m->lora.rank;
	float s = (float)lora_scale(&m->lora);

	if (!map->a)
		return;
	gemm_nt(m->tc, a->low, r, x, map->a->cols, &map->pa, n, false);
	scale_fwd(m->tc, a->low, n * r, s);
	gemm_nt(m->tc, y, ldy, a->low, r, &map->pb, n, true);
}

static void
bias(struct model *m, float *y, size_t ldy, const struct weight *w, size_t n)
{
	if (w->rows)
		bias_fwd(m->tc, y, ldy, w->vec, n, w->cols);
}

/* RMS norm of every head of x (N, heads, D), rows of stride ld; the heads' input is kept
 * in pre (N, heads * D), packed. */
static void
head_norm(struct model *m, struct acts *a, float *x, size_t ld, float *pre, float *rstd,
    const struct weight *w, size_t n, size_t heads)
{
	size_t d = m->c.head_dim, width = heads * d;

	copy_rows(m->tc, pre, width, x, ld, n, width);
	rmsnorm_fwd(m->tc, a->big, rstd, pre, w->vec, n * heads, d, m->c.norm_eps);
	copy_rows(m->tc, x, ld, a->big, width, n, width);
}

static void
attend(struct model *m, size_t l, const struct batch *b, struct kv *kv, struct acts *a,
    struct layer_acts *la)
{
	const struct model_config *c = &m->c;
	size_t q = q_width(c), w = kv_width(c), ld = q + 2 * w, s;
	struct attn_shape shape = attn_shape_of(m, l);

	for (s = 0; s < b->nseq; s++) {
		size_t at = b->off[s];
		float *row = la->qkv + at * ld;

		a->seq[s] = (struct attn_seq){
			.q = row, .k = row + q, .v = row + q + w, .o = la->o + at * q,
			.stat = a->backward ? la->stat + at * c->heads * 2 : NULL,
			.ldq = ld, .ldk = ld, .ldv = ld, .ldo = q, .n = b->off[s + 1] - at
		};
		if (kv) {
			a->seq[s].kc = kv_keys(kv, l, b->slot[s]);
			a->seq[s].vc = kv_values(kv, l, b->slot[s]);
			a->seq[s].past = kv->used[b->slot[s]];
		} else if (b->past && b->past[s]) {
			a->seq[s].k0 = la->qkv + b->off[b->lead[s]] * ld + q;
			a->seq[s].v0 = a->seq[s].k0 + w;
			a->seq[s].lead = a->seq[s].past = b->past[s];
		}
	}
	attn_fwd(m->tc, a->seq, b->nseq, &shape);
}

void
layer_forward(struct model *m, size_t l, const struct batch *b, struct kv *kv, struct acts *a,
    struct layer_acts *la, float *out)
{
	const struct model_config *c = &m->c;
	const struct layer *y = &m->layer[l];
	size_t n = b->ntok, d = c->dim, q = q_width(c), w = kv_width(c), ld = q + 2 * w, f = c->ffn;

	rmsnorm_fwd(m->tc, a->h, la->rstd1, la->x, y->w[L_NORM1].vec, n, d, c->norm_eps);
	gemm_nt(m->tc, la->qkv, ld, a->h, d, &y->qkv, n, false);
	lora_forward(m, &y->lora[LIN_Q], a, la->qkv, ld, a->h, n);
	lora_forward(m, &y->lora[LIN_K], a, la->qkv + q, ld, a->h, n);
	lora_forward(m, &y->lora[LIN_V], a, la->qkv + q + w, ld, a->h, n);
	bias(m, la->qkv, ld, &y->w[L_QB], n);
	bias(m, la->qkv + q, ld, &y->w[L_KB], n);
	bias(m, la->qkv + q + w, ld, &y->w[L_VB], n);
	if (c->qk_norm) {
		head_norm(m, a, la->qkv, ld, la->pre, la->qrstd, &y->w[L_QNORM], n, c->heads);
		head_norm(m, a, la->qkv + q, ld, la->pre + n * q, la->krstd, &y->w[L_KNORM], n,
		    c->kv_heads);
	}
	rope_fwd(m->tc, la->qkv, ld, a->pos, m->cs, n, c->heads, c->head_dim);
	rope_fwd(m->tc, la->qkv + q, ld, a->pos, m->cs, n, c->kv_heads, c->head_dim);
	attend(m, l, b, kv, a, la);

	tc_copy(m->tc, la->mid, la->x, n * d * sizeof(float));
	gemm_nt(m->tc, la->mid, d, la->o, q, &y->o, n, true);
	lora_forward(m, &y->lora[LIN_O], a, la->mid, d, la->o, n);
	bias(m, la->mid, d, &y->w[L_OB], n);

	rmsnorm_fwd(m->tc, a->h, la->rstd2, la->mid, y->w[L_NORM2].vec, n, d, c->norm_eps);
	gemm_nt(m->tc, la->gu, 2 * f, a->h, d, &y->gu, n, false);
	lora_forward(m, &y->lora[LIN_GATE], a, la->gu, 2 * f, a->h, n);
	lora_forward(m, &y->lora[LIN_UP], a, la->gu + f, 2 * f, a->h, n);
	bias(m, la->gu, 2 * f, &y->w[L_GATEB], n);
	bias(m, la->gu + f, 2 * f, &y->w[L_UPB], n);
	if (!out)
		return;
	swiglu_fwd(m->tc, a->act, la->gu, la->gu + f, 2 * f, n, f);
	tc_copy(m->tc, out, la->mid, n * d * sizeof(float));
	gemm_nt(m->tc, out, d, a->act, f, &y->down, n, true);
	lora_forward(m, &y->lora[LIN_DOWN], a, out, d, a->act, n);
	bias(m, out, d, &y->w[L_DOWNB], n);
}

/* Ids in range, lengths within the cache; positions of the batch's tokens. */
static enum status
check_batch(struct model *m, const struct batch *b, const struct kv *kv, struct acts *a,
    struct err *e)
{
	size_t s, i, past, reach = 0;

	if (acts_reach(a, b->ntok, b->nseq, e))
		return e->code;
	for (i = 0; i < b->ntok; i++)
		if (b->id[i] < 0 || (size_t)b->id[i] >= m->c.vocab)
			return err_set(e, ST_INPUT, "expected a token id below %zu, got %ld", m->c.vocab,
			    (long)b->id[i]);
	for (s = 0; s < b->nseq; s++) {
		past = kv ? kv->used[b->slot[s]] : b->past ? b->past[s] : 0;
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
model_forward(struct model *m, const struct batch *b, struct kv *kv, struct acts *a,
    const float **hidden, struct err *e)
{
	size_t l, s, last = m->c.layers - 1;

	m->kept.hidden = NULL;
	if (check_batch(m, b, kv, a, e))
		return e->code;
	*hidden = a->hidden;
	if (!b->ntok)
		return ST_OK;
	embed_fwd(m->tc, a->layer[0].x, m->embed->raw, m->embed->type, b->id, b->ntok, m->c.dim);
	for (l = 0; l <= last; l++)
		layer_forward(m, l, b, kv, a, &a->layer[l], l < last ? a->layer[l + 1].x : a->last);
	rmsnorm_fwd(m->tc, a->hidden, a->rstd, a->last, m->global[G_NORM].vec, b->ntok, m->c.dim,
	    m->c.norm_eps);
	if (kv)
		for (s = 0; s < b->nseq; s++)
			kv->used[b->slot[s]] += b->off[s + 1] - b->off[s];
	return ST_OK;
}
