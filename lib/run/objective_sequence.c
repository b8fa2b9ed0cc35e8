/* The reward model of traditional RLHF: the order of the logits at the last tokens. */
#include "run/objective_int.h"

enum { MARGIN };

static double
score(const float *z, size_t n)
{
	return (double)z[n - 1];
}

static double
loss(const struct objective *o, const struct objective_at *a, struct outcome *out)
{
	struct logit_side l = objective_side(a, 0, -1), w = objective_side(a, 1, -1);

	objective_order_score(o, a, out);
	return reward_sequence_loss(a->x->has >> MARGIN & 1 ? a->x->num[MARGIN] : o->param[MARGIN],
	    (double)a->t->examples, &l, &w);
}

const struct objective_type objective_sequence = {
	.kind = "reward", .name = "sequence", .head = HEAD_SEQUENCE, .pair = true,
	.number = { [MARGIN] = { "margin", NEED_IF_THERE } },
	.param = { [MARGIN] = { "margin", "sequence: margin, where the record has none", 0, -1e9, 1e9 } },
	.loss = loss, .print = objective_print_accuracy, .score = score
};
