/* The steps of a layer, backward beside forward, and their order. */
#include "model/block_int.h"

/* ---- norms of what comes into the layer, and of what attention gives ---- */

static void
norm1_fwd(const struct pass *p)
{
	norm_fwd(p->m, p->a->h, p->la->rstd1, p->la->x, &p->y->w[L_NORM1], p->b->ntok);
}

static void
norm1_bwd(const struct pass *p)
{
	norm_bwd(p->m, p->grad, p->a->dx, p->a->dh, p->la->x, &p->y->w[L_NORM1], p->la->rstd1, p->b->ntok);
}

static void
norm2_fwd(const struct pass *p)
{
	norm_fwd(p->m, p->a->h, p->la->rstd2, p->la->mid, &p->y->w[L_NORM2], p->b->ntok);
}

static void
norm2_bwd(const struct pass *p)
{
	norm_bwd(p->m, p->grad, p->a->dx, p->a->dh, p->la->mid, &p->y->w[L_NORM2], p->la->rstd2, p->b->ntok);
}

static const struct step step_norm1 = { norm1_fwd, norm1_bwd, STEP_AGAIN };
static const struct step step_norm2 = { norm2_fwd, norm2_bwd, STEP_AGAIN };

/* ---- queries, keys, values: a row of qkv has all of them ---- */

static size_t
qkv_width(const struct model_config *c)
{
	return q_width(c) + 2 * kv_width(c);
}

static void
qkv_fwd(const struct pass *p)
{
	linear_fwd(p, &linear_qkv, p->la->qkv, qkv_width(&p->m->c), p->a->h, false);
}

static void
qkv_bwd(const struct pass *p)
{
	linear_bwd(p, &linear_qkv, p->a->dh, p->a->dqkv, qkv_width(&p->m->c), p->a->h);
}

static const struct step step_qkv = { qkv_fwd, qkv_bwd, STEP_KEPT };

/* ---- RMS norms of queries and keys, where the architecture has them: of every head, or of all heads
 * together; the weight is as wide ----
 * x (N, width), rows of stride ld; pre (N, width): the norm's input, packed */

static void
wide_norm_fwd(const struct pass *p, float *x, float *pre, float *rstd, unsigned slot, size_t width)
{
	const struct model_config *c = &p->m->c;
	const struct weight *w = &p->y->w[slot];
	size_t n = p->b->ntok, ld = qkv_width(c);
	float *big = p->a->big;

	copy_rows(p->m->tc, pre, width, x, ld, n, width);
	rmsnorm_fwd(p->m->tc, big, rstd, pre, w->vec, n * (width / w->cols), w->cols, c->norm_eps);
	copy_rows(p->m->tc, x, ld, big, width, n, width);
}

static void
wide_norm_bwd(const struct pass *p, float *dx, const float *pre, const float *rstd, unsigned slot, size_t width)
{
	const struct weight *w = &p->y->w[slot];
	size_t n = p->b->ntok, ld = qkv_width(&p->m->c);
	float *big = p->a->big, *dbig = p->a->dbig;

	copy_rows(p->m->tc, dbig, width, dx, ld, n, width);
	tc_zero(p->m->tc, big, n * width * sizeof(*big));
	rmsnorm_bwd(p->m->tc, big, weight_grad(p->grad, w), dbig, pre, w->vec, rstd, n * (width / w->cols), w->cols);
	copy_rows(p->m->tc, dx, ld, big, width, n, width);
}

static void
qk_norm_fwd(const struct pass *p)
{
	const struct model_config *c = &p->m->c;
	const struct layer_acts *la = p->la;
	size_t q = q_width(c);

	if (!c->qk_norm)
		return;
	wide_norm_fwd(p, la->qkv, la->pre, la->qrstd, L_QNORM, q);
	wide_norm_fwd(p, la->qkv + q, la->pre + p->b->ntok * q, la->krstd, L_KNORM, kv_width(c));
}

static void
qk_norm_bwd(const struct pass *p)
{
	const struct model_config *c = &p->m->c;
	const struct layer_acts *la = p->la;
	size_t q = q_width(c);

	if (!c->qk_norm)
		return;
	wide_norm_bwd(p, p->a->dqkv, la->pre, la->qrstd, L_QNORM, q);
	wide_norm_bwd(p, p->a->dqkv + q, la->pre + p->b->ntok * q, la->krstd, L_KNORM, kv_width(c));
}

static const struct step step_qk_norm = { qk_norm_fwd, qk_norm_bwd, STEP_KEPT };

/* ---- rotation of queries and keys ---- */

static void
rotate_fwd(const struct pass *p)
{
	const struct model_config *c = &p->m->c;
	size_t n = p->b->ntok, ld = qkv_width(c);
	float *q = p->la->qkv, *k = q + q_width(c);
	const float *turns = rope_table(p->m, p->l);

	if (!config_rotates(c, p->l))
		return;
	rope_fwd(p->m->tc, q, ld, p->a->pos, turns, n, c->heads, c->head_dim, config_turned(c));
	rope_fwd(p->m->tc, k, ld, p->a->pos, turns, n, c->kv_heads, c->head_dim, config_turned(c));
}

static void
rotate_bwd(const struct pass *p)
{
	const struct model_config *c = &p->m->c;
	size_t n = p->b->ntok, ld = qkv_width(c);
	float *dq = p->a->dqkv, *dk = dq + q_width(c);
	const float *turns = rope_table(p->m, p->l);

	if (!config_rotates(c, p->l))
		return;
	rope_bwd(p->m->tc, dq, ld, p->a->pos, turns, n, c->heads, c->head_dim, config_turned(c));
	rope_bwd(p->m->tc, dk, ld, p->a->pos, turns, n, c->kv_heads, c->head_dim, config_turned(c));
}

static const struct step step_rotate = { rotate_fwd, rotate_bwd, STEP_KEPT };

/* ---- attention ---- */

/* Sequence s of the batch, without a cache. */
static struct attn_seq
sequence(const struct pass *p, size_t s)
{
	const struct model_config *c = &p->m->c;
	size_t q = q_width(c), w = kv_width(c), ld = qkv_width(c), at = p->b->off[s];
	float *row = p->la->qkv + at * ld;

	return (struct attn_seq){
		.q = row, .k = row + q, .v = row + q + w, .o = p->la->o + at * q,
		.stat = p->a->backward ? p->la->stat + at * c->heads * 2 : NULL,
		.ldq = ld, .ldk = ld, .ldv = ld, .ldo = q, .n = p->b->off[s + 1] - at
	};
}

/* Where sequence t, number s, finds keys that others have computed: the prefix, then its lead. */
static void
leads(const struct pass *p, size_t s, struct attn_seq *t)
{
	const struct model_config *c = &p->m->c;
	const struct batch *b = p->b;
	size_t w = kv_width(c), ld = qkv_width(c), n = 0;
	const float *k;

	if (b->prefix) {
		k = prefix_at(p->a, p->l, false);
		t->lead[n++] = (struct attn_lead){ k, k + w, 2 * w, b->prefix };
	}
	if (b->past && b->past[s]) {
		k = p->la->qkv + b->off[b->lead[s]] * ld + q_width(c);
		t->lead[n] = (struct attn_lead){ k, k + w, ld, b->past[s] };
	}
	t->past = b->prefix + (b->past ? b->past[s] : 0);
}

/* The same for the gradients. */
static void
leads_bwd(const struct pass *p, size_t s, struct attn_grad *g)
{
	const struct model_config *c = &p->m->c;
	const struct batch *b = p->b;
	size_t w = kv_width(c), ld = qkv_width(c), n = 0;
	float *dk;

	if (b->prefix) {
		dk = prefix_at(p->a, p->l, true);
		g->lead[n++] = (struct attn_lead_grad){ dk, dk + w, 2 * w };
	}
	if (b->past && b->past[s]) {
		dk = p->a->dqkv + b->off[b->lead[s]] * ld + q_width(c);
		g->lead[n] = (struct attn_lead_grad){ dk, dk + w, ld };
	}
}

static void
attend_fwd(const struct pass *p)
{
	const struct model_config *c = &p->m->c;
	const struct batch *b = p->b;
	struct attn_shape shape = attn_shape_of(p->m, p->l);
	size_t w = kv_width(c), s;

	for (s = 0; s < b->nseq; s++) {
		struct attn_seq *t = &p->a->seq[s];

		*t = sequence(p, s);
		if (p->kv) {
			t->kc = kv_keys(p->kv, p->l, b->slot[s]);
			t->vc = kv_values(p->kv, p->l, b->slot[s]);
			t->past = p->kv->used[b->slot[s]];
		} else {
			leads(p, s, t);
		}
	}
	attn_fwd(p->m->tc, p->a->seq, b->nseq, &shape);
	if (p->prefix)
		copy_rows(p->m->tc, prefix_at(p->a, p->l, false), 2 * w, p->la->qkv + q_width(c), qkv_width(c), b->ntok,
		    2 * w);
}

static void
attend_bwd(const struct pass *p)
{
	const struct model_config *c = &p->m->c;
	struct attn_shape shape = attn_shape_of(p->m, p->l);
	size_t q = q_width(c), w = kv_width(c), ld = qkv_width(c), s;

	/* what the batches have given to the prefix's keys and values */
	if (p->prefix)
		copy_rows(p->m->tc, p->a->dqkv + q, ld, prefix_at(p->a, p->l, true), 2 * w, p->b->ntok, 2 * w);
	for (s = 0; s < p->b->nseq; s++) {
		size_t i = p->b->off[s];
		float *row = p->a->dqkv + i * ld;

		p->a->seq[s] = sequence(p, s);
		p->a->gseq[s] = (struct attn_grad){
			.do_ = p->a->dob + i * q, .dq = row, .dk = row + q, .dv = row + q + w,
			.lddo = q, .lddq = ld, .lddk = ld, .lddv = ld, .more = p->prefix
		};
		leads(p, s, &p->a->seq[s]);
		leads_bwd(p, s, &p->a->gseq[s]);
	}
	attn_bwd(p->m->tc, p->a->seq, p->a->gseq, p->b->nseq, &shape);
}

static const struct step step_attend = { attend_fwd, attend_bwd, STEP_KEPT };

/* ---- what a part adds: to = from + scale f(x), the scale most often 1 ---- */

static void
residual_fwd(const struct pass *p, const struct linear *f, float *to, const float *from, const float *x)
{
	size_t d = p->m->c.dim, n = p->b->ntok * d;
	float scale = p->m->c.residual_scale;

	tc_copy(p->m->tc, to, from, n * sizeof(float));
	if (scale == 1) {
		linear_fwd(p, f, to, d, x, true);
		return;
	}
	/* the normalised input is not needed any more */
	linear_fwd(p, f, p->a->h, d, x, false);
	scale_fwd(p->m->tc, p->a->h, n, scale);
	add_fwd(p->m->tc, to, p->a->h, n);
}

/* dx: the gradient of x */
static void
residual_bwd(const struct pass *p, const struct linear *f, float *dx, const float *x)
{
	size_t d = p->m->c.dim, n = p->b->ntok * d;
	float *dy = p->a->dx;

	if (p->m->c.residual_scale != 1) {
		dy = p->a->dh;
		tc_copy(p->m->tc, dy, p->a->dx, n * sizeof(float));
		scale_fwd(p->m->tc, dy, n, p->m->c.residual_scale);
	}
	linear_bwd(p, f, dx, dy, d, x);
}

/* ---- mid = x + o(attention) ---- */

static void
o_fwd(const struct pass *p)
{
	residual_fwd(p, &linear_o, p->la->mid, p->la->x, p->la->o);
}

static void
o_bwd(const struct pass *p)
{
	residual_bwd(p, &linear_o, p->a->dob, p->la->o);
}

static const struct step step_o = { o_fwd, o_bwd, STEP_KEPT };

/* ---- the feed-forward part: act = silu(gate) up, or gelu(gate) up; a row of gu has both ---- */

static void
gu_fwd(const struct pass *p)
{
	linear_fwd(p, &linear_gu, p->la->gu, 2 * p->m->c.ffn, p->a->h, false);
}

static void
gu_bwd(const struct pass *p)
{
	linear_bwd(p, &linear_gu, p->a->dh, p->a->dgu, 2 * p->m->c.ffn, p->a->h);
}

static void
silu_fwd(const struct pass *p)
{
	size_t f = p->m->c.ffn;

	swiglu_fwd(p->m->tc, p->a->act, p->la->gu, p->la->gu + f, 2 * f, p->b->ntok, f);
}

static void
silu_bwd(const struct pass *p)
{
	size_t f = p->m->c.ffn;
	const float *gu = p->la->gu;

	swiglu_bwd(p->m->tc, p->a->dgu, p->a->dgu + f, 2 * f, p->a->dact, gu, gu + f, 2 * f, p->b->ntok, f);
}

static void
gated_gelu_fwd(const struct pass *p)
{
	size_t f = p->m->c.ffn;

	geglu_fwd(p->m->tc, p->a->act, p->la->gu, p->la->gu + f, 2 * f, p->b->ntok, f);
}

static void
gated_gelu_bwd(const struct pass *p)
{
	size_t f = p->m->c.ffn;
	const float *gu = p->la->gu;

	geglu_bwd(p->m->tc, p->a->dgu, p->a->dgu + f, 2 * f, p->a->dact, gu, gu + f, 2 * f, p->b->ntok, f);
}

/* out = mid + down(act) */
static void
down_fwd(const struct pass *p)
{
	residual_fwd(p, &linear_down, p->out, p->la->mid, p->a->act);
}

static void
down_bwd(const struct pass *p)
{
	residual_bwd(p, &linear_down, p->a->dact, p->a->act);
}

static const struct step step_gu = { gu_fwd, gu_bwd, STEP_KEPT };
static const struct step step_silu = { silu_fwd, silu_bwd, STEP_AGAIN };
static const struct step step_gelu = { gated_gelu_fwd, gated_gelu_bwd, STEP_AGAIN };
static const struct step step_down = { down_fwd, down_bwd, STEP_OUT };

/* ---- the order ---- */

const struct step *const block_pre_norm[] = {
	&step_norm1, &step_qkv, &step_qk_norm, &step_rotate, &step_attend, &step_o,
	&step_norm2, &step_gu, &step_silu, &step_down, NULL
};

const struct step *const block_post_norm[] = {
	&step_take1, &step_qkv, &step_qk_norm, &step_rotate, &step_attend, &step_sub_o, &step_post1,
	&step_take2, &step_gu, &step_silu, &step_sub_down, &step_post2, NULL
};

const struct step *const block_both_norms[] = {
	&step_norm1, &step_qkv, &step_qk_norm, &step_rotate, &step_attend, &step_sub_o, &step_post1,
	&step_norm2, &step_gu, &step_gelu, &step_sub_down, &step_post2, NULL
};

const struct step *const block_side_by_side[] = {
	&step_norm1, &step_qkv_heads, &step_rotate, &step_attend, &step_norm_x, &step_up, &step_gelu_erf, &step_both, NULL
};

void
block_forward(const struct pass *p)
{
	for (const struct step *const *s = p->m->c.arch->block; *s; s++)
		(*s)->fwd(p);
}

static size_t
count(const struct step *const *s)
{
	size_t n = 0;

	while (s[n])
		n++;
	return n;
}

void
block_recompute(const struct pass *p)
{
	const struct step *const *s = p->m->c.arch->block;
	size_t n = count(s), i;

	while (n && s[n - 1]->result != STEP_KEPT)
		n--;
	for (i = 0; i < n; i++)
		s[i]->fwd(p);
}

void
block_backward(const struct pass *p)
{
	const struct step *const *s = p->m->c.arch->block;
	size_t i, k;

	for (i = count(s); i-- > 0;) {
		for (k = i; k > 0 && s[k - 1]->result == STEP_AGAIN; k--)
			;
		for (; k < i; k++)
			s[k]->fwd(p);
		s[i]->bwd(p);
	}
}
