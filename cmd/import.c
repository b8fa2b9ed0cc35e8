/* fg-import: records from other projects' layouts. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/app.h"
#include "json/scan.h"
#include "json/write.h"
#include "record/import.h"
#include "record/items.h"

static struct {
	struct import_opt o;
	int from;
	const char *template;
	struct opt_list chosen;
} a = { .from = -1 };

/* --template own: a recipe says what stands around the turns */
static struct chat_template own = {
	.name = "own", .begin = "", .before = { "", "", "" }, .after = { "\n", "\n", "\n" }, .open = "", .reply = "",
	.input = "\n\n"
};

static const struct opt rows[] = {
	{ OPT_ENUM, 0, "from", "hh|trl|alpacafarm|ultrafeedback|qa-feedback|pairs|alpaca|m2", &a.from, 0, 0,
	    "layout of the input", false },
	{ OPT_STR, 0, "template", "NAME", &a.template, 0, 0,
	    "alpaca, chatml, llama2, llama3, zephyr, plain or own (default: the layout's)", false },
	{ OPT_STR, 0, "rejected", "COL", &a.o.rejected, 0, 0, "pairs: column of the text to better", false },
	{ OPT_LIST, 0, "chosen", "COL", &a.chosen, 0, 0, "pairs: column of a rewrite", false },
	{ OPT_STR, 0, "prompt", "COL", &a.o.prompt, 0, 0, "pairs: column of the prompt (default: no prompt)", false },
	{ OPT_STR, 0, "by", "COL", &a.o.by, 0, 0, "pairs: column that two rows of a pair share", false },
	{ OPT_STR, 0, "label", "COL", &a.o.label, 0, 0, "pairs: column that tells the rows apart", false },
	{ OPT_STR, 0, "chosen-is", "VALUE", &a.o.chosen_is, 0, 0, "pairs: label of the better row", false },
	{ OPT_STR, 0, "text", "COL", &a.o.text, 0, 0, "pairs: column of the text, with --by", false },
	{ OPT_STR, 0, "begin", "TEXT", &own.begin, 0, 0, "own: before everything, unless a system turn is first", false },
	{ OPT_STR, 0, "system-before", "TEXT", &own.before[CHAT_SYSTEM], 0, 0, "own: before a system turn", false },
	{ OPT_STR, 0, "system-after", "TEXT", &own.after[CHAT_SYSTEM], 0, 0, "own: behind it", false },
	{ OPT_STR, 0, "user-before", "TEXT", &own.before[CHAT_USER], 0, 0, "own: before a user turn", false },
	{ OPT_STR, 0, "user-after", "TEXT", &own.after[CHAT_USER], 0, 0, "own: behind it", false },
	{ OPT_STR, 0, "assistant-before", "TEXT", &own.before[CHAT_ASSISTANT], 0, 0, "own: before an earlier answer", false },
	{ OPT_STR, 0, "assistant-after", "TEXT", &own.after[CHAT_ASSISTANT], 0, 0, "own: behind it", false },
	{ OPT_STR, 0, "open", "TEXT", &own.open, 0, 0, "own: end of the prompt, which invites the answer", false },
	{ OPT_STR, 0, "reply", "TEXT", &own.reply, 0, 0, "own: beginning of the answer", false },
	{ OPT_STR, 0, "input-before", "TEXT", &own.input, 0, 0, "own: between an instruction and its input", false },
	{ .type = OPT_END }
};

static const struct prog prog = {
	"fg-import", "--from LAYOUT [file ...]", "Turn known layouts into records", rows
};

static uint64_t nin, nout;

static enum status
emit(struct record *out, void *ctx, struct err *e)
{
	(void)ctx;
	nout++;
	return output_record(out, e);
}

/* What is no record goes to --bad as a text. */
static enum status
reject_text(const char *s, size_t n, struct record *r, struct err *e)
{
	struct buf b = BUF_INIT;
	struct err why = *e, none = {0};

	buf_adds(&b, "{\"text\":");
	json_put_str(&b, s, n);
	buf_addc(&b, '}');
	if (!buf_ok(&b))
		err_nomem(e);
	else if (!record_parse(r, b.p, b.n, NULL, 0, &none)) {
		*e = why;
		input_reject(r, e);
	}
	buf_free(&b);
	return e->code;
}

static enum status
check_text(const char *s, size_t n, struct err *e)
{
	size_t i, k;

	for (i = 0; i < n; i += k)
		if (!(k = json_utf8(s + i, n - i)))
			return err_set(e, ST_INPUT, "invalid UTF-8");
	return ST_OK;
}

/* A row as an object of its columns, into b. */
static enum status
row_object(const struct row *head, const struct row *row, struct buf *b, struct err *e)
{
	size_t i, from;
	const char *s;

	if (row->n != head->n)
		return err_set(e, ST_INPUT, "expected %zu fields, got %zu", head->n, row->n);
	if (check_text(row->text.p, row->text.n, e))
		return e->code;
	buf_clear(b);
	for (i = 0; i < head->n; i++) {
		from = i ? head->end[i - 1] : 0;
		buf_addc(b, i ? ',' : '{');
		s = head->text.p;
		json_put_str(b, s ? s + from : "", head->end[i] - from);
		buf_addc(b, ':');
		from = i ? row->end[i - 1] : 0;
		s = row->text.p;
		json_put_str(b, s ? s + from : "", row->end[i] - from);
	}
	buf_addc(b, '}');
	return buf_ok(b) ? ST_OK : err_nomem(e);
}

/* A paragraph as an object with a text, into b. */
static enum status
text_object(const char *s, size_t n, struct buf *b, struct err *e)
{
	if (check_text(s, n, e))
		return e->code;
	buf_clear(b);
	buf_adds(b, "{\"text\":");
	json_put_str(b, s, n);
	buf_addc(b, '}');
	return buf_ok(b) ? ST_OK : err_nomem(e);
}

static void
place(struct err *e, const char *name, uint64_t line)
{
	e->line = line;
	err_file(e, name);
}

/* Line ends between the values would end the record's line. */
static void
one_line(char *s, size_t n)
{
	char *p, *end = s + n;

	for (p = s; n && (p = memchr(p, '\n', (size_t)(end - p))); )
		*p++ = ' ';
	for (p = s; n && (p = memchr(p, '\r', (size_t)(end - p))); )
		*p++ = ' ';
}

struct reader { struct import *im; struct record *in; struct row head, row; struct buf line; };

/* One item of the input, behind the header of a table. */
static enum status
item(struct reader *d, const struct items *it, const char *name, const char *s, size_t n,
    uint64_t line, struct err *e)
{
	enum status st = ST_OK;

	nin++;
	if (a.from == IMPORT_PAIRS) {
		if (!(st = row_split(&d->row, s, n, items_delim(it), e)))
			st = row_object(&d->head, &d->row, &d->line, e);
	} else if (a.from == IMPORT_M2) {
		st = text_object(s, n, &d->line, e);
	} else {
		buf_clear(&d->line);
		buf_add(&d->line, s, n);
		if (buf_ok(&d->line))
			one_line(d->line.p, n);
		else
			st = err_nomem(e);
	}
	if (st == ST_INPUT)
		place(e, name, line);
	if (!st)
		st = record_parse(d->in, d->line.p, d->line.n, name, line, e);
	if (st == ST_INPUT)
		return reject_text(s, n, d->in, e);
	if (!st && (st = import_record(d->im, d->in, e)) == ST_INPUT) {
		if (a.from == IMPORT_PAIRS || a.from == IMPORT_M2)
			e->byte = 0;    /* it counts in the object, which no file holds */
		st = input_reject(d->in, e);
	}
	return st;
}

static enum status
read_file(struct reader *d, int fd, const char *name, struct err *e)
{
	bool table = a.from == IMPORT_PAIRS;
	struct items *it;
	const char *s;
	size_t n;
	uint64_t line;
	enum status st;

	if (items_new(&it, table ? ITEMS_ROWS : a.from == IMPORT_M2 ? ITEMS_PARAGRAPHS : ITEMS_JSON, fd, name, 0, e))
		return e->code;
	st = ST_OK;
	if (table && !(st = items_next(it, &s, &n, &line, e)) &&
	    row_split(&d->head, s, n, items_delim(it), e))
		st = (place(e, name, line), e->code);
	while (!st && !(st = items_next(it, &s, &n, &line, e)))
		st = item(d, it, name, s, n, line, e);
	items_free(it);
	return st == ST_EOF ? ST_OK : st;
}

int
main(int argc, char *argv[])
{
	struct reader d = {0};
	struct err e = {0};
	enum status st;
	size_t i;
	int fd;

	app_parse(argc, argv, &prog);
	if (a.from < 0)
		die_usage("--from is needed");
	a.o.from = (enum import_from)a.from;
	a.o.chosen = a.chosen.v;
	a.o.nchosen = a.chosen.n;
	own.begin_input = own.begin;
	if (a.template && !(a.o.chat = strcmp(a.template, own.name) ? chat_template(a.template) : &own))
		die_usage("--template: %s is not known", a.template);
	if (import_new(&d.im, &a.o, emit, NULL, &e) || record_new(&d.in, &e))
		die(&e);
	if (!app->nfile && read_file(&d, STDIN_FILENO, "stdin", &e))
		die(&e);
	for (i = 0; i < app->nfile; i++) {
		if ((fd = open(app->file[i], O_RDONLY | O_CLOEXEC)) < 0) {
			err_at(&e, ST_IO, app->file[i], 0, 0, "%s", "");
			err_errno(&e, "open");
			die(&e);
		}
		if (read_file(&d, fd, app->file[i], &e))
			die(&e);
		close(fd);
	}
	while ((st = import_left(d.im, d.in, &e)) != ST_EOF)
		if (st != ST_INPUT || input_reject(d.in, &e))
			die(&e);
	note("%llu items, %llu records", (unsigned long long)nin, (unsigned long long)nout);
	import_free(d.im);
	record_free(d.in);
	row_free(&d.head);
	row_free(&d.row);
	buf_free(&d.line);
	return app_close();
}
