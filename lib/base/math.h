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
float math_tanhf(float x);      /* error below 3 ulp */
float math_erff(float x);       /* error below 2 ulp */
/* gelu(x) = x s with s = (1 + erf(x / sqrt(2))) / 2; its derivative is s + slope */
float math_normalf(float x, float *slope);
/* gelu(x) = x s, in its form with tanh (Hendrycks & Gimpel 2016): s = (1 + tanh(u)) / 2 with
 * u = sqrt(2/pi) (x + 0.044715 x^3); its derivative is s (1 + slope (1 - s)) */
float math_geluf_gate(float x, float *slope);

#include "base/math_expf.h"

#endif
