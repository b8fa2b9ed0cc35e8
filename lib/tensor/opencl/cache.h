/* Built programs, kept from one run to the next: one file each in
 * $XDG_CACHE_HOME/finegrain/opencl (or ~/.cache/...), named by what it was built from. */
#ifndef TENSOR_OPENCL_CACHE_H
#define TENSOR_OPENCL_CACHE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/hash.h"

/* Append the program called key to b; false where there is none, or its bytes are not those that
 * were kept. */
bool cache_get(struct buf *b, const char key[HASH_HEX]);
/* Keep n bytes; the oldest files are removed when there are many.  What cannot be kept is built
 * again the next time: that is no error. */
void cache_put(const char key[HASH_HEX], const void *p, size_t n);

#endif
