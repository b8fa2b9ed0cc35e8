/* Apply a function to lines, one after another or on several threads; the results are written in the order of the
 * lines. */
#ifndef STAGE_FILTER_H
#define STAGE_FILTER_H

#include "base/lines.h"
#include "record/record.h"

/* fn may read what arg points to, and write there only what belongs to worker, which is in [0, threads). */
typedef enum status filter_fn(struct record *r, void *arg, unsigned worker, struct err *e);

struct filter {
	filter_fn *fn;
	void *arg;
	unsigned threads;       /* >= 1 */
	/* NULL: lines are records.  Else they are plain text (UTF-8), each without its LF or CR LF a
	 * record with this field alone. */
	const char *text;
	bool reject;            /* a bad line is put aside, and the run goes on */

	void *ctx;              /* the first argument of what follows */
	/* the next line, as lines_next has it */
	enum status (*next)(void *ctx, struct line *l, bool wait, struct err *e);
	struct buf *out;        /* whole lines are appended to it, then wrote is called */
	enum status (*wrote)(void *ctx, struct err *e);
	/* the lines of n rejected ones, as filter_bad prints them */
	enum status (*rejected)(void *ctx, const struct buf *b, uint64_t n, struct err *e);
	void (*tick)(void *ctx);        /* from time to time */
};

/* Apply fn to every line.  Where it returns ST_EOF the record is dropped; ST_INPUT means a bad line.  After a failure,
 * out has the results of the lines before. */
enum status filter_lines(const struct filter *f, struct err *e);

/* Append a bad line to b, for people to look at: the record with `error`, or, where r is NULL, the line as a string. */
enum status filter_bad(struct record *r, const struct line *l, const struct err *why, struct buf *b, struct err *e);

#endif
