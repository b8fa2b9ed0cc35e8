/* What every program shares: common options, input files, the record loop, exits. */
#ifndef COMMON_APP_H
#define COMMON_APP_H

#include "base/pool.h"
#include "base/status.h"
#include "conf/opt.h"
#include "record/record.h"
#include "stage/filter.h"
#include "stage/stream.h"

/* Set by the common options (-c -j --seed -q -v --metrics --bad -h -V). */
struct app {
	const struct prog *prog;
	uint64_t threads;       /* -j; 0 became the online cores */
	uint64_t seed;
	uint64_t longest;       /* bytes of an input line */
	bool quiet, verbose;
	const char *metrics;    /* file for JSON lines, or NULL */
	const char *bad;        /* file for rejected records, or NULL */
	const struct opt_kind *kind;    /* of a program with kinds: the first operand, taken away */
	char **file;            /* operands; none means standard input */
	size_t nfile;
};
extern const struct app *const app;

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
/* Keep the first n operands only. */
void app_operands(size_t n);

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

/* The usual loop: every record through fn on app->threads threads, as lib/stage/filter.h has it. */
enum status filter_run(filter_fn *fn, void *arg, struct err *e);
/* The same over lines of plain text (UTF-8), each without its LF or CR LF a record with this
 * field alone. */
enum status filter_text(const char *field, filter_fn *fn, void *arg, struct err *e);

/* The operands or standard input, and standard output, as lib/stage takes them. */
extern const struct stream *const app_stream;

/* The next record; ST_EOF.  A bad line (also one that was cut off) goes to --bad if given and the
 * next is read; else it is an error. */
enum status input_next(struct record *r, struct err *e);
/* input_next would not have to wait, or only for the rest of a line. */
bool input_ready(void);
/* The records of another file ("-": standard input), each read into r and given to fn; what is bad
 * goes to --bad as the stream's does. */
enum status input_beside(const char *path, struct record *r, stream_fn *fn, void *ctx, struct err *e);
/* r could not be used: with --bad it is written there with `error` added and ST_OK is returned;
 * without, e->code is. */
enum status input_reject(struct record *r, struct err *e);
/* The same for text that is not a record: s[0..n). */
enum status input_reject_line(const char *s, size_t n, struct err *e);
/* How many went to --bad. */
uint64_t input_rejected(void);

/* Write to standard output, through a buffer. */
enum status output_record(const struct record *r, struct err *e);
enum status output_bytes(const void *p, size_t n, struct err *e);
enum status output_flush(struct err *e);

/* ---- side files ---- */

/* Open the files of --bad and --metrics, so that what cannot be written is known before the work.  The
 * first read does it; a program that reads by itself calls it. */
enum status output_sides(struct err *e);
/* A line of --metrics; json is one object without newline. */
enum status metrics_line(const char *json, size_t n, struct err *e);
/* Bytes of the file so far; and cut it back to n when it is longer. */
uint64_t metrics_size(void *unused);
enum status metrics_cut(void *unused, uint64_t n, struct err *e);

/* ---- standard error ---- */

void warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* with -v only */
/* note, metrics_size and metrics_cut as lib/run/train.h takes them */
void note_text(void *unused, const char *text);
void note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Unless with -q: how many sequences have BOS or EOS twice, if any. */
void warn_twice(uint64_t bos, uint64_t eos);
/* Progress on a terminal after one second: done of total (0: unknown), rate in units/s, ETA.  Cheap to
 * call often. */
void progress(const char *what, const char *unit, uint64_t done, uint64_t total);

#endif
