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
	OPT_TYPE_END,
	OPT_TYPE_HEADING,       /* help is the title of the rows after it */
	OPT_TYPE_FLAG, OPT_TYPE_STR, OPT_TYPE_LIST, OPT_TYPE_INT, OPT_TYPE_UINT, OPT_TYPE_SIZE, OPT_TYPE_REAL,
	OPT_TYPE_ENUM
};

struct opt_list { const char **v; size_t n; };

/* A word of an OPT_ENUM and what it stands for; a table of them ends with word NULL. */
struct opt_word { const char *word; int value; };

/* One option.  Rows are written with the macros below. */
struct opt {
	enum opt_type type;
	char key;               /* short option, 0 if none */
	const char *name;       /* long option and recipe key */
	const char *arg;        /* "FILE", "N": the argument's name in --help */
	union {                 /* into the program's args; its value before parsing is the default */
		const void *any;
		bool *flag;
		const char **str;
		struct opt_list *list;
		int64_t *i;
		uint64_t *u;
		double *real;
		int *word;
	} to;
	double lo, hi;          /* lo == hi: no range */
	const char *help;       /* one line without a final period */
	const struct opt_word *words;
	/* of a program with kinds: those that the option applies to, "sft ppo"; NULL: all */
	const char *kinds;
	/* defaults of kinds that differ from *to, as they would be typed: "ppo 2, dpo 3" */
	const char *by_kind;
	/* NULL, or a list whose elements have values of their own: to.list then holds a text for each of them, NULL
	 * where none was given.  On the command line a value is of the element before it, or of the first. */
	const struct opt_list *of;
	bool rare;              /* --help of a kind names it in one line with the other rare ones */
	bool may;               /* of an OPT_STR: the argument may be left out, --name or --name=ARG; "" then */
	bool outside;           /* does not change results: kept out of digests */
};

/* The rows.  What may follow help: .key, .outside, .rare, .may, .kinds, .by_kind. */
#define OPT_FLAG(name_, to_, ...) \
	{ .type = OPT_TYPE_FLAG, .name = name_, .to.flag = to_, .help = __VA_ARGS__ }
#define OPT_STR(name_, arg_, to_, ...) \
	{ .type = OPT_TYPE_STR, .name = name_, .arg = arg_, .to.str = to_, .help = __VA_ARGS__ }
/* may be repeated */
#define OPT_LIST(name_, arg_, to_, ...) \
	{ .type = OPT_TYPE_LIST, .name = name_, .arg = arg_, .to.list = to_, .help = __VA_ARGS__ }
#define OPT_INT(name_, arg_, to_, lo_, hi_, ...) \
	{ .type = OPT_TYPE_INT, .name = name_, .arg = arg_, .to.i = to_, .lo = lo_, .hi = hi_, .help = __VA_ARGS__ }
#define OPT_UINT(name_, arg_, to_, lo_, hi_, ...) \
	{ .type = OPT_TYPE_UINT, .name = name_, .arg = arg_, .to.u = to_, .lo = lo_, .hi = hi_, .help = __VA_ARGS__ }
/* with K, M or G */
#define OPT_SIZE(name_, arg_, to_, lo_, hi_, ...) \
	{ .type = OPT_TYPE_SIZE, .name = name_, .arg = arg_, .to.u = to_, .lo = lo_, .hi = hi_, .help = __VA_ARGS__ }
#define OPT_REAL(name_, arg_, to_, lo_, hi_, ...) \
	{ .type = OPT_TYPE_REAL, .name = name_, .arg = arg_, .to.real = to_, .lo = lo_, .hi = hi_, .help = __VA_ARGS__ }
/* A text, a flag ("true" or NULL), a word for each element of list of_. */
#define OPT_STR_OF(of_, name_, arg_, to_, ...) \
	{ .type = OPT_TYPE_STR, .name = name_, .arg = arg_, .of = of_, .to.list = to_, .help = __VA_ARGS__ }
#define OPT_FLAG_OF(of_, name_, to_, ...) \
	{ .type = OPT_TYPE_FLAG, .name = name_, .of = of_, .to.list = to_, .help = __VA_ARGS__ }
#define OPT_ENUM_OF(of_, name_, to_, help_, words_) \
	{ .type = OPT_TYPE_ENUM, .name = name_, .of = of_, .to.list = to_, .help = help_, .words = words_ }
/* words_: a table, or OPT_WORDS({ "a", A }, { "b", B }) */
#define OPT_ENUM(name_, to_, help_, ...) \
	{ .type = OPT_TYPE_ENUM, .name = name_, .to.word = to_, .help = help_, .words = __VA_ARGS__ }
#define OPT_WORDS(...) (const struct opt_word[]){ __VA_ARGS__, { NULL, 0 } }
#define OPT_HEADING(title) { .type = OPT_TYPE_HEADING, .help = title }
#define OPT_END { .type = OPT_TYPE_END }

/* What the first operand of a program chooses; a table of them ends with name NULL. */
struct opt_kind { const char *name; int value; const char *about; };

/* What a program is: for usage, --help and the page. */
struct prog {
	const char *name;       /* "fg-score" */
	const char *synopsis;   /* "-m DIR [file ...]", after the options */
	const char *about;      /* one sentence */
	const struct opt *rows; /* ends with OPT_END */
	const struct opt_kind *kinds;   /* NULL: it has none */
	void (*settle)(void);   /* called before --print-config prints the values; NULL: nothing is done */
};

/* What was given.  Rows of the recipe, then those of the command line from `line` on; owned
 * by the caller, who frees row. */
struct opt_given {
	const struct opt **row;
	size_t n, line;
	const struct opt_kind *kind;    /* the first operand, where it is one of them; else NULL */
};

/* Defaults stand in *to already; then come the kind's defaults, the recipe (-c) and the
 * command line.  common rows are parsed too; a flag NAME has an opposite --no-NAME.  Operands
 * are left in argv from *first, the kind too.  ST_USAGE also for an option of another kind on
 * the command line, and for no kind where there has to be one (--help, --version and
 * --print-config need none). */
enum status opt_parse(const struct prog *p, const struct opt *common, int argc, char **argv,
    int *first, struct opt_given *g, struct err *e);
/* The name of the option with this target, if it stood on the command line (not in a
 * recipe); else NULL. */
const char *opt_name_given(const struct opt_given *g, const void *to);
/* Whether the option with this target was given, by a recipe or on the command line. */
bool opt_was_given(const struct opt_given *g, const void *to);
/* What element i of a list has: of a row with .of; NULL: nothing was given for it. */
const char *opt_of(const struct opt_list *l, size_t i);
/* What a word of the table stands for; other: of NULL. */
int opt_word_value(const struct opt_word *words, const char *word, int other);
/* The line after "usage: ", without newline; kind may be NULL. */
void opt_synopsis(const struct prog *p, const struct opt_kind *kind, struct buf *b);
/* --help: of a kind what it takes; without one what all of them take, and which there are. */
void opt_usage(const struct prog *p, const struct opt *common, const struct opt_kind *kind, struct buf *b);
/* The present values as a recipe; ST_USAGE for a text that is not UTF-8, which YAML cannot
 * hold. */
enum status opt_print(const struct prog *p, const struct opt *common, const struct opt_given *g, struct buf *b,
    struct err *e);
/* A script of shell (bash or zsh; ST_USAGE for another) that completes the program's command lines. */
enum status opt_complete(const struct prog *p, const struct opt *common, const char *shell, struct buf *b,
    struct err *e);
/* The first option of rows that names a file, its argument being a FILE, for which fn returns true; or NULL. */
const struct opt *opt_with_file(const struct opt *rows, bool (*fn)(const char *path, const void *arg), const void *arg);
/* name=value lines of every row that is not `outside`: the digest of a run's options */
void opt_digest(const struct prog *p, struct buf *b);

#endif
