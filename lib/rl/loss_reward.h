/* Losses of reward models over one pair (Xu et al. 2024): the logit
 * z of every token, worse side l and better side w.  Each gives the pair's part of the step's
 * loss and stores gradients, it does not add them. */
#ifndef RL_LOSS_REWARD_H
#define RL_LOSS_REWARD_H

#include <stddef.h>
#include <stdint.h>

/* One side: z (n) logits, label (n) -1, 0 or +1 (NULL: all 0), dz (n) gradient or NULL. */
struct logit_side {
	const float *z, *label;
	float *dz;
	size_t n;
};

/* What a whole step holds: the losses below are divided by it, so that neither
 * micro-batches nor short pairs weigh differently. */
struct reward_count { uint64_t pos, neg, zero, pairs; };

/* Add a pair's counts (z is not read). */
void reward_count_pair(struct reward_count *c, const struct logit_side *l, const struct logit_side *w);

/* a/2 [sum+ softplus(-z)/N+ + sum- softplus(z)/N-] + b sum0 z^2/N0 + c/S softplus(m_l - m_w),
 * m the mean z of a side's edited tokens (0 if none) */
struct reward_weights { double a, b, c; };
double reward_token_loss(const struct reward_weights *o, const struct reward_count *c, const struct logit_side *l,
    const struct logit_side *w);
/* two-class cross entropy against 1, 1/2, 0, mean of a side, both summed, / pairs */
double reward_soft_loss(double pairs, const struct logit_side *l, const struct logit_side *w);
/* softplus(mean z_l - mean z_w) / pairs */
double reward_mean_loss(double pairs, const struct logit_side *l, const struct logit_side *w);
/* softplus(z_l - z_w + margin) / pairs, z at the last token */
double reward_sequence_loss(double margin, double pairs, const struct logit_side *l, const struct logit_side *w);

#endif
