#include "base/math.h"
#include "rl/kl.h"

void
kl_tokens(enum kl_kind kind, float *kl, const float *logprob, const float *ref, size_t n)
{
	size_t i;
	double d;

	for (i = 0; i < n; i++) {
		d = (double)logprob[i] - (double)ref[i];
		kl[i] = (float)(kind == KL_K1 ? d : kind == KL_K2 ? d * d / 2 : math_exp(-d) - 1 + d);
	}
}

double
kl_control(double beta, double kl, double target, double horizon, double n)
{
	double err = kl / target - 1;

	err = err > 0.2 ? 0.2 : err < -0.2 ? -0.2 : err;
	return beta * (1 + err * n / horizon);
}
