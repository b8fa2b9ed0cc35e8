/* Constants of functions that have vector versions.  C and OpenCL C.
 * math_expf: k = x log2(e) rounded by adding 1.5 * 2^23, r = x - k ln2 in two parts, a polynomial
 * by Horner, 2^k in two halves.
 * math_tanhf: below TOP a polynomial, x + x^3 p(x^2) (Cephes tanhf).
 * math_erff: below TOP x + x p(x^2), else 1 - exp(-q(|x|)) (minimax, after N. Juffa).
 * math_geluf: 2 sqrt(2/pi), and this times 0.044715; beyond FAR gelu(x) is x or 0 in float. */
#ifndef BASE_MATH_EXPF_H
#define BASE_MATH_EXPF_H

#define MATH_EXPF_LOG2E 1.44269504f
#define MATH_EXPF_MAGIC 12582912.0f
#define MATH_EXPF_LN2_HI 0.693359375f
#define MATH_EXPF_LN2_LO -2.12194440e-4f
#define MATH_EXPF_C2 0.499999934125f
#define MATH_EXPF_C3 0.166665201078f
#define MATH_EXPF_C4 0.0416683942109f
#define MATH_EXPF_C5 0.00836878041118f
#define MATH_EXPF_C6 0.00138144670593f

#define MATH_TANHF_TOP 0.625f
#define MATH_TANHF_C3 -3.33332819422e-1f
#define MATH_TANHF_C5 1.33314422036e-1f
#define MATH_TANHF_C7 -5.37397155531e-2f
#define MATH_TANHF_C9 2.06390887954e-2f
#define MATH_TANHF_C11 -5.70498872745e-3f

#define MATH_GELUF_C1 1.59576912160573071f
#define MATH_GELUF_C3 0.0713548162726010f
#define MATH_GELUF_FAR 16.0f

#define MATH_ERFF_TOP 0.927734375f
#define MATH_ERFF_A11 -5.96761703e-4f
#define MATH_ERFF_A9 4.99119423e-3f
#define MATH_ERFF_A7 -2.67681349e-2f
#define MATH_ERFF_A5 1.12819925e-1f
#define MATH_ERFF_A3 -3.76125336e-1f
#define MATH_ERFF_A1 1.28379166e-1f
#define MATH_ERFF_B7 -1.72853470e-5f
#define MATH_ERFF_B6 3.83197126e-4f
#define MATH_ERFF_B5 -3.88396438e-3f
#define MATH_ERFF_B4 2.42546219e-2f
#define MATH_ERFF_B3 -1.06777877e-1f
#define MATH_ERFF_B2 -6.34846687e-1f
#define MATH_ERFF_B1 -1.28717512e-1f

/* 1 / sqrt(2), 1 / sqrt(2 pi) */
#define MATH_ROOT_HALF 0.707106781f
#define MATH_NORMAL 0.398942280f

#endif
