/* The text of the kernels, which the Makefile makes of the .cl files (and of what of lib/base
 * they share). */
#ifndef TENSOR_OPENCL_SOURCE_H
#define TENSOR_OPENCL_SOURCE_H

extern const char opencl_begin[], opencl_math_expf[], opencl_math_body[], opencl_common[], opencl_product[],
    opencl_few[], opencl_rows[], opencl_attention[], opencl_vocab[], opencl_reduce[];

#endif
