#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "common/app_int.h"

static struct app state = { .seed = 0 };
static const char *config;
static bool print_config, help, version;
const struct app *const app = &state;

static const struct opt common[] = {
	{ OPT_STR, 'c', "config", "FILE", &config, 0, 0,
	    "read options from a recipe, fg-recipe(5)", true },
	{ OPT_FLAG, 0, "print-config", NULL, &print_config, 0, 0,
	    "print the options in force as a recipe and exit", true },
	{ OPT_UINT, 'j', "threads", "N", &state.threads, 0, 1024,
	    "threads; 0 uses every processor", true },
	{ OPT_UINT, 0, "seed", "N", &state.seed, 0, 0, "key of all random numbers", false },
	{ OPT_FLAG, 'q', "quiet", NULL, &state.quiet, 0, 0, "no progress, no counts", true },
	{ OPT_FLAG, 'v', "verbose", NULL, &state.verbose, 0, 0, "say more on standard error", true },
	{ OPT_STR, 0, "metrics", "FILE", &state.metrics, 0, 0,
	    "append measurements to FILE as JSON lines", true },
	{ OPT_STR, 0, "bad", "FILE", &state.bad, 0, 0,
	    "write rejected records to FILE and go on", true },
	{ OPT_FLAG, 'h', "help", NULL, &help, 0, 0, "print this and exit", true },
	{ OPT_FLAG, 'V', "version", NULL, &version, 0, 0, "print the version and exit", true },
	{ .type = OPT_END }
};

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

static void
say(const char *fmt, va_list ap)
{
	progress_clear();
	fprintf(stderr, "%s: ", state.prog ? state.prog->name : "finegrain");
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

	if (!state.verbose)
		return;
	va_start(ap, fmt);
	say(fmt, ap);
	va_end(ap);
}

void
die(const struct err *e)
{
	struct err later = { 0 };
	char text[sizeof(e->file) + sizeof(e->msg) + 64];

	/* what was done before the failure is still wanted downstream */
	output_close(&later);
	warn("%s", err_text(e, text, sizeof(text)));
	exit(exit_code(e->code));
}

void
die_usage(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(fmt, ap);
	va_end(ap);
	fprintf(stderr, "usage: %s [options] %s\n", state.prog->name, state.prog->synopsis);
	exit(2);
}

static _Noreturn void
print_and_exit(struct buf *b)
{
	struct err e = { 0 };

	if (!buf_ok(b))
		err_nomem(&e);
	else
		output_bytes(b->p, b->n, &e);
	if (e.code)
		die(&e);
	exit(app_close());
}

/* A standard descriptor that is closed would be the next file that is opened: put
 * something there that cannot be used the way it will be. */
static void
fill_descriptors(void)
{
	int fd;

	for (fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			(void)!open("/dev/null", fd ? O_RDONLY : O_WRONLY);
}

void
app_parse(int argc, char *argv[], const struct prog *p)
{
	struct err e = { 0 };
	struct buf b = BUF_INIT;
	int first = argc;
	long cores;

	state.prog = p;
	signal(SIGPIPE, SIG_DFL);
	fill_descriptors();
	state.threads = 0;
	if (opt_parse(p, common, argc, argv, &first, &e)) {
		if (e.code == ST_USAGE && !e.file[0])
			die_usage("%s", e.msg);
		die(&e);
	}
	if (help) {
		opt_usage(p, common, &b);
		print_and_exit(&b);
	}
	if (version) {
		buf_addf(&b, "%s (finegrain) 0.1\n", p->name);
		print_and_exit(&b);
	}
	if (print_config) {
		if (opt_print(p, common, &b, &e))
			die(&e);
		print_and_exit(&b);
	}
	if (!state.threads) {
		cores = sysconf(_SC_NPROCESSORS_ONLN);
		state.threads = cores > 0 ? (uint64_t)cores : 1;
	}
	state.file = argv + first;
	state.nfile = (size_t)(argc - first);
}

const char *
app_word(void)
{
	if (!state.nfile)
		return NULL;
	state.nfile--;
	return *state.file++;
}

void
app_operands(size_t n)
{
	state.nfile = n;
}

int
app_close(void)
{
	struct err e = { 0 };

	progress_clear();
	if (output_close(&e))
		die(&e);
	return 0;
}
