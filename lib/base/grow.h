/* Growable arrays: a pointer and the number of elements that it has room for. */
#ifndef BASE_GROW_H
#define BASE_GROW_H

#include <stddef.h>

#include "base/status.h"

/* Used by grow() when there is no room. */
enum status grow_more(void *array, size_t *cap, size_t need, size_t size, struct err *e);

/* Make room for need elements of size > 0 bytes.  array is the address of the pointer to them
 * (owned by the caller, for free(); NULL and *cap 0 at first).  The room at least doubles when it
 * grows, and new elements are not set.  ST_NOMEM, with array and *cap as they were, when memory
 * is out or the size overflows; e may be NULL. */
static inline enum status
grow(void *array, size_t *cap, size_t need, size_t size, struct err *e)
{
	return need <= *cap ? ST_OK : grow_more(array, cap, need, size, e);
}

#endif
