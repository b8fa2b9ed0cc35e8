/* The reward of every action: R_t = w_tok r_t + [t = T-1] w_seq s - beta KL_t. */
#ifndef RL_SHAPE_H
#define RL_SHAPE_H

#include <stdbool.h>
#include <stddef.h>

struct shape {
	double token_weight, low, high; /* r is clamped to low..high first */
	double sequence_weight, beta;
	double missing_eos;             /* subtracted at the last token of a response that was cut off */
	bool center;                    /* r minus its mean over the response */
	bool scale_length;              /* r divided by the response's tokens */
};

/* r: token rewards (T) or NULL (weight 0); score: of the sequence; kl (T) or NULL
 * (beta 0); cut: the response has no end.  out (T), T >= 1. */
void shape_rewards(const struct shape *o, double *out, const float *r, double score, const float *kl,
    size_t n, bool cut);

#endif
