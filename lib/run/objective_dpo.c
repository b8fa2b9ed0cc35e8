#include "json/write.h"
#include "rl/loss_dpo.h"
#include "run/objective_int.h"
#include "run/train.h"

enum { BETA, SMOOTHING };

static double
loss(const struct objective *o, const struct objective_at *a, struct outcome *out)
{
	struct logit_side l = objective_side(a, 0, 0), w = objective_side(a, 1, 0);
	struct dpo_side dl = { l.z, l.label, l.dz, l.n }, dw = { w.z, w.label, w.dz, w.n };
	struct dpo_result r = dpo_pair_loss(o->param[BETA], o->param[SMOOTHING], (double)a->t->examples, &dl, &dw);

	out->margin += r.margin / (double)a->t->examples;
	objective_order(a, 0, r.margin, out);
	return r.loss;
}

static void
print(const struct train_line *l, struct buf *b)
{
	objective_print_accuracy(l, b);
	json_put_number(b, "margin", l->o.margin);
}

const struct objective_type objective_dpo = {
	.kind = "dpo", .head = HEAD_LM, .pair = true,
	.field = { { .suffix = "ref_logprob" } },
	.param = {
		[BETA] = { "beta", "strength of the reference", 0.1, 0, 1e9 },
		[SMOOTHING] = { "smoothing", "part of labels taken as wrong", 0, 0, 0.5 }
	},
	.loss = loss, .print = print
};
