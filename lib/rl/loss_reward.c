#include <stdbool.h>

#include "rl/loss_math.h"
#include "rl/loss_reward.h"

static double
label_of(const struct logit_side *s, size_t i)
{
	return s->label ? (double)s->label[i] : 0;
}

static void
count_side(struct reward_count *c, const struct logit_side *s)
{
	size_t i;

	for (i = 0; i < s->n; i++) {
		double y = label_of(s, i);

		if (y > 0)
			c->pos++;
		else if (y < 0)
			c->neg++;
		else
			c->zero++;
	}
}

void
reward_count_pair(struct reward_count *c, const struct logit_side *l, const struct logit_side *w)
{
	count_side(c, l);
	count_side(c, w);
	c->pairs++;
}

/* The mean of z over the side's edited tokens, or over all of them; *n their number. */
static double
mean(const struct logit_side *s, bool edited, size_t *n)
{
	double t = 0;
	size_t i;

	*n = 0;
	for (i = 0; i < s->n; i++)
		if (!edited || label_of(s, i) != 0) {
			t += (double)s->z[i];
			++*n;
		}
	return *n ? t / (double)*n : 0;
}

static void
put(const struct logit_side *s, size_t i, double g)
{
	if (s->dz)
		s->dz[i] = (float)g;
}

/* pair: the gradient that the pair term gives to every edited token of this side */
static double
token_side(const struct reward_weights *o, const struct reward_count *c,
    const struct logit_side *s, double pair)
{
	double loss = 0;
	size_t i;

	for (i = 0; i < s->n; i++) {
		double z = (double)s->z[i], y = label_of(s, i), k;

		if (y > 0) {
			k = o->a / 2 / (double)c->pos;
			loss += k * loss_softplus(-z);
			put(s, i, pair - k * loss_sigmoid(-z));
		} else if (y < 0) {
			k = o->a / 2 / (double)c->neg;
			loss += k * loss_softplus(z);
			put(s, i, pair + k * loss_sigmoid(z));
		} else {
			k = o->b / (double)c->zero;
			loss += k * z * z;
			put(s, i, 2 * k * z);
		}
	}
	return loss;
}

static double
soft_side(double pairs, const struct logit_side *s)
{
	double loss = 0, k = 1 / pairs / (double)s->n;
	size_t i;

	for (i = 0; i < s->n; i++) {
		double z = (double)s->z[i], y = (1 + label_of(s, i)) / 2;

		loss += k * (y * loss_softplus(-z) + (1 - y) * loss_softplus(z));
		put(s, i, k * (loss_sigmoid(z) - y));
	}
	return loss;
}

static void
fill(const struct logit_side *s, double g)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		put(s, i, g);
}

double
reward_token_loss(const struct reward_weights *o, const struct reward_count *c, const struct logit_side *l,
    const struct logit_side *w)
{
	double d, k, pairs = (double)c->pairs;
	size_t nl, nw;

	d = mean(l, true, &nl);
	d -= mean(w, true, &nw);
	k = o->c / pairs * loss_sigmoid(d);
	return o->c / pairs * loss_softplus(d)
	    + token_side(o, c, l, nl ? k / (double)nl : 0)
	    + token_side(o, c, w, nw ? -k / (double)nw : 0);
}

double
reward_soft_loss(double pairs, const struct logit_side *l, const struct logit_side *w)
{
	return soft_side(pairs, l) + soft_side(pairs, w);
}

double
reward_mean_loss(double pairs, const struct logit_side *l, const struct logit_side *w)
{
	double d, k;
	size_t nl, nw;

	d = mean(l, false, &nl);
	d -= mean(w, false, &nw);
	k = loss_sigmoid(d) / pairs;
	fill(l, k / (double)nl);
	fill(w, -k / (double)nw);
	return loss_softplus(d) / pairs;
}

double
reward_sequence_loss(double margin, double pairs, const struct logit_side *l, const struct logit_side *w)
{
	double d = (double)l->z[l->n - 1] - (double)w->z[w->n - 1] + margin, k = loss_sigmoid(d) / pairs;

	fill(l, 0);
	fill(w, 0);
	put(l, l->n - 1, k);
	put(w, w->n - 1, -k);
	return loss_softplus(d) / pairs;
}
