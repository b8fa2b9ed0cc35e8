/* What opt.c and recipe.c share. */
#ifndef CONF_OPT_INT_H
#define CONF_OPT_INT_H

#include "conf/opt.h"

/* A value for a row as text, with its place (file NULL: the command line). */
struct opt_text {
	const struct opt *row;
	const char *text;
	const char *file;
	uint64_t line, column;
	bool first;             /* the first of its source: a list starts afresh */
};

const struct opt *opt_find(const struct prog *p, const struct opt *common, const char *name);

/* Check and store; ST_USAGE names the option and, for a recipe, the place. */
enum status opt_store(const struct opt_text *t, struct err *e);

/* Store every key of the recipe in path. */
enum status opt_recipe(const struct prog *p, const struct opt *common, const char *path, struct err *e);
/* The same from memory; path is for messages. */
enum status opt_recipe_text(const struct prog *p, const struct opt *common, const char *path,
    const char *text, size_t n, struct err *e);

#endif
