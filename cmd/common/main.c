#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "common/app_int.h"

static int
exit_code(enum status st)
{
	switch (st) {
	case ST_OK:
	case ST_EOF:
		return 0;
	case ST_INPUT:
		return 1;
	case ST_USAGE:
		return 2;
	case ST_IO:
	case ST_NOMEM:
		return 3;
	case ST_NUMERIC:
		return 4;
	}
	return 3;
}

static void (*at_die)(int status);

void
app_at_die(void (*fn)(int status))
{
	at_die = fn;
}

_Noreturn static void
leave(int status)
{
	if (at_die)
		at_die(status);
	exit(status);
}

void
die(const struct err *e)
{
	struct err later = { 0 };
	char text[sizeof(e->file) + sizeof(e->msg) + 64];

	/* what was done before the failure is still wanted downstream */
	io_close(&later);
	warn("%s", err_text(e, text, sizeof(text)));
	leave(exit_code(e->code));
}

void
die_quietly(const struct err *e)
{
	struct err later = { 0 };

	io_close(&later);
	leave(exit_code(e->code));
}

void
die_usage(const char *fmt, ...)
{
	struct buf b = BUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	say(fmt, ap);
	va_end(ap);
	opt_synopsis(app->prog, app->kind, &b);
	fprintf(stderr, "usage: %.*s\n", (int)b.n, buf_ok(&b) ? b.p : "");
	exit(2);
}

void
app_parse(int argc, char *argv[], const struct prog *p)
{
	struct err e = { 0 };
	struct buf b = BUF_INIT;
	enum status st;

	signals_begin();
	file_fill_standard();
	if (app_options(argc, argv, p, &e)) {
		if (e.code == ST_USAGE && !e.file[0])
			die_usage("%s", e.msg);
		die(&e);
	}
	io_begin();
	if ((st = app_answer(&b, &e)) == ST_EOF)
		return;
	if (st || sink_add(app_out, b.p, b.n, &e))
		die(&e);
	exit(app_close());
}

int
app_close(void)
{
	struct err e = { 0 };

	progress_clear();
	if (io_close(&e))
		die(&e);
	return 0;
}
