/* What opt.c and recipe.c share. */
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
};

const struct opt *opt_find(const struct prog *p, const struct opt *common, const char *name);

/* Does the row steer one call, and belong in no recipe? */
bool opt_is_call(const struct opt *o);

/* Check and store; ST_USAGE names the option and, for a recipe, the place. */
enum status opt_store(const struct opt_text *t, struct opt_mem *m, struct err *e);

/* Store every key of the recipe in path. */
enum status opt_recipe(const struct prog *p, const struct opt *common, const char *path,
    struct opt_mem *m, struct err *e);
/* The same from memory; path is for messages. */
enum status opt_recipe_text(const struct prog *p, const struct opt *common, const char *path,
    const char *text, size_t n, struct opt_mem *m, struct err *e);

/* Whether the row allows v; a row with lo = hi allows all. */
bool opt_in_range(const struct opt *o, double v);

#endif
