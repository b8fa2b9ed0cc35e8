#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/grow.h"
#include "conf/opt_int.h"
#include "json/number.h"

const struct opt *
opt_find(const struct prog *p, const struct opt *common, const char *name)
{
	const struct opt *o;

	for (o = p->rows; o && o->type != OPT_TYPE_END; o++)
		if (o->name && !strcmp(o->name, name))
			return o;
	for (o = common; o && o->type != OPT_TYPE_END; o++)
		if (o->name && !strcmp(o->name, name))
			return o;
	return NULL;
}

bool
opt_is_call(const struct opt *o)
{
	static const char *const call[] = { "config", "print-config", "completion", "help", "version" };
	size_t i;

	for (i = 0; i < sizeof(call) / sizeof(*call); i++)
		if (!strcmp(o->name, call[i]))
			return true;
	return false;
}

void
opt_put_words(const struct opt *o, const char *between, struct buf *b)
{
	for (const struct opt_word *w = o->words; w->word; w++)
		buf_addf(b, "%s%s", w == o->words ? "" : between, w->word);
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
	if (!p)
		return err_nomem(e);
	if (grow(&m->p, &m->cap, m->n + 1, sizeof(*m->p), e)) {
		free(p);
		return e->code;
	}
	m->p[m->n++] = p;
	return ST_OK;
}

const struct opt_list *
opt_texts(const struct opt *o)
{
	return o->of || o->type == OPT_TYPE_LIST ? o->to.list : NULL;
}

const char *
opt_of(const struct opt_list *l, size_t i)
{
	return i < l->n ? l->v[i] : NULL;
}

int
opt_word_value(const struct opt_word *words, const char *word, int other)
{
	while (word && words->word && strcmp(words->word, word))
		words++;
	return word && words->word ? words->value : other;
}

static bool
row_uses(const struct opt *o, const void *p)
{
	const struct opt_list *l = opt_texts(o);
	size_t i;

	if (!l)
		return o->type == OPT_TYPE_STR && *o->to.str == p;
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
			for (o = rows[k]; o && o->type != OPT_TYPE_END && !used; o++)
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

static enum status
out_of_range(const struct opt_text *t, struct err *e)
{
	const struct opt *o = t->row;
	char want[100], lo[NUMBER_MAX], hi[NUMBER_MAX];
	size_t nlo = number_print_f64(lo, o->lo);
	struct buf b = BUF_INIT;

	buf_addf(&b, "%s of at least %.*s", o->type == OPT_TYPE_REAL ? "a number" : "an integer", (int)nlo, lo);
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
		return wrong(t, e, t->row->type == OPT_TYPE_SIZE ? "a size" : "an integer not below 0");
	for (; (d = (unsigned)(*s - '0')) < 10; s++) {
		if (v > (UINT64_MAX - d) / 10)
			return wrong(t, e, "an integer below 2^64");
		v = 10 * v + d;
	}
	if (t->row->type == OPT_TYPE_SIZE && *s && (k = strchr(suffix, *s & ~0x20))) {
		unit = (uint64_t)1 << 10 * (k - suffix + 1);
		s++;
	}
	if (*s)
		return wrong(t, e, t->row->type == OPT_TYPE_SIZE ? "a size such as 64M" : "an integer");
	if (v > UINT64_MAX / unit)
		return wrong(t, e, "a size below 2^64");
	v *= unit;
	if (!opt_in_range(t->row, (double)v))
		return out_of_range(t, e);
	*t->row->to.u = v;
	return ST_OK;
}

static enum status
append(struct opt_list *l, const char *text, struct opt_mem *m, struct err *e)
{
	const char **grown;
	size_t cap;

	if (!(l->n & (l->n - 1))) {
		cap = l->n ? 2 * l->n : 1;
		grown = malloc(cap * sizeof(*grown));
		if (opt_mem_add(m, grown, e))
			return e->code;
		if (l->n)
			memcpy(grown, l->v, l->n * sizeof(*grown));
		l->v = grown;
	}
	l->v[l->n++] = text;
	return ST_OK;
}

static enum status
store_list(const struct opt_text *t, struct opt_mem *m, struct err *e)
{
	if (t->first)
		*t->row->to.list = (struct opt_list){ 0 };
	return append(t->row->to.list, t->text, m, e);
}

static enum status
read_flag(const struct opt_text *t, bool *on, struct err *e)
{
	static const char *const yes[] = { "true", "yes", "on" }, *const no[] = { "false", "no", "off" };
	size_t i;

	*on = true;
	if (!t->text)
		return ST_OK;
	for (i = 0; i < 3; i++)
		if (!strcmp(t->text, yes[i]) || !strcmp(t->text, no[i])) {
			*on = !strcmp(t->text, yes[i]);
			return ST_OK;
		}
	return wrong(t, e, "true or false");
}

static enum status
read_word(const struct opt_text *t, int *value, struct err *e)
{
	const struct opt_word *w;
	char want[256];
	size_t at = 0;

	for (w = t->row->words; w->word; w++)
		if (!strcmp(w->word, t->text)) {
			*value = w->value;
			return ST_OK;
		}
	for (w = t->row->words; w->word && at < sizeof(want); w++)
		at += (size_t)snprintf(want + at, sizeof(want) - at, "%s%s", at ? ", " : "", w->word);
	return wrong(t, e, want);
}

/* A row with .of: the value of one element. */
static enum status
store_of(const struct opt_text *t, struct opt_mem *m, struct err *e)
{
	struct opt_list *l = t->row->to.list;
	const char *text = t->text;
	bool on;
	int value;

	if (t->row->type == OPT_TYPE_FLAG) {
		if (read_flag(t, &on, e))
			return e->code;
		text = on ? "true" : NULL;
	} else if (t->row->type == OPT_TYPE_ENUM && read_word(t, &value, e)) {
		return e->code;
	}
	while (l->n <= t->at)
		if (append(l, NULL, m, e))
			return e->code;
	l->v[t->at] = text;
	return ST_OK;
}

const char *
opt_word_now(const struct opt *o)
{
	const struct opt_word *w = o->words;

	while (w->word && w->value != *o->to.word)
		w++;
	return w->word;
}

enum status
opt_store(const struct opt_text *t, struct opt_mem *m, struct err *e)
{
	const struct opt *o = t->row;
	size_t n = t->text ? strlen(t->text) : 0;
	int64_t i;
	double d;

	if (o->of)
		return store_of(t, m, e);
	switch (o->type) {
	case OPT_TYPE_END:
	case OPT_TYPE_HEADING:
		break;
	case OPT_TYPE_FLAG:
		return read_flag(t, o->to.flag, e);
	case OPT_TYPE_STR:
		*o->to.str = t->text ? t->text : "";
		break;
	case OPT_TYPE_LIST:
		return store_list(t, m, e);
	case OPT_TYPE_INT:
		if (!n || number_parse_i64(t->text, n, &i) != n)
			return wrong(t, e, "an integer");
		if (!opt_in_range(o, (double)i))
			return out_of_range(t, e);
		*o->to.i = i;
		break;
	case OPT_TYPE_UINT:
	case OPT_TYPE_SIZE:
		return store_uint(t, e);
	case OPT_TYPE_REAL:
		if (!n || number_parse_f64(t->text, n, &d) != n || !isfinite(d))
			return wrong(t, e, "a number");
		if (!opt_in_range(o, d))
			return out_of_range(t, e);
		*o->to.real = d;
		break;
	case OPT_TYPE_ENUM:
		return read_word(t, o->to.word, e);
	}
	return ST_OK;
}


const struct opt *
opt_with_file(const struct opt *rows, bool (*fn)(const char *path, const void *arg), const void *arg)
{
	const struct opt_list *l;
	const struct opt *o;

	for (o = rows; o->type != OPT_TYPE_END; o++) {
		if (!o->arg || !strstr(o->arg, "FILE"))
			continue;
		if (!(l = opt_texts(o)) && o->type == OPT_TYPE_STR && *o->to.str && fn(*o->to.str, arg))
			return o;
		for (size_t i = 0; l && i < l->n; i++)
			if (l->v[i] && fn(l->v[i], arg))
				return o;
	}
	return NULL;
}

void
opt_given_add(struct opt_given *g, const struct opt *o)
{
	for (size_t i = g->line; i < g->n; i++)
		if (g->row[i] == o)
			return;
	g->row[g->n++] = o;
}
