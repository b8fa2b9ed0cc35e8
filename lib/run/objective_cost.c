/* The expected cost of editing a token: a third reading of minimal edits. */
#include "rl/loss_cost.h"
#include "run/objective_int.h"

static double
score(const float *z, size_t n)
{
	double sum = 0;
	size_t i;

	for (i = 0; i < n; i++)
		sum -= cost_expected((double)z[i]);
	return sum;
}

static double
loss(const struct objective *o, const struct objective_at *a, struct outcome *out)
{
	struct logit_side l = objective_side(a, 0, 0), w = objective_side(a, 1, 0);
	double total = (double)a->t->tokens;

	objective_order_score(o, a, out);
	return cost_loss(total, l.z, l.label, l.n, l.dz) + cost_loss(total, w.z, w.label, w.n, w.dz);
}

static bool
is_cost(double v)
{
	return v >= 0 && v <= 1e9;
}

const struct objective_type objective_cost = {
	.kind = "reward", .name = "cost", .head = HEAD_TOKEN, .pair = true, .cost = true,
	.field = { { .suffix = "cost", .fits = is_cost, .wants = "a cost is a number from 0 to 1e9" } },
	.loss = loss, .print = objective_print_accuracy, .score = score
};
