/* fg-update: one pass of optimisation over records. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/app.h"
#include "common/training.h"
#include "run/critic.h"
#include "run/pass.h"
#include "run/rates.h"
#include "stage/learn.h"

static struct {
	const char *model, *out, *critic, *eval, *field, *worse, *better, *norm, *device;
	struct train_opt t;
	int objective, train_on, schedule;
	uint64_t expect, max_length, pack, pass;
	double critic_lr, rank_timeout, save_minutes, param[OBJECTIVE_COUNT][OBJECTIVE_PARAMS];
	bool fresh, no_critic;
} a = {
	.field = "response", .worse = "rejected", .better = "chosen", .critic_lr = -1, .rank_timeout = 600, .save_minutes = 5,
	.t = { .epochs = 1, .batch = 64, .shards = 1, .adam = ADAMW_DEFAULT, .clip = 1, .kl_horizon = 10000,
		.schedule = { .lr = 1e-5, .warmup = SCHEDULE_TENTH }, .objective = { .ppo = { .clip = 0.2, .value_clip = 0.2 }, .value_weight = 0.1 } }
};
#define O a.t.objective
static struct comm *comm;
static bool stopped;    /* by a signal */
static char *critic;

/* --objective and the options of objectives come from their descriptors */
static struct opt_word objectives[OBJECTIVE_COUNT + 1];

static const struct opt before[] = {
	OPT_HEADING("Input and output"),
	OPT_STR("model", "DIR", &a.model, "the model to start from", .key = 'm', .outside = true),
	OPT_STR("output", "DIR", &a.out, "the trained model; may be the same folder", .key = 'o', .outside = true),
	OPT_UINT("expect", "N", &a.expect, 1, 1e15, "refuse any other number of records", .outside = true),
	OPT_UINT("pass", "N", &a.pass, 1, 1e15, "the number of this pass in a loop: made once, however often it is typed"),
	OPT_FLAG("fresh", &a.fresh, "begin anew whatever the output folder holds", .outside = true),
	OPT_STR("field", "FIELD", &a.field, "the text that is learned from", .key = 'f', .kinds = "sft ppo"),
	OPT_STR("worse", "FIELD", &a.worse, "the less-preferred text", .key = 'a', .kinds = "reward dpo"),
	OPT_STR("better", "FIELD", &a.better, "the better one", .key = 'b', .kinds = "reward dpo"),
	OPT_UINT("max-length", "N", &a.max_length, 2, 1 << 26, "longest sequence (default: the model's positions)", .rare = true),

	OPT_HEADING("Steps"),
	OPT_UINT("epochs", "N", &a.t.epochs, 1, 1e9, "passes over the records", .by_kind = "ppo 2"),
	OPT_UINT("steps", "N", &a.t.steps, 1, 1e15, "optimizer steps in place of epochs"),
	OPT_UINT("batch", "N", &a.t.batch, 0, 1e9, "records a step; 0: all", .by_kind = "sft 16, reward 16, dpo 16"),
	OPT_UINT("minibatches", "N", &a.t.minibatches, 1, 1e9, "steps an epoch, in place of batch"),
	OPT_UINT("micro-batch", "N", &a.t.micro, 1, 1e9, "tokens that are computed together (default: 512 a thread, 1024 to 4096)", .outside = true),
	OPT_UINT("shards", "N", &a.t.shards, 1, 65536, "parts of a step's gradient, at least one for each rank of MPI", .outside = true),
	OPT_REAL("rank-timeout", "SECONDS", &a.rank_timeout, 0, 1e9, "how long a rank waits for the others; 0: for ever", .outside = true, .rare = true),
	OPT_FLAG("recompute", &a.t.recompute, "keep less memory and compute twice", .outside = true),
	OPT_DEVICE(&a.device),
	OPT_UINT("save-every", "N", &a.t.save_every, 1, 1e15, "steps between saves to resume from", .outside = true),
	OPT_REAL("save-minutes", "X", &a.save_minutes, 0, 1e6, "minutes between saves; 0: by steps alone", .outside = true),
	OPT_STR("eval", "FILE", &a.eval, "held-out records; the best model is kept", .outside = true, .kinds = "sft reward dpo"),
	OPT_UINT("eval-every", "N", &a.t.eval_every, 1, 1e15, "steps between evaluations (default: an epoch)", .kinds = "sft reward dpo"),

	OPT_HEADING("Optimizer"),
	OPT_REAL("lr", "X", &a.t.schedule.lr, 0, 1e3, "learning rate; of an adapter ten times the default",
	    .by_kind = "sft 2e-5, reward 1e-5, ppo 1e-6, dpo 1e-6"),
	OPT_REAL("critic-lr", "X", &a.critic_lr, 0, 1e3, "the critic's, or its head's (default: lr, else 1e-5)", .kinds = "ppo"),
	OPT_ENUM("schedule", &a.schedule, "learning-rate schedule",
	    OPT_WORDS({ "constant", SCHEDULE_CONSTANT }, { "linear", SCHEDULE_LINEAR }, { "cosine", SCHEDULE_COSINE }),
	    .by_kind = "sft linear, reward linear, dpo linear"),
	OPT_UINT("warmup", "N", &a.t.schedule.warmup, 0, 1e15, "linear warm-up steps (default: a tenth of all)"),
	OPT_REAL("lr-floor", "X", &a.t.schedule.floor, 0, 1, "its last value, as a part of lr", .rare = true),
	OPT_UINT("schedule-steps", "N", &a.t.schedule.total, 1, 1e15,
	    "its length over all passes (default: to the end of this one)", .rare = true),
	OPT_REAL("clip-norm", "X", &a.t.clip, 0, 1e9, "largest norm of the gradient; 0: any"),
	OPT_REAL("beta1", "X", &a.t.adam.beta1, 0, 0.999999, "AdamW's first decay rate", .rare = true),
	OPT_REAL("beta2", "X", &a.t.adam.beta2, 0, 0.999999, "AdamW's second decay rate", .rare = true),
	OPT_REAL("adam-eps", "X", &a.t.adam.eps, 0, 1, "AdamW's epsilon", .rare = true),
	OPT_FLAG("tf-eps", &a.t.adam.tf_eps, "epsilon as TensorFlow places it", .rare = true),
	OPT_REAL("weight-decay", "X", &a.t.adam.decay, 0, 1e3, "decoupled weight decay of matrices"),

	OPT_HEADING("Objective"),
	OPT_ENUM("train-on", &a.train_on, "response alone, or the prompt too",
	    OPT_WORDS({ "response", false }, { "prompt", true }), .kinds = "sft"),
	OPT_UINT("pack", "N", &a.pack, 2, 1 << 26, "documents end to end, cut every N tokens", .kinds = "sft"),
	OPT_STR("normalize", "FILE", &a.norm, "samples of the reference policy that set the scale", .outside = true,
	    .kinds = "reward"),
	OPT_ENUM("objective", &a.objective, "the loss", objectives, .kinds = "reward")
};
static const struct opt after[] = {
	OPT_STR("critic", "DIR", &a.critic, "the starting critic (default: critic in -m)", .outside = true, .kinds = "ppo"),
	OPT_REAL("value-weight", "X", &O.value_weight, 0, 1e9, "weight of the value loss, with a shared critic", .kinds = "ppo"),
	OPT_FLAG("no-critic", &a.no_critic, "advantages need none", .kinds = "ppo"),
	OPT_UINT("critic-warmup", "N", &a.t.critic_warmup, 0, 1e15, "first steps train the critic alone", .kinds = "ppo"),
	OPT_REAL("clip", "X", &O.ppo.clip, 0, 1, "range of the ratio", .kinds = "ppo"),
	OPT_REAL("clip-high", "X", &O.ppo.clip_high, 0, 1e9, "its upper half, if another; 0: no", .kinds = "ppo"),
	OPT_REAL("dual-clip", "X", &O.ppo.dual, 0, 1e9, "second clip, above 1; 0: none", .kinds = "ppo", .rare = true),
	OPT_REAL("value-clip", "X", &O.ppo.value_clip, 0, 1e9, "range of the value; 0: any", .kinds = "ppo"),
	OPT_REAL("entropy", "X", &O.entropy, 0, 1e3, "weight of the entropy", .kinds = "ppo"),
	OPT_REAL("target-kl", "X", &a.t.target_kl, 0, 1e9, "stop after a step beyond it; 0: never", .kinds = "ppo"),
	OPT_REAL("kl-target", "X", &a.t.kl_target, 0, 1e9, "the KL that the controller holds; 0: no controller",
	    .kinds = "ppo"),
	OPT_REAL("kl-horizon", "X", &a.t.kl_horizon, 1, 1e15, "responses until it has moved", .kinds = "ppo"),
	OPT_END
};

enum { SFT, REWARD, PPO, DPO };
static const struct opt_kind kinds[] = {
	{ "sft", SFT, "Supervised fine-tuning: the cross entropy of a text's tokens" },
	{ "reward", REWARD, "A reward model, token by token from labels, or a score of the whole text" },
	{ "ppo", PPO, "Proximal policy optimisation of a policy and its critic" },
	{ "dpo", DPO, "Direct preference optimisation of a policy" },
	{ .name = NULL }
};

/* The critic, and the rates that depend on what the folders hold. */
static enum status
find(struct err *e)
{
	e->code = ST_OK;
	if (app->kind->value == PPO && !a.no_critic && a.model && critic_find(&critic, &a.t.shared, a.critic, a.model, e))
		return e->code;
	a.t.critic = critic;
	return rates_find(&(struct rates){ &a.t.schedule.lr, app->kind->value == PPO ? &a.critic_lr : NULL,
		app_set(&a.t.schedule.lr), app_set(&a.critic_lr) }, a.model, critic, e);
}

static void
settle(void)
{
	struct err e = { 0 };

	if (app->kind && find(&e))
		die(&e);
}

enum { BEFORE = sizeof(before) / sizeof(*before), AFTER = sizeof(after) / sizeof(*after) };
static struct opt rows[BEFORE + OBJECTIVE_COUNT * OBJECTIVE_PARAMS + AFTER];
static const struct prog prog = {
	.name = "fg-update", .synopsis = "-m DIR -o DIR [file ...]",
	.about = "Train a model on records: one pass of optimisation",
	.rows = rows, .kinds = kinds, .settle = settle
};

static void
make_rows(void)
{
	a.objective = OBJECTIVE_token;
	memcpy(rows, before, sizeof(before));
	memcpy(rows + BEFORE + objective_rows(rows + BEFORE, a.param, objectives), after, sizeof(after));
}

static void
check_options(void)
{
	O.type = app->kind->value == REWARD ? objective_get((size_t)a.objective) : objective_find(app->kind->name, NULL);
	memcpy(O.param, a.param[objective_index(O.type)], sizeof(O.param));
	a.t.schedule.kind = (enum schedule_kind)a.schedule;
	if (app_given(&a.t.eval_every) && !a.eval)
		die_usage("--eval-every needs --eval");
	if (!a.model || !a.out || !*a.model || !*a.out)
		die_usage("-m and -o are needed");
	/* a recipe's, for other kinds */
	if (!O.type->sampled) {
		a.t.kl_target = a.t.target_kl = 0;
		a.t.critic_warmup = 0;
	}
	a.pack = app->kind->value == SFT ? a.pack : 0;
	if (a.critic && a.no_critic)
		die_usage("--critic and --no-critic exclude each other");
	if (O.ppo.dual > 0 && O.ppo.dual <= 1)
		die_usage("--dual-clip: expected a number above 1");
	a.t.seed = app->seed;
	a.t.save_seconds = 60 * a.save_minutes;
	a.t.model = a.model;
}

/* The name of the pass. */
static enum status
name_pass(const struct learn_set *s, char print[HASH_HEX], struct err *e)
{
	struct buf b = BUF_INIT;

	buf_addf(&b, "%s\nseed=%llu\n", app->kind->name, (unsigned long long)app->seed);
	opt_digest(&prog, &b);
	/* one is as if there were none: what was made before there were shards stays what it is */
	if (a.t.shards > 1)
		buf_addf(&b, "shards=%llu\n", (unsigned long long)a.t.shards);
	learn_digest(s, &b, print, e);
	buf_free(&b);
	return e->code;
}

static enum status
run(const struct learn_set *s, struct err *e)
{
	const struct train_hooks hooks = training_hooks();
	char print[HASH_HEX] = "";
	struct pass p = { .o = &a.t, .comm = comm, .out = a.out, .digest = print, .fresh = a.fresh, .loop = a.pass, .kind = app->kind->name, .data = s->train,
		.eval = s->eval, .h = comm->rank ? &train_no_hooks : &hooks, .stopped = &stopped };

	e->code = ST_OK;
	if ((!comm->rank && name_pass(s, print, e)) || tc_open_device(&p.tc, a.device, (unsigned)app->threads, e))
		return comm_agree(comm, e);
	if (!comm_agree(comm, e))
		pass_run(&p, e);
	app_close_device(p.tc);
	return e->code;
}

int
main(int argc, char *argv[])
{
	struct learn l;
	struct learn_set s = { 0 };
	struct err e = {0};
	uint64_t bos, eos;
	int code;

	make_rows();
	app_parse(argc, argv, &prog);
	check_options();
	comm = ranks_open(a.rank_timeout);
	if (comm->size > a.t.shards)
		err_set(&e, ST_USAGE, "%u ranks need --shards %u or more", comm->size, comm->size);
	else if (!find(&e) && O.type->sampled && !a.no_critic && !critic)
		err_set(&e, ST_USAGE, "no critic in %s: --critic names one, --no-critic trains none", a.model);
	if (comm_agree(comm, &e))
		ranks_die(&e);
	if (!comm->rank)
		note("learning rate %g%s", a.t.schedule.lr, app_set(&a.t.schedule.lr) ? "" : ", the default for such a model");
	l = (struct learn){ .type = O.type, .prompts = app->kind->value == SFT && a.train_on, .critic = critic,
		.kl = a.t.kl_target > 0, .field = a.field, .worse = a.worse, .better = a.better, .pack = a.pack };
	if (!comm->rank && !learn_open(&l, a.model, a.max_length, &e))
		learn_read(&l, app_stream, a.expect, O.type->sampled ? NULL : a.eval,
		    app->kind->value == REWARD ? a.norm : NULL, &s, &e);
	if (learn_share(&l, &s, comm, &e))
		ranks_die(&e);
	a.t.norm = s.norm;
	a.t.critic_lr = a.critic_lr;
	a.t.policy = l.policy[0] ? l.policy : NULL;
	if (run(&s, &e))
		ranks_die(&e);
	ids_twice(l.ids, &bos, &eos);
	warn_twice(bos, eos);
	learn_free(&l);
	learn_set_free(&s);
	free(critic);
	ranks_close();
	code = app_close();
	if (stopped && !code)
		app_end_by_signal();
	return code;
}
