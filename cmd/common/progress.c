#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/progress.h"
#include "common/app_int.h"

static struct progress state;
static bool shown;

void
progress(const char *what, const char *unit, uint64_t done, uint64_t total)
{
	char line[PROGRESS_LINE];

	if (app->quiet || !progress_due(&state, clock_now()) || !isatty(2))
		return;
	progress_text(&state, line, what, unit, done, total);
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
