/* Numbers of one tokenizer's tokens to another's, by bytes. */
#ifndef EDIT_PROJECT_H
#define EDIT_PROJECT_H

#include <stddef.h>
#include <stdint.h>

/* Two tokenizations of one text: token i of the first covers the bytes [from[i-1], from[i])
 * and has the number v[i], token k of the second [to[k-1], to[k]); both ascend, m > 0.
 * out (m): every number is added to the token that holds its last byte; one of no width
 * to the token that holds the next byte; what lies after the text (EOS) to the last. So
 * the sum is kept, and no number moves to an earlier byte. */
void edit_project(float *out, const int32_t *to, size_t m, const float *v, const size_t *from, size_t n);

#endif
