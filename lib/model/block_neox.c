/* Attention and feed-forward part side by side, each of the layer's input, as GPT-NeoX has them. */
#include "model/block_int.h"

/* ---- q, k and v of a head follow one another in the map's rows: big (N, H, 3, D) <-> qkv (N, 3, H, D) ---- */

static void
turn(const struct pass *p, float *qkv, float *big, bool back)
{
	const struct model_config *c = &p->m->c;
	size_t n = p->b->ntok, d = c->head_dim, ld = 3 * c->heads * d, h, k;

	for (h = 0; h < c->heads; h++)
		for (k = 0; k < 3; k++) {
			float *a = qkv + (k * c->heads + h) * d, *b = big + (h * 3 + k) * d;

			copy_rows(p->m->tc, back ? b : a, ld, back ? a : b, ld, n, d);
		}
}

static void
qkv_fwd(const struct pass *p)
{
	linear_fwd(p, &linear_qkv, p->a->big, 3 * q_width(&p->m->c), p->a->h, false);
	turn(p, p->la->qkv, p->a->big, false);
}

static void
qkv_bwd(const struct pass *p)
{
	turn(p, p->a->dqkv, p->a->dbig, true);
	linear_bwd(p, &linear_qkv, p->a->dh, p->a->dbig, 3 * q_width(&p->m->c), p->a->h);
}

const struct step step_qkv_heads = { qkv_fwd, qkv_bwd, STEP_KEPT };

/* ---- the norm before the feed-forward part ---- */

static void
norm_x_fwd(const struct pass *p)
{
	norm_fwd(p->m, p->a->h, p->la->rstd2, p->la->x, &p->y->w[L_NORM2], p->b->ntok);
}

static void
norm_x_bwd(const struct pass *p)
{
	norm_bwd(p->m, p->grad, p->a->dx, p->a->dh, p->la->x, &p->y->w[L_NORM2], p->la->rstd2, p->b->ntok);
}

const struct step step_norm_x = { norm_x_fwd, norm_x_bwd, STEP_AGAIN };

/* ---- act = gelu(up) ---- */

static void
up_fwd(const struct pass *p)
{
	linear_fwd(p, &linear_gu, p->la->gu, p->m->c.ffn, p->a->h, false);
}

static void
up_bwd(const struct pass *p)
{
	linear_bwd(p, &linear_gu, p->a->dh, p->a->dgu, p->m->c.ffn, p->a->h);
}

static void
erf_fwd(const struct pass *p)
{
	gelu_fwd(p->m->tc, p->a->act, p->la->gu, p->b->ntok * p->m->c.ffn, GELU_ERF);
}

static void
erf_bwd(const struct pass *p)
{
	gelu_bwd(p->m->tc, p->a->dgu, p->a->dact, p->la->gu, p->b->ntok * p->m->c.ffn, GELU_ERF);
}

const struct step step_up = { up_fwd, up_bwd, STEP_KEPT };
const struct step step_gelu_erf = { erf_fwd, erf_bwd, STEP_AGAIN };

/* ---- out = x + o(attention) + down(act) ---- */

static void
both_fwd(const struct pass *p)
{
	size_t d = p->m->c.dim;

	/* without a backward pass all layers work in one place */
	if (p->out != p->la->x)
		tc_copy(p->m->tc, p->out, p->la->x, p->b->ntok * d * sizeof(float));
	linear_fwd(p, &linear_o, p->out, d, p->la->o, true);
	linear_fwd(p, &linear_down, p->out, d, p->a->act, true);
}

static void
both_bwd(const struct pass *p)
{
	size_t d = p->m->c.dim;

	linear_bwd(p, &linear_down, p->a->dact, p->a->dx, d, p->a->act);
	linear_bwd(p, &linear_o, p->a->dob, p->a->dx, d, p->la->o);
}

const struct step step_both = { both_fwd, both_bwd, STEP_OUT };
