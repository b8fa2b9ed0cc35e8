/* Names that are nearly right. */
#ifndef BASE_NEAR_H
#define BASE_NEAR_H

#include <stddef.h>

/* Longer names than this are near to none. */
enum { NEAR_LENGTH = 64, NEAR_FAR = 3 };

/* Letters to change, add or take away from a to b, at most NEAR_FAR (Levenshtein 1966). */
size_t near_distance(const char *a, const char *b);
/* The name of v[0..n) that is closest to word: at most two letters away, and not all of
 * them; NULL if there is none. */
const char *near_find(const char *word, const char *const *v, size_t n);

#endif
