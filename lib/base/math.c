#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/math.h"

/* Only fma, sqrt, rint by a magic constant and the four operations are used: each is
 * rounded once by IEEE 754, so the bits are the same wherever this is compiled. */

#define LN2_HI  6.93147180369123816490e-01      /* 32 bits: k * LN2_HI is exact */
#define LN2_LO  1.90821492927058770002e-10
#define LOG2E   1.44269504088896338700
#define MAGIC   6755399441055744.0              /* 1.5 * 2^52 */

static double
from_bits(uint64_t u)
{
	double x;

	memcpy(&x, &u, sizeof(x));
	return x;
}

static uint64_t
to_bits(double x)
{
	uint64_t u;

	memcpy(&u, &x, sizeof(u));
	return u;
}

static double
pow2(int k)     /* -1022 <= k <= 1023 */
{
	return from_bits((uint64_t)(k + 1023) << 52);
}

/* exp(hi - lo) - 1 for |hi - lo| <= ln2/2 (fdlibm e_exp.c's rational form) */
static double
expm1_reduced(double hi, double lo)
{
	double x = hi - lo, t = x * x, c;

	c = x - t * (1.66666666666666019037e-01 + t * (-2.77777777770155933842e-03 +
	    t * (6.61375632143793436117e-05 + t * (-1.65339022054652515390e-06 +
	    t * 4.13813679705723846039e-08))));
	return hi - (lo - (x * c) / (2.0 - c));
}

/* exp(x + tail), |tail| far below 1 */
static double
exp_tail(double x, double tail)
{
	double k, hi, lo, y;
	int n;

	if (x != x)
		return x;
	if (x > 709.8)
		return INFINITY;
	if (x < -746)
		return 0;
	k = (x * LOG2E + MAGIC) - MAGIC;
	hi = x - k * LN2_HI;
	lo = k * LN2_LO - tail;
	y = 1.0 + expm1_reduced(hi, lo);
	n = (int)k;
	return y * pow2(n / 2) * pow2(n - n / 2);
}

double
math_exp(double x)
{
	return exp_tail(x, 0);
}

/* x = 2^k * m, sqrt(1/2) <= m < sqrt(2), x > 0 finite */
static double
split(double x, int *k)
{
	uint64_t u;
	int e = 0;

	if (x < 2.2250738585072014e-308) {
		x *= 18014398509481984.0;       /* 2^54 */
		e = -54;
	}
	u = to_bits(x) + (0x3ff0000000000000 - 0x3fe6a09e667f3bcd);
	*k = e + (int)(u >> 52) - 1023;
	return from_bits((u & 0x000fffffffffffff) + 0x3fe6a09e667f3bcd);
}

/* k ln2 + log(1 + f) + c (fdlibm e_log.c) */
static double
log_reduced(double f, double c, int k)
{
	double s = f / (2.0 + f), z = s * s, r, h = 0.5 * f * f;

	r = z * (6.666666666666735130e-01 + z * (3.999999999940941908e-01 +
	    z * (2.857142874366239149e-01 + z * (2.222219843214978396e-01 +
	    z * (1.818357216161805012e-01 + z * (1.531383769920937332e-01 +
	    z * 1.479819860511658591e-01))))));
	return k * LN2_HI - ((h - (s * (h + r) + (k * LN2_LO + c))) - f);
}

double
math_log(double x)
{
	double m;
	int k;

	if (x != x || x == INFINITY)
		return x;
	if (x <= 0)
		return x == 0 ? -INFINITY : NAN;
	m = split(x, &k);
	return log_reduced(m - 1.0, 0, k);
}

double
math_log1p(double x)
{
	double u, m;
	int k;

	if (x != x || x == INFINITY)
		return x;
	if (x <= -1)
		return x == -1 ? -INFINITY : NAN;
	if (x < 1.2e-16 && x > -1.2e-16)
		return x;
	if (x < 0.41 && x > -0.29)
		return log_reduced(x, 0, 0);
	u = 1.0 + x;
	m = split(u, &k);
	/* u = 1 + x was rounded: its error over u corrects the logarithm */
	return log_reduced(m - 1.0, (x > 1 ? 1.0 - (u - x) : x - (u - 1.0)) / u, k);
}

/* x = n pi/2 + r + *lo; returns r.  pi/2 in three parts and fma: enough for |x| < 2^30. */
static double
reduce_pio2(double x, double *lo, unsigned *quadrant)
{
	static const double p1 = 1.57079632679489655800e+00, p2 = 6.12323399573676603587e-17,
	    p3 = -1.49738490485916983e-33;
	double n = (x * 6.36619772367581382433e-01 + MAGIC) - MAGIC, r, w, y;

	r = fma(-n, p1, x);             /* exact */
	w = n * p2;
	y = r - w;
	*lo = ((r - y) - w) - (fma(n, p2, -w) + n * p3);
	*quadrant = (unsigned)((long long)n & 3);
	return y;
}

static double
sin_reduced(double x, double lo)
{
	double z = x * x, v = z * x, r;

	r = 8.33333333332248946124e-03 + z * (-1.98412698298579493134e-04 +
	    z * (2.75573137070700676789e-06 + z * (-2.50507602534068634195e-08 +
	    z * 1.58969099521155010221e-10)));
	return x - ((z * (0.5 * lo - v * r) - lo) - v * -1.66666666666666324348e-01);
}

static double
cos_reduced(double x, double lo)
{
	double z = x * x, r, h = 0.5 * z, w = 1.0 - h;

	r = z * (4.16666666666666019037e-02 + z * (-1.38888888888741095749e-03 +
	    z * (2.48015872894767294178e-05 + z * (-2.75573143513906633035e-07 +
	    z * (2.08757232129817482790e-09 + z * -1.13596475577881948265e-11)))));
	return w + (((1.0 - w) - h) + (z * r - x * lo));
}

double
math_sin(double x)
{
	double lo, r;
	unsigned q;

	if (!(x < 1073741824.0 && x > -1073741824.0))
		return NAN;
	if (x < 1e-8 && x > -1e-8)
		return x;
	r = reduce_pio2(x, &lo, &q);
	r = q & 1 ? cos_reduced(r, lo) : sin_reduced(r, lo);
	return q & 2 ? -r : r;
}

double
math_cos(double x)
{
	double lo, r;
	unsigned q;

	if (!(x < 1073741824.0 && x > -1073741824.0))
		return NAN;
	r = reduce_pio2(x, &lo, &q);
	r = q & 1 ? sin_reduced(r, lo) : cos_reduced(r, lo);
	return (q + 1) & 2 ? -r : r;
}

/* log(x) = hi + lo with a relative error near 2^-65: 2 atanh(s), s = (m-1)/(m+1),
 * with s and the first two terms in two doubles. */
static double
log_double(double x, double *lo)
{
	double m, f, d, dl, s, sl, z, zl, t, tl, p, h, l;
	int k;

	m = split(x, &k);
	f = m - 1.0;                    /* exact */
	d = m + 1.0;
	dl = m > 1.0 ? 1.0 - (d - m) : m - (d - 1.0);
	s = f / d;
	sl = (fma(-s, d, f) - s * dl) / d;
	z = s * s;
	zl = fma(s, s, -z) + 2.0 * s * sl;
	/* t = s^3 / 3 */
	p = s * z;
	t = p / 3.0;
	tl = (fma(-3.0, t, p) + fma(s, z, -p) + s * zl + sl * z) / 3.0;
	p = z * z * s * (1.0 / 5 + z * (1.0 / 7 + z * (1.0 / 9 + z * (1.0 / 11 + z * (1.0 / 13 +
	    z * (1.0 / 15 + z * (1.0 / 17 + z * (1.0 / 19 + z * (1.0 / 21 + z * (1.0 / 23))))))))));
	tl += p;
	h = s + t;
	l = ((s - h) + t) + sl + tl;
	h *= 2.0;
	l *= 2.0;
	/* k * LN2_HI is exact; LN2_LO's own rest is 2^-86 */
	d = k * LN2_HI;
	s = d + h;
	dl = fma(k, LN2_LO, (d > h || d < -h ? (d - s) + h : (h - s) + d) + l);
	h = s + dl;
	*lo = (s - h) + dl;
	return h;
}

double
math_pow(double x, double y)
{
	double h, l, p;

	if (y == 0 || x == 1)
		return 1;
	if (x != x || y != y || x < 0)
		return NAN;
	if (x == 0 || x == INFINITY)
		return (x == 0) == (y > 0) ? 0 : INFINITY;
	h = log_double(x, &l);
	p = y * h;
	if (!(p < 710 && p > -747))
		return p > 0 ? INFINITY : p < 0 ? 0 : NAN;
	return exp_tail(p, fma(y, h, -p) + y * l);
}

double
math_tanh(double x)
{
	double a = x < 0 ? -x : x, k, p, t;

	if (x != x || a < 1e-9)
		return x;
	if (a > 22) {
		t = 1;
	} else {
		/* expm1(2a) without cancellation, then t / (t + 2) */
		a *= 2;
		k = (a * LOG2E + MAGIC) - MAGIC;
		p = expm1_reduced(a - k * LN2_HI, k * LN2_LO);
		t = pow2((int)k);
		p = (p + (1.0 - 1.0 / t)) * t;
		t = p / (p + 2.0);
	}
	return x < 0 ? -t : t;
}

/* ---- single precision ---- */

static float
f_from(uint32_t u)
{
	float x;

	memcpy(&x, &u, sizeof(x));
	return x;
}

static uint32_t
f_bits(float x)
{
	uint32_t u;

	memcpy(&u, &x, sizeof(u));
	return u;
}

#include "base/math_body.h"

float
math_softplusf(float x)
{
	double a = x < 0 ? -x : x;

	return (float)((x > 0 ? (double)x : x < 0 ? 0.0 : (double)x) + math_log1p(math_exp(-a)));
}
