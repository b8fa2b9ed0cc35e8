/* fg-score: models forwarded over records; the head of each decides what is added. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "common/app.h"
#include "stage/scoring.h"

static struct {
	struct opt_list model, as, ref, entropy, reward, field;
	const char *device;
	uint64_t batch, max_length;
	double temperature;
} a = { .batch = 4096 };

static const struct opt_word rewards[] = { { "prob", SCORE_PROB }, { "logit", SCORE_LOGIT }, { "cost", SCORE_COST }, { NULL, 0 } };

static const struct opt rows[] = {
	OPT_LIST("model", "DIR", &a.model, "a model; several score one after the other", .key = 'm'),
	OPT_HEADING("Of the model before it"),
	OPT_STR_OF(&a.model, "as", "NAME", &a.as, "write F_NAME in place of the usual name"),
	OPT_FLAG_OF(&a.model, "entropy", &a.entropy, "add F_entropy"),
	OPT_STR_OF(&a.model, "full-kl", "REF", &a.ref, "add F_kl, the exact divergence from model REF"),
	OPT_ENUM_OF(&a.model, "reward", &a.reward, "token head: 2p - 1, the logit, or -exp of it (default: as trained)", rewards),
	OPT_HEADING("Of all models"),
	OPT_LIST("field", "FIELD", &a.field, "text field (default: response, else chosen and rejected)", .key = 'f'),
	OPT_REAL("temperature", "T", &a.temperature, 1e-4, 1e4, "of the softmax (default: the record's, else 1)"),
	OPT_UINT("max-length", "N", &a.max_length, 2, 1 << 26, "longest sequence (default: the model's positions)"),
	OPT_UINT("batch", "N", &a.batch, 1, 1 << 26, "tokens that are computed together", .outside = true),
	OPT_DEVICE(&a.device),
	OPT_END
};

static const struct prog prog = {
	.name = "fg-score", .synopsis = "-m DIR [--as NAME] [-m DIR ...] [file ...]",
	.about = "Add log-probabilities, rewards, scores or values of the text of records",
	.rows = rows
};

/* The models, opened at the first record. */
static struct {
	struct tc *tc;
	struct scoring_model *model;    /* (a.model.n) */
	bool open;
	double start, load;     /* seconds of the clock, and until the models were open */
} m;

static enum status
open_models(struct err *e)
{
	struct scorer *before = NULL;
	size_t weights = 0, bytes = 0, n;

	m.start = clock_now();
	if (tc_open_device(&m.tc, a.device, (unsigned)app->threads, e))
		return e->code;
	for (size_t i = 0; i < a.model.n; i++, before = m.model[i - 1].scorer) {
		enum score_reward reward = (enum score_reward)opt_word_value(rewards, opt_of(&a.reward, i), SCORE_OWN);

		if (scorer_open(&m.model[i].scorer, m.tc, a.model.v[i], opt_of(&a.ref, i), reward, before, e))
			return e->code;
		weights += scorer_weights(m.model[i].scorer);
		/* the models use one memory in turn */
		n = scorer_bytes(m.model[i].scorer, a.batch);
		bytes = n > bytes ? n : bytes;
	}
	m.load = clock_now() - m.start;
	m.open = true;
	note("%zu bytes of weights, %zu for a batch of %llu tokens; %s", weights, bytes, (unsigned long long)a.batch,
	    tc_isa(m.tc));
	return ST_OK;
}

static enum status
flush_batch(struct scoring *s, struct err *e)
{
	if (!s->n)
		return ST_OK;
	if ((!m.open && open_models(e)) || scoring_run(s, e))
		return e->code;
	progress("scored", "tokens", s->computed, 0);
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
		else if (s->tokens >= s->limit && flush_batch(s, e))
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
put_metrics(const struct scoring *s, struct err *e)
{
	double seconds = m.open ? clock_now() - m.start - m.load : 0;
	struct buf b = BUF_INIT;
	enum status st;

	buf_addf(&b, "{\"records\":%llu,\"sequences\":%llu,\"tokens\":%llu,\"load_seconds\":%.6g,"
	    "\"seconds\":%.6g,\"tokens_per_second\":%.6g}", (unsigned long long)s->records, (unsigned long long)s->sequences,
	    (unsigned long long)s->computed, m.load, seconds, seconds > 0 ? (double)s->computed / seconds : 0);
	st = buf_ok(&b) ? metrics_line(b.p, b.n, e) : err_nomem(e);
	buf_free(&b);
	return st;
}

/* Both models of --full-kl must speak the same tokens. */
static void
check_ref(const struct ids *ids, const char *dir, struct err *e)
{
	const struct tokenizer *t, *u;
	struct ids *ref;

	if (ids_config(ids)->head != HEAD_LM)
		die_usage("--full-kl and --entropy need a language model");
	if (!dir)
		return;
	if (ids_open(&ref, dir, a.max_length, 1, e))
		die(e);
	t = ids_tokenizer(ids);
	u = ids_tokenizer(ref);
	if (ids_config(ref)->head != HEAD_LM || (t && u && strcmp(tok_fingerprint(t), tok_fingerprint(u))))
		die_usage("--full-kl needs a language model with the tokenizer of -m");
	ids_close(ref);
}

/* Model i's folder and options, before anything is read. */
static void
prepare(struct scoring_model *k, size_t i, struct err *e)
{
	const char *ref = opt_of(&a.ref, i), *as = opt_of(&a.as, i);

	if (ids_open(&k->ids, a.model.v[i], a.max_length, 1, e))
		die(e);
	k->entropy = opt_of(&a.entropy, i);
	k->kl = ref;
	k->as = as;
	if (ref || k->entropy)
		check_ref(k->ids, ref, e);
	if (as && (!*as || !strcmp(as, "ids") || !strcmp(as, "ends") || !strcmp(as, "label")))
		die_usage("--as: not ids, ends or label, which are the tokens' own");
}

int
main(int argc, char *argv[])
{
	struct scoring s = { .io = app_stream };
	struct err e = {0};
	uint64_t bos = 0, eos = 0, b, o;
	size_t i;

	app_parse(argc, argv, &prog);
	if (!a.model.n)
		die_usage("-m is needed");
	if (!(m.model = calloc(a.model.n, sizeof(*m.model)))) {
		err_nomem(&e);
		die(&e);
	}
	for (i = 0; i < a.model.n; i++)
		prepare(&m.model[i], i, &e);
	s.model = m.model;
	s.nmodel = a.model.n;
	s.field = a.field.v;
	s.nfield = a.field.n;
	s.temperature = a.temperature;
	s.limit = a.batch;
	if (run(&s, &e) || put_metrics(&s, &e))
		die(&e);
	scoring_free(&s);
	while (i--) {
		scorer_close(m.model[i].scorer);
		ids_twice(m.model[i].ids, &b, &o);
		/* all read the same texts */
		bos = b > bos ? b : bos;
		eos = o > eos ? o : eos;
		ids_close(m.model[i].ids);
	}
	free(m.model);
	app_close_device(m.tc);
	warn_twice(bos, eos);
	return app_close();
}
