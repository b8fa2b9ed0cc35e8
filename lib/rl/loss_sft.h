/* Cross entropy of given tokens. */
#ifndef RL_LOSS_SFT_H
#define RL_LOSS_SFT_H

#include <stddef.h>

/* -sum logprob / total, total the step's token count; g (n, or NULL) = dL/dlogprob. */
double sft_loss(double total, const float *logprob, size_t n, float *g);

#endif
