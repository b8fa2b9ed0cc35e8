#include <math.h>

#include "rl/gae.h"

void
gae(double gamma, double lambda, const double *reward, const float *value, size_t n, float *advantage,
    float *ret)
{
	double a = 0, next = 0;
	size_t t;

	for (t = n; t-- > 0;) {
		double v = (double)value[t];

		a = reward[t] + gamma * next - v + gamma * lambda * a;
		advantage[t] = (float)a;
		ret[t] = (float)(a + v);
		next = v;
	}
}

void
whiten_add(struct whiten *w, const float *x, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		w->sum += (double)x[i];
	w->n += n;
}

void
whiten_mean(struct whiten *w)
{
	w->mean = w->n ? w->sum / (double)w->n : 0;
}

void
whiten_add_deviation(struct whiten *w, const float *x, size_t n)
{
	size_t i;
	double d;

	for (i = 0; i < n; i++) {
		d = (double)x[i] - w->mean;
		w->dev += d * d;
	}
}

void
whiten(const struct whiten *w, float *x, size_t n)
{
	double var = w->n > 1 ? w->dev / (double)(w->n - 1) : 0, s = 1 / sqrt(var + 1e-8);
	size_t i;

	for (i = 0; i < n; i++)
		x[i] = (float)(((double)x[i] - w->mean) * s);
}

double
group_advantage(enum group_kind kind, const struct group *g, double total)
{
	double n = (double)g->n, mean = g->sum / n, var;

	if (g->n < 2)
		return 0;
	if (kind == GROUP_RLOO)
		return total - (g->sum - total) / (n - 1);
	var = (g->sumsq - n * mean * mean) / (n - 1);
	return (total - mean) / (sqrt(var > 0 ? var : 0) + 1e-4);
}
