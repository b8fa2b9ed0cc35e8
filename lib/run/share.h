/* Beginnings that sequences have in common. */
#ifndef RUN_SHARE_H
#define RUN_SHARE_H

#include <stddef.h>
#include <stdint.h>

enum { SHARE_FROM = 8 };        /* tokens in common from which sharing pays */

/* Tokens that a (na) and b (nb) have in common at their beginning, not all of b; 0 where
 * these are too few. */
size_t share_tokens(const int32_t *a, size_t na, const int32_t *b, size_t nb);

#endif
