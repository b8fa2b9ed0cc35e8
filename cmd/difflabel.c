/* fg-difflabel: align two versions of a text and label the tokens that an edit changed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/app.h"
#include "edit/label.h"
#include "json/write.h"
#include "record/tokens.h"
#include "token/token.h"

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

struct worker {
	struct edit_labeller *l;
	struct edit_labels labels;
	struct tok_scratch *s;
	struct tok_ids ids;
	struct buf json;
	uint64_t dropped, bos, eos;
};

struct ctx {
	struct tokenizer *t;    /* NULL: ids are in the records */
	struct worker *w;
};

/* Ids of the prompt and both sides, as fg-tokenize --special makes them. */
static enum status
tokenize(struct record *r, const struct ctx *c, struct worker *w, struct err *e)
{
	const char *const side[] = { a.worse, a.better }, *s, *print = tok_fingerprint(c->t);
	int32_t last = -1;
	size_t n, i;

	if (record_drop_other(r, print, e))
		return e->code;
	if (record_has(r, "prompt")) {
		w->ids.n = 0;
		if (record_str(r, "prompt", &s, &n, e))
			return e->code;
		if (tok_prompt(c->t, w->s, s, n, &w->ids, e))
			return record_complain(r, "prompt", e);
		w->bos += tok_twice(c->t, w->ids.id, w->ids.n, false);
		if (n && w->ids.n)
			last = w->ids.id[w->ids.n - 1];
		if (record_set_tokens(r, "prompt", w->ids.id, w->ids.end, w->ids.n, e))
			return e->code;
	}
	for (i = 0; i < 2; i++) {
		w->ids.n = 0;
		if (record_str(r, side[i], &s, &n, e))
			return e->code;
		if (tok_reply(c->t, w->s, s, n, last, true, &w->ids, e))
			return record_complain(r, side[i], e);
		w->eos += tok_twice(c->t, w->ids.id, w->ids.n, true);
		if (record_set_tokens(r, side[i], w->ids.id, w->ids.end, w->ids.n, e))
			return e->code;
	}
	return record_set_str(r, "tokenizer", print, strlen(print), e);
}

static enum status
read_side(struct record *r, const char *field, struct edit_side *s, struct err *e)
{
	const char *key = record_companion(r, field, "ids"), *ends = record_companion(r, field, "ends");
	size_t n, i;
	int32_t before = 0;

	*s = (struct edit_side){0};
	if (!key || !ends)
		return err_nomem(e);
	if (record_str(r, field, &s->text, &s->len, e))
		return e->code;
	if (!record_has(r, key))
		return record_bad(r, key, e, "not there; -t names a tokenizer");
	if (record_i32s(r, key, 0, INT32_MAX, &s->id, &s->n, e) ||
	    record_i32s(r, ends, 0, INT32_MAX, &s->end, &n, e))
		return e->code;
	if (n != s->n)
		return record_bad(r, ends, e, "%zu ends for %zu tokens", n, s->n);
	for (i = 0; i < n; before = s->end[i++])
		if (s->end[i] < before || (size_t)s->end[i] > s->len)
			return record_bad(r, ends, e, "token %zu ends outside of the text or before the token before it", i);
	/* EOS has no width */
	s->eos = n && s->end[n - 1] == (n > 1 ? s->end[n - 2] : 0);
	return ST_OK;
}

static void
put_range(struct buf *b, const char *key, size_t from, size_t to)
{
	buf_adds(b, key);
	json_put_i64(b, (int64_t)from);
	buf_addc(b, ',');
	json_put_i64(b, (int64_t)to);
	buf_addc(b, ']');
}

static enum status
write_labels(struct record *r, const struct edit_labels *l, size_t na, size_t nb, struct buf *b, struct err *e)
{
	const char *key[] = { record_companion(r, a.worse, "label"), record_companion(r, a.better, "label") };
	size_t i;

	if (!key[0] || !key[1])
		return err_nomem(e);
	buf_clear(b);
	buf_addc(b, '[');
	for (i = 0; i < l->hunks; i++) {
		const struct edit_span *f = &l->from[i], *t = &l->to[i];

		buf_adds(b, i ? ",{\"op\":\"" : "{\"op\":\"");
		buf_adds(b, f->b0 == f->b1 ? "insert" : t->b0 == t->b1 ? "delete" : "replace");
		put_range(b, "\",\"from\":[", f->t0, f->t1);
		put_range(b, ",\"to\":[", t->t0, t->t1);
		put_range(b, ",\"from_bytes\":[", f->b0, f->b1);
		put_range(b, ",\"to_bytes\":[", t->b0, t->b1);
		buf_addc(b, '}');
	}
	buf_addc(b, ']');
	if (!buf_ok(b))
		return err_nomem(e);
	if (record_set_i32s(r, key[0], l->a, na, e) || record_set_i32s(r, key[1], l->b, nb, e) ||
	    record_set_raw(r, "hunks", b->p, b->n, e))
		return e->code;
	return record_set_f64(r, "edit_ratio", l->ratio, e);
}

/* Are the record's ids to be made, or made again because they are another tokenizer's? */
static enum status
wants_ids(struct record *r, const struct ctx *c, bool *wants, struct err *e)
{
	const char *x = record_companion(r, a.worse, "ids"), *y = record_companion(r, a.better, "ids");

	*wants = false;
	if (!x || !y)
		return err_nomem(e);
	if (!c->t)
		return ST_OK;
	if (record_has(r, x) && record_has(r, y))
		return record_other_tokenizer(r, tok_fingerprint(c->t), wants, e);
	*wants = true;
	return ST_OK;
}

static enum status
one(struct record *r, void *ctx, unsigned worker, struct err *e)
{
	const struct edit_label_opts o = {
		.mode = (enum edit_mode)a.align, .unit = (enum edit_unit)a.unit, .hunk_cost = (unsigned)a.hunk_cost,
		.anchor = (enum edit_anchor)a.anchor, .eos = (enum edit_eos)a.eos_label
	};
	const struct ctx *c = ctx;
	struct worker *w = &c->w[worker];
	struct edit_side x, y;
	bool wants;

	if (wants_ids(r, c, &wants, e) || (wants && tokenize(r, c, w, e)))
		return e->code;
	if (read_side(r, a.worse, &x, e) || read_side(r, a.better, &y, e) ||
	    edit_label(w->l, &o, &x, &y, &w->labels, e))
		return e->code;
	if (w->labels.ratio > a.max_ratio) {
		if (app->bad)
			return record_bad(r, "edit_ratio", e, "%.3f is above --max-ratio", w->labels.ratio);
		w->dropped++;
		return ST_EOF;
	}
	return write_labels(r, &w->labels, x.n, y.n, &w->json, e);
}

static void
open_workers(struct ctx *c, struct err *e)
{
	size_t i;

	if (a.path && tok_open(&c->t, a.path, e))
		die(e);
	if (a.eos >= 0 && !c->t)
		die_usage("--eos goes with -t");
	if (a.eos >= (int64_t)(c->t ? tok_vocab_size(c->t) : 0))
		die_usage("--eos %lld: the vocabulary has %zu ids", (long long)a.eos, tok_vocab_size(c->t));
	if (a.eos >= 0)
		tok_set_eos(c->t, (int32_t)a.eos);
	if (!(c->w = calloc(app->threads, sizeof(*c->w)))) {
		err_nomem(e);
		die(e);
	}
	for (i = 0; i < app->threads; i++)
		if (edit_labeller_new(&c->w[i].l, e) || (c->t && tok_scratch_new(&c->w[i].s, e)))
			die(e);
}

static void
close_workers(struct ctx *c)
{
	uint64_t dropped = 0, bos = 0, eos = 0;
	size_t i;

	for (i = 0; i < app->threads; i++) {
		dropped += c->w[i].dropped;
		bos += c->w[i].bos;
		eos += c->w[i].eos;
		edit_labeller_free(c->w[i].l);
		edit_labels_free(&c->w[i].labels);
		if (c->t)
			tok_scratch_free(c->w[i].s);
		tok_ids_free(&c->w[i].ids);
		buf_free(&c->w[i].json);
	}
	free(c->w);
	if (c->t)
		tok_close(c->t);
	warn_twice(bos, eos);
	if (dropped && !app->quiet)
		warn("%ju pairs above --max-ratio left out", (uintmax_t)dropped);
}

int
main(int argc, char *argv[])
{
	struct ctx c = { NULL, NULL };
	struct err e = {0};

	app_parse(argc, argv, &prog);
	if (!strcmp(a.worse, a.better))
		die_usage("-a and -b name the same field");
	open_workers(&c, &e);
	if (filter_run(one, &c, &e))
		die(&e);
	close_workers(&c);
	return app_close();
}
