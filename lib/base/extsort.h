/* Sort more lines than memory holds: sorted runs are written to unnamed temporary files in
 * $TMPDIR (/tmp) and are merged at the end. */
#ifndef BASE_EXTSORT_H
#define BASE_EXTSORT_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct extsort;

/* memory: bytes held before a run is written (at least 64 KiB are used). Owned. */
enum status extsort_new(struct extsort **x, size_t memory, struct err *e);
void extsort_free(struct extsort *x);

/* Line s[0..n) under key; equal keys come out in the order they went in. */
enum status extsort_add(struct extsort *x, uint64_t key, const void *s, size_t n, struct err *e);

/* The next line in ascending order of key, borrowed until the next call; ST_EOF at
 * the end.  No more lines may be added after the first call. */
enum status extsort_next(struct extsort *x, const char **s, size_t *n, struct err *e);

#endif
