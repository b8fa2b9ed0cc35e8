#include <string.h>

#include "stage/importing.h"

bool
importing_is_table(const struct importing *m)
{
	return m->from == IMPORT_PAIRS || m->from == IMPORT_CSV;
}

static void
place(struct err *e, const char *name, uint64_t line)
{
	e->line = line;
	err_file(e, name);
}

/* The place in an item of several lines, s[0..n), which was read as one. */
static void
find_line(struct err *e, const char *s, size_t n)
{
	const char *p = s, *nl;

	while (e->byte && (nl = memchr(p, '\n', (size_t)(s + n - p))) && (size_t)(nl - p) + 1 < e->byte) {
		e->byte -= (size_t)(nl - p) + 1;
		e->line++;
		p = nl + 1;
	}
}

/* Item s[0..*n) as a line of JSON in m->line. */
static enum status
as_line(struct importing *m, struct items *it, const char *s, size_t *n, struct err *e)
{
	enum status st;

	if (m->from == IMPORT_M2)
		return paragraph_object(s, *n, &m->line, e);
	if (!importing_is_table(m))
		return object_line(s, *n, &m->line, e);
	/* a stray quote costs its line, not all up to the next */
	if ((st = row_split(&m->row, s, *n, items_delim(it), e)) == ST_INPUT)
		items_first_line(it, n);
	return st ? st : row_object(&m->head, &m->row, &m->line, e);
}

/* One item, after the header of a table. */
static enum status
item(struct importing *m, struct items *it, const char *name, const char *s, size_t n, uint64_t line, struct err *e)
{
	enum status st;

	if (importing_is_table(m) && !n && m->head.n > 1)
		return ST_OK;
	m->items++;
	if ((st = as_line(m, it, s, &n, e)) == ST_INPUT)
		place(e, name, line);
	else if (!st && (st = record_parse(m->in, m->line.p, m->line.n, name, line, e)) == ST_INPUT)
		find_line(e, s, n);
	if (st == ST_INPUT)
		return files_reject_line(m->io, s, n, e);
	if (!st && (st = import_record(m->im, m->in, e)) == ST_INPUT) {
		if (importing_is_table(m) || m->from == IMPORT_M2)
			e->byte = 0;    /* it counts in the object, which no file holds */
		else
			find_line(e, s, n);
		return files_reject(m->io, m->in, e);
	}
	if (st != ST_EOF)
		return st;
	m->nothing++;
	return ST_OK;
}

enum status
importing_file(int fd, const char *name, void *importing, struct err *e)
{
	struct importing *m = importing;
	enum items_kind kind = importing_is_table(m) ? ITEMS_ROWS : m->from == IMPORT_M2 ? ITEMS_PARAGRAPHS : ITEMS_JSON;
	struct items *it;
	const char *s;
	size_t n;
	uint64_t line;
	enum status st = ST_OK;

	if (!m->in && record_new(&m->in, e))
		return e->code;
	if (items_new(&it, kind, fd, name, 0, m->io->longest ? m->io->longest : LINES_USUAL, e))
		return e->code;
	if (kind == ITEMS_ROWS && !(st = items_next(it, &s, &n, &line, e)) &&
	    ((st = row_split(&m->head, s, n, items_delim(it), e)) || (st = import_header(m->im, &m->head, e))) &&
	    st == ST_INPUT)
		place(e, name, line);
	while (!st)
		if (!(st = items_next(it, &s, &n, &line, e)))
			st = item(m, it, name, s, n, line, e);
		else if (st == ST_INPUT && items_cut(it, &s, &n))
			st = files_reject_line(m->io, s, n, e);
	items_free(it);
	return st == ST_EOF ? ST_OK : st;
}

enum status
importing_end(struct importing *m, struct err *e)
{
	enum status st;

	if (!m->in && record_new(&m->in, e))
		return e->code;
	while ((st = import_left(m->im, m->in, e)) != ST_EOF) {
		e->byte = 0;
		if (st != ST_INPUT || files_reject(m->io, m->in, e))
			return e->code;
	}
	return ST_OK;
}

void
importing_free(struct importing *m)
{
	if (m->in)
		record_free(m->in);
	row_free(&m->head);
	row_free(&m->row);
	buf_free(&m->line);
}
