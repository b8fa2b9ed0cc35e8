/* Two-class cross entropy against 1, one half and 0, as TLCR has it (Yoon et al. 2024). */
#include "run/objective_int.h"

static double
loss(const struct objective *o, const struct objective_at *a, struct outcome *out)
{
	struct logit_side l = objective_side(a, 0, 0), w = objective_side(a, 1, 0);

	objective_order_score(o, a, out);
	return reward_soft_loss((double)a->t->examples, &l, &w);
}

const struct objective_type objective_token_soft = {
	.kind = "reward", .name = "token-soft", .head = HEAD_TOKEN, .pair = true,
	.field = { OBJECTIVE_LABEL },
	.loss = loss, .print = objective_print_accuracy, .score = objective_score_prob
};
