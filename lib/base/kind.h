/* What kind of file this is, by its first bytes, for messages about an unexpected file. */
#ifndef BASE_KIND_H
#define BASE_KIND_H

#include <stddef.h>

/* "a Git LFS pointer; ...": the kind of a file that begins with p[0..n); NULL if it is unknown.  Static. */
const char *kind_of(const void *p, size_t n);

#endif
