/* What a program reads and writes: the records of its files, what becomes of them, and those that are put
 * aside because they are bad.  As a stream it is what the stages take. */
#ifndef STAGE_FILES_H
#define STAGE_FILES_H

#include "base/lines.h"
#include "base/sink.h"
#include "stage/filter.h"
#include "stage/stream.h"

struct files {
	/* set by the program */
	char *const *file;      /* (n); none: standard input; borrowed */
	size_t n;
	size_t longest;         /* bytes of a line; 0: LINES_USUAL */
	unsigned threads;       /* of files_filter, at least 1 */
	bool keep;              /* bad records are put aside, and the run goes on */
	struct sink *out, *bad; /* bad: of keep */
	/* NULL: nothing is done */
	enum status (*begin)(struct err *e);    /* before the first read */
	enum status (*idle)(struct err *e);     /* before a read that has to wait */
	void (*tick)(void);                     /* from time to time */
	void (*empty)(void);                    /* the input has ended without a line */

	/* its own */
	struct lines *in;
	bool any;               /* a line has come, or that none did was said */
	uint64_t ticks;
	uint64_t rejected;      /* records that were put aside */
};

void files_close(struct files *f);

/* The next line, as lines_next has it. */
enum status files_line(struct files *f, struct line *l, bool wait, struct err *e);
/* The next record; ST_EOF.  A bad line (also one that was cut off) is put aside, and the next is read; without
 * keep it is an error. */
enum status files_next(struct files *f, struct record *r, struct err *e);
/* files_next would not have to wait, or only for the rest of a line. */
bool files_ready(const struct files *f);
/* Each record of another file ("-": standard input) is read into r and given to fn; what is bad is put aside,
 * too. */
enum status files_beside(struct files *f, const char *path, struct record *r, stream_fn *fn, void *arg, struct err *e);
/* r could not be used, for the reason in e: put it aside with `error`, and clear e; e->code where that cannot be
 * done or is not wanted. */
enum status files_reject(struct files *f, struct record *r, struct err *e);
/* The same for text that is not a record: s[0..n). */
enum status files_reject_line(struct files *f, const char *s, size_t n, struct err *e);
/* Each file by itself, open: fn reads fd, which messages call name, to its end. */
typedef enum status files_fn(int fd, const char *name, void *arg, struct err *e);
enum status files_each(const struct files *f, files_fn *fn, void *arg, struct err *e);
/* Write r. */
enum status files_put(struct files *f, const struct record *r, struct err *e);
/* Every line through fn, as filter_lines has it; text: see struct filter. */
enum status files_filter(struct files *f, const char *text, filter_fn *fn, void *arg, struct err *e);

/* f as a stream; borrowed. */
struct stream files_stream(struct files *f);

#endif
