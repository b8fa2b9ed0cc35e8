/* The lines of several files, one file after another, through one buffer; compressed ones too
 * (base/source.h). */
#ifndef BASE_LINES_H
#define BASE_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct lines;

/* A line without its newline. */
struct line {
	const char *s;
	size_t n;
	const char *file;
	uint64_t line;
	size_t over;            /* 0, or the bound that it exceeds: s has its beginning only */
};

enum {
	LINES_USUAL = 1 << 27,  /* bytes of a line that most programs take */
	LINES_SHOWN = 4096      /* of a line that is longer than the bound */
};

struct lines_opt {
	char *const *file;      /* (n), "-" is standard input; n 0: standard input alone; borrowed */
	size_t n;
	size_t block;           /* bytes that are read at once */
	size_t max;             /* bytes of a line; 0: LINES_USUAL */
	/* Called before a read that has to wait for input; NULL: nothing is done. */
	enum status (*idle)(struct err *e);
};

enum status lines_open(struct lines **l, const struct lines_opt *o, struct err *e);    /* owned */
void lines_close(struct lines *l);

/* The next line, borrowed until the next call; ST_EOF at the end of the last file.  The end of a
 * file ends its last line.  Of a line that is longer than max no more than that is kept in memory.  wait false: also ST_EOF if the next line is not in memory yet;
 * then the lines of earlier calls stay valid. */
enum status lines_next(struct lines *l, bool wait, struct line *out, struct err *e);

/* ST_INPUT for a line of which only the beginning is there. */
enum status line_whole(const struct line *l, struct err *e);

/* lines_next would not wait, or only for the rest of a line. */
bool lines_ready(const struct lines *l);

/* Bytes read so far, and of all files; total is 0 when one is not a regular file. */
void lines_size(const struct lines *l, uint64_t *done, uint64_t *total);

#endif
