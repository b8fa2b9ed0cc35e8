#include "tensor/cpu/cpu_int.h"

double
cpu_sumsq_f32(struct tc *tc, const float *x, size_t n)
{
	return tc->k->sumsq(x, n);
}

size_t
cpu_find_nonfinite(struct tc *tc, const float *x, size_t n)
{
	size_t i, j, end;
	float bad;

	(void)tc;
	/* blocks that sum up to 0 have only finite numbers */
	for (i = 0; i < n; i = end) {
		end = n - i < 1024 ? n : i + 1024;
		bad = 0;
		for (j = i; j < end; j++)
			bad += x[j] - x[j];
		if (bad != 0)
			break;
	}
	for (; i < n; i++)
		if (!(x[i] - x[i] == 0))
			break;
	return i;
}
