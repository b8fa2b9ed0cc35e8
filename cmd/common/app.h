/* What every program shares: common options, input files, the record loop, exits. */
#ifndef COMMON_APP_H
#define COMMON_APP_H

#include "base/pool.h"
#include "base/status.h"
#include "conf/opt.h"
#include "record/record.h"
#include "stage/files.h"
#include "tensor/tensor.h"

/* Set by the common options (-c -j --seed -q -v --metrics --bad -h -V). */
struct app {
	const struct prog *prog;
	uint64_t threads;       /* -j; 0 became the online cores */
	uint64_t seed;
	uint64_t longest;       /* bytes of an input line */
	bool quiet, verbose;
	const char *config;     /* the recipe, or NULL */
	const char *metrics;    /* file for JSON lines, or NULL */
	const char *bad;        /* file for rejected records, or NULL */
	const struct opt_kind *kind;    /* of a program with kinds: the first operand, taken away */
	char **file;            /* operands; none means standard input */
	size_t nfile;
};
extern const struct app *const app;

/* The row of --device, which says where a program computes; to: a const char *, NULL by default. */
#define OPT_DEVICE(to_) \
	OPT_STR("device", "NAME", to_, "compute on cpu, opencl[:N] or auto (default: FINEGRAIN_DEVICE, else cpu)", \
	    .outside = true)

/* ---- begin and end ---- */

/* From here the first signal does not end the program, which looks at app_stopping and ends by
 * itself, with app_end_by_signal last; a second one does. */
void app_stop_gently(void);
bool app_stopping(void);
void app_end_by_signal(void);

/* Parse the options into app and the program's own variables; exits for -h, -V, --print-config and
 * what cannot be parsed.  Restores SIGPIPE. */
void app_parse(int argc, char *argv[], const struct prog *p);
/* The name of the option with this target, if it stood on the command line (not in a recipe);
 * else NULL. */
const char *app_given(const void *to);
/* Whether it was given at all, by a recipe too. */
bool app_set(const void *to);

/* Flush and close standard output and the side files; the exit code for main. */
int app_close(void);
/* Print "prog: place: msg" and exit with the status's code, output flushed first. */
_Noreturn void die(const struct err *e);
/* die without a message: another process has said it. */
_Noreturn void die_quietly(const struct err *e);
/* What die does last, before it exits with status. */
void app_at_die(void (*fn)(int status));
_Noreturn void die_usage(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* ---- records ---- */

/* The operands or standard input, standard output and --bad, as lib/stage/files.h has them; the same as the
 * stages take them; and standard output by itself. */
extern struct files *const app_files;
extern const struct stream *const app_stream;
extern struct sink *const app_out;

/* The usual loop: every record through fn on app->threads threads, as lib/stage/filter.h has it. */
enum status filter_run(filter_fn *fn, void *arg, struct err *e);

/* ---- side files ---- */

/* Open the files of --bad and --metrics, so that what cannot be written is known before the work.  The
 * first read does it; a program that reads by itself calls it. */
enum status app_sides(struct err *e);
/* A line of --metrics; json is one object without newline. */
enum status metrics_line(const char *json, size_t n, struct err *e);

/* ---- standard error ---- */

void warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* with -v only */
void note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Close tc, which may be NULL; with -v after what went to the device and from it. */
void app_close_device(struct tc *tc);
/* Unless with -q: how many sequences have BOS or EOS twice, if any. */
void warn_twice(uint64_t bos, uint64_t eos);
/* Progress on a terminal after one second: done of total (0: unknown), rate in units/s, ETA.  Cheap to
 * call often. */
void progress(const char *what, const char *unit, uint64_t done, uint64_t total);

#endif
