/* What a file is that is not what was expected: told from its first bytes. */
#ifndef BASE_KIND_H
#define BASE_KIND_H

#include <stddef.h>

/* "a Git LFS pointer; ...": what begins with p[0..n); NULL: nothing that is known here.  Static. */
const char *kind_of(const void *p, size_t n);

#endif
