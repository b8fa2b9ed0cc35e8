/* A file that is written in whole lines.  Where a disk is full or a file has reached its limit, a half line is
 * cut off again; a run that is to end does so between two lines. */
#ifndef BASE_SINK_H
#define BASE_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/status.h"

/* What a program does about signals while lines are being written. */
struct sink_guard {
	void (*enter)(void);    /* before; does not return if the run ends */
	bool (*ending)(void);   /* whether to stop after this line */
	void (*leave)(void);    /* after; does not return if the run ends */
};

struct sink {
	int fd;                 /* -1: not open */
	bool ready;             /* something was written */
	size_t half;            /* bytes written after the last newline */
	const char *name;       /* of messages; borrowed */
	const struct sink_guard *guard; /* NULL: nothing is done about signals */
	struct buf buf;
};

/* From this size on sink_add and sink_wrote write. */
enum { SINK_BLOCK = 1 << 18 };

/* Open file name for writing, at its end if append; nothing where s is open.  Its bytes stay. */
enum status sink_open(struct sink *s, const char *name, bool append, struct err *e);
/* Append p[0..n) to the buffer. */
enum status sink_add(struct sink *s, const void *p, size_t n, struct err *e);
/* After whole lines were appended to s->buf: write if there is enough. */
enum status sink_wrote(struct sink *s, struct err *e);
/* Write all of the buffer. */
enum status sink_flush(struct sink *s, struct err *e);
/* Remove what a regular file held; nothing for another, or one that is not open. */
enum status sink_empty(struct sink *s, struct err *e);
/* Flush, close and free.  Nothing is open afterwards, whatever is returned. */
enum status sink_close(struct sink *s, struct err *e);
/* Whether s is a regular file that is also open as fd or, path not NULL, has this path. */
bool sink_is(const struct sink *s, int fd, const char *path);
/* Bytes of the file at path; 0 of what is not a regular file of its own: /dev/stderr leads to one that has other
 * things in it.  path may be NULL. */
uint64_t sink_size(const char *path);
/* Cut such a file back to n bytes where it is longer. */
enum status sink_cut(const char *path, uint64_t n, struct err *e);
/* Close without writing. */
void sink_forget(struct sink *s);

#endif
