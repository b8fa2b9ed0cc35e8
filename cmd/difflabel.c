/* fg-difflabel: align two versions of a text and label the tokens that an edit changed. */
#include <stdlib.h>
#include <string.h>

#include "common/app.h"
#include "stage/difflabel.h"

static struct {
	const char *worse, *better, *path;
	int unit, align, anchor, eos_label, cost;
	uint64_t hunk_cost, max_steps;
	int64_t eos;
	double max_ratio;
} a = { .worse = "rejected", .better = "chosen", .hunk_cost = 2, .max_steps = 2000000000, .eos = -1, .max_ratio = 1 };

static const struct opt rows[] = {
	OPT_STR("worse", "FIELD", &a.worse, "the less-preferred text", .key = 'a'),
	OPT_STR("better", "FIELD", &a.better, "its edited version", .key = 'b'),
	OPT_ENUM("unit", &a.unit, "what is aligned",
	    OPT_WORDS({ "word", EDIT_WORD }, { "token", EDIT_TOKEN }, { "char", EDIT_CHAR },
	        { "bare", EDIT_BARE }), .key = 'u'),
	OPT_STR("tokenizer", "FILE|DIR", &a.path, "tokenize texts that have no ids", .key = 't'),
	OPT_INT("eos", "ID", &a.eos, 0, INT32_MAX - 1, "with -t: the end-of-sequence id"),
	OPT_ENUM("align", &a.align, "what the alignment minimises",
	    OPT_WORDS({ "hunk", EDIT_HUNK }, { "levenshtein", EDIT_LEVENSHTEIN })),
	OPT_UINT("hunk-cost", "C", &a.hunk_cost, 0, EDIT_COST_MAX, "price of a hunk, in symbols"),
	OPT_ENUM("anchor", &a.anchor, "neighbours that take the label where a side has no edited token",
	    OPT_WORDS({ "none", EDIT_ANCHOR_NONE }, { "next", EDIT_ANCHOR_NEXT }, { "prev", EDIT_ANCHOR_PREV },
	        { "both", EDIT_ANCHOR_BOTH })),
	OPT_ENUM("eos-label", &a.eos_label, "when EOS takes a label",
	    OPT_WORDS({ "final", EDIT_EOS_FINAL }, { "none", EDIT_EOS_NONE }, { "always", EDIT_EOS_ALWAYS })),
	OPT_ENUM("cost", &a.cost, "add F_cost, counted in tokens or in the symbols that are aligned",
	    OPT_WORDS({ "none", EDIT_COST_NONE }, { "tokens", EDIT_COST_TOKENS }, { "symbols", EDIT_COST_SYMBOLS })),
	OPT_REAL("max-ratio", "R", &a.max_ratio, 0, 1, "drop pairs that differ more"),
	OPT_UINT("max-steps", "N", &a.max_steps, 1, 9007199254740992.0, "refuse a pair that takes more steps to align"),
	OPT_END
};

static const struct prog prog = {
	.name = "fg-difflabel", .synopsis = "[file ...]",
	.about = "Label the tokens that tell two versions of a text apart",
	.rows = rows
};

static struct worker { struct difflabel *l; uint64_t dropped; } *worker;

static enum status
one(struct record *r, void *ctx, unsigned id, struct err *e)
{
	double ratio;
	enum status st = difflabel_record(worker[id].l, r, &ratio, e);

	(void)ctx;
	if (st != ST_EOF)
		return st;
	if (app->bad)
		return record_bad(r, "edit_ratio", e, "%.3f is above --max-ratio", ratio);
	worker[id].dropped++;
	return ST_EOF;
}

static enum status
open_tokenizer(struct tokenizer **t, struct err *e)
{
	*t = NULL;
	if (a.path && tok_open(t, a.path, e))
		return e->code;
	if (a.eos >= 0 && !*t)
		die_usage("--eos goes with -t");
	if (a.eos >= (int64_t)(*t ? tok_vocab_size(*t) : 0))
		die_usage("--eos %lld: the vocabulary has %zu ids", (long long)a.eos, tok_vocab_size(*t));
	if (a.eos >= 0)
		tok_set_eos(*t, (int32_t)a.eos);
	return ST_OK;
}

static enum status
open_workers(const struct difflabel_opt *o, struct err *e)
{
	if (!(worker = calloc(app->threads, sizeof(*worker))))
		return err_nomem(e);
	for (size_t i = 0; i < app->threads; i++)
		if (difflabel_new(&worker[i].l, o, e))
			return e->code;
	return ST_OK;
}

int
main(int argc, char *argv[])
{
	struct difflabel_opt o;
	struct err e = {0};
	struct tokenizer *t;
	uint64_t dropped = 0, bos = 0, eos = 0;

	app_parse(argc, argv, &prog);
	if (!strcmp(a.worse, a.better))
		die_usage("-a and -b name the same field");
	if (open_tokenizer(&t, &e))
		die(&e);
	o = (struct difflabel_opt){ .worse = a.worse, .better = a.better, .t = t, .edit = {
		.mode = (enum edit_mode)a.align, .unit = (enum edit_unit)a.unit, .hunk_cost = (unsigned)a.hunk_cost,
		.anchor = (enum edit_anchor)a.anchor, .eos = (enum edit_eos)a.eos_label,
		.cost = (enum edit_cost)a.cost, .bounded = true, .max_ratio = a.max_ratio, .max_steps = a.max_steps } };
	if (open_workers(&o, &e) || filter_run(one, NULL, &e))
		die(&e);
	for (size_t i = 0; i < app->threads; i++) {
		dropped += worker[i].dropped;
		difflabel_twice(worker[i].l, &bos, &eos);
		difflabel_free(worker[i].l);
	}
	free(worker);
	if (t)
		tok_close(t);
	warn_twice(bos, eos);
	if (dropped && !app->quiet)
		warn("%ju pairs above --max-ratio left out", (uintmax_t)dropped);
	return app_close();
}
