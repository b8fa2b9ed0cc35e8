/* A spool: items appended once, then read in any order any number of times, in a file
 * that has no name (so no file is left when the program ends), with eight bytes an item in memory. */
#ifndef BASE_SPOOL_H
#define BASE_SPOOL_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/status.h"

struct spool;

/* dir: where the file lives; NULL: $TMPDIR, else /tmp.  Owned. */
enum status spool_new(struct spool **s, const char *dir, struct err *e);
void spool_free(struct spool *s);

/* Append p[0..n). */
enum status spool_add(struct spool *s, const void *p, size_t n, struct err *e);

/* Adding is over: from here spool_get may be called. */
enum status spool_end(struct spool *s, struct err *e);

/* Parts of an item: appended to b, each padded to 8 bytes, and taken out again in the same order, n bytes
 * each; *p is moved to the next. */
void spool_pack(struct buf *b, const void *part, size_t n);
const void *spool_unpack(const char **p, size_t n);

size_t spool_count(const struct spool *s);
/* Item i: 8-aligned bytes, mapped, valid for the spool's life. */
const void *spool_get(const struct spool *s, size_t i, size_t *n);
/* XXH3-128 over the items in order, each with its length. */
struct hash128 spool_digest(const struct spool *s);

#endif
