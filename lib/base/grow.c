#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/grow.h"

enum { FIRST = 16 };    /* elements */

enum status
grow_more(void *array, size_t *cap, size_t need, size_t size, struct err *e)
{
	size_t n = *cap > SIZE_MAX / 2 ? SIZE_MAX : 2 * *cap;
	void *old, *p;

	if (n < need)
		n = need;
	if (n < FIRST)
		n = FIRST;
	/* the pointer is of any type: its bytes are copied */
	memcpy(&old, array, sizeof(old));
	if (n > SIZE_MAX / size || !(p = realloc(old, n * size)))
		return e ? err_nomem(e) : ST_NOMEM;
	memcpy(array, &p, sizeof(p));
	*cap = n;
	return ST_OK;
}
