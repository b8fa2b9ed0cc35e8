#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/progress.h"
#include "common/app_int.h"

static struct progress state;
static bool shown;

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void
progress(const char *what, const char *unit, uint64_t done, uint64_t total)
{
	char line[PROGRESS_LINE];

	if (app->quiet || !progress_due(&state, now()) || !isatty(2))
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
