/* Where the records of a stage come from and go to.  A program's input and output are one
 * (cmd/common); a test's may be lists in memory. */
#ifndef STAGE_STREAM_H
#define STAGE_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "record/record.h"

typedef enum status stream_fn(struct record *r, void *ctx, struct err *e);

struct stream {
	void *ctx;              /* the first argument of each function */
	/* The next record, read into r; ST_EOF at the end. */
	enum status (*next)(void *ctx, struct record *r, struct err *e);
	/* Whether next would return at once, without waiting for input. */
	bool (*ready)(void *ctx);
	/* Each record of another file, read into r and given to fn with arg.  What is bad there is
	 * rejected as by reject. */
	enum status (*beside)(void *ctx, const char *path, struct record *r, stream_fn *fn, void *arg,
	    struct err *e);
	/* r could not be used, for the reason in e (ST_INPUT).  ST_OK: it was put aside with its reason,
	 * and e is clear; else e->code, and the run ends. */
	enum status (*reject)(void *ctx, struct record *r, struct err *e);
	/* Write r. */
	enum status (*put)(void *ctx, const struct record *r, struct err *e);
};

/* Read every record into r and call fn; reject those for which it returns ST_INPUT.  ST_INPUT when
 * expect is not 0 and not the number of records, rejected ones included. */
enum status stream_each(const struct stream *s, struct record *r, uint64_t expect, stream_fn *fn, void *arg,
    struct err *e);

#endif
