/* fg-import: records from other projects' layouts. */
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/app.h"
#include "record/import.h"
#include "record/items.h"
#include "stage/template.h"

static struct {
	struct import_opt o;
	int from;
	const char *template, *compare, *date;
	struct opt_list chosen;
} a = { .from = -1 };

/* --template own: a recipe says what stands around the turns */
static struct chat_parts own = {
	.name = "own", .begin = "", .before = { "", "", "" }, .after = { "\n", "\n", "\n" }, .open = "", .reply = "",
	.input = "\n\n"
};

static const struct opt rows[] = {
	OPT_ENUM("from", &a.from, "layout of the input",
	    OPT_WORDS({ "hh", IMPORT_HH }, { "trl", IMPORT_TRL }, { "alpacafarm", IMPORT_ALPACAFARM }, { "ultrafeedback", IMPORT_ULTRAFEEDBACK },
	        { "qa-feedback", IMPORT_QA_FEEDBACK }, { "pairs", IMPORT_PAIRS }, { "alpaca", IMPORT_ALPACA }, { "m2", IMPORT_M2 },
	        { "messages", IMPORT_TRL }, { "sharegpt", IMPORT_TRL },
	        { "label-studio", IMPORT_LABEL_STUDIO }, { "argilla", IMPORT_ARGILLA }, { "csv", IMPORT_CSV })),
	OPT_STR("template", "DIR|FILE|NAME", &a.template,
	    "a model's folder, a Jinja file, or alpaca, chatml, llama2, llama3, zephyr, plain, own (default: the layout's)"),
	OPT_STR("compare", "DIR", &a.compare, "warn where --template differs from this model's own"),
	OPT_STR("date", "DATE", &a.date, "YYYY-MM-DD for a template that writes the date (default: today)"),
	OPT_STR("rejected", "COL", &a.o.rejected, "pairs: column of the text to better"),
	OPT_LIST("chosen", "COL", &a.chosen, "pairs: column of a rewrite"),
	OPT_STR("prompt", "COL", &a.o.prompt, "pairs: column of the prompt (default: no prompt)"),
	OPT_STR("by", "COL", &a.o.by, "pairs: column that two rows of a pair share"),
	OPT_STR("label", "COL", &a.o.label, "pairs: column that tells the rows apart"),
	OPT_STR("chosen-is", "VALUE", &a.o.chosen_is, "pairs: label of the better row"),
	OPT_STR("text", "COL", &a.o.text, "pairs: column of the text, with --by"),
	OPT_STR("begin", "TEXT", &own.begin, "own: before everything, unless a system turn is first"),
	OPT_STR("begin-input", "TEXT", &own.begin_input, "own: the same for an instruction with an input (default: --begin)"),
	OPT_STR("system-before", "TEXT", &own.before[CHAT_SYSTEM], "own: before a system turn"),
	OPT_STR("system-after", "TEXT", &own.after[CHAT_SYSTEM], "own: after a system turn"),
	OPT_STR("user-before", "TEXT", &own.before[CHAT_USER], "own: before a user turn"),
	OPT_STR("user-after", "TEXT", &own.after[CHAT_USER], "own: after a user turn"),
	OPT_STR("assistant-before", "TEXT", &own.before[CHAT_ASSISTANT], "own: before an earlier answer"),
	OPT_STR("assistant-after", "TEXT", &own.after[CHAT_ASSISTANT], "own: after an earlier answer"),
	OPT_STR("open", "TEXT", &own.open, "own: end of the prompt, which invites the answer"),
	OPT_STR("reply", "TEXT", &own.reply, "own: beginning of the answer"),
	OPT_STR("input-before", "TEXT", &own.input, "own: between an instruction and its input"),
	OPT_FLAG("fold", &own.fold, "own: nothing stands before a user turn that follows the system turn"),
	OPT_FLAG("trim", &own.trim, "own: turns lose the white space around them"),
	OPT_END
};

/* --print-config prints the parts of a named template, to begin with. */
static void
settle(void)
{
	const struct chat_parts *p = a.template ? chat_parts(a.template) : NULL;

	if (!p)
		return;
	own = *p;
	own.name = "own";
	a.template = own.name;
}

static const struct prog prog = {
	.name = "fg-import", .synopsis = "--from LAYOUT [file ...]",
	.about = "Turn known layouts into records",
	.rows = rows, .settle = settle
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

static bool
is_table(void)
{
	return a.from == IMPORT_PAIRS || a.from == IMPORT_CSV;
}

struct reader { struct import *im; struct record *in; struct row head, row; struct buf line; };

/* One item of the input, after the header of a table. */
static enum status
item(struct reader *d, struct items *it, const char *name, const char *s, size_t n,
    uint64_t line, struct err *e)
{
	enum status st = ST_OK;

	if (is_table() && !n && d->head.n > 1)
		return ST_OK;
	nin++;
	if (is_table()) {
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
		if (is_table() || a.from == IMPORT_M2)
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
	enum items_kind kind = is_table() ? ITEMS_ROWS : a.from == IMPORT_M2 ? ITEMS_PARAGRAPHS : ITEMS_JSON;
	enum status st = ST_OK;
	struct items *it;
	const char *s;
	size_t n;
	uint64_t line;

	if (items_new(&it, kind, fd, name, 0, app->longest, e))
		return e->code;
	if (kind == ITEMS_ROWS && !(st = items_next(it, &s, &n, &line, e)) &&
	    (row_split(&d->head, s, n, items_delim(it), e) || import_header(d->im, &d->head, e)) && e->code == ST_INPUT)
		place(e, name, line);
	st = st ? st : e->code;
	while (!st)
		if (!(st = items_next(it, &s, &n, &line, e)))
			st = item(d, it, name, s, n, line, e);
		else if (st == ST_INPUT && items_cut(it, &s, &n))
			st = input_reject_line(s, n, e);
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

/* The template that --template names; NULL: the layout's. */
static enum status
open_template(struct chat **c, struct err *e)
{
	const struct chat_parts *p = a.template ? strcmp(a.template, own.name) ? chat_parts(a.template) : &own : NULL;
	struct chat *model;
	const char *why;
	struct tm tm = {0};
	char *end;

	*c = NULL;
	if (a.compare && !a.template)
		die_usage("--compare needs a --template");
	if (!a.template)
		return ST_OK;
	if (p ? chat_new(c, p, e) : access(a.template, F_OK) ? ST_USAGE : template_open(c, a.template, e)) {
		if (!e->code)
			die_usage("--template: %s is not a name that is known, a file or a folder", a.template);
		return e->code;
	}
	if (a.date) {
		end = strptime(a.date, "%Y-%m-%d", &tm);
		if (!end || *end)
			die_usage("--date: expected YYYY-MM-DD, got %s", a.date);
		tm.tm_hour = 12;
		tm.tm_isdst = -1;
		chat_set_time(*c, mktime(&tm));
	}
	if (!a.compare)
		return ST_OK;
	if (!template_open(&model, a.compare, e) && !chat_same(*c, model, &why, e) && why)
		warn("--template %s is not what %s has: they differ in %s", a.template, a.compare, why);
	chat_free(model);
	return e->code;
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
	own.begin_input = own.begin_input ? own.begin_input : own.begin;
	if (a.from != IMPORT_PAIRS && (a.o.rejected || a.chosen.n || a.o.prompt || a.o.by || a.o.label || a.o.chosen_is ||
	    a.o.text))
		die_usage("columns are named for --from pairs alone");
	for (const struct opt *o = rows; o->type != OPT_TYPE_END; o++)
		if (o->to.any >= (void *)&own && o->to.any < (void *)(&own + 1) && app_given(o->to.any) &&
		    (!a.template || strcmp(a.template, own.name)))
			die_usage("--%s is of --template own", o->name);
	if (open_template(&a.o.chat, &e))
		die(&e);
	if (a.o.chat && !chat_has_parts(a.o.chat) && a.from == IMPORT_PAIRS && !a.o.prompt)
		die_usage("--from pairs has no prompt for a model's template: name its column with --prompt");
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
	if (!nin && !input_rejected() && !app->quiet)
		warn(is_table() ? "no rows" : "the input is empty");
	if (nothing && !app->quiet)
		warn("%ju without a pair", (uintmax_t)nothing);
	if (a.o.chat && chat_asked_time(a.o.chat) && !a.date && !app->quiet)
		warn("the template writes the date of today: --date makes it the same tomorrow");
	import_free(d.im);
	chat_free(a.o.chat);
	record_free(d.in);
	row_free(&d.head);
	row_free(&d.row);
	buf_free(&d.line);
	return app_close();
}
