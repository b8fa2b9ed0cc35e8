#include "rl/loss_math.h"
#include "rl/loss_ppo.h"

static double
clamp(double x, double lo, double hi)
{
	return x < lo ? lo : x > hi ? hi : x;
}

double
ppo_policy_loss(const struct ppo_loss *o, double total, const float *logprob,
    const float *old, const float *advantage, size_t n, float *g, struct ppo_stats *s)
{
	double lo = 1 - o->clip, hi = 1 + (o->clip_high > 0 ? o->clip_high : o->clip);
	double loss = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		double a = (double)advantage[i];
		double d = (double)logprob[i] - (double)old[i];
		double c = clamp(d, -20, 20), r = math_exp(c);
		double free = -a * r, held = -a * clamp(r, lo, hi);
		double l = free, k = free;      /* the loss and its derivative by logprob */

		if (held > free) {
			l = held;
			k = 0;
			s->clipped++;
		}
		if (o->dual > 0 && a < 0 && l > -o->dual * a) {
			l = -o->dual * a;
			k = 0;
		}
		if (c != d)
			k = 0;
		loss += l;
		if (g)
			g[i] = (float)(k / total);
		s->ratio += r;
		s->ratio_min = r < s->ratio_min ? r : s->ratio_min;
		s->ratio_max = r > s->ratio_max ? r : s->ratio_max;
		s->k1 -= d;
		s->k3 += r - 1 - c;
	}
	s->n += n;
	return loss / total;
}

double
ppo_value_loss(const struct ppo_loss *o, double total, const float *value,
    const float *old, const float *ret, size_t n, float *g, struct ppo_stats *s)
{
	double loss = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		double v = (double)value[i], r = (double)ret[i];
		double e = v - r, l = e * e, k = e;

		/* inside the clip both terms are the same: asking for the distance, and not
		 * for the larger term, keeps rounding from dropping the gradient */
		if (o->value_clip > 0) {
			double b = (double)old[i], d = clamp(v - b, -o->value_clip, o->value_clip);
			double h = b + d - r;

			if (d != v - b && h * h > l) {
				l = h * h;
				k = 0;
				s->value_clipped++;
			}
		}
		loss += l / 2;
		if (g)
			g[i] = (float)(k / total);
		s->err += e;
		s->err2 += e * e;
		s->ret += r;
		s->ret2 += r * r;
	}
	return loss / total;
}

void
ppo_stats_add(struct ppo_stats *to, const struct ppo_stats *x)
{
	to->ratio_min = x->ratio_min < to->ratio_min ? x->ratio_min : to->ratio_min;
	to->ratio_max = x->ratio_max > to->ratio_max ? x->ratio_max : to->ratio_max;
	to->ratio += x->ratio;
	to->clipped += x->clipped;
	to->k1 += x->k1;
	to->k3 += x->k3;
	to->value_clipped += x->value_clipped;
	to->err += x->err;
	to->err2 += x->err2;
	to->ret += x->ret;
	to->ret2 += x->ret2;
	to->n += x->n;
}
