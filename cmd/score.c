/* fg-score: a model forwarded over records; its head decides what is added. */
#include <string.h>

#include "base/clock.h"
#include "common/app.h"
#include "stage/scoring.h"

static struct {
	const char *model, *as, *ref, *device;
	struct opt_list field;
	uint64_t batch, max_length;
	double temperature;
	bool entropy;
	int reward;
} a = { .batch = 4096 };

static const struct opt rows[] = {
	OPT_STR("model", "DIR", &a.model, "the model", .key = 'm'),
	OPT_STR("as", "NAME", &a.as, "write F_NAME in place of the usual name"),
	OPT_LIST("field", "FIELD", &a.field, "text field (default: response, else chosen and rejected)", .key = 'f'),
	OPT_REAL("temperature", "T", &a.temperature, 1e-4, 1e4, "of the softmax (default: the record's, else 1)"),
	OPT_FLAG("entropy", &a.entropy, "add F_entropy"),
	OPT_STR("full-kl", "REF", &a.ref, "add F_kl, the exact divergence from model REF"),
	OPT_ENUM("reward", &a.reward, "token head: 2p - 1, the logit, or -exp of it (default: as trained)",
	    OPT_WORDS({ "prob", SCORE_PROB }, { "logit", SCORE_LOGIT }, { "cost", SCORE_COST })),
	OPT_UINT("max-length", "N", &a.max_length, 2, 1 << 26, "longest sequence (default: the model's positions)"),
	OPT_UINT("batch", "N", &a.batch, 1, 1 << 26, "tokens that are computed together", .outside = true),
	OPT_DEVICE(&a.device),
	OPT_END
};

static const struct prog prog = {
	.name = "fg-score", .synopsis = "-m DIR [file ...]",
	.about = "Add log-probabilities, rewards, scores or values of the text of records",
	.rows = rows
};

/* The model, opened at the first record, and what it has done. */
static struct {
	struct tc *tc;
	struct scorer *scorer;
	uint64_t records, sequences, tokens;
	double start, load;     /* seconds of the clock, and until the model was open */
} m;

static enum status
flush_batch(struct scoring *s, struct err *e)
{
	size_t n = s->n, parts = s->parts, tokens = s->tokens;

	if (!n)
		return ST_OK;
	if (!m.scorer) {
		m.start = clock_now();
		if (tc_open_device(&m.tc, a.device, (unsigned)app->threads, e) ||
		    scorer_open(&m.scorer, m.tc, a.model, a.ref, (enum score_reward)a.reward, e))
			return e->code;
		m.load = clock_now() - m.start;
		note("%.1f MB for a batch of %llu tokens; %s", (double)scorer_bytes(m.scorer, a.batch) / 1e6,
		    (unsigned long long)a.batch, tc_isa(m.tc));
	}
	if (scoring_run(s, m.scorer, e))
		return e->code;
	m.records += n;
	m.sequences += parts;
	m.tokens += tokens;
	progress("scored", "tokens", m.tokens, 0);
	return ST_OK;
}

/* A batch ends with the record that fills it, so it holds less than one record more than
 * --batch tokens; and rather than wait for input. */
static enum status
run(struct scoring *s, struct err *e)
{
	struct err later = {0};
	struct record *r;
	enum status st = ST_OK;

	while (!st) {
		if (s->n && !files_ready(app_files) && flush_batch(s, e))
			return e->code;
		if ((st = scoring_next(s, &r, e)) || (st = files_next(app_files, r, e)))
			break;
		if ((st = scoring_add(s, e)))
			st = files_reject(app_files, r, e);
		else if (s->tokens >= a.batch && flush_batch(s, e))
			return e->code;
	}
	/* what came before a bad record is still wanted */
	if ((st == ST_EOF || st == ST_INPUT) && flush_batch(s, &later)) {
		*e = later;
		st = later.code;
	}
	return st == ST_EOF ? ST_OK : st;
}

static enum status
put_metrics(struct err *e)
{
	double seconds = m.scorer ? clock_now() - m.start - m.load : 0;
	struct buf b = BUF_INIT;
	enum status st;

	buf_addf(&b, "{\"records\":%llu,\"sequences\":%llu,\"tokens\":%llu,\"load_seconds\":%.6g,"
	    "\"seconds\":%.6g,\"tokens_per_second\":%.6g}", (unsigned long long)m.records, (unsigned long long)m.sequences,
	    (unsigned long long)m.tokens, m.load, seconds, seconds > 0 ? (double)m.tokens / seconds : 0);
	st = buf_ok(&b) ? metrics_line(b.p, b.n, e) : err_nomem(e);
	buf_free(&b);
	return st;
}

/* Both models of --full-kl must speak the same tokens. */
static void
check_ref(const struct ids *ids, struct err *e)
{
	const struct tokenizer *t, *u;
	struct ids *ref;

	if (ids_config(ids)->head != HEAD_LM)
		die_usage("--full-kl and --entropy need a language model");
	if (!a.ref)
		return;
	if (ids_open(&ref, a.ref, a.max_length, 1, e))
		die(e);
	t = ids_tokenizer(ids);
	u = ids_tokenizer(ref);
	if (ids_config(ref)->head != HEAD_LM || (t && u && strcmp(tok_fingerprint(t), tok_fingerprint(u))))
		die_usage("--full-kl needs a language model with the tokenizer of -m");
	ids_close(ref);
}

int
main(int argc, char *argv[])
{
	struct scoring s = { .io = app_stream };
	struct err e = {0};
	uint64_t bos, eos;

	app_parse(argc, argv, &prog);
	if (!a.model)
		die_usage("-m is needed");
	if (ids_open(&s.ids, a.model, a.max_length, 1, &e))
		die(&e);
	if (a.ref || a.entropy)
		check_ref(s.ids, &e);
	if (a.as && (!*a.as || !strcmp(a.as, "ids") || !strcmp(a.as, "ends") || !strcmp(a.as, "label")))
		die_usage("--as: not ids, ends or label, which are the tokens' own");
	s.field = a.field.v;
	s.nfield = a.field.n;
	s.as = a.as;
	s.temperature = a.temperature;
	s.entropy = a.entropy;
	s.kl = a.ref;
	if (run(&s, &e) || put_metrics(&e))
		die(&e);
	scoring_free(&s);
	scorer_close(m.scorer);
	app_close_device(m.tc);
	ids_twice(s.ids, &bos, &eos);
	warn_twice(bos, eos);
	ids_close(s.ids);
	return app_close();
}
