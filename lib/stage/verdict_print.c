#include <math.h>
#include <string.h>

#include "base/quote.h"
#include "json/write.h"
#include "stage/verdict.h"

/* ---- one record ---- */

/* An interval in percent points. */
static void
put_points(struct buf *out, const char *name, const struct interval *v)
{
	buf_addf(out, ",\"%s\":{", name);
	json_put_number(out, "points", 100 * v->value);
	json_put_number(out, "low", 100 * v->low);
	json_put_number(out, "high", 100 * v->high);
	buf_addc(out, '}');
}

static void
put_name(struct buf *out, const char *key, const char *name)
{
	buf_addf(out, "\"%s\":", key);
	json_put_str(out, name, strlen(name));
}

void
row_json(struct buf *out, const char *name, const struct winrate_row *r)
{
	buf_addc(out, '{');
	put_name(out, "candidate", name);
	buf_addf(out, ",\"verdicts\":%zu,\"prompts\":%zu,\"seeds\":%zu", r->verdicts, r->prompts, r->runs);
	put_points(out, "win", &r->win);
	json_put_number(out, "ties", 100 * r->ties);
	put_points(out, "length_controlled", &r->controlled);
	json_put_number(out, "length", r->length);
	json_put_number(out, "kl", r->kl);
	put_points(out, "at_kl", &r->matched);
	buf_addc(out, '}');
}

void
diff_json(struct buf *out, const struct winrate *w, size_t x, size_t y, const struct winrate_diff *d)
{
	size_t r, n = 0;
	double v;

	buf_addc(out, '{');
	put_name(out, "candidate", winrate_name(w, x));
	buf_addc(out, ',');
	put_name(out, "against", winrate_name(w, y));
	json_put_number(out, "points", 100 * d->win.value);
	json_put_number(out, "low", 100 * d->win.low);
	json_put_number(out, "high", 100 * d->win.high);
	buf_addf(out, ",\"prompts\":%zu,\"seeds\":%zu,\"better\":%zu,\"worse\":%zu",
	    d->prompts, d->runs, d->better, d->worse);
	json_put_number(out, "p", d->p);
	buf_adds(out, ",\"by_seed\":[");
	for (r = 0; r < winrate_runs(w); r++)
		if (!isnan(v = winrate_diff_run(w, x, y, r))) {
			struct err e = {0};

			if (n++)
				buf_addc(out, ',');
			json_put_f64(out, 100 * v, &e);
		}
	buf_addc(out, ']');
	put_points(out, "length_controlled", &d->controlled);
	put_points(out, "at_kl", &d->matched);
	buf_addc(out, '}');
}

/* ---- a table ---- */

static void
cell(struct buf *out, const struct interval *v)
{
	if (isnan(v->value))
		buf_addf(out, "  %5s %-13s", "-", "");
	else
		buf_addf(out, "  %5.1f [%5.1f,%5.1f]", 100 * v->value, 100 * v->low, 100 * v->high);
}

static void
mean_cell(struct buf *out, double v)
{
	if (isnan(v))
		buf_addf(out, " %8s", "-");
	else
		buf_addf(out, " %8.2f", v);
}

/* A name out of records, fit for a terminal, and spaces up to a width. */
static void
put_shown(struct buf *out, const char *name, size_t width)
{
	size_t n = strlen(name);

	quote_put(out, name, n, QUOTE_LINE);
	for (; n < width; n++)
		buf_addc(out, ' ');
}

void
row_text(struct buf *out, const char *name, const struct winrate_row *r)
{
	put_shown(out, name, 24);
	cell(out, &r->win);
	cell(out, &r->controlled);
	cell(out, &r->matched);
	mean_cell(out, r->kl);
	mean_cell(out, r->length);
	buf_addf(out, " %6.1f %7zu %5zu\n", 100 * r->ties, r->prompts, r->runs);
}

void
diff_text(struct buf *out, const struct winrate *w, size_t x, size_t y, const struct winrate_diff *d)
{
	put_shown(out, winrate_name(w, x), 0);
	buf_adds(out, " - ");
	put_shown(out, winrate_name(w, y), 0);
	buf_addf(out, "\n%24s", "");
	cell(out, &d->win);
	cell(out, &d->controlled);
	cell(out, &d->matched);
	buf_addf(out, "  better %zu, worse %zu, p = %.2g\n", d->better, d->worse, d->p);
}

static void
cost_json(struct buf *out, const struct coststat_result *c)
{
	buf_adds(out, ",\"cost\":{");
	json_put_number(out, "expected", c->expected);
	json_put_number(out, "actual", c->actual);
	json_put_number(out, "rank", c->rank.value);
	json_put_number(out, "low", c->rank.low);
	json_put_number(out, "high", c->rank.high);
	buf_addf(out, ",\"texts\":%zu,\"tokens\":%zu,\"tenths\":[", c->texts, c->tokens);
	for (size_t i = 0; i < COST_PARTS; i++) {
		buf_adds(out, i ? ",{" : "{");
		json_put_number(out, "expected", c->part[i].expected);
		json_put_number(out, "actual", c->part[i].actual);
		buf_addc(out, '}');
	}
	buf_adds(out, "]}");
}

/* Two means a token. */
static void
cost_cells(struct buf *out, double expected, double actual)
{
	if (isnan(expected))
		buf_addf(out, " %9s %9s\n", "-", "-");
	else
		buf_addf(out, " %9.4f %9.4f\n", expected, actual);
}

/* The tokens in tenths by what was expected of them. */
static void
cost_text(struct buf *out, const struct coststat_result *c)
{
	buf_addf(out, "%-30s", "rank correlation with the edits");
	if (isnan(c->rank.value))
		buf_addf(out, " %7s\n", "-");
	else
		buf_addf(out, " %7.3f [%.3f, %.3f], %zu texts\n", c->rank.value, c->rank.low, c->rank.high, c->texts);
	buf_addf(out, "%-30s %9s %9s\n%-30s", "cost a token", "expected", "actual", "all");
	cost_cells(out, c->expected, c->actual);
	for (size_t i = 0; i < COST_PARTS; i++) {
		buf_addf(out, "tenth %-24zu", i + 1);
		cost_cells(out, c->part[i].expected, c->part[i].actual);
	}
}

void
reward_json(struct buf *out, const struct rewardstat_result *o, const struct coststat_result *c)
{
	buf_addf(out, "{\"pairs\":%zu,\"tokens_minus\":%zu,\"tokens_plus\":%zu,\"tokens_kept\":%zu",
	    o->pairs, o->tokens_minus, o->tokens_plus, o->tokens_kept);
	put_points(out, "auc_minus", &o->auc_minus);
	put_points(out, "auc_plus", &o->auc_plus);
	put_points(out, "accuracy_sum", &o->by_sum);
	put_points(out, "accuracy_mean", &o->by_mean);
	json_put_number(out, "kept_abs", o->kept);
	json_put_number(out, "ece", o->ece);
	json_put_number(out, "length_correlation", o->length_correlation);
	if (c)
		cost_json(out, c);
	buf_adds(out, "}\n");
}

void
reward_text(struct buf *out, const struct rewardstat_result *o, const struct coststat_result *c)
{
	buf_addf(out, "%zu pairs; tokens: %zu at -1, %zu at +1, %zu unedited\n",
	    o->pairs, o->tokens_minus, o->tokens_plus, o->tokens_kept);
	buf_addf(out, "%-32s", "AUC- (rejected, % [95%])");
	cell(out, &o->auc_minus);
	buf_addf(out, "\n%-32s", "AUC+ (chosen)");
	cell(out, &o->auc_plus);
	buf_addf(out, "\n%-32s", "pair accuracy by sum");
	cell(out, &o->by_sum);
	buf_addf(out, "\n%-32s", "pair accuracy by mean");
	cell(out, &o->by_mean);
	buf_addf(out, "\n%-30s", "mean |r| on unedited tokens");
	mean_cell(out, o->kept);
	buf_addf(out, "\n%-30s", "expected calibration error");
	mean_cell(out, o->ece);
	buf_addf(out, "\n%-30s", "correlation with length");
	mean_cell(out, o->length_correlation);
	buf_addc(out, '\n');
	if (c)
		cost_text(out, c);
}
