/* The texts of the kernels, each ended by a NUL, which the Makefile makes of the .cl files (and of what of lib/base
 * they share). */
#ifndef TENSOR_OPENCL_SOURCE_H
#define TENSOR_OPENCL_SOURCE_H

extern const unsigned char begin_cl[], math_expf_h[], math_body_h[], common_cl[], product_cl[], few_cl[], rows_cl[],
    attention_cl[], vocab_cl[], reduce_cl[];

#endif
