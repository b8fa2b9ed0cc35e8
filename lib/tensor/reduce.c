#include <string.h>

#include "tensor/ref.h"
#include "tensor/tensor_int.h"

double
sum_f32(struct tc *tc, const float *x, size_t n)
{
	(void)tc;
	return ref_sum(x, n);
}

double
sumsq_f32(struct tc *tc, const float *x, size_t n)
{
	(void)tc;
	return ref_sumsq(x, n);
}

size_t
find_nonfinite(struct tc *tc, const float *x, size_t n)
{
	size_t i;

	(void)tc;
	for (i = 0; i < n; i++)
		if (!(x[i] - x[i] == 0))
			break;
	return i;
}
