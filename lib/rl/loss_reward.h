/* Losses of reward models over one pair (Xu et al. 2024; METHOD section 2): the logit
 * z of every token, worse side l and better side w. */
#ifndef RL_LOSS_REWARD_H
#define RL_LOSS_REWARD_H

#include <stddef.h>
#include <stdint.h>

enum reward_objective { REWARD_TOKEN, REWARD_TOKEN_SOFT, REWARD_TOKEN_MEAN, REWARD_SEQUENCE };

/* One side: z (n) logits, label (n) -1, 0 or +1 (NULL: all 0), dz (n) gradient or NULL. */
struct reward_side {
	const float *z, *label;
	float *dz;
	size_t n;
};

/* What a whole step holds: the losses below are divided by it, so that neither
 * micro-batches nor short pairs weigh differently. */
struct reward_count { uint64_t pos, neg, zero, pairs; };

struct reward_loss {
	enum reward_objective objective;
	double a, b, c;         /* weights of the token objective: labels, rest, pair */
	double margin;          /* of the sequence objective */
};

/* Add a pair's counts (z is not read). */
void reward_count_pair(struct reward_count *c, const struct reward_side *l, const struct reward_side *w);

/* The pair's part of the step's loss; gradients are stored, not added.
 *   token:      a/2 [sum+ softplus(-z)/N+ + sum- softplus(z)/N-] + b sum0 z^2/N0
 *               + c/S softplus(m_l - m_w), m the mean z of a side's edited tokens (0 if none)
 *   token-soft: two-class cross entropy against 1, 1/2, 0, mean of a side, both summed, / S
 *   token-mean: softplus(mean z_l - mean z_w) / S
 *   sequence:   softplus(z_l - z_w + margin) / S, z at the last token */
double reward_pair_loss(const struct reward_loss *o, const struct reward_count *c,
    const struct reward_side *l, const struct reward_side *w);

#endif
