/* A dense reward from pairs without labels: the order of the mean logits. */
#include "run/objective_int.h"

static double
loss(const struct objective *o, const struct objective_at *a, struct outcome *out)
{
	struct logit_side l = objective_side(a, 0, -1), w = objective_side(a, 1, -1);

	objective_order_score(o, a, out);
	return reward_mean_loss((double)a->t->examples, &l, &w);
}

const struct objective_type objective_token_mean = {
	.kind = "reward", .name = "token-mean", .head = HEAD_TOKEN, .pair = true,
	.loss = loss, .print = objective_print_accuracy, .score = objective_score_prob
};
