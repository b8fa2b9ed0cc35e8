/* What the files of cmd/common share.  Each uses those before it alone:
 *	app.c		the common options
 *	say.c		warnings, notes, progress
 *	whole.c		whole lines on a descriptor, signals
 *	shrunk.c	files that become shorter while they are mapped
 *	output.c	standard output, --bad, --metrics
 *	input.c		the operands' lines and records
 *	stream.c	both as lib/stage takes them
 *	filter.c	the loop over records, on several threads
 *	main.c		what main calls first and last */
#ifndef COMMON_APP_INT_H
#define COMMON_APP_INT_H

#include <stdarg.h>

#include "base/lines.h"
#include "common/app.h"

struct app_file {
	int fd;                 /* -1: not open */
	bool ready;             /* something was written */
	size_t half;            /* bytes written after the last newline */
	const char *name;
	struct buf buf;
};

/* app.c: the options into app; and what -h, -V and --print-config ask for, ST_EOF when nothing
 * is asked. */
enum status app_options(int argc, char *argv[], const struct prog *p, struct err *e);
enum status app_answer(struct buf *b, struct err *e);

/* Row k of the program's options, then of the common ones; NULL past the last. */
const struct opt *app_row(size_t k);

/* say.c: a line on standard error, the program's name before it */
void say(const char *fmt, va_list ap);
void progress_clear(void);

/* whole.c: from here a signal ends the program between lines */
void whole_begin(void);
enum status whole_write(struct app_file *f, const char *p, size_t n, struct err *e);

/* shrunk.c: from here such a file is named, and ends the program with 3 */
void shrunk_begin(void);

/* The next line of the operands, as lines_next has it. */
enum status input_line(struct line *l, bool wait, struct err *e);
/* say how much was read */
void input_progress(void);
void input_close(void);

/* Lines of filter_bad to --bad. */
enum status bad_write(const struct buf *b, uint64_t records, struct err *e);

/* Standard output's buffer: whole lines may be appended, then output_bytes is called (with no
 * bytes), which writes when there is enough. */
struct buf *output_buffer(void);

/* Flush and close everything; also reports how many records were rejected. */
enum status output_close(struct err *e);

#endif
