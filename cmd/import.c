/* fg-import: records from other projects' layouts. */
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/app.h"
#include "stage/importing.h"
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

static uint64_t nout;

static enum status
emit(struct record *out, void *ctx, struct err *e)
{
	(void)ctx;
	nout++;
	return files_put(app_files, out, e);
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
	struct importing in = { .io = app_files };
	struct err e = {0};

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
	in.from = a.o.from;
	if (import_new(&in.im, &a.o, emit, NULL, &e) || app_sides(&e) ||
	    files_each(app_files, importing_file, &in, &e) || importing_end(&in, &e))
		die(&e);
	note("%ju items, %ju records", (uintmax_t)in.items, (uintmax_t)nout);
	if (!in.items && !app_files->rejected && !app->quiet)
		warn(importing_is_table(&in) ? "no rows" : "the input is empty");
	if (in.nothing && !app->quiet)
		warn("%ju without a pair", (uintmax_t)in.nothing);
	if (a.o.chat && chat_asked_time(a.o.chat) && !a.date && !app->quiet)
		warn("the template writes the date of today: --date makes it the same tomorrow");
	import_free(in.im);
	chat_free(a.o.chat);
	importing_free(&in);
	return app_close();
}
