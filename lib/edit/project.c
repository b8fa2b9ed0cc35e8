#include <stdbool.h>

#include "edit/project.h"

void
edit_project(float *out, const int32_t *to, size_t m, const float *v, const size_t *from, size_t n)
{
	size_t i, k = 0, start = 0;
	double sum = 0;
	bool wide;

	/* both sides ascend, so the place never moves back */
	for (i = 0; i < n; i++) {
		wide = from[i] > start;
		start = from[i];
		while (k + 1 < m && (wide ? (size_t)to[k] < from[i] : (size_t)to[k] <= from[i])) {
			out[k++] = (float)sum;
			sum = 0;
		}
		sum += (double)v[i];
	}
	out[k++] = (float)sum;
	while (k < m)
		out[k++] = 0;
}
