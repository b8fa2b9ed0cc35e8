/* Numbers as text, exactly: the nearest value in, the shortest digits out. */
#ifndef JSON_NUMBER_H
#define JSON_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NUMBER_MAX = 32 };

/* ECMAScript's Number::toString on the shortest digits that read back as the same
 * float32 (float64): "0", "-0", "1e-7", "123.5".  Finite only; returns the length,
 * no NUL. */
size_t number_print_f32(char out[NUMBER_MAX], float v);
size_t number_print_f64(char out[NUMBER_MAX], double v);
size_t number_print_i64(char out[NUMBER_MAX], int64_t v);

/* Parse a JSON number at s (at most n bytes).  Returns its length, 0 when there is
 * none.  Correctly rounded, to float32 directly for f32. Overflow gives infinity. */
size_t number_parse_f32(const char *s, size_t n, float *v);
size_t number_parse_f64(const char *s, size_t n, double *v);
/* 0 also when the number has a fraction or exponent or does not fit */
size_t number_parse_i64(const char *s, size_t n, int64_t *v);

#endif
