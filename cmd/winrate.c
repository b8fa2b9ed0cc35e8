/* fg-winrate: win rates with intervals, paired differences, reward-model accuracy. */
#include <math.h>
#include <string.h>

#include "common/app.h"
#include "json/write.h"
#include "stage/agreement.h"
#include "stage/verdict.h"

static struct {
	bool reward, agreement, json;
	struct verdict_fields field;
	const char *against;
	uint64_t draws, pairs;
	double kl;
} a = { .pairs = 2016, .field = { NULL, "seed", "step" }, .draws = 10000, .kl = -1 };

static const struct opt rows[] = {
	OPT_FLAG("reward", &a.reward, "measure a reward model on labelled pairs"),
	OPT_FLAG("agreement", &a.agreement, "measure how far annotators agree"),
	OPT_FLAG("json", &a.json, "write one record, not a table"),
	OPT_STR("by", "FIELD", &a.field.by, "a row for every value of FIELD, and the rows' differences"),
	OPT_STR("against", "NAME", &a.against, "differences to this row only"),
	OPT_STR("run", "FIELD", &a.field.run, "the field that names a training run"),
	OPT_STR("point", "FIELD", &a.field.point, "the field that numbers a run's checkpoints"),
	OPT_REAL("at-kl", "KL", &a.kl, -1, 1e9, "read win rates at this KL; -1: the largest that all rows reach"),
	OPT_UINT("draws", "N", &a.draws, 1, 1000000, "draws of the bootstrap"),
	OPT_UINT("max-differences", "N", &a.pairs, 0, 9007199254740992.0, "without --against: print no differences where there are more"),
	OPT_END
};
static const struct prog prog = {
	.name = "fg-winrate", .synopsis = "[--reward | --agreement] [--json] [--by FIELD] [file ...]",
	.about = "Win rates with intervals, paired differences, reward-model accuracy, agreement",
	.rows = rows
};

static struct buf out;

/* ---- the two jobs ---- */

static enum status
verdicts(struct err *e)
{
	struct winrate *w;
	struct winrate_row row;
	struct winrate_diff diff;
	struct record *r;
	struct verdict v;
	size_t x, y, n, only, said = 0;
	bool none = false;
	double kl;
	enum status st;

	if ((st = winrate_open(&w, e)) || (st = record_new(&r, e)))
		return st;
	while (!(st = files_next(app_files, r, e))) {
		if (!(st = verdict_read(r, &a.field, &v, e)))
			st = winrate_add(w, &v, e);
		if (st && (st = files_reject(app_files, r, e)))
			return st;
	}
	if (st != ST_EOF || (st = winrate_build(w, a.draws, app->seed, e)))
		return st;
	n = winrate_candidates(w);
	for (only = 0; a.against && only < n && strcmp(a.against, winrate_name(w, only)); only++)
		;
	if (only == n)
		return err_set(e, ST_INPUT, "no record has %s \"%s\"", a.field.by ? a.field.by : "candidate", a.against);
	kl = a.kl < 0 ? winrate_common_kl(w) : a.kl;
	if (a.json) {
		buf_addf(&out, "{\"draws\":%ju", (uintmax_t)a.draws);
		json_put_number(&out, "kl_matched", kl);
		buf_adds(&out, ",\"rows\":[");
	} else {
		buf_addf(&out, "%-24s  %-20s %-20s  %-20s %7s %8s %6s %7s %5s\n", "", "win % [95%]",
		    "at equal length", isnan(kl) ? "at equal KL" : "", "KL", "length", "ties %", "prompts", "runs");
		if (!isnan(kl))
			buf_addf(&out, "%48sat KL %.2f\n", "", kl);
	}
	for (x = 0; x < n; x++) {
		progress("rows", "rows", x, n);
		if ((st = winrate_row(w, x, kl, &row, e)))
			return st;
		if (a.json && x)
			buf_addc(&out, ',');
		if (a.json)
			row_json(&out, winrate_name(w, x), &row);
		else
			row_text(&out, winrate_name(w, x), &row);
	}
	if (a.json)
		buf_adds(&out, "],\"differences\":[");
	/* their number grows with the square of the rows' */
	if (!a.against && (none = (n & 1 ? n * ((n - 1) / 2) : n / 2 * (n - 1)) > a.pairs) && !app->quiet)
		warn("%zu rows: differences are left out, more than --max-differences %ju; --against compares with one", n,
		    (uintmax_t)a.pairs);
	for (x = 0; x < n && !none; x++)
		for (y = 0; y < n; y++) {
			/* later rows minus earlier ones, or all minus the one named */
			if (x == y || (a.against ? y != only : y > x))
				continue;
			if ((st = winrate_diff(w, x, y, kl, &diff, e)))
				return st;
			if (a.json && said++)
				buf_addc(&out, ',');
			if (a.json)
				diff_json(&out, w, x, y, &diff);
			else
				diff_text(&out, w, x, y, &diff);
		}
	if (a.json)
		buf_adds(&out, "]}\n");
	record_free(r);
	winrate_close(w);
	return ST_OK;
}

static enum status
reward(struct err *e)
{
	struct rewardstat *s;
	struct rewardstat_result o;
	struct coststat_result cost;
	struct coststat *c;
	const float *wc, *lc;
	struct record *r;
	struct pair_side w, l;
	struct hash128 key;
	enum status st;

	if ((st = rewardstat_open(&s, e)) || (st = coststat_open(&c, e)) || (st = record_new(&r, e)))
		return st;
	while (!(st = files_next(app_files, r, e))) {
		if (!(st = pair_side_read(r, "chosen", &w, e)) &&
		    !(st = pair_side_read(r, "rejected", &l, e)) && !(st = prompt_key(r, &key, e))) {
			if (!w.reward != !l.reward)
				st = record_bad(r, "chosen_reward", e, "only one side has token rewards");
			else if (!(st = reward_cost_read(r, "chosen", w.n, &wc, e)) &&
			    !(st = reward_cost_read(r, "rejected", l.n, &lc, e)) &&
			    !(st = rewardstat_add(s, &key, &w, &l, e)) && w.reward && wc && lc &&
			    !(st = coststat_add(c, w.reward, wc, w.n, false, e)))
				st = coststat_add(c, l.reward, lc, l.n, true, e);
		}
		if (st && (st = files_reject(app_files, r, e)))
			return st;
	}
	if (st != ST_EOF || (st = rewardstat_run(s, a.draws, app->seed, &o, e)) ||
	    (st = coststat_run(c, a.draws, app->seed, &cost, e)))
		return st;
	(a.json ? reward_json : reward_text)(&out, &o, cost.texts ? &cost : NULL);
	coststat_close(c);
	record_free(r);
	rewardstat_close(s);
	return ST_OK;
}

int
main(int argc, char *argv[])
{
	struct err e = {0};
	enum status st;

	app_parse(argc, argv, &prog);
	if (a.against && !a.field.by)
		die_usage("--against needs --by");
	if (a.reward && a.agreement)
		die_usage("one of --reward and --agreement");
	if (a.agreement)
		st = agreement_read(app_stream, a.field.by, a.draws, app->seed, a.json, &out, &e);
	else
		st = a.reward ? reward(&e) : verdicts(&e);
	if (st)
		die(&e);
	if (!buf_ok(&out))
		err_nomem(&e);
	if (e.code || sink_add(app_out, out.p, out.n, &e))
		die(&e);
	return app_close();
}
