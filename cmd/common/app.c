#include <unistd.h>

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

enum status
app_options(int argc, char *argv[], const struct prog *p, struct err *e)
{
	int first = argc;
	long cores;

	state.prog = p;
	state.threads = 0;
	if (opt_parse(p, common, argc, argv, &first, e))
		return e->code;
	if (!state.threads) {
		cores = sysconf(_SC_NPROCESSORS_ONLN);
		state.threads = cores > 0 ? (uint64_t)cores : 1;
	}
	state.file = argv + first;
	state.nfile = (size_t)(argc - first);
	return ST_OK;
}

enum status
app_answer(struct buf *b, struct err *e)
{
	if (help)
		opt_usage(state.prog, common, b);
	else if (version)
		buf_addf(b, "%s (finegrain) 0.1\n", state.prog->name);
	else if (print_config)
		return opt_print(state.prog, common, b, e);
	else
		return ST_EOF;
	return buf_ok(b) ? ST_OK : err_nomem(e);
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
