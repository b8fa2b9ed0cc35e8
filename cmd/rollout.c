/* fg-rollout: responses sampled from a model. */
#include <stdlib.h>

#include "base/clock.h"
#include "common/app.h"
#include "json/number.h"
#include "run/critic.h"
#include "stage/sampling.h"

static struct {
	const char *model, *device;
	struct opt_list stop;
	uint64_t samples, max_tokens, max_length, batch;
	double temperature;
	struct sample_opt s;
	bool values;
} a = {
	.samples = 1, .max_tokens = 256, .batch = 64, .temperature = 1,
	.s = { .invtemp = 1, .top_p = 1, .repetition = 1 }
};

static const struct opt rows[] = {
	OPT_STR("model", "DIR", &a.model, "the model", .key = 'm'),
	OPT_UINT("samples", "K", &a.samples, 1, 1e6, "responses to each prompt", .key = 'n'),
	OPT_FLAG("greedy", &a.s.greedy, "always the most likely token"),
	OPT_REAL("temperature", "T", &a.temperature, 1e-4, 1e4, "of the softmax"),
	OPT_UINT("top-k", "K", &a.s.top_k, 0, 1 << 26, "only the K most likely tokens; 0: all"),
	OPT_REAL("top-p", "P", &a.s.top_p, 0, 1, "only the fewest tokens whose probability reaches P"),
	OPT_REAL("min-p", "P", &a.s.min_p, 0, 1, "only tokens at least P times as likely as the most likely one"),
	OPT_REAL("repetition-penalty", "X", &a.s.repetition, 0.01, 100,
	    "make tokens that were seen less likely; 1: do not"),
	OPT_LIST("stop", "STRING", &a.stop, "end a response with the token that completes STRING"),
	OPT_FLAG("values", &a.values, "add response_value, of the critic in -m that shares its backbone"),
	OPT_UINT("max-tokens", "N", &a.max_tokens, 1, 1 << 26, "longest response"),
	OPT_UINT("max-length", "N", &a.max_length, 2, 1 << 26, "longest sequence (default: the model's positions)"),
	OPT_UINT("batch", "N", &a.batch, 1, 65536, "responses that are sampled together", .outside = true),
	OPT_DEVICE(&a.device),
	OPT_END
};

static const struct prog prog = {
	.name = "fg-rollout", .synopsis = "-m DIR [file ...]",
	.about = "Sample responses to the prompts of records",
	.rows = rows
};

enum {
	PREFILL = 2048,         /* tokens of prompts that join a step */
	ROOM = 256 << 20        /* bytes of records in hand: one whose response is long holds up the output */
};

/* The model, opened at the first record. */
static struct {
	struct tc *tc;
	struct model *m;
	char *critic;           /* the folder to open: --values */
	double start, load;     /* seconds of the clock, and until it was open */
} m;

static enum status
open_model(struct sampling *s, struct err *e)
{
	const struct rollout_opt o = { .slots = a.batch, .prefill = PREFILL, .sample = a.s,
		.stop = a.stop.v, .nstop = a.stop.n, .tok = ids_tokenizer(s->ids) };

	m.start = clock_now();
	if (tc_open_device(&m.tc, a.device, (unsigned)app->threads, e) ||
	    model_open(&m.m, m.tc, m.critic ? m.critic : a.model, m.critic ? MODEL_BESIDE : MODEL_READ, e) ||
	    rollout_open(&s->roll, m.m, &o, e))
		return e->code;
	if (!(s->policy = model_fingerprint(m.m)))
		return err_nomem(e);
	m.load = clock_now() - m.start;
	return ST_OK;
}

static enum status
run(struct sampling *s, struct err *e)
{
	double flushed = 0, t;
	struct err bad = {0};

	do {
		/* what came before a bad record is still wanted */
		if (sampling_feed(s, e)) {
			if (e->code != ST_INPUT)
				return e->code;
			bad = *e;
			*e = (struct err){0};
		}
		if (!s->roll)
			break;
		if (rollout_step(s->roll, e) || sampling_drain(s, e))
			return e->code;
		progress("sampled", "tokens", rollout_stat(s->roll)->tokens, 0);
		/* a reader gets what is done within a second */
		if ((t = clock_now()) > flushed + 1) {
			flushed = t;
			if (sink_flush(app_out, e))
				return e->code;
		}
	} while (!s->eof || s->first);
	if (bad.code)
		*e = bad;
	return bad.code;
}

static enum status
put_metrics(const struct sampling *s, struct err *e)
{
	double seconds = s->roll ? clock_now() - m.start - m.load : 0;
	const struct rollout_stat none = {0}, *t = s->roll ? rollout_stat(s->roll) : &none;
	struct buf b = BUF_INIT;
	enum status st;

	if (s->roll)
		note("%.1f MB of cache, logits and activations; %s", (double)rollout_bytes(s->roll) / 1e6,
		    tc_isa(m.tc));
	buf_addf(&b, "{\"records\":%llu,\"samples\":%llu,\"prompt_tokens\":%llu,\"tokens\":%llu,\"steps\":%llu,"
	    "\"load_seconds\":%.6g,\"seconds\":%.6g,\"tokens_per_second\":%.6g}", (unsigned long long)s->records,
	    (unsigned long long)s->done, (unsigned long long)t->prompt, (unsigned long long)t->tokens,
	    (unsigned long long)t->steps, m.load, seconds, seconds > 0 ? (double)t->tokens / seconds : 0);
	st = buf_ok(&b) ? metrics_line(b.p, b.n, e) : err_nomem(e);
	buf_free(&b);
	return st;
}

/* The temperature as a reader of the record will have it. */
static float
invtemp(double t)
{
	char text[NUMBER_MAX];

	number_parse_f64(text, number_print_f32(text, (float)t), &t);
	return (float)(1 / t);
}

/* The critic of --values. */
static void
find_critic(void)
{
	struct err e = {0};
	bool shared;

	if (critic_find(&m.critic, &shared, NULL, a.model, &e))
		die(&e);
	if (!m.critic)
		die_usage("--values: no critic in %s", a.model);
	if (!shared)
		die_usage("--values: %s has a backbone of its own: fg-score computes its values", m.critic);
}

int
main(int argc, char *argv[])
{
	struct sampling s = { .open = open_model, .io = app_stream };
	struct err e = {0};
	uint64_t bos, eos;

	app_parse(argc, argv, &prog);
	if (!a.model)
		die_usage("-m is needed");
	if (ids_open(&s.ids, a.model, a.max_length, 1, &e))
		die(&e);
	if (ids_config(s.ids)->head != HEAD_LM)
		die_usage("%s is not a language model", a.model);
	for (size_t i = 0; i < a.stop.n; i++)
		if (!*a.stop.v[i])
			die_usage("--stop: an empty string ends nothing");
	if (a.stop.n && !ids_tokenizer(s.ids))
		die_usage("--stop: %s has no tokenizer", a.model);
	if (a.values)
		find_critic();
	a.s.invtemp = invtemp(a.temperature);
	sampling_init(&s);
	s.seed = app->seed;
	s.samples = a.samples;
	s.max_tokens = a.max_tokens;
	s.longest = ids_longest(s.ids);
	s.room = ROOM;
	s.temperature = a.s.greedy ? 1 : (float)a.temperature;
	if (run(&s, &e) || put_metrics(&s, &e))
		die(&e);
	sampling_free(&s);
	rollout_close(s.roll);
	if (m.m)
		model_close(m.m);
	app_close_device(m.tc);
	ids_twice(s.ids, &bos, &eos);
	warn_twice(bos, eos);
	ids_close(s.ids);
	free(m.critic);
	return app_close();
}
