/* The longest common subsequence, without the subsequence. */
#ifndef EDIT_COMMON_H
#define EDIT_COMMON_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* Its length for symbols that are numbers below nsym, in n * m / 64 steps (after Hyyro 2004).
 * mask: nsym numbers, all 0 before and after; carry: n, all 0 before. */
size_t edit_common(const uint32_t *a, size_t n, const uint32_t *b, size_t m, uint64_t *mask, uint8_t *carry);

/* Symbols of both sides at most that a script can keep: those that both have, each as often as
 * the side that has it less often, and where that is more than enough the longest common
 * subsequence.  Any symbols.  ST_NOMEM. */
enum status edit_common_most(const uint32_t *a, size_t n, const uint32_t *b, size_t m, size_t enough, size_t *most,
    struct err *e);

#endif
