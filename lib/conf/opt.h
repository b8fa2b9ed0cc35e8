/* Option rows: declared once by a program, they feed getopt_long, --help, recipes,
 * --print-config and the option block of the manual page. */
#ifndef CONF_OPT_H
#define CONF_OPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/status.h"

enum opt_type {
	OPT_END, OPT_FLAG,      /* bool */
	OPT_STR,                /* const char * */
	OPT_LIST,               /* struct opt_list: the option may be repeated */
	OPT_INT, OPT_UINT,      /* int64_t / uint64_t, within lo..hi */
	OPT_SIZE,               /* uint64_t with K, M, G suffixes */
	OPT_REAL,               /* double, within lo..hi */
	OPT_ENUM                /* int: index into words, "a|b|c" */
};

struct opt_list { const char **v; size_t n; };

/* to points into the program's args; lo == hi means no range. help is one line
 * without a final period, its argument's name in arg. */
struct opt {
	enum opt_type type;
	char key;               /* short option, 0 if none */
	const char *name;       /* long option and recipe key */
	const char *arg;        /* "FILE", "N"; for OPT_ENUM the words "a|b|c" */
	void *to;
	double lo, hi;
	const char *help;
	bool outside;           /* does not change results: kept out of digests */
};

/* What a program is: for usage, --help and the page. */
struct prog {
	const char *name;       /* "fg-score" */
	const char *synopsis;   /* "-m DIR [file ...]" behind the options */
	const char *about;      /* one sentence */
	const struct opt *rows; /* ends with OPT_END */
};

/* Defaults stand in *to already; then the recipe (-c), then the command line.
 * common rows are parsed too; a flag NAME has an opposite --no-NAME.  Operands are left in
 * argv from *first. */
enum status opt_parse(const struct prog *p, const struct opt *common, int argc, char **argv,
    int *first, struct err *e);
/* The name of the option with this target, if it stood on the command line (not in a
 * recipe); else NULL. */
const char *opt_given(const void *to);
void opt_usage(const struct prog *p, const struct opt *common, struct buf *b);
/* The present values as a recipe; ST_USAGE for a text that is no UTF-8, which YAML cannot
 * hold. */
enum status opt_print(const struct prog *p, const struct opt *common, struct buf *b, struct err *e);
/* name=value lines of every row that is not `outside`: the digest of a run's options */
void opt_digest(const struct prog *p, struct buf *b);

#endif
