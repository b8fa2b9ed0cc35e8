/* Direct preference optimisation, sigmoid loss (Rafailov et al. 2023, eq. 7). */
#ifndef RL_LOSS_DPO_H
#define RL_LOSS_DPO_H

#include <stddef.h>

/* One response: log-probabilities of policy and reference, and dL/dlogprob (or NULL). */
struct dpo_side {
	const float *logprob, *ref;
	float *g;
	size_t n;
};

struct dpo_result { double loss, margin; };     /* margin: beta times the difference of log ratios */

/* -log sigmoid(margin) / pairs; g is stored.  smoothing e: (1-e) of it, and e of the
 * same with the sides exchanged. */
struct dpo_result dpo_pair_loss(double beta, double smoothing, double pairs, const struct dpo_side *l,
    const struct dpo_side *w);

#endif
