/* math_expf's constants, for it and its vector versions: k = x log2(e) rounded by adding
 * 1.5 * 2^23, r = x - k ln2 in two parts, a polynomial by Horner, 2^k in two halves.  C and
 * OpenCL C. */
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

#endif
