/* The expected cost of editing a token: z of a token stands for the cost exp(z), the
 * number of symbols that an annotator has to change there. */
#ifndef RL_LOSS_COST_H
#define RL_LOSS_COST_H

#include <stddef.h>

/* No token is expected to cost more than exp of this (1000). */
#define COST_LOG_MAX 6.907755278982137

/* min(exp(z), exp(COST_LOG_MAX)) */
double cost_expected(double z);

/* The Poisson loss of counts c >= 0 by logits z: sum of exp(z) - c z, / total; above
 * COST_LOG_MAX exp goes on as its tangent, so that the slope is bounded and never vanishes.
 * dz (n, or NULL): gradients, stored. */
double cost_loss(double total, const float *z, const float *c, size_t n, float *dz);

#endif
