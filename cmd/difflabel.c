/* fg-difflabel: align two versions of a text and label the tokens that an edit changed. */
#include <stdlib.h>
#include <string.h>

#include "common/app.h"
#include "stage/difflabel.h"

static struct {
	const char *worse, *better, *path;
	int unit, align, anchor, eos_label;
	uint64_t hunk_cost;
	int64_t eos;
	double max_ratio;
} a = { .worse = "rejected", .better = "chosen", .hunk_cost = 2, .eos = -1, .max_ratio = 1 };

static const struct opt rows[] = {
	{ OPT_STR, 'a', "worse", "FIELD", &a.worse, 0, 0, "the less-preferred text", false },
	{ OPT_STR, 'b', "better", "FIELD", &a.better, 0, 0, "its edited version", false },
	{ OPT_ENUM, 'u', "unit", "word|token|char|bare", &a.unit, 0, 0, "what is aligned", false },
	{ OPT_STR, 't', "tokenizer", "FILE|DIR", &a.path, 0, 0, "tokenize texts that have no ids", false },
	{ OPT_INT, 0, "eos", "ID", &a.eos, 0, INT32_MAX - 1, "with -t: the end-of-sequence id", false },
	{ OPT_ENUM, 0, "align", "hunk|levenshtein", &a.align, 0, 0, "what the alignment minimises", false },
	{ OPT_UINT, 0, "hunk-cost", "C", &a.hunk_cost, 0, EDIT_COST_MAX, "price of a hunk, in symbols", false },
	{ OPT_ENUM, 0, "anchor", "none|next|prev|both", &a.anchor, 0, 0,
	    "neighbours that take the label where a side has no edited token", false },
	{ OPT_ENUM, 0, "eos-label", "final|none|always", &a.eos_label, 0, 0, "when EOS takes a label", false },
	{ OPT_REAL, 0, "max-ratio", "R", &a.max_ratio, 0, 1, "drop pairs that differ more", false },
	{ .type = OPT_END }
};

static const struct prog prog = {
	"fg-difflabel", "[file ...]", "Label the tokens that tell two versions of a text apart", rows
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
	o = (struct difflabel_opt){ .worse = a.worse, .better = a.better, .max_ratio = a.max_ratio, .t = t, .edit = {
		.mode = (enum edit_mode)a.align, .unit = (enum edit_unit)a.unit, .hunk_cost = (unsigned)a.hunk_cost,
		.anchor = (enum edit_anchor)a.anchor, .eos = (enum edit_eos)a.eos_label } };
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
