#include <math.h>
#include <stdlib.h>

#include "base/math.h"
#include "base/rng.h"
#include "stat/winrate.h"
#include "stat/winrate_int.h"

#define RIDGE 1e-3

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double
quantile(const double *x, size_t n, double q)
{
	double at = q * (double)(n - 1);
	size_t i = (size_t)at;

	return i + 1 < n ? x[i] + (at - (double)i) * (x[i + 1] - x[i]) : x[n - 1];
}

struct interval
winrate_percentiles(double value, double *x, size_t n)
{
	struct interval v = { value, NAN, NAN };
	size_t i, m = 0;

	for (i = 0; i < n; i++)
		if (!isnan(x[i]))
			x[m++] = x[i];
	if (!m || isnan(value))
		return v;
	qsort(x, m, sizeof(*x), by_value);
	v.low = quantile(x, m, 0.025);
	v.high = quantile(x, m, 0.975);
	return v;
}

void
winrate_resample(uint32_t *count, size_t n, uint64_t seed, uint64_t axis, uint64_t draw)
{
	const struct rng_key key = { seed, { 0x77696e72617465, axis }, draw };
	size_t i;

	for (i = 0; i < n; i++)
		count[i] = 0;
	for (i = 0; i < n; i++)
		count[(size_t)(((unsigned __int128)rng_u64(&key, i, 0) * n) >> 64)]++;
}

double
winrate_sign_test(uint64_t better, uint64_t worse)
{
	uint64_t n = better + worse, k = better < worse ? better : worse, i;
	double lead = 0, term = 1, sum = 0;

	if (better == worse)
		return 1;
	/* log of C(n,k) / 2^n, then the tail k, k-1, ... 0 relative to it */
	for (i = 1; i <= k; i++)
		lead += math_log((double)(n - k + i) / (double)i);
	lead -= (double)n * 0.693147180559945309417;
	for (i = k; ; i--) {
		sum += term;
		if (!i || term < 1e-18 * sum)
			break;
		term *= (double)i / (double)(n - i + 1);
	}
	lead += math_log(sum) + 0.693147180559945309417;
	return lead < 0 ? math_exp(lead) : 1;
}

static double
sigmoid(double x)
{
	return 1 / (1 + math_exp(-x));
}

void
winrate_length_fit(struct length_fit *f, const double *win, const double *x,
    const double *weight, size_t n)
{
	double g0, g1, h00, h01, h11, p, v, w, det, d0, d1;
	size_t i;
	int step;

	f->theta = f->phi = 0;
	for (step = 0; step < 50; step++) {
		g0 = -RIDGE * f->theta;
		g1 = -RIDGE * f->phi;
		h00 = h11 = RIDGE;
		h01 = 0;
		for (i = 0; i < n; i++) {
			w = weight ? weight[i] : 1;
			p = sigmoid(f->theta + f->phi * x[i]);
			v = w * p * (1 - p);
			g0 += w * (win[i] - p);
			g1 += w * (win[i] - p) * x[i];
			h00 += v;
			h01 += v * x[i];
			h11 += v * x[i] * x[i];
		}
		det = h00 * h11 - h01 * h01;
		if (!(det > 0))
			return;
		d0 = (h11 * g0 - h01 * g1) / det;
		d1 = (h00 * g1 - h01 * g0) / det;
		/* Newton overshoots where the curve is flat */
		w = fabs(d0) > fabs(d1) ? fabs(d0) : fabs(d1);
		if (w > 2) {
			d0 *= 2 / w;
			d1 *= 2 / w;
		}
		f->theta += d0;
		f->phi += d1;
		if (w < 1e-10)
			return;
	}
}

enum status
length_boot_open(struct length_boot *b, const double *win, const double *x, size_t n, struct err *e)
{
	struct length_fit f;
	double *z = calloc(n, sizeof(*z)), p, v;
	size_t i;

	*b = (struct length_boot){ .part = malloc(n * 5 * sizeof(double)) };
	if (!z || !b->part) {
		free(z);
		return err_nomem(e);
	}
	for (i = 0; i < n; i++)
		z[i] = math_tanh(x[i]);
	winrate_length_fit(&f, win, z, NULL, n);
	b->theta = f.theta;
	b->phi = f.phi;
	b->rate = sigmoid(f.theta);
	for (i = 0; i < n; i++) {
		p = sigmoid(f.theta + f.phi * z[i]);
		v = p * (1 - p);
		b->part[5 * i] = win[i] - p;
		b->part[5 * i + 1] = (win[i] - p) * z[i];
		b->part[5 * i + 2] = v;
		b->part[5 * i + 3] = v * z[i];
		b->part[5 * i + 4] = v * z[i] * z[i];
	}
	free(z);
	return ST_OK;
}

void
length_boot_start(struct length_boot *b)
{
	b->sum[0] = -RIDGE * b->theta;
	b->sum[1] = -RIDGE * b->phi;
	b->sum[2] = b->sum[4] = RIDGE;
	b->sum[3] = 0;
}

void
length_boot_add(struct length_boot *b, size_t i, double weight)
{
	int j;

	for (j = 0; j < 5; j++)
		b->sum[j] += weight * b->part[5 * i + (size_t)j];
}

double
length_boot_rate(const struct length_boot *b)
{
	const double *s = b->sum;
	double det = s[2] * s[4] - s[3] * s[3];

	return det > 0 ? sigmoid(b->theta + (s[4] * s[0] - s[3] * s[1]) / det) : NAN;
}

void
length_boot_close(struct length_boot *b)
{
	free(b->part);
}
