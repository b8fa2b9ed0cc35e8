/* Win rates at a KL divergence: which points of a candidate they are mixed from. */
#include <math.h>

#include "stat/winrate.h"
#include "stat/winrate_int.h"

/* Mean KL of a point over the cells that know it; NAN if none. */
static double
point_kl(const struct winrate *w, size_t c, size_t t)
{
	size_t i, cells = w->run.n * w->prompt.n, n = 0;
	const struct cell *x = cell_at(w, c, t, 0, 0);
	double sum = 0;

	for (i = 0; i < cells; i++)
		if (x[i].n && !isnan(x[i].kl)) {
			sum += x[i].kl;
			n++;
		}
	return n ? sum / (double)n : NAN;
}

static double
largest_kl(const struct winrate *w, size_t c)
{
	double top = NAN, k;
	size_t t;

	for (t = 0; t < w->np; t++)
		if ((k = point_kl(w, c, t)) >= 0 && !(k <= top))
			top = k;
	return top;
}

double
winrate_common_kl(const struct winrate *w)
{
	double common = INFINITY, k;
	size_t c;

	for (c = 0; c < w->cand.n; c++) {
		k = largest_kl(w, c);
		if (isnan(k))
			return NAN;
		if (k < common)
			common = k;
	}
	return common;
}

bool
mixture_at(const struct winrate *w, size_t c, double kl, struct mixture *m)
{
	double below = 0, above = INFINITY, k, share;
	size_t t, tb = w->np, ta = w->np;

	for (t = 0; t < w->np; t++) {
		k = point_kl(w, c, t);
		if (!(k >= 0))
			continue;
		if (k <= kl && k >= below) {
			below = k;
			tb = t;
		}
		if (k >= kl && k < above) {
			above = k;
			ta = t;
		}
	}
	if (isnan(kl) || ta == w->np)
		return false;
	share = above > below ? (sqrt(kl) - sqrt(below)) / (sqrt(above) - sqrt(below)) : 1;
	*m = (struct mixture){ { share, 1 - share }, 0, { ta, tb } };
	if (tb == w->np)
		*m = (struct mixture){ { share, 0 }, 1 - share, { ta, ta } };
	return true;
}

struct mixture
mixture_last(const struct winrate *w, size_t c)
{
	return (struct mixture){ { 1, 0 }, 0, { w->last[c].t, w->last[c].t } };
}
