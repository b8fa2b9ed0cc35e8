/* How much of a text an edit changes. */
#ifndef EDIT_RATIO_H
#define EDIT_RATIO_H

#include <stddef.h>

#include "base/status.h"

/* max(deleted, inserted) / words of the longer text, by the longest common subsequence of
 * words (separated by white space); 0 for two texts without words.  Whatever the texts,
 * n m / 64 steps for n and m words.  ST_NOMEM. */
enum status edit_words_ratio(const char *a, size_t na, const char *b, size_t nb, double *ratio, struct err *e);

#endif
