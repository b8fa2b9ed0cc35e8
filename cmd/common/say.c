#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/progress.h"
#include "base/quote.h"
#include "common/app_int.h"

static struct progress shown_last;
static bool shown;

void
progress(const char *what, const char *unit, uint64_t done, uint64_t total)
{
	static const char *counted;
	bool terminal = isatty(2) == 1;
	char line[PROGRESS_LINE];

	/* another count, as steps after the bytes of the input, begins anew */
	if (!counted || strcmp(counted, unit))
		shown_last = (struct progress){ 0 };
	counted = unit;
	/* in a log, a line a minute says that the run is alive */
	if (app->quiet || !progress_due(&shown_last, clock_now(), terminal ? 1 : 60, done))
		return;
	progress_text(&shown_last, line, what, unit, done, total);
	if (!terminal) {
		fprintf(stderr, "%s: %s\n", app->prog->name, line);
		return;
	}
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
	const char *name = app->prog ? app->prog->name : "finegrain";
	char text[4096];
	struct buf b = BUF_INIT;
	int n = vsnprintf(text, sizeof(text), fmt, ap);

	/* what files, headers and servers put into a message does nothing to a terminal */
	quote_put(&b, text, n < 0 ? 0 : (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1, QUOTE_LINE);
	progress_clear();
	if (buf_ok(&b))
		fprintf(stderr, "%s: %.*s\n", name, (int)b.n, b.n ? b.p : "");
	else
		fprintf(stderr, "%s: out of memory\n", name);
	buf_free(&b);
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
app_close_device(struct tc *tc)
{
	struct tc_usage u;

	if (tc && tc_usage(tc, &u))
		note("%s: %.1f of %.1f MB at the most; %.1f MB in %llu transfers to it, %.1f MB in %llu from it", u.name,
		    (double)u.most / 1e6, (double)u.memory / 1e6, (double)u.put / 1e6, (unsigned long long)u.puts,
		    (double)u.got / 1e6, (unsigned long long)u.gets);
	tc_close(tc);
}

void
warn_twice(uint64_t bos, uint64_t eos)
{
	if (bos && !app->quiet)
		warn("texts that begin with BOS, which was added again: %ju", (uintmax_t)bos);
	if (eos && !app->quiet)
		warn("texts that end with EOS, which was added again: %ju", (uintmax_t)eos);
}
