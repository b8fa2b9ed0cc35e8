/* Read text from a descriptor: gzip and zstd are decompressed (zlib and libzstd are
 * loaded when they are needed), and a byte order mark of UTF-8 is skipped. */
#ifndef BASE_SOURCE_H
#define BASE_SOURCE_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct source;

/* fd stays the caller's; name, for messages, is borrowed.  Owned. */
enum status source_open(struct source **s, int fd, const char *name, struct err *e);
void source_close(struct source *s);

/* Read at most n bytes, n at least 64; *got is 0 only at the end.  ST_IO.  ST_INPUT for a file that is not text,
 * with its kind (base/kind.h), and for compressed data that is damaged or incomplete, or whose library is
 * not installed. */
enum status source_read(struct source *s, void *to, size_t n, size_t *got, struct err *e);
/* Bytes of the descriptor that were read so far. */
uint64_t source_taken(const struct source *s);

#endif
