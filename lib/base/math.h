/* Our own elementary functions: the same bits on every machine and in every SIMD
 * width.  Never libm's, whose last bit differs between versions; sqrt, fma and
 * division are IEEE and may be used as they are. */
#ifndef BASE_MATH_H
#define BASE_MATH_H

/* Double precision, for set-up, statistics and losses; error below 2 ulp (tanh: 3). */
double math_exp(double x);
double math_log(double x);
double math_log1p(double x);
double math_sin(double x);      /* |x| < 2^30 */
double math_cos(double x);
double math_pow(double x, double y);    /* x > 0 */
double math_tanh(double x);

/* Single precision, a fixed chain of fmaf so that lib/tensor's SIMD versions equal
 * it lane by lane; error below 2 ulp (sigmoid: 3). exp: 0 below -103.98, inf above 88.73. */
float math_expf(float x);
float math_logf(float x);
/* log(1 + exp(x)) and 1 / (1 + exp(-x)) without overflow */
float math_softplusf(float x);
float math_sigmoidf(float x);

/* expf's constants, for those versions: k = x log2(e) rounded by adding 1.5 * 2^23,
 * r = x - k ln2 in two parts, a polynomial by Horner, 2^k in two halves. */
#define MATH_EXPF_LOG2E 1.44269504f
#define MATH_EXPF_MAGIC 12582912.0f
#define MATH_EXPF_LN2_HI 0.693359375f
#define MATH_EXPF_LN2_LO -2.12194440e-4f
#define MATH_EXPF_C2 0.499999934125f
#define MATH_EXPF_C3 0.166665201078f
#define MATH_EXPF_C4 0.0416683942109f
#define MATH_EXPF_C5 0.00836878041118f
#define MATH_EXPF_C6 0.00138144670593f

#endif
