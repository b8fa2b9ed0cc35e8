/* The backward pass: each block of forward.c, from the last to the first. */
#include "model/model_int.h"

/* Where w's gradient goes; NULL when it does not train. */
static float *
at(float *grad, const struct weight *w)
{
	return w->rows && w->train ? grad + w->at : NULL;
}

/* Is b's matrix, and its gradient, the continuation of a's? */
static bool
side_by_side(const struct weight *a, const struct weight *b)
{
	size_t n = a->rows * a->cols;

	return a->type == b->type && a->train == b->train && (!a->train || b->at == a->at + n) &&
	    (const char *)b->raw == (const char *)a->raw + n * dtype_size(a->type);
}

/* y (N, rows) = x (N, cols) w^T (+ b): dx = dy w, dw += dy^T x, db += dy, for k maps w[0..k)
 * of one x, whose outputs are side by side in a row of dy. */
static void
linear_bwd(struct model *m, const struct weight *w, const struct weight *b, size_t k, float *dx, size_t lddx,
    const float *dy, size_t lddy, const float *x, size_t ldx, size_t n, float *grad)
{
	size_t i, end, rows, from = 0;

	/* one chain over the rows of all maps, where these are one matrix */
	for (i = 0; i < k; i = end, from += rows) {
		rows = w[i].rows;
		for (end = i + 1; end < k && side_by_side(&w[end - 1], &w[end]); end++)
			rows += w[end].rows;
		gemm_nn(m->tc, dx, lddx, dy + from, lddy, w[i].raw, w[i].type, n, rows, w[i].cols, i > 0);
		if (at(grad, &w[i]))
			gemm_tn(m->tc, at(grad, &w[i]), dy + from, lddy, x, ldx, n, rows, w[i].cols);
	}
	for (i = 0, from = 0; i < k; from += w[i++].rows)
		if (at(grad, &b[i]))
			bias_bwd(m->tc, at(grad, &b[i]), dy + from, lddy, n, b[i].cols);
}

/* y += s B (A x): dB += dy^T (s A x), with u = s dy B: dA += u^T x, dx += u A. */
static void
lora_bwd(struct model *m, const struct lora_map *map, struct acts *a, float *dx, size_t lddx,
    const float *dy, size_t lddy, const float *x, size_t n, float *grad)
{
	size_t r = m->lora.rank;
	float s = (float)lora_scale(&m->lora), *da, *db;

	if (!map->a)
		return;
	da = at(grad, map->a);
	db = at(grad, map->b);
	if (db) {
		gemm_nt(m->tc, a->low, r, x, map->a->cols, &map->pa, n, false);
		scale_fwd(m->tc, a->low, n * r, s);
		gemm_tn(m->tc, db, dy, lddy, a->low, r, n, map->b->rows, r);
	}
	gemm_nn(m->tc, a->dlow, r, dy, lddy, map->b->raw, map->b->type, n, map->b->rows, r, false);
	scale_fwd(m->tc, a->dlow, n * r, s);
	if (da)
		gemm_tn(m->tc, da, a->dlow, r, x, map->a->cols, n, r, map->a->cols);
	gemm_nn(m->tc, dx, lddx, a->dlow, r, map->a->raw, map->a->type, n, r, map->a->cols, true);
}

/* out = mid + down(silu(gate) up), gate and up of norm2(mid): a->dx from out's gradient
 * to mid's. */
static void
mlp_bwd(struct model *m, const struct layer *y, struct acts *a, struct layer_acts *la, size_t n, float *grad)
{
	const struct model_config *c = &m->c;
	size_t d = c->dim, f = c->ffn;

	swiglu_fwd(m->tc, a->act, la->gu, la->gu + f, 2 * f, n, f);
	linear_bwd(m, &y->w[L_DOWN], &y->w[L_DOWNB], 1, a->dact, f, a->dx, d, a->act, f, n, grad);
	lora_bwd(m, &y->lora[LIN_DOWN], a, a->dact, f, a->dx, d, a->act, n, grad);
	swiglu_bwd(m->tc, a->dgu, a->dgu + f, 2 * f, a->dact, la->gu, la->gu + f, 2 * f, n, f);

	rmsnorm_fwd(m->tc, a->h, la->rstd2, la->mid, y->w[L_NORM2].vec, n, d, c->norm_eps);
	linear_bwd(m, &y->w[L_GATE], &y->w[L_GATEB], 2, a->dh, d, a->dgu, 2 * f, a->h, d, n, grad);
	lora_bwd(m, &y->lora[LIN_GATE], a, a->dh, d, a->dgu, 2 * f, a->h, n, grad);
	lora_bwd(m, &y->lora[LIN_UP], a, a->dh, d, a->dgu + f, 2 * f, a->h, n, grad);
	rmsnorm_bwd(m->tc, a->dx, at(grad, &y->w[L_NORM2]), a->dh, la->mid, y->w[L_NORM2].vec, la->rstd2, n, d);
}

/* a->dqkv from a->dob, attention's output's gradient. */
static void
attend_bwd(struct model *m, size_t l, const struct batch *b, struct acts *a, struct layer_acts *la)
{
	const struct model_config *c = &m->c;
	size_t q = q_width(c), w = kv_width(c), ld = q + 2 * w, s;
	struct attn_shape shape = attn_shape_of(m, l);

	for (s = 0; s < b->nseq; s++) {
		size_t i = b->off[s];
		float *row = la->qkv + i * ld, *drow = a->dqkv + i * ld;

		a->seq[s] = (struct attn_seq){
			.q = row, .k = row + q, .v = row + q + w, .o = la->o + i * q,
			.stat = la->stat + i * c->heads * 2,
			.ldq = ld, .ldk = ld, .ldv = ld, .ldo = q, .n = b->off[s + 1] - i
		};
		a->gseq[s] = (struct attn_grad){
			.do_ = a->dob + i * q, .dq = drow, .dk = drow + q, .dv = drow + q + w,
			.lddo = q, .lddq = ld, .lddk = ld, .lddv = ld
		};
	}
	attn_bwd(m->tc, a->seq, a->gseq, b->nseq, &shape);
}

/* dx (N, heads, D), rows of stride ld: from the gradient of the heads' norm to that of its input. */
static void
head_norm_bwd(struct model *m, struct acts *a, float *dx, size_t ld, const float *pre, const float *rstd,
    const struct weight *w, size_t n, size_t heads, float *grad)
{
	size_t d = m->c.head_dim, width = heads * d;

	copy_rows(m->tc, a->dbig, width, dx, ld, n, width);
	tc_zero(m->tc, a->big, n * width * sizeof(float));
	rmsnorm_bwd(m->tc, a->big, at(grad, w), a->dbig, pre, w->vec, rstd, n * heads, d);
	copy_rows(m->tc, dx, ld, a->big, width, n, width);
}

/* mid = x + o(attention of norm1(x)): a->dx from mid's gradient to x's. */
static void
attention_bwd(struct model *m, size_t l, const struct batch *b, struct acts *a, struct layer_acts *la,
    float *grad)
{
	const struct model_config *c = &m->c;
	const struct layer *y = &m->layer[l];
	size_t n = b->ntok, d = c->dim, q = q_width(c), w = kv_width(c), ld = q + 2 * w;
	float *dq = a->dqkv, *dk = dq + q, *dv = dk + w;

	linear_bwd(m, &y->w[L_O], &y->w[L_OB], 1, a->dob, q, a->dx, d, la->o, q, n, grad);
	lora_bwd(m, &y->lora[LIN_O], a, a->dob, q, a->dx, d, la->o, n, grad);
	attend_bwd(m, l, b, a, la);
	rope_bwd(m->tc, dq, ld, a->pos, m->cs, n, c->heads, c->head_dim);
	rope_bwd(m->tc, dk, ld, a->pos, m->cs, n, c->kv_heads, c->head_dim);
	if (c->qk_norm) {
		head_norm_bwd(m, a, dq, ld, la->pre, la->qrstd, &y->w[L_QNORM], n, c->heads, grad);
		head_norm_bwd(m, a, dk, ld, la->pre + n * q, la->krstd, &y->w[L_KNORM], n, c->kv_heads, grad);
	}
	rmsnorm_fwd(m->tc, a->h, la->rstd1, la->x, y->w[L_NORM1].vec, n, d, c->norm_eps);
	linear_bwd(m, &y->w[L_Q], &y->w[L_QB], 3, a->dh, d, a->dqkv, ld, a->h, d, n, grad);
	lora_bwd(m, &y->lora[LIN_Q], a, a->dh, d, dq, ld, a->h, n, grad);
	lora_bwd(m, &y->lora[LIN_K], a, a->dh, d, dk, ld, a->h, n, grad);
	lora_bwd(m, &y->lora[LIN_V], a, a->dh, d, dv, ld, a->h, n, grad);
	rmsnorm_bwd(m->tc, a->dx, at(grad, &y->w[L_NORM1]), a->dh, la->x, y->w[L_NORM1].vec, la->rstd1, n, d);
}

enum status
model_backward(struct model *m, const struct batch *b, struct acts *a, float *dhidden, float *grad,
    struct err *e)
{
	size_t l, n = b->ntok, d = m->c.dim;

	if (!a->backward || a->cap < n)
		return err_set(e, ST_USAGE, "no activations for a backward pass");
	if (!n)
		return ST_OK;
	tc_zero(m->tc, a->dx, n * d * sizeof(float));
	rmsnorm_bwd(m->tc, a->dx, at(grad, &m->global[G_NORM]), dhidden, a->last, m->global[G_NORM].vec,
	    a->rstd, n, d);
	for (l = m->c.layers; l-- > 0;) {
		if (a->recompute)
			layer_forward(m, l, b, NULL, a, &a->layer[l], NULL);
		mlp_bwd(m, &m->layer[l], a, &a->layer[l], n, grad);
		attention_bwd(m, l, b, a, &a->layer[l], grad);
	}
	if (m->embed->train)
		embed_bwd(m->tc, grad + m->embed->at, a->dx, b->id, n, d);
	return ST_OK;
}

static bool
tied_trains(const struct model *m)
{
	return m->c.tied && m->c.head == HEAD_LM && m->embed->train;
}

size_t
model_bytes(const struct model *m)
{
	size_t n = m->train ? m->mapped : 0;

	for (const struct mem *k = m->mems; k; k = k->next)
		n += k->bytes;
	return n + (tied_trains(m) && !m->tied_grad ? m->embed->rows * m->embed->cols * sizeof(float) : 0);
}

enum status
model_grad_begin(struct model *m, struct err *e)
{
	size_t bytes = m->embed->rows * m->embed->cols * sizeof(float);

	if (!tied_trains(m))
		return ST_OK;
	if (!m->tied_grad && !(m->tied_grad = mem_get(m, bytes, e)))
		return e->code;
	tc_zero(m->tc, m->tied_grad, bytes);
	m->tied_open = true;
	return ST_OK;
}

void
model_grad_end(struct model *m, float *grad)
{
	if (!m->tied_open)
		return;
	add_fwd(m->tc, grad + m->embed->at, m->tied_grad, m->embed->rows * m->embed->cols);
	m->tied_open = false;
}
