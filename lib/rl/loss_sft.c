#include "rl/loss_sft.h"

double
sft_loss(double total, const float *logprob, size_t n, float *g)
{
	double loss = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		loss -= (double)logprob[i];
		if (g)
			g[i] = (float)(-1 / total);
	}
	return loss / total;
}
