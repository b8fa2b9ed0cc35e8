#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/opt_int.h"
#include "json/number.h"

const struct opt *
opt_find(const struct prog *p, const struct opt *common, const char *name)
{
	const struct opt *o;

	for (o = p->rows; o && o->type != OPT_END; o++)
		if (o->name && !strcmp(o->name, name))
			return o;
	for (o = common; o && o->type != OPT_END; o++)
		if (o->name && !strcmp(o->name, name))
			return o;
	return NULL;
}

bool
opt_is_call(const struct opt *o)
{
	static const char *const call[] = { "config", "print-config", "help", "version" };
	size_t i;

	for (i = 0; i < sizeof(call) / sizeof(*call); i++)
		if (!strcmp(o->name, call[i]))
			return true;
	return false;
}

static enum status
wrong(const struct opt_text *t, struct err *e, const char *want)
{
	if (t->file)
		return err_at(e, ST_USAGE, t->file, t->line, t->column, "%s: expected %s, got '%.100s'",
		    t->row->name, want, t->text);
	return err_set(e, ST_USAGE, "--%s: expected %s, got '%.100s'", t->row->name, want, t->text);
}

enum status
opt_mem_add(struct opt_mem *m, void *p, struct err *e)
{
	void **grown;

	if (!p)
		return err_nomem(e);
	if (m->n == m->cap) {
		size_t cap = m->cap ? 2 * m->cap : 16;

		if (!(grown = realloc(m->p, cap * sizeof(*grown)))) {
			free(p);
			return err_nomem(e);
		}
		m->p = grown;
		m->cap = cap;
	}
	m->p[m->n++] = p;
	return ST_OK;
}

static bool
row_uses(const struct opt *o, const void *p)
{
	const struct opt_list *l;
	size_t i;

	if (o->type == OPT_STR)
		return *(const char **)o->to == p;
	if (o->type != OPT_LIST)
		return false;
	l = o->to;
	if (l->v == p)
		return true;
	for (i = 0; i < l->n; i++)
		if (l->v[i] == p)
			return true;
	return false;
}

void
opt_mem_sweep(struct opt_mem *m, const struct prog *p, const struct opt *common)
{
	const struct opt *rows[] = { p->rows, common }, *o;
	size_t i, k;
	bool used;

	for (i = 0; i < m->n; i++) {
		used = false;
		for (k = 0; k < 2; k++)
			for (o = rows[k]; o && o->type != OPT_END && !used; o++)
				used = row_uses(o, m->p[i]);
		if (!used)
			free(m->p[i]);
	}
	free(m->p);
	*m = (struct opt_mem){ 0 };
}

void
opt_mem_free(struct opt_mem *m)
{
	size_t i;

	for (i = 0; i < m->n; i++)
		free(m->p[i]);
	free(m->p);
	*m = (struct opt_mem){ 0 };
}

/* The index of s among "a|b|c", -1 if it is none. */
static int
word_index(const char *words, const char *s)
{
	size_t n = strlen(s), k;
	int i = 0;

	for (;; i++, words += k + 1) {
		k = strcspn(words, "|");
		if (k == n && !memcmp(words, s, n))
			return i;
		if (!words[k])
			return -1;
	}
}

static enum status
out_of_range(const struct opt_text *t, struct err *e)
{
	const struct opt *o = t->row;
	char want[100], lo[NUMBER_MAX], hi[NUMBER_MAX];
	size_t nlo = number_print_f64(lo, o->lo);
	struct buf b = BUF_INIT;

	buf_addf(&b, "%s of at least %.*s", o->type == OPT_REAL ? "a number" : "an integer", (int)nlo, lo);
	if (isfinite(o->hi))
		buf_addf(&b, " and at most %.*s", (int)number_print_f64(hi, o->hi), hi);
	buf_addc(&b, 0);
	if (!buf_ok(&b)) {
		buf_free(&b);
		return err_nomem(e);
	}
	memcpy(want, b.p, b.n < sizeof(want) ? b.n : sizeof(want));
	want[sizeof(want) - 1] = 0;
	buf_free(&b);
	return wrong(t, e, want);
}

bool
opt_in_range(const struct opt *o, double v)
{
	return o->lo == o->hi || (v >= o->lo && v <= o->hi);
}

static enum status
store_uint(const struct opt_text *t, struct err *e)
{
	static const char suffix[] = "KMG";
	const char *s = t->text, *k;
	uint64_t v = 0, unit = 1;
	unsigned d;

	if (*s < '0' || *s > '9')
		return wrong(t, e, t->row->type == OPT_SIZE ? "a size" : "an integer not below 0");
	for (; (d = (unsigned)(*s - '0')) < 10; s++) {
		if (v > (UINT64_MAX - d) / 10)
			return wrong(t, e, "an integer below 2^64");
		v = 10 * v + d;
	}
	if (t->row->type == OPT_SIZE && *s && (k = strchr(suffix, *s & ~0x20))) {
		unit = (uint64_t)1 << 10 * (k - suffix + 1);
		s++;
	}
	if (*s)
		return wrong(t, e, t->row->type == OPT_SIZE ? "a size such as 64M" : "an integer");
	if (v > UINT64_MAX / unit)
		return wrong(t, e, "a size below 2^64");
	v *= unit;
	if (!opt_in_range(t->row, (double)v))
		return out_of_range(t, e);
	*(uint64_t *)t->row->to = v;
	return ST_OK;
}

static enum status
store_list(const struct opt_text *t, struct opt_mem *m, struct err *e)
{
	struct opt_list *l = t->row->to;
	const char **grown;
	size_t cap;

	if (t->first)
		*l = (struct opt_list){ 0 };
	if (!(l->n & (l->n - 1))) {
		cap = l->n ? 2 * l->n : 1;
		grown = malloc(cap * sizeof(*grown));
		if (opt_mem_add(m, grown, e))
			return e->code;
		if (l->n)
			memcpy(grown, l->v, l->n * sizeof(*grown));
		l->v = grown;
	}
	l->v[l->n++] = t->text;
	return ST_OK;
}

static enum status
store_flag(const struct opt_text *t, struct err *e)
{
	static const char *const yes[] = { "true", "yes", "on" }, *const no[] = { "false", "no", "off" };
	size_t i;

	if (!t->text) {
		*(bool *)t->row->to = true;
		return ST_OK;
	}
	for (i = 0; i < 3; i++)
		if (!strcmp(t->text, yes[i]) || !strcmp(t->text, no[i])) {
			*(bool *)t->row->to = !strcmp(t->text, yes[i]);
			return ST_OK;
		}
	return wrong(t, e, "true or false");
}

enum status
opt_store(const struct opt_text *t, struct opt_mem *m, struct err *e)
{
	const struct opt *o = t->row;
	size_t n = t->text ? strlen(t->text) : 0;
	int64_t i;
	double d;
	int k;

	switch (o->type) {
	case OPT_END:
		break;
	case OPT_FLAG:
		return store_flag(t, e);
	case OPT_STR:
		*(const char **)o->to = t->text;
		break;
	case OPT_LIST:
		return store_list(t, m, e);
	case OPT_INT:
		if (!n || number_parse_i64(t->text, n, &i) != n)
			return wrong(t, e, "an integer");
		if (!opt_in_range(o, (double)i))
			return out_of_range(t, e);
		*(int64_t *)o->to = i;
		break;
	case OPT_UINT:
	case OPT_SIZE:
		return store_uint(t, e);
	case OPT_REAL:
		if (!n || number_parse_f64(t->text, n, &d) != n || !isfinite(d))
			return wrong(t, e, "a number");
		if (!opt_in_range(o, d))
			return out_of_range(t, e);
		*(double *)o->to = d;
		break;
	case OPT_ENUM:
		if ((k = word_index(o->arg, t->text)) < 0) {
			char want[256];
			size_t at = 0;
			const char *w;

			for (w = o->arg; *w && at + 3 < sizeof(want); w++) {
				if (*w == '|') {
					want[at++] = ',';
					want[at++] = ' ';
				} else {
					want[at++] = *w;
				}
			}
			want[at] = 0;
			return wrong(t, e, want);
		}
		*(int *)o->to = k;
		break;
	}
	return ST_OK;
}

/* The rows as getopt_long wants them; each long option's val indexes row[]. */
struct table {
	const struct opt **row;
	struct option *opt;
	struct opt_text *given;
	char **off;             /* "no-NAME" of each flag; NULL */
	char *shorts;
	size_t n, ngiven;
};

/* val of a long option: LONG_BASE + its row, a flag's --no-NAME another n further on */
enum { LONG_BASE = 256 };

/* What the command line gave, for opt_given: as long as the process. */
static struct { const struct opt **row; size_t n; } command;

const char *
opt_given(const void *to)
{
	for (size_t i = 0; i < command.n; i++)
		if (command.row[i]->to == to)
			return command.row[i]->name;
	return NULL;
}

/* The flag's opposite, where no other option has its name. */
static enum status
add_off(struct table *t, size_t i, size_t *k, const struct prog *p, const struct opt *common, struct err *e)
{
	const struct opt *o = t->row[i];
	size_t n = strlen(o->name) + sizeof("no-");

	if (o->type != OPT_FLAG || !strncmp(o->name, "no-", 3) || opt_is_call(o))
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

	while (o && o[n].type != OPT_END)
		n++;
	return n;
}

static enum status
table_make(struct table *t, const struct prog *p, const struct opt *common, int argc, struct err *e)
{
	size_t a = count_rows(p->rows), b = count_rows(common), i, k = 0, last;

	*t = (struct table){ .n = a + b };
	t->row = calloc(t->n + 1, sizeof(*t->row));
	t->opt = calloc(2 * t->n + 1, sizeof(*t->opt));
	t->off = calloc(t->n + 1, sizeof(*t->off));
	t->given = calloc((size_t)argc + 1, 2 * sizeof(*t->given));
	t->shorts = calloc(t->n + 1, 2);
	if (!t->row || !t->opt || !t->off || !t->given || !t->shorts)
		return err_nomem(e);
	last = t->n;
	t->shorts[k++] = ':';
	for (i = 0; i < t->n; i++) {
		const struct opt *o = i < a ? &p->rows[i] : &common[i - a];
		bool arg = o->type != OPT_FLAG;

		t->row[i] = o;
		t->opt[i] = (struct option){ o->name, arg ? required_argument : no_argument, NULL,
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

static enum status
scan(struct table *t, int argc, char **argv, int *first, const char **recipe, struct err *e)
{
	const struct opt *o;
	size_t i;
	int c;

	optind = 0;     /* glibc: start afresh, with permutation */
	opterr = 0;
	while ((c = getopt_long(argc, argv, t->shorts, t->opt, NULL)) != -1) {
		if (c == ':' || c == '?') {
			const char *arg = argv[optind - 1];

			o = optopt ? by_key(t, optopt) : NULL;
			if (c == ':')
				return err_set(e, ST_USAGE, "--%s needs an argument", o ? o->name : arg);
			if (o && optopt >= LONG_BASE)
				return err_set(e, ST_USAGE, "--%s takes no argument", o->name);
			if (optopt)
				return err_set(e, ST_USAGE, "unknown option -%c", optopt);
			return err_set(e, ST_USAGE, "unknown or ambiguous option %s", arg);
		}
		o = by_key(t, c);
		if (o->type == OPT_STR && !strcmp(o->name, "config")) {
			if (*recipe)
				return err_set(e, ST_USAGE, "--config is given twice");
			*recipe = optarg;
			*(const char **)o->to = optarg;
			continue;
		}
		if (o->type == OPT_FLAG && (!strcmp(o->name, "help") || !strcmp(o->name, "version"))) {
			*(bool *)o->to = true;
			t->ngiven = 0;
			*recipe = NULL;
			break;
		}
		t->given[t->ngiven] = (struct opt_text){ .row = o, .text = optarg, .first = true };
		if (c >= LONG_BASE + (int)t->n)
			t->given[t->ngiven].text = "false";
		for (i = 0; i < t->ngiven; i++)
			if (t->given[i].row == o)
				t->given[t->ngiven].first = false;
		t->ngiven++;
	}
	*first = optind;
	return ST_OK;
}

enum status
opt_parse(const struct prog *p, const struct opt *common, int argc, char **argv, int *first,
    struct err *e)
{
	const char *recipe = NULL;
	struct opt_mem m = { 0 };
	struct table t;
	enum status st;
	size_t i;

	st = table_make(&t, p, common, argc, e);
	if (!st)
		st = scan(&t, argc, argv, first, &recipe, e);
	if (!st && recipe)
		st = opt_recipe(p, common, recipe, &m, e);
	if (!st && !(command.row = calloc(t.ngiven + 1, sizeof(*command.row))))
		st = err_nomem(e);
	for (i = 0; !st && i < t.ngiven; i++) {
		command.row[command.n++] = t.given[i].row;
		st = opt_store(&t.given[i], &m, e);
	}
	opt_mem_sweep(&m, p, common);
	table_free(&t);
	return st;
}
