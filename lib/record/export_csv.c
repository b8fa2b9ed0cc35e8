/* A table (RFC 4180) with a column for each field, for those who work in spreadsheets. */
#include <string.h>

#include "record/export_int.h"

static const char *const usual[] = { "id", "prompt", "rejected", "chosen", "response", "reference", "win", "edit",
	"reason", "note", "annotator", "seconds" };

static void
put_cell(struct buf *b, const char *s, size_t n)
{
	size_t i;

	buf_addc(b, '"');
	for (i = 0; i < n; i++) {
		if (s[i] == '"')
			buf_addc(b, '"');
		buf_addc(b, s[i]);
	}
	buf_addc(b, '"');
}

static const char *
column(const struct export *x, size_t i)
{
	size_t n = x->o->n ? x->o->n : sizeof(usual) / sizeof(*usual);

	return i >= n ? NULL : x->o->n ? x->o->field[i] : usual[i];
}

static enum status
head(struct export *x, struct buf *out, struct err *e)
{
	const char *key;
	size_t i;

	for (i = 0; (key = column(x, i)); i++) {
		if (i)
			buf_addc(out, ',');
		put_cell(out, key, strlen(key));
	}
	buf_adds(out, "\r\n");
	return buf_ok(out) ? ST_OK : err_nomem(e);
}

/* A text as it is, anything else as JSON; an empty cell where there is nothing. */
static enum status
row(struct export *x, struct record *r, struct buf *out, struct err *e)
{
	const char *key, *s;
	size_t i, n, before = out->n;

	for (i = 0; (key = column(x, i)); i++) {
		if (i)
			buf_addc(out, ',');
		if (!record_has(r, key) || !record_raw(r, key, &s, &n))
			continue;
		if (*s == '"' && record_str(r, key, &s, &n, e)) {
			out->n = before;
			return e->code;
		}
		put_cell(out, s, n);
	}
	buf_adds(out, "\r\n");
	return buf_ok(out) ? ST_OK : err_nomem(e);
}

const struct export_layout export_csv = { .head = head, .row = row };
