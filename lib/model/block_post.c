/* Norms of what attention and the feed-forward part give, instead of, or beside, those of what they take. */
#include "model/block_int.h"

/* ---- a part's input as it is, where no norm comes before: a->h = x ---- */

static void
take_fwd(const struct pass *p, const float *x)
{
	tc_copy(p->m->tc, p->a->h, x, p->b->ntok * p->m->c.dim * sizeof(float));
}

static void
take_bwd(const struct pass *p)
{
	add_fwd(p->m->tc, p->a->dx, p->a->dh, p->b->ntok * p->m->c.dim);
}

static void take1_fwd(const struct pass *p) { take_fwd(p, p->la->x); }
static void take2_fwd(const struct pass *p) { take_fwd(p, p->la->mid); }

const struct step step_take1 = { take1_fwd, take_bwd, STEP_AGAIN };
const struct step step_take2 = { take2_fwd, take_bwd, STEP_AGAIN };

/* ---- sub = f(x), kept for its norm's backward ---- */

static void
o_fwd(const struct pass *p)
{
	linear_fwd(p, &linear_o, p->la->sub1, p->m->c.dim, p->la->o, false);
}

static void
o_bwd(const struct pass *p)
{
	linear_bwd(p, &linear_o, p->a->dob, p->a->dh, p->m->c.dim, p->la->o);
}

static void
down_fwd(const struct pass *p)
{
	linear_fwd(p, &linear_down, p->la->sub2, p->m->c.dim, p->a->act, false);
}

static void
down_bwd(const struct pass *p)
{
	linear_bwd(p, &linear_down, p->a->dact, p->a->dh, p->m->c.dim, p->a->act);
}

const struct step step_sub_o = { o_fwd, o_bwd, STEP_KEPT };
const struct step step_sub_down = { down_fwd, down_bwd, STEP_KEPT };

/* ---- to = from + norm(sub) ---- */

static void
post_fwd(const struct pass *p, float *to, const float *from, const float *sub, float *rstd, unsigned slot)
{
	const struct model_config *c = &p->m->c;
	size_t n = p->b->ntok;

	rmsnorm_fwd(p->m->tc, p->a->h, rstd, sub, p->y->w[slot].vec, n, c->dim, c->norm_eps);
	tc_copy(p->m->tc, to, from, n * c->dim * sizeof(float));
	add_fwd(p->m->tc, to, p->a->h, n * c->dim);
}

/* a->dh: the gradient of sub; that of from is what a->dx holds already */
static void
post_bwd(const struct pass *p, const float *sub, const float *rstd, unsigned slot)
{
	const struct weight *w = &p->y->w[slot];
	size_t n = p->b->ntok, d = p->m->c.dim;

	tc_zero(p->m->tc, p->a->dh, n * d * sizeof(float));
	rmsnorm_bwd(p->m->tc, p->a->dh, weight_grad(p->grad, w), p->a->dx, sub, w->vec, rstd, n, d);
}

static void post1_fwd(const struct pass *p) { post_fwd(p, p->la->mid, p->la->x, p->la->sub1, p->la->prstd1, L_POST1); }
static void post1_bwd(const struct pass *p) { post_bwd(p, p->la->sub1, p->la->prstd1, L_POST1); }
static void post2_fwd(const struct pass *p) { post_fwd(p, p->out, p->la->mid, p->la->sub2, p->la->prstd2, L_POST2); }
static void post2_bwd(const struct pass *p) { post_bwd(p, p->la->sub2, p->la->prstd2, L_POST2); }

const struct step step_post1 = { post1_fwd, post1_bwd, STEP_KEPT };
const struct step step_post2 = { post2_fwd, post2_bwd, STEP_OUT };
