#include "rl/shape.h"

void
shape_rewards(const struct shape *o, double *out, const float *r, double score, const float *kl, size_t n,
    bool cut)
{
	double mean = 0, scale = o->token_weight;
	size_t i;

	for (i = 0; i < n; i++) {
		out[i] = r ? (double)r[i] : 0;
		out[i] = out[i] < o->low ? o->low : out[i] > o->high ? o->high : out[i];
		mean += out[i];
	}
	mean = o->center ? mean / (double)n : 0;
	if (o->scale_length)
		scale /= (double)n;
	for (i = 0; i < n; i++) {
		out[i] = r ? scale * (out[i] - mean) : 0;
		if (kl)
			out[i] -= o->beta * (double)kl[i];
	}
	out[n - 1] += o->sequence_weight * score;
	if (cut)
		out[n - 1] -= o->missing_eos;
}
