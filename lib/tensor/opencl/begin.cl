/* Read before every other text of the program.  It is built with
 * -cl-fp32-correctly-rounded-divide-sqrt and never with a fast-math option: with no contraction
 * either, each operation is rounded once, as IEEE 754 has it. */
#pragma OPENCL FP_CONTRACT OFF
#pragma OPENCL EXTENSION cl_khr_fp64 : enable

/* for base/math_body.h */
typedef uint uint32_t;
#define fmaf fma
#define f_bits as_uint
#define f_from as_float
