/* Per-token estimates of KL(policy || reference) from the log-probabilities of the
 * sampled tokens (Schulman 2020), d = logprob - ref. */
#ifndef RL_KL_H
#define RL_KL_H

#include <stddef.h>

enum kl_kind {
	KL_K1,          /* d */
	KL_K2,          /* d^2 / 2 */
	KL_K3,          /* exp(-d) - 1 + d */
	KL_FULL         /* the exact sum over the vocabulary: measured elsewhere */
};

/* kl (n) from logprob and ref (n); not for KL_FULL. */
void kl_tokens(enum kl_kind kind, float *kl, const float *logprob, const float *ref, size_t n);

/* The adaptive controller (Ziegler et al. 2019, section 2.2): the next beta, when n
 * responses had this mean KL: beta (1 + clip(kl / target - 1, +-0.2) n / horizon). */
double kl_control(double beta, double kl, double target, double horizon, double n);

#endif
