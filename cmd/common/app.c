#include "base/lines.h"
#include "base/pool.h"
#include "common/app_int.h"
#include "common/version.h"

static struct app state = { .longest = LINES_USUAL };
static struct opt_given given;
static const char *completion;
static bool print_config, help, version;
const struct app *const app = &state;

static const struct opt common[] = {
	OPT_STR("config", "FILE", &state.config, "read options from a recipe, fg-recipe(5)", .key = 'c', .outside = true),
	OPT_FLAG("print-config", &print_config, "print the options in force as a recipe and exit", .outside = true),
	OPT_UINT("threads", "N", &state.threads, 0, 1024, "threads; 0: every processor that it may use", .key = 'j',
	    .outside = true),
	OPT_UINT("seed", "N", &state.seed, 0, 0, "key of all random numbers"),
	OPT_FLAG("quiet", &state.quiet, "no progress, no counts", .key = 'q', .outside = true),
	OPT_FLAG("verbose", &state.verbose, "say more on standard error", .key = 'v', .outside = true),
	OPT_STR("metrics", "FILE", &state.metrics, "append measurements to FILE as JSON lines", .outside = true),
	OPT_STR("bad", "FILE", &state.bad, "write rejected records to FILE and go on", .outside = true),
	OPT_SIZE("max-line", "BYTES", &state.longest, 64, 1e15, "the longest line that is read", .outside = true),
	OPT_STR("completion", "SHELL", &completion, "print what completes command lines in bash or zsh", .outside = true),
	OPT_FLAG("help", &help, "print this and exit", .key = 'h', .outside = true),
	OPT_FLAG("version", &version, "print the version and exit", .key = 'V', .outside = true),
	OPT_END
};

enum status
app_options(int argc, char *argv[], const struct prog *p, struct err *e)
{
	int first = argc;

	state.prog = p;
	state.threads = 0;
	opt_parse(p, common, argc, argv, &first, &given, e);
	state.kind = given.kind;
	if (e->code)
		return e->code;
	if (!state.threads)
		state.threads = pool_processors();
	first += state.kind != NULL;
	state.file = argv + first;
	state.nfile = (size_t)(argc - first);
	return ST_OK;
}

enum status
app_answer(struct buf *b, struct err *e)
{
	if (help)
		opt_usage(state.prog, common, state.kind, b);
	else if (version)
		buf_addf(b, "%s (finegrain) " VERSION "\n", state.prog->name);
	else if (completion)
		return opt_complete(state.prog, common, completion, b, e);
	else if (print_config) {
		if (state.prog->settle)
			state.prog->settle();
		return opt_print(state.prog, common, &given, b, e);
	} else
		return ST_EOF;
	return buf_ok(b) ? ST_OK : err_nomem(e);
}

const char *
app_given(const void *to)
{
	return opt_name_given(&given, to);
}

bool
app_set(const void *to)
{
	return opt_was_given(&given, to);
}

