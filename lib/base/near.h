/* Find the known name that a mistyped one resembles. */
#ifndef BASE_NEAR_H
#define BASE_NEAR_H

#include <stddef.h>

/* Longer names are not near any name. */
enum { NEAR_LENGTH = 64, NEAR_FAR = 3 };

/* How many letters to change, add or remove to make b of a, at most NEAR_FAR (Levenshtein 1966). */
size_t near_distance(const char *a, const char *b);
/* The name of v[0..n) that is closest to word: at most two letters away, and not all of
 * them; NULL if there is none. */
const char *near_find(const char *word, const char *const *v, size_t n);

#endif
