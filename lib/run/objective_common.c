/* Shared by several objectives. */
#include "base/math.h"
#include "json/write.h"
#include "run/objective_int.h"
#include "run/train.h"

double
objective_score_prob(const float *z, size_t n)
{
	double sum = 0;
	size_t i;

	for (i = 0; i < n; i++)
		sum += math_tanh((double)z[i] / 2);
	return sum;
}

void
objective_order_score(const struct objective *o, const struct objective_at *a, struct outcome *out)
{
	struct logit_side l = objective_side(a, 0, -1), w = objective_side(a, 1, -1);

	objective_order(a, o->type->score(l.z, l.n), o->type->score(w.z, w.n), out);
}

void
objective_print_accuracy(const struct train_line *l, struct buf *b)
{
	json_put_number(b, "accuracy", l->o.right);
}

bool
objective_is_label(double v)
{
	return v == 0 || v == 1 || v == -1;
}

void
objective_count_labels(struct totals *t, const struct example *x)
{
	struct logit_side l = { .label = x->side[0].f[0], .n = objective_reply(&x->side[0]) };
	struct logit_side w = { .label = x->side[1].f[0], .n = objective_reply(&x->side[1]) };

	reward_count_pair(&t->reward, &l, &w);
}
