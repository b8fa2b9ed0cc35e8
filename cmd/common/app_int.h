/* What the files of cmd/common share.  Each uses those before it alone:
 *	app.c		the common options
 *	say.c		warnings, notes, progress
 *	signals.c	what signals do
 *	io.c		the operands' records, standard output, --bad, --metrics
 *	main.c		what main calls first and last */
#ifndef COMMON_APP_INT_H
#define COMMON_APP_INT_H

#include <stdarg.h>

#include "common/app.h"

/* app.c: the options into app; and what -h, -V and --print-config ask for, ST_EOF when nothing
 * is asked. */
enum status app_options(int argc, char *argv[], const struct prog *p, struct err *e);
enum status app_answer(struct buf *b, struct err *e);

/* say.c: a line on standard error, the program's name before it */
void say(const char *fmt, va_list ap);
void progress_clear(void);

/* signals.c: from here a signal ends the program between lines, and a file that became shorter is named */
void signals_begin(void);
extern const struct sink_guard signals_guard;

/* io.c: once the options are known; and at the end, flush and close everything: this also says how many records
 * were rejected */
void io_begin(void);
enum status io_close(struct err *e);

#endif
