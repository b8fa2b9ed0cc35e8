#include "rl/loss_dpo.h"
#include "rl/loss_math.h"

static double
ratio(const struct dpo_side *s)
{
	double t = 0;
	size_t i;

	for (i = 0; i < s->n; i++)
		t += (double)s->logprob[i] - (double)s->ref[i];
	return t;
}

static void
fill(const struct dpo_side *s, double g)
{
	size_t i;

	if (s->g)
		for (i = 0; i < s->n; i++)
			s->g[i] = (float)g;
}

struct dpo_result
dpo_pair_loss(double beta, double smoothing, double pairs, const struct dpo_side *l,
    const struct dpo_side *w)
{
	double m = beta * (ratio(w) - ratio(l));
	double k = beta / pairs * ((1 - smoothing) * loss_sigmoid(-m) - smoothing * loss_sigmoid(m));

	fill(l, k);
	fill(w, -k);
	return (struct dpo_result){
		((1 - smoothing) * loss_softplus(-m) + smoothing * loss_softplus(m)) / pairs, m
	};
}
