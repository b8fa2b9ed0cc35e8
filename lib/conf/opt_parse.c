/* The command line: getopt_long's tables from the rows, kinds, and names that are nearly right. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/opt_int.h"

/* The rows as getopt_long wants them; each long option's val indexes row[]. */
struct table {
	const struct opt **row;
	struct option *opt;
	struct opt_text *given;
	char **off;             /* "no-NAME" of each flag; NULL */
	char *shorts;
	size_t n, ngiven;
	bool shown;             /* the call shows help or the version */
};

/* val of a long option: LONG_BASE + its row; of a flag's --no-NAME, n more */
enum { LONG_BASE = 256 };

const char *
opt_name_given(const struct opt_given *g, const void *to)
{
	for (size_t i = g->line; i < g->n; i++)
		if (g->row[i]->to.any == to)
			return g->row[i]->name;
	return NULL;
}

bool
opt_was_given(const struct opt_given *g, const void *to)
{
	for (size_t i = 0; i < g->n; i++)
		if (g->row[i]->to.any == to)
			return true;
	return false;
}

/* Is a[0..n) this name? */
static bool
is_word(const char *a, size_t n, const char *name)
{
	return strlen(name) == n && !memcmp(a, name, n);
}

bool
opt_applies(const struct opt *o, const struct opt_kind *kind)
{
	const char *s;
	size_t n;

	if (!o->kinds)
		return true;
	for (s = o->kinds; kind && *s; s += n + (s[n] == ' '))
		if (is_word(s, n = strcspn(s, " "), kind->name))
			return true;
	return false;
}

const char *
opt_kind_default(const struct opt *o, const struct opt_kind *kind, size_t *n)
{
	const char *s = o->by_kind;
	size_t k;

	while (s && kind) {
		k = strcspn(s, " ");
		*n = strcspn(s + k + 1, ",");
		if (is_word(s, k, kind->name))
			return s + k + 1;
		s += k + 1 + *n;
		s = *s ? s + 2 : NULL;
	}
	return NULL;
}

/* The flag's opposite, where no other option has its name. */
static enum status
add_off(struct table *t, size_t i, size_t *k, const struct prog *p, const struct opt *common, struct err *e)
{
	const struct opt *o = t->row[i];
	size_t n = strlen(o->name) + sizeof("no-");

	if (o->type != OPT_TYPE_FLAG || !strncmp(o->name, "no-", 3) || opt_is_call(o))
		return ST_OK;
	if (!(t->off[i] = malloc(n)))
		return err_nomem(e);
	snprintf(t->off[i], n, "no-%s", o->name);
	if (!opt_find(p, common, t->off[i]))
		t->opt[(*k)++] = (struct option){ t->off[i], no_argument, NULL, LONG_BASE + (int)(t->n + i) };
	return ST_OK;
}

static size_t
count_rows(const struct opt *o)
{
	size_t n = 0;

	while (o && o[n].type != OPT_TYPE_END)
		n++;
	return n;
}

static enum status
table_make(struct table *t, const struct prog *p, const struct opt *common, int argc, struct err *e)
{
	size_t i, k = 0, last, rows = 0;

	*t = (struct table){ .n = count_rows(p->rows) + count_rows(common) };
	t->row = calloc(t->n + 1, sizeof(*t->row));
	t->opt = calloc(2 * t->n + 1, sizeof(*t->opt));
	t->off = calloc(t->n + 1, sizeof(*t->off));
	t->given = calloc((size_t)argc + 1, 2 * sizeof(*t->given));
	t->shorts = calloc(t->n + 1, 2);
	if (!t->row || !t->opt || !t->off || !t->given || !t->shorts)
		return err_nomem(e);
	for (const struct opt *o = p->rows; o && o->type != OPT_TYPE_END; o++)
		if (o->type != OPT_TYPE_HEADING)
			t->row[rows++] = o;
	for (const struct opt *o = common; o && o->type != OPT_TYPE_END; o++)
		t->row[rows++] = o;
	last = t->n = rows;
	t->shorts[k++] = ':';
	for (i = 0; i < t->n; i++) {
		const struct opt *o = t->row[i];
		bool arg = o->type != OPT_TYPE_FLAG;

		t->opt[i] = (struct option){ o->name, !arg ? no_argument : o->may ? optional_argument : required_argument, NULL,
		    LONG_BASE + (int)i };
		if (o->key) {
			t->shorts[k++] = o->key;
			if (arg)
				t->shorts[k++] = ':';
		}
		if (add_off(t, i, &last, p, common, e))
			return e->code;
	}
	return ST_OK;
}

static void
table_free(struct table *t)
{
	for (size_t i = 0; t->off && i < t->n; i++)
		free(t->off[i]);
	free(t->off);
	free(t->row);
	free(t->opt);
	free(t->given);
	free(t->shorts);
}

static const struct opt *
by_key(const struct table *t, int c)
{
	size_t i;

	if (c >= LONG_BASE)
		return t->row[(size_t)(c - LONG_BASE) % t->n];
	for (i = 0; i < t->n; i++)
		if (t->row[i]->key == c)
			return t->row[i];
	return NULL;
}

/* Why getopt_long did not take an option. */
static enum status
refuse(const struct table *t, const struct prog *p, const struct opt *common, int c, const char *arg, struct err *e)
{
	const struct opt *o = optopt ? by_key(t, optopt) : NULL;
	const char *near, *other = NULL;
	char name[OPT_NEAR];
	size_t n, i;

	if (c == ':')
		return err_set(e, ST_USAGE, "--%s needs an argument", o ? o->name : arg);
	if (o && optopt >= LONG_BASE)
		return err_set(e, ST_USAGE, "--%s takes no argument", o->name);
	if (optopt)
		return err_set(e, ST_USAGE, "unknown option -%c", optopt);
	arg += 2;
	n = strcspn(arg, "=");
	for (i = 0; t->opt[i].name; i++)
		if (!strncmp(arg, t->opt[i].name, n)) {
			if (other)
				return err_set(e, ST_USAGE, "ambiguous option --%.*s: --%s or --%s", n > 100 ? 100 : (int)n,
				    arg, other, t->opt[i].name);
			other = t->opt[i].name;
		}
	near = n < OPT_NEAR && !memchr(arg, '=', n) ? opt_near(p, common, arg, false, name) : NULL;
	return err_set(e, ST_USAGE, "unknown option --%.*s%s%s", n > 100 ? 100 : (int)n, arg,
	    near ? "; did you mean --" : "", near ? near : "");
}

static bool
is_flag(const struct opt *o, const char *name)
{
	return o->type == OPT_TYPE_FLAG && !strcmp(o->name, name);
}

static enum status
scan(struct table *t, const struct prog *p, const struct opt *common, int argc, char **argv, int *first,
    const char **recipe, struct err *e)
{
	const struct opt *o;
	bool shown = false;     /* --help or --version was given: of the rest only the kind matters */
	size_t i, n;
	int c;

	optind = 0;     /* glibc: start afresh, with permutation */
	opterr = 0;
	while ((c = getopt_long(argc, argv, t->shorts, t->opt, NULL)) != -1) {
		if (c == ':' || c == '?') {
			if (shown)
				continue;
			return refuse(t, p, common, c, argv[optind - 1], e);
		}
		o = by_key(t, c);
		if (is_flag(o, "help") || is_flag(o, "version")) {
			if (!shown)
				*o->to.flag = true;
			shown = true;
			t->ngiven = 0;
			*recipe = NULL;
		}
		if (shown)
			continue;
		if (o->type == OPT_TYPE_STR && !strcmp(o->name, "config")) {
			if (*recipe)
				return err_set(e, ST_USAGE, "--config is given twice");
			*recipe = optarg;
			*o->to.str = optarg;
			continue;
		}
		t->given[t->ngiven] = (struct opt_text){ .row = o, .text = optarg, .first = true };
		if (c >= LONG_BASE + (int)t->n)
			t->given[t->ngiven].text = "false";
		for (i = n = 0; i < t->ngiven; i++) {
			if (t->given[i].row == o)
				t->given[t->ngiven].first = false;
			n += o->of && t->given[i].row->type == OPT_TYPE_LIST && t->given[i].row->to.list == o->of;
		}
		t->given[t->ngiven++].at = n ? n - 1 : 0;
	}
	*first = optind;
	t->shown = shown;
	return ST_OK;
}

/* The first operand as a kind, and its own defaults. */
static enum status
take_kind(const struct table *t, const struct prog *p, const char *word, struct opt_given *g, struct opt_mem *m,
    struct err *e)
{
	const struct opt_kind *k;
	const char *s;
	size_t i, n;

	for (k = p->kinds; word && k->name && strcmp(k->name, word); k++)
		;
	g->kind = k->name && word ? k : NULL;
	for (i = 0; g->kind && i < t->n; i++) {
		struct opt_text d = { .row = t->row[i], .first = true };

		if (!(s = opt_kind_default(d.row, g->kind, &n)))
			continue;
		d.text = strndup(s, n);
		if (opt_mem_add(m, (void *)(uintptr_t)d.text, e) || opt_store(&d, m, e))
			return e->code;
	}
	return ST_OK;
}

/* Nothing on the command line is of another kind, and there is a kind. */
static enum status
check_kind(const struct table *t, const struct prog *p, const struct opt_kind *kind, struct err *e)
{
	char names[128];
	size_t i, at = 0;

	for (i = 0; i < t->ngiven; i++)
		if (opt_is_call(t->given[i].row))
			return ST_OK;
	for (i = 0; !kind && p->kinds[i].name && at < sizeof(names); i++)
		at += (size_t)snprintf(names + at, sizeof(names) - at, "%s%s",
		    !i ? "" : p->kinds[i + 1].name ? ", " : " or ", p->kinds[i].name);
	if (!kind)
		return err_set(e, ST_USAGE, "the first operand is %s", names);
	for (i = 0; i < t->ngiven; i++)
		if (!opt_applies(t->given[i].row, kind))
			return err_set(e, ST_USAGE, "--%s is of %s, not of %s", t->given[i].row->name,
			    t->given[i].row->kinds, kind->name);
	return ST_OK;
}

/* No value is of an element that is not there (in a recipe it may be). */
static enum status
check_lists(const struct table *t, struct err *e)
{
	for (size_t i = 0, k; i < t->n; i++) {
		const struct opt *o = t->row[i];

		for (k = 0; o->of && t->row[k]->to.any != o->of; k++)
			;
		if (o->of && o->of->n && o->to.list->n > o->of->n)
			return err_set(e, ST_USAGE, "--%s: %zu values for %zu of --%s", o->name, o->to.list->n, o->of->n, t->row[k]->name);
	}
	return ST_OK;
}

enum status
opt_parse(const struct prog *p, const struct opt *common, int argc, char **argv, int *first,
    struct opt_given *g, struct err *e)
{
	const char *recipe = NULL;
	struct opt_mem m = { 0 };
	struct table t;
	size_t i;

	*g = (struct opt_given){ 0 };
	if (table_make(&t, p, common, argc, e) || scan(&t, p, common, argc, argv, first, &recipe, e))
		goto out;
	/* each row once for the recipe and once for the command line */
	if (!(g->row = calloc(2 * t.n + 1, sizeof(*g->row)))) {
		err_nomem(e);
		goto out;
	}
	if (p->kinds && take_kind(&t, p, argv[*first], g, &m, e))
		goto out;
	if (recipe && opt_recipe(p, common, recipe, &m, g, e))
		goto out;
	g->line = g->n;
	for (i = 0; i < t.ngiven; i++) {
		opt_given_add(g, t.given[i].row);
		if (opt_store(&t.given[i], &m, e))
			goto out;
	}
	if (check_lists(&t, e))
		goto out;
	if (p->kinds && !t.shown)
		check_kind(&t, p, g->kind, e);
out:
	opt_mem_sweep(&m, p, common);
	table_free(&t);
	return e->code;
}
