/* What the files of cmd/common share. */
#ifndef COMMON_APP_INT_H
#define COMMON_APP_INT_H

#include "common/app.h"

struct app_file {
	int fd;                 /* -1: not open */
	bool ready;             /* something was written */
	const char *name;
	struct buf buf;
};

/* The next line of the operands, without its newline; borrowed until the next call.
 * ST_EOF at the end. wait: false returns ST_EOF in place of reading when no whole
 * line is in memory. */
struct input_line { const char *s; size_t n; const char *file; uint64_t line; };
enum status input_line(struct input_line *l, bool wait, struct err *e);
/* bytes read so far, and of all operands (0 when one is no regular file) */
void input_size(uint64_t *done, uint64_t *total);
void input_close(void);

/* A line for --bad: the record with `error` (r NULL: the line was no record). */
enum status bad_line(struct record *r, const struct input_line *l, const struct err *why, struct buf *b,
    struct err *e);
enum status bad_write(const struct buf *b, uint64_t records, struct err *e);

/* What is to be written next: whole lines may be put behind it, and output_bytes told. */
struct buf *output_buffer(void);

/* Flush and close everything; also reports how many records were rejected. */
enum status output_close(struct err *e);

void progress_clear(void);

#endif
