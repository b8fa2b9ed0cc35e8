/* fg-advantage: shaped rewards, advantages and returns of sampled responses. */
#include <stdlib.h>
#include <string.h>

#include "common/app.h"
#include "model/find.h"
#include "run/state.h"
#include "stage/advantage.h"

static struct {
	const char *field, *controller, *range;
	struct shape shape;
	double gamma, lambda, reference, factor;
	int estimator, group;
	bool no_whiten;
	uint64_t expect;
} a = {
	.field = "response", .range = "-1:0", .gamma = 1, .lambda = 0.95, .factor = 2,
	.shape = { .token_weight = 1, .beta = 0.05 }
};

static const struct opt rows[] = {
	OPT_STR("field", "FIELD", &a.field, "the sampled text", .key = 'f'),
	OPT_REAL("token-weight", "W", &a.shape.token_weight, -1e9, 1e9, "weight of the token rewards"),
	OPT_STR("token-range", "LO:HI", &a.range, "what token rewards are clamped to"),
	OPT_FLAG("scale-length", &a.shape.scale_length, "divide token rewards by the response's tokens"),
	OPT_FLAG("center", &a.shape.center, "take their mean over the response off"),
	OPT_REAL("sequence-weight", "W", &a.shape.sequence_weight, -1e9, 1e9, "weight of the score"),
	OPT_REAL("missing-eos", "P", &a.shape.missing_eos, 0, 1e9, "penalty of a response cut off"),
	OPT_REAL("kl", "BETA", &a.shape.beta, 0, 1e9, "weight of the KL penalty"),
	OPT_STR("controller", "DIR", &a.controller, "take beta from the state of this policy, where it has one",
	    .outside = true),
	OPT_ENUM("kl-estimator", &a.estimator, "estimator of the KL",
	    OPT_WORDS({ "k1", KL_K1 }, { "k2", KL_K2 }, { "k3", KL_K3 }, { "full", KL_FULL })),
	OPT_REAL("gamma", "G", &a.gamma, 0, 1, "discount"),
	OPT_REAL("lambda", "L", &a.lambda, 0, 1, "decay of generalised advantage estimation"),
	OPT_ENUM("group", &a.group, "compare with the other samples of the prompt, without values",
	    OPT_WORDS({ "none", GROUP_NONE }, { "grpo", GROUP_GRPO }, { "rloo", GROUP_RLOO })),
	OPT_FLAG("no-whiten", &a.no_whiten, "leave advantages as they are"),
	OPT_REAL("reference-length", "N", &a.reference, 1, 1e9,
	    "mean tokens of the reference's responses (default: of reference_ids)"),
	OPT_REAL("length-factor", "X", &a.factor, 1, 1e9, "warn when responses are as many times longer or shorter"),
	OPT_UINT("expect", "N", &a.expect, 1, 1e15, "refuse any other number of records", .outside = true),
	OPT_END
};

static const struct prog prog = {
	.name = "fg-advantage", .synopsis = "[file ...]",
	.about = "Turn rewards into advantages and returns, over the whole input",
	.rows = rows
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
put_metrics(const struct advantage *x, struct err *e)
{
	struct buf b = BUF_INIT;

	e->code = ST_OK;
	if (app->metrics && !advantage_metrics(x, &b, e) && b.n)
		metrics_line(b.p, b.n, e);
	buf_free(&b);
	return e->code;
}

/* A policy that learns to stop early, or never to stop. */
static void
check_length(const struct advantage *x)
{
	double mean, ratio;
	bool far;

	ratio = advantage_length(x, &mean, &far);
	if (far && !app->quiet)
		warn("the responses have %.4g tokens, %.3g times the reference's (--length-factor %.4g)", mean, ratio,
		    a.factor);
}

int
main(int argc, char *argv[])
{
	struct advantage_opt o;
	struct advantage *x;
	struct err e = {0};
	uint64_t alone;

	app_parse(argc, argv, &prog);
	parse_range();
	if (ask_controller(&e))
		die(&e);
	o = (struct advantage_opt){ .field = a.field, .shape = a.shape, .gamma = a.gamma, .lambda = a.lambda,
		.estimator = (enum kl_kind)a.estimator, .group = (enum group_kind)a.group, .whiten = !a.no_whiten,
		.reference_length = a.reference, .length_factor = a.factor };
	if (advantage_new(&x, &o, &e) || advantage_read(x, app_stream, a.expect, &e) ||
	    advantage_write(x, app_stream, &e) || put_metrics(x, &e))
		die(&e);
	if ((alone = advantage_alone(x)) && !app->quiet)
		warn("%ju response%s alone in the group of %s prompt, and so without an advantage", (uintmax_t)alone,
		    alone == 1 ? " is" : "s are", alone == 1 ? "its" : "their");
	check_length(x);
	advantage_free(x);
	return app_close();
}
