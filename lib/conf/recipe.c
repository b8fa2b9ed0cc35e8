#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/file.h"
#include "conf/opt_int.h"
#include "conf/suite.h"

/* Bounds of what libyaml reads in quadratic time: values inside of values, and lines that begin with
 * "%", its directives. */
enum { DEPTH = 16, DIRECTIVES = 16 };

/* One recipe being read.  Keys stand at the top level, or under the name of the
 * program they are for; other programs' sections are passed over.  It is read twice: what
 * stands for all programs first, then what is for this one. */
struct recipe {
	yaml_parser_t yaml;
	yaml_event_t ev;
	bool held;              /* ev is to be deleted */
	size_t depth;           /* of mappings and sequences that have begun */
	const struct prog *prog;
	const struct opt *common;
	const char *path, *text;
	size_t n;
	bool own;               /* the second time */
	struct opt_mem *mem;
	struct opt_given *given;
	struct err *e;
};

static enum status
fail(struct recipe *r, const char *what, const char *name)
{
	return err_at(r->e, ST_USAGE, r->path, r->ev.start_mark.line + 1, r->ev.start_mark.column + 1,
	    "%s%s%.100s%s", what, name ? " '" : "", name ? name : "", name ? "'" : "");
}

static enum status
next(struct recipe *r)
{
	if (r->held)
		yaml_event_delete(&r->ev);
	r->held = false;
	if (!yaml_parser_parse(&r->yaml, &r->ev)) {
		if (r->yaml.error == YAML_MEMORY_ERROR)
			return err_nomem(r->e);
		/* for bytes that are not text only the offset is known */
		if (r->yaml.error == YAML_READER_ERROR) {
			size_t line = 1, at = 0, i;

			for (i = 0; i < r->yaml.problem_offset && i < r->n; i++)
				if (r->text[i] == '\n') {
					line++;
					at = i + 1;
				}
			return err_at(r->e, ST_USAGE, r->path, line, i - at + 1, "%s", r->yaml.problem);
		}
		return err_at(r->e, ST_USAGE, r->path, r->yaml.problem_mark.line + 1,
		    r->yaml.problem_mark.column + 1, "%s",
		    r->yaml.problem ? r->yaml.problem : "not YAML");
	}
	r->held = true;
	if (r->ev.type == YAML_ALIAS_EVENT)
		return fail(r, "aliases are not read here", NULL);
	if (r->ev.type == YAML_MAPPING_START_EVENT || r->ev.type == YAML_SEQUENCE_START_EVENT) {
		if (++r->depth > DEPTH)
			return fail(r, "values are nested too deep", NULL);
	} else if (r->ev.type == YAML_MAPPING_END_EVENT || r->ev.type == YAML_SEQUENCE_END_EVENT) {
		r->depth--;
	}
	return ST_OK;
}

/* The text may be read: it has few directives. */
static enum status
count_directives(const struct recipe *r)
{
	const char *s = r->text, *end = s + r->n, *nl;
	size_t n = 0, line = 1;

	for (; s < end; s = nl + 1, line++) {
		if (*s == '%' && ++n > DIRECTIVES)
			return err_at(r->e, ST_USAGE, r->path, line, 1, "more than %d directives", DIRECTIVES);
		if (!(nl = memchr(s, '\n', (size_t)(end - s))))
			break;
	}
	return ST_OK;
}

/* The scalar of the present event; NULL if it holds a NUL. */
static const char *
scalar(const struct recipe *r)
{
	const char *s = (const char *)r->ev.data.scalar.value;

	return strlen(s) == r->ev.data.scalar.length ? s : NULL;
}

static bool
is_null(const struct recipe *r)
{
	const char *s = scalar(r);

	return r->ev.data.scalar.style == YAML_PLAIN_SCALAR_STYLE && s &&
	    (!*s || !strcmp(s, "~") || !strcmp(s, "null"));
}

static enum status
store(struct recipe *r, const struct opt *o, size_t at)
{
	struct opt_text t = { .row = o, .file = r->path, .line = r->ev.start_mark.line + 1,
	    .column = r->ev.start_mark.column + 1, .first = !at, .at = at };

	if (r->ev.type != YAML_SCALAR_EVENT || !scalar(r))
		return fail(r, "expected one value for", o->name);
	/* "key: ~" means that the key is not given */
	if (is_null(r))
		return ST_OK;
	t.text = strdup(scalar(r));
	if (opt_mem_add(r->mem, (void *)(uintptr_t)t.text, r->e))
		return r->e->code;
	return opt_store(&t, r->mem, r->e);
}

static enum status
value(struct recipe *r, const struct opt *o)
{
	enum status st;

	if ((st = next(r)))
		return st;
	/* a row with .of has no default to keep */
	if (o->of)
		*o->to.list = (struct opt_list){ 0 };
	if (r->ev.type != YAML_SEQUENCE_START_EVENT)
		return store(r, o, 0);
	if (!opt_texts(o))
		return fail(r, "expected one value for", o->name);
	*o->to.list = (struct opt_list){ 0 };
	for (size_t at = 0; !(st = next(r)) && r->ev.type != YAML_SEQUENCE_END_EVENT; at++)
		if ((st = store(r, o, at)))
			break;
	return st;
}

/* Pass over the value that comes next, whatever it is. */
static enum status
skip(struct recipe *r)
{
	size_t depth = r->depth;
	enum status st;

	do
		if ((st = next(r)))
			return st;
	while (r->depth > depth);
	return ST_OK;
}

static enum status mapping(struct recipe *r, bool inner);

/* What is below a program's name. */
static enum status
section(struct recipe *r, const char *name)
{
	if (!suite_has(name))
		return fail(r, "there is no program", name);
	if (!r->own || strcmp(name, r->prog->name))
		return skip(r);
	if (next(r))
		return r->e->code;
	if (r->ev.type != YAML_MAPPING_START_EVENT)
		return fail(r, "expected keys and values under", r->prog->name);
	return mapping(r, true);
}

static enum status
unknown(struct recipe *r, const char *key)
{
	char near[OPT_NEAR], what[OPT_NEAR + 160];

	if (!opt_near(r->prog, r->common, key, true, near))
		return fail(r, "unknown key", key);
	snprintf(what, sizeof(what), "unknown key '%.100s'; did you mean", key);
	return fail(r, what, near);
}

static enum status
pair(struct recipe *r, bool inner, const struct opt **seen, size_t *nseen)
{
	const struct opt *o;
	const char *key;

	if (r->ev.type != YAML_SCALAR_EVENT || !(key = scalar(r)))
		return fail(r, "a key must be one word", NULL);
	if (!inner && !strncmp(key, "fg-", 3))
		return section(r, key);
	o = opt_find(r->prog, r->common, key);
	if (!o || opt_is_call(o))
		return unknown(r, key);
	for (size_t i = 0; i < *nseen; i++)
		if (seen[i] == o)
			return fail(r, "given twice:", key);
	seen[(*nseen)++] = o;
	if (r->own != inner)
		return skip(r);
	opt_given_add(r->given, o);
	return value(r, o);
}

static enum status
mapping(struct recipe *r, bool inner)
{
	const struct opt *rows[] = { r->prog->rows, r->common }, *o, **seen;
	size_t n = 1, nseen = 0;
	enum status st;

	for (size_t i = 0; i < 2; i++)
		for (o = rows[i]; o && o->type != OPT_TYPE_END; o++)
			n++;
	if (!(seen = calloc(n, sizeof(*seen))))
		return err_nomem(r->e);
	while (!(st = next(r)) && r->ev.type != YAML_MAPPING_END_EVENT)
		if ((st = pair(r, inner, seen, &nseen)))
			break;
	free(seen);
	return st;
}

static enum status
document(struct recipe *r)
{
	enum status st;

	do
		if ((st = next(r)))
			return st;
	while (r->ev.type == YAML_STREAM_START_EVENT || r->ev.type == YAML_DOCUMENT_START_EVENT);
	if (r->ev.type == YAML_STREAM_END_EVENT)
		return ST_OK;
	if (r->ev.type == YAML_MAPPING_START_EVENT)
		st = mapping(r, false);
	else if (r->ev.type != YAML_SCALAR_EVENT || !is_null(r))
		st = fail(r, "expected keys and values", NULL);
	while (!st && r->ev.type != YAML_STREAM_END_EVENT) {
		st = next(r);
		if (!st && r->ev.type == YAML_DOCUMENT_START_EVENT)
			st = fail(r, "one document is enough", NULL);
	}
	return st;
}

enum status
opt_recipe_text(const struct prog *p, const struct opt *common, const char *path, const char *text,
    size_t n, struct opt_mem *m, struct opt_given *g, struct err *e)
{
	enum status st = ST_OK;

	for (int own = 0; own < 2 && !st; own++) {
		struct recipe r = { .prog = p, .common = common, .path = path, .text = text, .n = n, .own = own, .mem = m,
			.given = g, .e = e };

		if (count_directives(&r))
			return e->code;
		if (!yaml_parser_initialize(&r.yaml))
			return err_nomem(e);
		yaml_parser_set_input_string(&r.yaml, (const unsigned char *)text, n);
		yaml_parser_set_encoding(&r.yaml, YAML_UTF8_ENCODING);
		st = document(&r);
		if (r.held)
			yaml_event_delete(&r.ev);
		yaml_parser_delete(&r.yaml);
	}
	return st;
}

enum status
opt_recipe(const struct prog *p, const struct opt *common, const char *path, struct opt_mem *m,
    struct opt_given *g, struct err *e)
{
	struct buf b = BUF_INIT;
	enum status st = file_read_any(&b, path, e);

	if (!st)
		st = opt_recipe_text(p, common, path, b.n ? b.p : "", b.n, m, g, e);
	buf_free(&b);
	return st;
}
