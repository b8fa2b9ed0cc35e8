/* What the files of objectives share. */
#ifndef RUN_OBJECTIVE_INT_H
#define RUN_OBJECTIVE_INT_H

#include "run/objective.h"

#define OBJECTIVE_EXTERN(name) extern const struct objective_type objective_##name;
OBJECTIVES(OBJECTIVE_EXTERN)
#undef OBJECTIVE_EXTERN

/* Side k of a pair: logits, slopes, and field f as labels (f < 0: none). */
static inline struct logit_side
objective_side(const struct objective_at *a, size_t k, int f)
{
	const struct ex_side *s = &a->x->side[k];
	size_t at = a->row + (k ? objective_reply(&a->x->side[0]) : 0);

	return (struct logit_side){ a->mb->out + at, f < 0 ? NULL : s->f[f], a->grad ? a->mb->g + at : NULL,
		objective_reply(s) };
}

/* Count the pair as right where the better side earns more. */
static inline void
objective_order(const struct objective_at *a, double worse, double better, struct outcome *out)
{
	out->right += (better > worse ? 1 : better < worse ? 0 : 0.5) / (double)a->t->examples;
}

/* Order the pair by the sums of token rewards 2p - 1, or by the logits at the last tokens. */
double objective_score_prob(const float *z, size_t n);
void objective_order_score(const struct objective *o, const struct objective_at *a, struct outcome *out);
/* print: the part of pairs in the right order */
void objective_print_accuracy(const struct train_line *l, struct buf *b);

/* Labels, as token.c and token_soft.c read them: field[0]. */
bool objective_is_label(double v);
#define OBJECTIVE_LABEL { .suffix = "label", .fits = objective_is_label, .wants = "a label is -1, 0 or 1" }
/* Add a pair's labels to the totals. */
void objective_count_labels(struct totals *t, const struct example *x);

/* Fields and numbers of ppo that others read: the KL controller. */
enum { PPO_OLD, PPO_ADVANTAGE, PPO_VALUE, PPO_RETURN, PPO_KL };
enum { PPO_BETA };

#endif
