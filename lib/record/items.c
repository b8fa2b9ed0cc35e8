#include <stdlib.h>
#include <string.h>

#include "base/grow.h"
#include "base/lines.h"
#include "base/source.h"
#include "json/scan.h"
#include "json/write.h"
#include "record/items.h"

enum { BLOCK = 1 << 18 };

enum mode { START, ARRAY, OBJECTS, LINES };

/* text.p[at .. text.n) is read and not handed out yet. */
struct items {
	enum items_kind kind;
	enum mode mode;
	struct source *source;
	const char *name;
	char delim;
	struct buf text;
	size_t at, max;
	bool skip;              /* text.p[at] begins a line that is too long */
	uint64_t line;          /* of text.p[at] */
	bool eof, first, ended;
	/* in an array, after an object that was broken; it did not begin its line */
	bool lost, stray;
	size_t from;            /* of the last item in text */
	uint64_t from_line;
};

enum status
items_new(struct items **out, enum items_kind kind, int fd, const char *name, char delim,
    size_t max, struct err *e)
{
	struct items *it = calloc(1, sizeof(*it));

	if (!it)
		return err_nomem(e);
	if (source_open(&it->source, fd, name, e)) {
		free(it);
		return e->code;
	}
	*out = it;
	it->kind = kind;
	it->name = name;
	it->delim = delim;
	it->max = max;
	it->line = 1;
	it->first = true;
	return ST_OK;
}

void
items_free(struct items *it)
{
	if (!it)
		return;
	source_close(it->source);
	buf_free(&it->text);
	free(it);
}

char
items_delim(const struct items *it)
{
	return it->delim;
}

/* Read more after what is there; at moves to 0. */
static enum status
more(struct items *it, struct err *e)
{
	size_t n;
	char *p;

	if (it->at) {
		memmove(it->text.p, it->text.p + it->at, it->text.n - it->at);
		it->text.n -= it->at;
		it->at = 0;
	}
	if (!(p = buf_reserve(&it->text, BLOCK)))
		return err_nomem(e);
	if (source_read(it->source, p, BLOCK, &n, e))
		return e->code;
	it->text.n += n;
	it->eof = !n;
	return ST_OK;
}

/* The reader can go on after a line, but not inside of an array or of a paragraph. */
static enum status
too_long(struct items *it, struct err *e)
{
	it->skip = it->kind != ITEMS_PARAGRAPHS && it->mode != ARRAY && !memchr(it->text.p + it->at, '\n', it->max);
	return err_at(e, ST_INPUT, it->name, it->line, 0, "%s of more than %zu bytes (--max-line)",
	    it->skip ? "a line" : "an item", it->max);
}

/* Is text.p[at + i] there, and may it be a part of the item?  Reads on if need be. */
static bool
have(struct items *it, size_t i, struct err *e)
{
	if (i > it->max)
		return too_long(it, e) == ST_OK;
	while (i >= it->text.n - it->at)
		if (it->eof || more(it, e))
			return false;
	return true;
}

static char
look(const struct items *it, size_t i)
{
	return it->text.p[it->at + i];
}

/* Hand out n bytes, and step over them and a line end after them. */
static void
take(struct items *it, size_t n, const char **s, size_t *len, uint64_t *line)
{
	const char *p = it->text.p + it->at, *end = p + n;

	*s = p;
	*len = n;
	*line = it->line;
	it->from = it->at;
	it->from_line = it->line;
	for (; n && (p = memchr(p, '\n', (size_t)(end - p))); p++)
		it->line++;
	it->at += n;
	if (it->at < it->text.n && it->text.p[it->at] == '\n') {
		it->at++;
		it->line++;
	}
}

bool
items_first_line(struct items *it, size_t *n)
{
	const char *p = it->text.p + it->from, *nl = memchr(p, '\n', *n);

	if (!nl)
		return false;
	*n = (size_t)(nl - p);
	it->at = it->from + *n + 1;
	it->line = it->from_line + 1;
	if (*n && p[*n - 1] == '\r')
		--*n;
	return true;
}

static bool
line_length(struct items *it, size_t *n, struct err *e)
{
	const char *nl;
	size_t i = 0;

	while (have(it, i, e)) {
		nl = memchr(it->text.p + it->at + i, '\n', it->text.n - it->at - i);
		i = nl ? (size_t)(nl - it->text.p) - it->at : it->text.n - it->at;
		if (nl)
			break;
	}
	*n = i;
	return !e->code && (i <= it->max || !too_long(it, e));
}

enum { DEPTH = 64 };    /* of containers whose kind is known */

/* May an object or an array begin after c, inside of an array or not? */
static bool
may_begin(char c, bool array)
{
	return c == ':' || c == '[' || (c == ',' && array);
}

/* Length of the object at the reading position.  A line end inside a string, an object where
 * none can begin, or the end of the file ends it too: the parser says what is wrong. */
static size_t
object_length(struct items *it, bool *broken, struct err *e)
{
	size_t i, depth = 0;
	uint64_t arrays = 0;    /* bit d: the container at depth d is one */
	bool string = false, escape = false;
	char c, before = '[';

	*broken = false;
	for (i = 0; have(it, i, e); i++) {
		c = look(it, i);
		if (string) {
			if (c == '\n')
				break;
			if (escape)
				escape = false;
			else if (c == '\\')
				escape = true;
			else if (c == '"')
				string = false;
			before = c;
			continue;
		}
		if (c == ' ' || c == '\t' || c == '\r' || c == '\n')
			continue;
		if (c == '"') {
			string = true;
		} else if (c == '{' || c == '[') {
			if (depth < DEPTH && !may_begin(before, arrays >> depth & 1) && i)
				break;
			if (++depth < DEPTH)
				arrays = (arrays & ~(UINT64_C(1) << depth)) | (uint64_t)(c == '[') << depth;
		} else if ((c == '}' || c == ']') && !--depth) {
			return i + 1;
		}
		before = c;
	}
	*broken = true;
	/* the white space before the next object is not this one's */
	while (i && strchr(" \t\r\n", look(it, i - 1)))
		i--;
	return i;
}

/* Does the item at the reading position begin its line? */
static bool
begins_line(const struct items *it)
{
	size_t i = it->at;

	while (i && (it->text.p[i - 1] == ' ' || it->text.p[i - 1] == '\t'))
		i--;
	return !i || it->text.p[i - 1] == '\n';
}

static enum status
skip_space(struct items *it, bool *comma, struct err *e)
{
	char c;

	for (; have(it, 0, e); it->at++) {
		c = look(it, 0);
		if (c == '\n')
			it->line++;
		else if (c == ',' && comma && !*comma)
			*comma = true;
		else if (c != ' ' && c != '\t' && c != '\r')
			return ST_OK;
	}
	return e->code ? e->code : ST_EOF;
}

static enum status
bad(struct items *it, const char *what, struct err *e)
{
	const char *p = it->text.p, *s = p + it->at;
	size_t column = 1;

	while (s-- > p && *s != '\n')
		column++;
	return err_at(e, ST_INPUT, it->name, it->line, column, "%s", what);
}

static enum status
next_line(struct items *it, const char **s, size_t *n, uint64_t *line, struct err *e)
{
	size_t len;

	do {
		if (!have(it, 0, e))
			return e->code ? e->code : ST_EOF;
		if (!line_length(it, &len, e))
			return e->code;
		take(it, len, s, n, line);
		if (*n && (*s)[*n - 1] == '\r')
			--*n;
	} while (!*n && it->kind == ITEMS_JSON);
	return ST_OK;
}

static enum status
next_object(struct items *it, const char **s, size_t *n, uint64_t *line, struct err *e)
{
	bool comma = it->lost, broken, begins;
	size_t len;
	enum status st;

	if (it->mode == LINES)
		return next_line(it, s, n, line, e);
	if ((st = skip_space(it, it->mode == ARRAY ? &comma : NULL, e)))
		return st == ST_EOF && it->mode == ARRAY && !it->ended ?
		    err_at(e, ST_INPUT, it->name, it->line, 0, "the array has no end") : st;
	if (it->lost && (it->stray || !strchr("{]", look(it, 0)) || !begins_line(it)))
		return bad(it, "the array cannot be followed after a broken object: the rest is not read", e);
	if (it->mode == START && look(it, 0) != '[' && look(it, 0) != '{') {
		it->mode = LINES;
		return next_line(it, s, n, line, e);
	}
	if (it->mode == START) {
		it->mode = look(it, 0) == '[' ? ARRAY : OBJECTS;
		if (it->mode == ARRAY) {
			it->at++;
			if (skip_space(it, NULL, e))
				return bad(it, "the array has no end", e);
		}
		comma = true;
	}
	if (it->ended)
		return bad(it, "text after the array", e);
	if (it->mode == ARRAY && look(it, 0) == ']' && (!comma || it->first || it->lost)) {
		it->at++;
		it->ended = true;
		return (st = skip_space(it, NULL, e)) ? st : bad(it, "text after the array", e);
	}
	if (it->mode == ARRAY && !comma)
		return bad(it, "expected ',' or ']'", e);
	if (look(it, 0) != '{')
		return it->mode == OBJECTS ? next_line(it, s, n, line, e) : bad(it, "expected an object", e);
	begins = begins_line(it);
	len = object_length(it, &broken, e);
	if (e->code)
		return e->code;
	/* objects that end their lines are lines from here on: one that is not whole
	 * then costs no more than its line */
	if (it->mode == OBJECTS && it->first && !memchr(it->text.p + it->at, '\n', len) &&
	    (!have(it, len, e) || look(it, len) == '\n' || look(it, len) == '\r'))
		it->mode = LINES;
	if (e->code)
		return e->code;
	it->first = false;
	take(it, len, s, n, line);
	/* after a broken object of an array only an object that begins a line is sure to be one */
	it->lost = broken && it->mode == ARRAY;
	it->stray = it->lost && !begins;
	return ST_OK;
}

enum { ROW_MAX = 1 << 20 };     /* bytes of a row that spans lines */

/* A CR that no LF follows, and not inside of quotes. */
static bool
has_cr_alone(const char *s, size_t n)
{
	bool quoted = false;
	size_t i;

	for (i = 0; i + 1 < n; i++) {
		quoted = quoted != (s[i] == '"');
		if (s[i] == '\r' && !quoted)
			return true;
	}
	return false;
}

static enum status
next_row(struct items *it, const char **s, size_t *n, uint64_t *line, struct err *e)
{
	size_t i, len;
	bool start = true, field = false, quoted = false, lines = false;
	char c;

	if (!have(it, 0, e))
		return e->code ? e->code : ST_EOF;
	if (!it->delim) {
		if (!line_length(it, &len, e))
			return e->code;
		if (has_cr_alone(it->text.p + it->at, len))
			return bad(it, "the lines end with CR alone: tr '\\r' '\\n' makes lines of them", e);
		it->delim = memchr(it->text.p + it->at, '\t', len) ? '\t' : ',';
	}
	/* field: it began with a quote; a doubled quote closes and opens again */
	for (i = 0; have(it, i, e); i++) {
		c = look(it, i);
		if (!quoted && c == '\n')
			break;
		/* a quote without an end was searched up to here; do not search again for every line */
		lines = lines || c == '\n';
		if (lines && (i >= ROW_MAX || i >= it->max))
			break;
		if (c == '"' && (quoted || start || (field && look(it, i - 1) == '"'))) {
			quoted = !quoted;
			field = true;
			start = false;
		} else if (!quoted) {
			start = c == it->delim;
			field = field && !start;
		}
	}
	if (e->code)
		return e->code;
	take(it, i, s, n, line);
	if (*n && (*s)[*n - 1] == '\r')
		--*n;
	return ST_OK;
}

static enum status
next_paragraph(struct items *it, const char **s, size_t *n, uint64_t *line, struct err *e)
{
	size_t i;

	while (have(it, 0, e) && (look(it, 0) == '\n' || look(it, 0) == '\r')) {
		it->line += look(it, 0) == '\n';
		it->at++;
	}
	for (i = 0; have(it, i, e); i++)
		if (look(it, i) == '\n' && have(it, i + 1, e) &&
		    (look(it, i + 1) == '\n' || look(it, i + 1) == '\r'))
			break;
	if (e->code)
		return e->code;
	if (!i)
		return ST_EOF;
	take(it, i, s, n, line);
	return ST_OK;
}

static void
skip_line(struct items *it, struct err *e)
{
	const char *nl = NULL;

	it->skip = false;
	while (!nl && have(it, 0, e)) {
		nl = memchr(it->text.p + it->at, '\n', it->text.n - it->at);
		it->at = nl ? (size_t)(nl - it->text.p) + 1 : it->text.n;
	}
	it->line++;
}

bool
items_cut(const struct items *it, const char **s, size_t *n)
{
	*s = it->text.p + it->at;
	*n = it->max < LINES_SHOWN ? it->max : LINES_SHOWN;
	return it->skip;
}

enum status
items_next(struct items *it, const char **s, size_t *n, uint64_t *line, struct err *e)
{
	*e = (struct err){0};
	if (it->kind != ITEMS_JSON)
		it->first = false;
	if (it->skip)
		skip_line(it, e);
	if (e->code)
		return e->code;
	switch (it->kind) {
	case ITEMS_ROWS:
		return next_row(it, s, n, line, e);
	case ITEMS_PARAGRAPHS:
		return next_paragraph(it, s, n, line, e);
	default:
		return next_object(it, s, n, line, e);
	}
}

static bool
row_end(struct row *r)
{
	if (grow(&r->end, &r->cap, r->n + 1, sizeof(*r->end), NULL))
		return false;
	r->end[r->n++] = r->text.n;
	return true;
}

enum status
row_split(struct row *r, const char *s, size_t n, char delim, struct err *e)
{
	const char *p = s, *end = s + n, *q;

	r->n = 0;
	buf_clear(&r->text);
	for (;;) {
		if (p < end && *p == '"') {
			for (p++; ; p = q + 2) {
				if (!(q = memchr(p, '"', (size_t)(end - p)))) {
					e->byte = (uint64_t)(p - s) + 1;
					return err_set(e, ST_INPUT, "a quote that is not closed");
				}
				buf_add(&r->text, p, (size_t)(q - p));
				if (q + 1 >= end || q[1] != '"')
					break;
				buf_addc(&r->text, '"');
			}
			p = q + 1;
			if (p < end && *p != delim) {
				e->byte = (uint64_t)(p - s) + 1;
				return err_set(e, ST_INPUT, "text after a closing quote");
			}
		} else {
			if (!(q = memchr(p, delim, (size_t)(end - p))))
				q = end;
			buf_add(&r->text, p, (size_t)(q - p));
			p = q;
		}
		if (!buf_ok(&r->text) || !row_end(r))
			return err_nomem(e);
		if (p == end)
			return ST_OK;
		p++;
	}
}

void
row_free(struct row *r)
{
	buf_free(&r->text);
	free(r->end);
	*r = (struct row){0};
}

static void
put_field(const struct row *r, size_t i, struct buf *b)
{
	size_t from = i ? r->end[i - 1] : 0;

	json_put_str(b, r->text.p ? r->text.p + from : "", r->end[i] - from);
}

enum status
row_object(const struct row *head, const struct row *row, struct buf *b, struct err *e)
{
	if (row->n != head->n)
		return err_set(e, ST_INPUT, "expected %zu fields, got %zu", head->n, row->n);
	if (!json_is_utf8(row->text.p, row->text.n))
		return err_set(e, ST_INPUT, "invalid UTF-8");
	buf_clear(b);
	for (size_t i = 0; i < head->n; i++) {
		buf_addc(b, i ? ',' : '{');
		put_field(head, i, b);
		buf_addc(b, ':');
		put_field(row, i, b);
	}
	buf_addc(b, '}');
	return buf_ok(b) ? ST_OK : err_nomem(e);
}

enum status
paragraph_object(const char *s, size_t n, struct buf *b, struct err *e)
{
	if (!json_is_utf8(s, n))
		return err_set(e, ST_INPUT, "invalid UTF-8");
	buf_clear(b);
	buf_adds(b, "{\"text\":");
	json_put_str(b, s, n);
	buf_addc(b, '}');
	return buf_ok(b) ? ST_OK : err_nomem(e);
}

enum status
object_line(const char *s, size_t n, struct buf *b, struct err *e)
{
	buf_clear(b);
	buf_add(b, s, n);
	if (!buf_ok(b))
		return err_nomem(e);
	/* line ends between the values would end the record's line */
	for (size_t i = 0; i < n; i++)
		if (b->p[i] == '\n' || b->p[i] == '\r')
			b->p[i] = ' ';
	return ST_OK;
}
