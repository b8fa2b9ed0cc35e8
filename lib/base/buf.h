/* A growable byte buffer.  A failed allocation sticks: later calls do nothing,
 * and buf_ok() is asked once, where the buffer is used. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>

struct buf {
	char *p;        /* owned */
	size_t n, cap;
	bool failed;
};

#define BUF_INIT {0}

/* Room for n more bytes; returns where they go, NULL when memory is out. */
char *buf_reserve(struct buf *b, size_t n);
void buf_add(struct buf *b, const void *s, size_t n);
void buf_adds(struct buf *b, const char *s);
void buf_addc(struct buf *b, char c);
void buf_addf(struct buf *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void buf_clear(struct buf *b);
void buf_free(struct buf *b);
bool buf_ok(const struct buf *b);

#endif
