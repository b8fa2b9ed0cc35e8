/* fg-advantage: shaped rewards, advantages and returns of sampled responses. */
#include <stdlib.h>
#include <string.h>

#include "stage/advantage.h"
#include "common/app.h"
#include "stage/ids.h"
#include "model/find.h"
#include "run/state.h"

static struct {
	const char *field, *controller, *range;
	struct shape shape;
	double gamma, lambda;
	int estimator, group;
	bool no_whiten;
	uint64_t expect;
} a = {
	.field = "response", .range = "-1:0", .gamma = 1, .lambda = 0.95,
	.shape = { .token_weight = 1, .beta = 0.05 }
};

static const struct opt rows[] = {
	{ OPT_STR, 'f', "field", "FIELD", &a.field, 0, 0, "the sampled text", false },
	{ OPT_REAL, 0, "token-weight", "W", &a.shape.token_weight, -1e9, 1e9, "weight of the token rewards", false },
	{ OPT_STR, 0, "token-range", "LO:HI", &a.range, 0, 0, "what token rewards are clamped to", false },
	{ OPT_FLAG, 0, "scale-length", NULL, &a.shape.scale_length, 0, 0,
	    "divide token rewards by the response's tokens", false },
	{ OPT_FLAG, 0, "center", NULL, &a.shape.center, 0, 0, "take their mean over the response off", false },
	{ OPT_REAL, 0, "sequence-weight", "W", &a.shape.sequence_weight, -1e9, 1e9, "weight of the score", false },
	{ OPT_REAL, 0, "missing-eos", "P", &a.shape.missing_eos, 0, 1e9, "penalty of a response cut off", false },
	{ OPT_REAL, 0, "kl", "BETA", &a.shape.beta, 0, 1e9, "weight of the KL penalty", false },
	{ OPT_STR, 0, "controller", "DIR", &a.controller, 0, 0,
	    "take beta from the state of this policy, where it has one", true },
	{ OPT_ENUM, 0, "kl-estimator", "k1|k2|k3|full", &a.estimator, 0, 0, "estimator of the KL", false },
	{ OPT_REAL, 0, "gamma", "G", &a.gamma, 0, 1, "discount", false },
	{ OPT_REAL, 0, "lambda", "L", &a.lambda, 0, 1, "decay of generalised advantage estimation", false },
	{ OPT_ENUM, 0, "group", "none|grpo|rloo", &a.group, 0, 0,
	    "compare with the other samples of the prompt, without values", false },
	{ OPT_FLAG, 0, "no-whiten", NULL, &a.no_whiten, 0, 0, "leave advantages as they are", false },
	{ OPT_UINT, 0, "expect", "N", &a.expect, 1, 1e15, "refuse any other number of records", true },
	{ .type = OPT_END }
};

static const struct prog prog = {
	"fg-advantage", "[file ...]", "Turn rewards into advantages and returns, over the whole input", rows
};

/* The first pass. */
struct pass {
	struct spool *s;
	struct adv_groups *groups;
	struct whiten w;
	struct adv_metrics m;
	struct buf bytes, line;
};

static void
parse_range(void)
{
	const char *colon = strchr(a.range, ':');
	char *end;

	a.shape.low = strtod(a.range, &end);
	if (end != colon)
		die_usage("--token-range: expected LO:HI");
	a.shape.high = strtod(colon + 1, &end);
	if (end == colon + 1 || *end || !(a.shape.low <= a.shape.high))
		die_usage("--token-range: expected LO:HI");
}

/* beta as the policy's controller left it */
static enum status
ask_controller(struct err *e)
{
	struct train_state st;
	char *dir;
	bool found;

	e->code = ST_OK;
	if (!a.controller)
		return ST_OK;
	if (!model_find(&dir, a.controller, e) && !state_read(&st, dir, &found, e) && found && st.controller)
		a.shape.beta = st.beta;
	free(dir);
	return e->code;
}

static enum status
read_kl(struct record *r, size_t n, const float *logprob, const float **kl, struct err *e)
{
	const float *ref;
	float *v;

	*kl = NULL;
	if (a.estimator == KL_FULL)
		return a.shape.beta > 0 || record_has(r, record_companion(r, a.field, "kl")) ?
		    ids_floats(r, a.field, "kl", n, kl, e) : ST_OK;
	if (!(a.shape.beta > 0) && !record_has(r, record_companion(r, a.field, "ref_logprob")))
		return ST_OK;
	if (ids_floats(r, a.field, "ref_logprob", n, &ref, e))
		return e->code;
	if (!(v = arena_array(record_arena(r), n, sizeof(*v))))
		return err_nomem(e);
	kl_tokens((enum kl_kind)a.estimator, v, logprob, ref, n);
	*kl = v;
	return ST_OK;
}

/* What was sampled, and how it was rewarded. */
struct sample {
	const float *logprob, *reward, *value, *kl;
	double score;
	size_t n;
	bool cut;
};

static enum status
read_sample(struct record *r, struct sample *s, struct err *e)
{
	const char *key = record_companion(r, a.field, "logprob"), *score = record_companion(r, a.field, "score"), *text;
	size_t len;

	*s = (struct sample){0};
	if (!key || !score)
		return err_nomem(e);
	if (record_f32s(r, key, &s->logprob, &s->n, e))
		return e->code;
	if (!s->n)
		return record_bad(r, key, e, "no tokens");
	if (a.shape.token_weight != 0 && ids_floats(r, a.field, "reward", s->n, &s->reward, e))
		return e->code;
	if (a.shape.sequence_weight != 0 && record_f64(r, score, &s->score, e))
		return e->code;
	if (a.group == GROUP_NONE && ids_floats(r, a.field, "value", s->n, &s->value, e))
		return e->code;
	if (read_kl(r, s->n, s->logprob, &s->kl, e))
		return e->code;
	if (record_has(r, "finish")) {
		if (record_str(r, "finish", &text, &len, e))
			return e->code;
		s->cut = !strcmp(text, "length");
	}
	return ST_OK;
}

static double
total(const float *x, size_t n)
{
	double sum = 0;
	size_t i;

	for (i = 0; x && i < n; i++)
		sum += (double)x[i];
	return sum;
}

static enum status
first(struct record *r, void *arg, struct err *e)
{
	struct pass *p = arg;
	struct adv_item x = {0};
	struct sample s;
	const char *id;
	double *shaped;
	float *adv, *ret;
	size_t i;

	if (record_id(r, &id, &x.prompt, e) || read_sample(r, &s, e))
		return e->code;
	shaped = arena_array(record_arena(r), s.n, sizeof(*shaped));
	adv = arena_array(record_arena(r), s.n, sizeof(*adv));
	ret = arena_array(record_arena(r), s.n, sizeof(*ret));
	if (!shaped || !adv || !ret)
		return err_nomem(e);
	shape_rewards(&a.shape, shaped, s.reward, s.score, s.kl, s.n, s.cut);
	for (i = 0; i < s.n; i++)
		x.total += shaped[i];
	if (a.group == GROUP_NONE) {
		gae(a.gamma, a.lambda, shaped, s.value, s.n, adv, ret);
		whiten_add(&p->w, adv, s.n);
		adv_metrics_values(&p->m, s.value, ret, s.n);
		x.ret = ret;
	} else {
		memset(adv, 0, s.n * sizeof(*adv));
		if (adv_groups_add(p->groups, x.prompt, x.total, e))
			return e->code;
	}
	adv_metrics_add(&p->m, s.n, total(s.reward, s.n), s.score, total(s.kl, s.n), x.total, !s.cut);
	x.n = s.n;
	x.advantage = adv;
	x.kl = s.kl;
	buf_clear(&p->line);
	if (record_print(r, &p->line, e))
		return e->code;
	x.line = p->line.p;
	x.len = p->line.n - 1;
	return adv_put(p->s, &x, &p->bytes, e);
}

static enum status
read_all(struct pass *p, struct record *r, struct err *e)
{
	return stream_each(app_stream, r, a.expect, first, p, e) ? e->code : spool_end(p->s, e);
}

static enum status
write_one(const struct pass *p, struct record *r, const struct adv_item *x, struct err *e)
{
	const char *adv = record_companion(r, a.field, "advantage"), *ret = record_companion(r, a.field, "return");
	const char *kl = record_companion(r, a.field, "kl");
	float *v = arena_array(record_arena(r), x->n, sizeof(*v));
	size_t i;

	if (!adv || !ret || !kl || !v)
		return err_nomem(e);
	memcpy(v, x->advantage, x->n * sizeof(*v));
	if (a.group != GROUP_NONE)
		for (i = 0; i < x->n; i++)
			v[i] = (float)group_advantage((enum group_kind)a.group, adv_groups_get(p->groups, x->prompt), x->total);
	else if (!a.no_whiten)
		whiten(&p->w, v, x->n);
	if (record_set_f32s(r, adv, v, x->n, e) || (x->ret && record_set_f32s(r, ret, x->ret, x->n, e)) ||
	    (x->kl && record_set_f32s(r, kl, x->kl, x->n, e)) || record_set_f64(r, "beta", a.shape.beta, e))
		return e->code;
	return output_record(r, e);
}

/* The records have been read: a number that is not finite is in the one of this id. */
static enum status
blame(struct record *r, struct err *e)
{
	struct err none = {0}, why = *e;
	const char *id;

	if (e->code != ST_NUMERIC || record_id(r, &id, NULL, &none))
		return e->code;
	return err_set(e, ST_NUMERIC, "record %.100s: %s", id, why.msg);
}

static enum status
write_all(struct pass *p, struct record *r, struct err *e)
{
	size_t i, n = spool_count(p->s);
	struct adv_item x;

	whiten_mean(&p->w);
	for (i = 0; i < n && a.group == GROUP_NONE; i++) {
		adv_get(p->s, i, &x);
		whiten_add_deviation(&p->w, x.advantage, x.n);
	}
	for (i = 0; i < n; i++) {
		adv_get(p->s, i, &x);
		if (record_parse(r, x.line, x.len, NULL, 0, e))
			return e->code;
		if (write_one(p, r, &x, e))
			return blame(r, e);
	}
	buf_clear(&p->line);
	if (!app->metrics || !p->m.n)
		return ST_OK;
	if (adv_metrics_print(&p->m, a.shape.beta, &p->line, e))
		return e->code;
	return metrics_line(p->line.p, p->line.n, e);
}

int
main(int argc, char *argv[])
{
	struct pass p = {0};
	struct err e = {0};
	struct record *r;

	app_parse(argc, argv, &prog);
	parse_range();
	if (ask_controller(&e) || record_new(&r, &e) || spool_new(&p.s, NULL, &e) ||
	    adv_groups_new(&p.groups, &e) || read_all(&p, r, &e) || write_all(&p, r, &e))
		die(&e);
	record_free(r);
	spool_free(p.s);
	adv_groups_free(p.groups);
	buf_free(&p.bytes);
	buf_free(&p.line);
	return app_close();
}
