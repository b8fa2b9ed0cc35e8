/* AdamW: Adam with decoupled weight decay (Loshchilov & Hutter 2019, algorithm 2),
 * bias-corrected.  Element by element, so the bits do not depend on threads. */
#ifndef OPTIM_ADAMW_H
#define OPTIM_ADAMW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tensor/tensor.h"

struct adamw {
	double beta1, beta2, eps, decay;
	/* eps as TensorFlow adds it: to sqrt(v) before its bias correction; else as PyTorch
	 * does: to the corrected root */
	bool tf_eps;
};

#define ADAMW_DEFAULT { 0.9, 0.95, 1e-8, 0, false }

/* One update of w (n) with gradient scale * g; m, v (n) are the moments, zero before
 * the first.  step counts from 1.  decay false leaves the decay out (norms, biases).
 *   m = b1 m + (1-b1) g      v = b2 v + (1-b2) g^2
 *   w = w (1 - lr decay) - lr / (1-b1^step) m / (sqrt(v / (1-b2^step)) + eps) */
void adamw_step(struct tc *tc, const struct adamw *o, float *w, float *m, float *v,
    const float *g, size_t n, double lr, double scale, uint64_t step, bool decay);

/* What a gradient of this global norm is multiplied by so that it is at most max
 * (torch.nn.utils.clip_grad_norm_): 1 when it is already, or when max is 0. */
double clip_scale(double norm, double max);

#endif
