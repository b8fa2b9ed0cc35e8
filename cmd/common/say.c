#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/progress.h"
#include "common/app_int.h"

static struct progress shown_last;
static bool shown;

void
progress(const char *what, const char *unit, uint64_t done, uint64_t total)
{
	char line[PROGRESS_LINE];

	if (app->quiet || !progress_due(&shown_last, clock_now()) || !isatty(2))
		return;
	progress_text(&shown_last, line, what, unit, done, total);
	fprintf(stderr, "\r%s: %s\033[K", app->prog->name, line);
	fflush(stderr);
	shown = true;
}

void
progress_clear(void)
{
	if (shown)
		fputs("\r\033[K", stderr);
	shown = false;
}

void
say(const char *fmt, va_list ap)
{
	progress_clear();
	fprintf(stderr, "%s: ", app->prog ? app->prog->name : "finegrain");
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
}

void
warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(fmt, ap);
	va_end(ap);
}

void
note(const char *fmt, ...)
{
	va_list ap;

	if (!app->verbose)
		return;
	va_start(ap, fmt);
	say(fmt, ap);
	va_end(ap);
}

void
warn_twice(uint64_t bos, uint64_t eos)
{
	if (bos && !app->quiet)
		warn("texts that begin with BOS, which was added again: %ju", (uintmax_t)bos);
	if (eos && !app->quiet)
		warn("texts that end with EOS, which was added again: %ju", (uintmax_t)eos);
}
