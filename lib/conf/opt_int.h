/* What the files of lib/conf share. */
#ifndef CONF_OPT_INT_H
#define CONF_OPT_INT_H

#include "conf/opt.h"

/* What parsing allocated.  Rows point into it, so what is in use at the end lives as
 * long as the process, as argv does. */
struct opt_mem {
	void **p;
	size_t n, cap;
};

/* Take p (NULL: a failed allocation); owned from now on. */
enum status opt_mem_add(struct opt_mem *m, void *p, struct err *e);
/* Free what no row (of prog and common) refers to, and the list itself. */
void opt_mem_sweep(struct opt_mem *m, const struct prog *p, const struct opt *common);
void opt_mem_free(struct opt_mem *m);

/* A value for a row as text, with its place (file NULL: the command line). */
struct opt_text {
	const struct opt *row;
	const char *text;
	const char *file;
	uint64_t line, column;
	bool first;             /* the first of its source: a list starts afresh */
	size_t at;              /* of a row with .of: which element's */
};

const struct opt *opt_find(const struct prog *p, const struct opt *common, const char *name);
/* The option name (or no-NAME of a flag) that differs from s in at most two letters, in to
 * [OPT_NEAR]; NULL if there is none.  recipe: only what a recipe may hold. */
enum { OPT_NEAR = 64 };
const char *opt_near(const struct prog *p, const struct opt *common, const char *s, bool recipe, char to[OPT_NEAR]);

/* Does the option apply to the kind?  NULL: to every one of them. */
bool opt_applies(const struct opt *o, const struct opt_kind *kind);
/* The text of kind's own default, its length in *n; NULL if it has none. */
const char *opt_kind_default(const struct opt *o, const struct opt_kind *kind, size_t *n);
/* The word for the present value of an OPT_ENUM; NULL if there is none. */
const char *opt_word_now(const struct opt *o);

/* The list that the row fills, if it does: its own, or that of a row with .of. */
const struct opt_list *opt_texts(const struct opt *o);

/* The words of an OPT_ENUM. */
void opt_put_words(const struct opt *o, const char *between, struct buf *b);

/* Whether the row concerns a single call and therefore belongs in no recipe. */
bool opt_is_call(const struct opt *o);

/* Check and store; ST_USAGE names the option and, for a recipe, the place. */
enum status opt_store(const struct opt_text *t, struct opt_mem *m, struct err *e);

/* Store every key of the recipe in path. */
enum status opt_recipe(const struct prog *p, const struct opt *common, const char *path,
    struct opt_mem *m, struct opt_given *g, struct err *e);
/* The same from memory; path is for messages. */
enum status opt_recipe_text(const struct prog *p, const struct opt *common, const char *path,
    const char *text, size_t n, struct opt_mem *m, struct opt_given *g, struct err *e);
/* Note that a row was given, once for the recipe and once for the command line: g->row has room
 * for twice the rows. */
void opt_given_add(struct opt_given *g, const struct opt *o);

/* Whether the row allows v; a row with lo = hi allows all. */
bool opt_in_range(const struct opt *o, double v);

#endif
