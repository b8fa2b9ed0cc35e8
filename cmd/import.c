/* fg-import: records from other projects' layouts. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/app.h"
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

static uint64_t nin, nout, nothing;

static enum status
emit(struct record *out, void *ctx, struct err *e)
{
	(void)ctx;
	nout++;
	return output_record(out, e);
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

struct reader { struct import *im; struct record *in; struct row head, row; struct buf line; };

/* One item of the input, behind the header of a table. */
static enum status
item(struct reader *d, struct items *it, const char *name, const char *s, size_t n,
    uint64_t line, struct err *e)
{
	enum status st = ST_OK;

	if (a.from == IMPORT_PAIRS && !n && d->head.n > 1)
		return ST_OK;
	nin++;
	if (a.from == IMPORT_PAIRS) {
		/* a stray quote costs its line, not all up to the next */
		if ((st = row_split(&d->row, s, n, items_delim(it), e)) == ST_INPUT)
			items_first_line(it, &n);
		else if (!st)
			st = row_object(&d->head, &d->row, &d->line, e);
	} else if (a.from == IMPORT_M2) {
		st = paragraph_object(s, n, &d->line, e);
	} else {
		st = object_line(s, n, &d->line, e);
	}
	if (st == ST_INPUT)
		place(e, name, line);
	if (!st && (st = record_parse(d->in, d->line.p, d->line.n, name, line, e)) == ST_INPUT)
		find_line(e, s, n);
	if (st == ST_INPUT)
		return input_reject_line(s, n, e);
	if (!st && (st = import_record(d->im, d->in, e)) == ST_INPUT) {
		if (a.from == IMPORT_PAIRS || a.from == IMPORT_M2)
			e->byte = 0;    /* it counts in the object, which no file holds */
		else
			find_line(e, s, n);
		st = input_reject(d->in, e);
	} else if (st == ST_EOF) {
		nothing++;
		st = ST_OK;
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
	    (row_split(&d->head, s, n, items_delim(it), e) || import_header(d->im, &d->head, e)) && e->code == ST_INPUT)
		place(e, name, line);
	st = st ? st : e->code;
	while (!st && !(st = items_next(it, &s, &n, &line, e)))
		st = item(d, it, name, s, n, line, e);
	items_free(it);
	return st == ST_EOF ? ST_OK : st;
}

static enum status
read_files(struct reader *d, struct err *e)
{
	int fd;

	for (size_t i = 0; i < (app->nfile ? app->nfile : 1); i++) {
		const char *name = app->nfile ? app->file[i] : "-";

		if (!strcmp(name, "-")) {
			if (read_file(d, STDIN_FILENO, "stdin", e))
				return e->code;
			continue;
		}
		if ((fd = open(name, O_RDONLY | O_CLOEXEC)) < 0) {
			err_at(e, ST_IO, name, 0, 0, "%s", "");
			return err_errno(e, "open");
		}
		if (read_file(d, fd, name, e))
			return e->code;
		close(fd);
	}
	return ST_OK;
}

int
main(int argc, char *argv[])
{
	struct reader d = {0};
	struct err e = {0};
	enum status st;

	app_parse(argc, argv, &prog);
	if (a.from < 0)
		die_usage("--from is needed");
	a.o.from = (enum import_from)a.from;
	a.o.chosen = a.chosen.v;
	a.o.nchosen = a.chosen.n;
	own.begin_input = own.begin;
	if (a.from != IMPORT_PAIRS && (a.o.rejected || a.chosen.n || a.o.prompt || a.o.by || a.o.label || a.o.chosen_is ||
	    a.o.text))
		die_usage("columns are named for --from pairs alone");
	for (const struct opt *o = rows; o->type != OPT_END; o++)
		if (o->to >= (void *)&own && o->to < (void *)(&own + 1) && opt_given(o->to) &&
		    (!a.template || strcmp(a.template, own.name)))
			die_usage("--%s is of --template own", o->name);
	if (a.template && !(a.o.chat = strcmp(a.template, own.name) ? chat_template(a.template) : &own))
		die_usage("--template: %s is not known", a.template);
	if (import_new(&d.im, &a.o, emit, NULL, &e) || record_new(&d.in, &e))
		die(&e);
	if (output_sides(&e) || read_files(&d, &e))
		die(&e);
	while ((st = import_left(d.im, d.in, &e)) != ST_EOF) {
		e.byte = 0;
		if (st != ST_INPUT || input_reject(d.in, &e))
			die(&e);
	}
	note("%ju items, %ju records", (uintmax_t)nin, (uintmax_t)nout);
	if (nothing && !app->quiet)
		warn("%ju without a pair", (uintmax_t)nothing);
	import_free(d.im);
	record_free(d.in);
	row_free(&d.head);
	row_free(&d.row);
	buf_free(&d.line);
	return app_close();
}
