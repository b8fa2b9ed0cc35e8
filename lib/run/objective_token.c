/* The method's own loss: labelled tokens, and the order of the pair. */
#include "run/objective_int.h"

enum { LABEL, REST, PAIR };

static double
loss(const struct objective *o, const struct objective_at *a, struct outcome *out)
{
	const struct reward_weights weights = { o->param[LABEL], o->param[REST], o->param[PAIR] };
	struct logit_side l = objective_side(a, 0, 0), w = objective_side(a, 1, 0);

	objective_order_score(o, a, out);
	return reward_token_loss(&weights, &a->t->reward, &l, &w);
}

const struct objective_type objective_token = {
	.kind = "reward", .name = "token", .head = HEAD_TOKEN, .pair = true,
	.field = { OBJECTIVE_LABEL },
	.param = {
		[LABEL] = { "label-weight", "token: weight of the edited tokens", 1, 0, 1e9 },
		[REST] = { "rest-weight", "token: weight of the kept tokens", 0.3, 0, 1e9 },
		[PAIR] = { "pair-weight", "token: weight of the pair", 1, 0, 1e9 }
	},
	.count = objective_count_labels, .loss = loss, .print = objective_print_accuracy, .score = objective_score_prob
};
