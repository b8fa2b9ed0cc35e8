#include "rl/loss_sft.h"
#include "run/objective_int.h"

static double
loss(const struct objective *o, const struct objective_at *a, struct outcome *out)
{
	(void)o;
	(void)out;
	return sft_loss((double)a->t->tokens, a->mb->out + a->row, objective_reply(&a->x->side[0]),
	    a->grad ? a->mb->g + a->row : NULL);
}

const struct objective_type objective_sft = { .kind = "sft", .head = HEAD_LM, .loss = loss };
