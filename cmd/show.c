/* fg-show: labels, rewards, advantages or log-probabilities painted on the text. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/app.h"
#include "record/fields.h"
#include "show/html.h"
#include "stage/ids.h"

static struct {
	struct opt_list field;
	int by;
	bool html, labels;
	double scale;
} a;

/* --by: the painted fields of record/fields.h, by their place there */
enum { PAINTED = 16 };
static struct opt_word by[PAINTED + 1];

static const struct opt rows[] = {
	OPT_LIST("field", "FIELD", &a.field,
	    "text field (default: response, rejected, chosen, those that have the numbers)", .key = 'f'),
	OPT_ENUM("by", &a.by, "the numbers", by),
	OPT_FLAG("html", &a.html, "one page that needs no other file"),
	OPT_FLAG("labels", &a.labels, "with other numbers: mark what an edit deletes and inserts, too"),
	OPT_REAL("scale", "X", &a.scale, 0, 1e9, "the number of full colour (default: the record's largest)"),
	OPT_END
};

static const struct prog prog = {
	.name = "fg-show", .synopsis = "[file ...]",
	.about = "Paint the numbers of tokens on the text",
	.rows = rows
};

static size_t shown;     /* records of the page */

static const char *const usual[] = { "response", "rejected", "chosen" };

static double
largest(const float *v, size_t n)
{
	double m = 0;
	size_t i;

	for (i = 0; i < n; i++)
		if ((double)v[i] > m || -(double)v[i] > m)
			m = v[i] < 0 ? -(double)v[i] : (double)v[i];
	return m > 0 ? m : 1;
}

static enum status
show_field(struct record *r, const char *field, struct paint p, struct buf *b, struct err *e)
{
	const char *ends = record_companion(r, field, "ends"), *s;
	const int32_t *end;
	const float *v, *label = NULL;
	size_t len, n, i;

	if (!ends)
		return err_nomem(e);
	if (record_str(r, field, &s, &len, e) || record_i32s(r, ends, 0, INT32_MAX, &end, &n, e) ||
	    ids_floats(r, field, record_fields[a.by].name, n, &v, e))
		return e->code;
	for (i = 1; i < n; i++)
		if (end[i] < end[i - 1])
			return record_bad(r, ends, e, "token %zu ends before the token before it", i);
	if (p.both && record_has(r, record_companion(r, field, "label")) && ids_floats(r, field, "label", n, &label, e))
		return e->code;
	p.scale = a.scale > 0 ? a.scale : largest(v, n);
	if (p.style == PAINT_HTML) {
		buf_adds(b, "<p><span class=name>");
		paint_escape(&p, b, field, strlen(field));
		buf_adds(b, "</span> ");
	} else {
		paint_escape(&p, b, field, strlen(field));
		buf_adds(b, ": ");
	}
	paint_text(&p, b, s, len, end, v, label, n);
	buf_adds(b, p.style == PAINT_HTML ? "</p>\n" : "\n");
	return ST_OK;
}

/* The id and the prompt; last is the prompt before, and becomes this one. */
static void
show_prompt(struct record *r, const struct paint *p, struct buf *b, const char *id, struct buf *last)
{
	struct err ignore = {0};
	double ratio = NAN;
	const char *s;
	size_t n;

	if (p->style == PAINT_HTML) {
		if (record_has(r, "edit_ratio") && record_f64(r, "edit_ratio", &ratio, &ignore))
			ratio = NAN;
		html_open(p, b, ++shown, id, ratio);
	} else {
		buf_adds(b, p->style == PAINT_COLOR ? "\033[1m" : "");
		paint_escape(p, b, id, strlen(id));
		buf_adds(b, p->style == PAINT_COLOR ? "\033[0m\n" : "\n");
	}
	if (!record_has(r, "prompt") || record_str(r, "prompt", &s, &n, &ignore))
		return;
	while (n && s[n - 1] == '\n')
		n--;
	if (p->style == PAINT_HTML) {
		html_prompt(p, b, s, n, last->p ? last->p : "", last->n);
		buf_clear(last);
		buf_add(last, s, n);
		return;
	}
	paint_escape(p, b, s, n);
	buf_addc(b, '\n');
}

static enum status
show(struct record *r, const struct paint *p, struct buf *b, struct buf *last, struct err *e)
{
	size_t i, n = a.field.n ? a.field.n : 3, done = 0;
	struct hash128 key;
	const char *id, *field, *with;

	if (record_id(r, &id, &key, e))
		return e->code;
	show_prompt(r, p, b, id, last);
	for (i = 0; i < n; i++) {
		field = a.field.n ? a.field.v[i] : usual[i];
		if (!(with = record_companion(r, field, record_fields[a.by].name)))
			return err_nomem(e);
		if (!a.field.n && !record_has(r, with))
			continue;
		if (show_field(r, field, *p, b, e))
			return e->code;
		done++;
	}
	if (!done)
		return record_bad(r, "response", e, "no field has a %s a token", record_fields[a.by].name);
	buf_adds(b, p->style == PAINT_HTML ? "</article>\n" : "\n");
	return buf_ok(b) ? ST_OK : err_nomem(e);
}

static void
make_words(void)
{
	size_t i, n = 0;

	for (i = 0; record_fields[i].name && n < PAINTED; i++)
		if (record_fields[i].painted)
			by[n++] = (struct opt_word){ record_fields[i].name, (int)i };
}

int
main(int argc, char *argv[])
{
	struct paint p = { .style = PAINT_PLAIN };
	const char *no = getenv("NO_COLOR");
	struct buf b = BUF_INIT, last = BUF_INIT;
	struct err e = {0};
	struct record *r;
	enum status st;

	make_words();
	app_parse(argc, argv, &prog);
	p.labels = !strcmp(record_fields[a.by].name, "label");
	p.both = a.labels && !p.labels;
	if (a.html)
		p.style = PAINT_HTML;
	else if (isatty(1) && !(no && *no))
		p.style = PAINT_COLOR;
	if (record_new(&r, &e))
		die(&e);
	if (a.html)
		html_head(&p, &b, record_fields[a.by].name);
	while (!(st = files_next(app_files, r, &e))) {
		size_t before = b.n, was = shown;

		if ((st = show(r, &p, &b, &last, &e)) == ST_INPUT) {
			b.n = before;
			shown = was;
			st = files_reject(app_files, r, &e);
		}
		if (st || sink_add(app_out, b.p, b.n, &e))
			die(&e);
		buf_clear(&b);
	}
	if (st != ST_EOF)
		die(&e);
	if (a.html)
		html_foot(&b);
	if (sink_add(app_out, b.p, b.n, &e))
		die(&e);
	record_free(r);
	buf_free(&b);
	buf_free(&last);
	return app_close();
}
