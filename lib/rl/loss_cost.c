#include "base/math.h"
#include "rl/loss_cost.h"

double
cost_expected(double z)
{
	return math_exp(z < COST_LOG_MAX ? z : COST_LOG_MAX);
}

double
cost_loss(double total, const float *z, const float *c, size_t n, float *dz)
{
	double loss = 0, above, slope;
	size_t i;

	for (i = 0; i < n; i++) {
		above = (double)z[i] - COST_LOG_MAX;
		slope = cost_expected((double)z[i]);
		loss += slope * (above > 0 ? 1 + above : 1) - (double)c[i] * (double)z[i];
		if (dz)
			dz[i] = (float)((slope - (double)c[i]) / total);
	}
	return loss / total;
}
