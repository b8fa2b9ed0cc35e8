/* Files of reference vectors, made by the scripts beside this. */
#ifndef TESTS_REF_VECTORS_H
#define TESTS_REF_VECTORS_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model/safetensors.h"

/* F32 tensor name of f; n numbers, or any where n is 0.  The caller frees. */
static inline float *
vec(const struct st_file *f, const char *name, size_t *n)
{
	const struct st_tensor *t = st_find(f, name);
	float *x;

	if (!t || strcmp(t->dtype, "F32"))
		fail_msg("no F32 tensor %s", name);
	x = malloc(t->bytes + 1);
	assert_non_null(x);
	memcpy(x, t->data, t->bytes);
	if (n)
		*n = t->bytes / sizeof(float);
	return x;
}

/* |got - want| <= tol * max(|want|, size) */
static inline void
vec_near(const char *what, size_t i, double got, double want, double size, double tol)
{
	double m = fabs(want) > size ? fabs(want) : size;

	if (!(fabs(got - want) <= tol * m))
		fail_msg("%s[%zu]: %.9g, not %.9g", what, i, got, want);
}

/* Line k of text as a string; NULL after the last. The caller frees. */
static inline char *
vec_line(const char *text, size_t k)
{
	const char *end;

	for (; k && text; k--)
		text = (text = strchr(text, '\n')) ? text + 1 : NULL;
	if (!text)
		return NULL;
	end = strchr(text, '\n');
	return strndup(text, end ? (size_t)(end - text) : strlen(text));
}

#endif
