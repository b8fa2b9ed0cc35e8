/* fg-update: one pass of optimisation over records. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/app.h"
#include "model/find.h"
#include "run/critic.h"
#include "run/train.h"
#include "stage/learn.h"

static struct {
	const char *model, *out, *critic, *eval, *field, *worse, *better, *norm;
	struct train_opt t;
	int objective, train_on, schedule;
	uint64_t expect, max_length, pack;
	double critic_lr;
	bool fresh, no_critic;
} a = {
	.field = "response", .worse = "rejected", .better = "chosen", .critic_lr = -1,
	.t = {
		.batch = 64, .micro = 4096, .adam = ADAMW_DEFAULT, .clip = 1, .kl_horizon = 10000,
		.schedule = { .lr = 1e-5 },
		.objective = {
			.reward = { .a = 1, .b = 0.3, .c = 1 }, .beta = 0.1,
			.ppo = { .clip = 0.2, .value_clip = 0.2 }, .value_weight = 0.1
		}
	}
};
#define O a.t.objective

static const struct opt rows[] = {
	{ OPT_STR, 'm', "model", "DIR", &a.model, 0, 0, "the model to start from", true },
	{ OPT_STR, 'o', "output", "DIR", &a.out, 0, 0, "the trained model; may be the same folder", true },
	{ OPT_UINT, 0, "expect", "N", &a.expect, 1, 1e15, "refuse any other number of records", true },
	{ OPT_FLAG, 0, "fresh", NULL, &a.fresh, 0, 0, "begin anew whatever the output folder holds", true },
	{ OPT_STR, 'f', "field", "FIELD", &a.field, 0, 0, "sft, ppo: the text that is learned from", false },
	{ OPT_STR, 'a', "worse", "FIELD", &a.worse, 0, 0, "reward, dpo: the less-preferred text", false },
	{ OPT_STR, 'b', "better", "FIELD", &a.better, 0, 0, "reward, dpo: the better one", false },
	{ OPT_UINT, 0, "max-length", "N", &a.max_length, 2, 1 << 26,
	    "longest sequence (default: the model's positions)", false },
	{ OPT_UINT, 0, "epochs", "N", &a.t.epochs, 1, 1e9, "passes over the records (default: 1, ppo 2)", false },
	{ OPT_UINT, 0, "steps", "N", &a.t.steps, 1, 1e15, "optimizer steps in place of epochs", false },
	{ OPT_UINT, 0, "batch", "N", &a.t.batch, 0, 1e9, "records a step; 0: all", false },
	{ OPT_UINT, 0, "minibatches", "N", &a.t.minibatches, 1, 1e9, "steps an epoch, in place of batch", false },
	{ OPT_UINT, 0, "micro-batch", "N", &a.t.micro, 1, 1e9, "tokens that are computed together", true },
	{ OPT_FLAG, 0, "recompute", NULL, &a.t.recompute, 0, 0, "keep less memory and compute twice", true },
	{ OPT_UINT, 0, "save-every", "N", &a.t.save_every, 1, 1e15, "steps between saves to resume from", true },
	{ OPT_STR, 0, "eval", "FILE", &a.eval, 0, 0, "held-out records; the best model is kept", true },
	{ OPT_UINT, 0, "eval-every", "N", &a.t.eval_every, 1, 1e15, "steps between evaluations (default: an epoch)", false },
	{ OPT_REAL, 0, "lr", "X", &a.t.schedule.lr, 0, 1e3, "learning rate", false },
	{ OPT_REAL, 0, "critic-lr", "X", &a.critic_lr, 0, 1e3,
	    "ppo: the critic's, or its head's (default: lr)", false },
	{ OPT_ENUM, 0, "schedule", "constant|linear|cosine", &a.schedule, 0, 0, "course of the rate", false },
	{ OPT_UINT, 0, "warmup", "N", &a.t.schedule.warmup, 0, 1e15, "steps of its linear rise", false },
	{ OPT_REAL, 0, "lr-floor", "X", &a.t.schedule.floor, 0, 1, "its last value, as a part of lr", false },
	{ OPT_UINT, 0, "schedule-steps", "N", &a.t.schedule.total, 1, 1e15,
	    "its length over all passes (default: to the end of this one)", false },
	{ OPT_REAL, 0, "clip-norm", "X", &a.t.clip, 0, 1e9, "largest norm of the gradient; 0: any", false },
	{ OPT_REAL, 0, "beta1", "X", &a.t.adam.beta1, 0, 0.999999, "AdamW's first decay rate", false },
	{ OPT_REAL, 0, "beta2", "X", &a.t.adam.beta2, 0, 0.999999, "AdamW's second decay rate", false },
	{ OPT_REAL, 0, "adam-eps", "X", &a.t.adam.eps, 0, 1, "AdamW's epsilon", false },
	{ OPT_FLAG, 0, "tf-eps", NULL, &a.t.adam.tf_eps, 0, 0, "epsilon as TensorFlow places it", false },
	{ OPT_REAL, 0, "weight-decay", "X", &a.t.adam.decay, 0, 1e3, "decoupled weight decay of matrices", false },
	{ OPT_ENUM, 0, "train-on", "response|prompt", &a.train_on, 0, 0,
	    "sft: response alone, or the prompt too", false },
	{ OPT_UINT, 0, "pack", "N", &a.pack, 2, 1 << 26, "sft: documents end to end, cut every N tokens", false },
	{ OPT_ENUM, 0, "objective", "token|token-soft|token-mean|sequence", &a.objective, 0, 0,
	    "reward: the loss", false },
	{ OPT_REAL, 0, "label-weight", "X", &O.reward.a, 0, 1e9, "token: weight of the edited tokens", false },
	{ OPT_REAL, 0, "rest-weight", "X", &O.reward.b, 0, 1e9, "token: weight of the kept tokens", false },
	{ OPT_REAL, 0, "pair-weight", "X", &O.reward.c, 0, 1e9, "token: weight of the pair", false },
	{ OPT_REAL, 0, "margin", "X", &O.reward.margin, -1e9, 1e9,
	    "sequence: margin, where the record has none", false },
	{ OPT_STR, 0, "normalize", "FILE", &a.norm, 0, 0,
	    "reward: samples of the reference policy that set the scale", true },
	{ OPT_REAL, 0, "beta", "X", &O.beta, 0, 1e9, "dpo: strength of the reference", false },
	{ OPT_REAL, 0, "smoothing", "X", &O.smoothing, 0, 0.5, "dpo: part of labels taken as wrong", false },
	{ OPT_STR, 0, "critic", "DIR", &a.critic, 0, 0, "ppo: the starting critic (default: critic in -m)", true },
	{ OPT_REAL, 0, "value-weight", "X", &O.value_weight, 0, 1e9,
	    "ppo: weight of the value loss, with a shared critic", false },
	{ OPT_FLAG, 0, "no-critic", NULL, &a.no_critic, 0, 0, "ppo: advantages need none", false },
	{ OPT_UINT, 0, "critic-warmup", "N", &a.t.critic_warmup, 0, 1e15, "ppo: first steps train the critic alone", false },
	{ OPT_REAL, 0, "clip", "X", &O.ppo.clip, 0, 1, "ppo: range of the ratio", false },
	{ OPT_REAL, 0, "clip-high", "X", &O.ppo.clip_high, 0, 1e9, "ppo: its upper half, if another; 0: no", false },
	{ OPT_REAL, 0, "dual-clip", "X", &O.ppo.dual, 0, 1e9, "ppo: second clip, above 1; 0: none", false },
	{ OPT_REAL, 0, "value-clip", "X", &O.ppo.value_clip, 0, 1e9, "ppo: range of the value; 0: any", false },
	{ OPT_REAL, 0, "entropy", "X", &O.entropy, 0, 1e3, "ppo: weight of the entropy", false },
	{ OPT_REAL, 0, "target-kl", "X", &a.t.target_kl, 0, 1e9, "ppo: stop behind a step beyond it; 0: never", false },
	{ OPT_REAL, 0, "kl-target", "X", &a.t.kl_target, 0, 1e9,
	    "ppo: the KL that the controller holds; 0: no controller", false },
	{ OPT_REAL, 0, "kl-horizon", "X", &a.t.kl_horizon, 1, 1e15, "ppo: responses until it has moved", false },
	{ .type = OPT_END }
};

static const struct prog prog = {
	"fg-update", "sft|reward|ppo|dpo -m DIR -o DIR [file ...]",
	"Train a model on records: one pass of optimisation", rows
};

/* What is of one kind of training and said on the command line to another. */
static void
check_kind(const char *word)
{
	static const struct { const void *to; const char *kinds; } only[] = {
		{ &a.field, "sft ppo" }, { &a.worse, "reward dpo" }, { &a.better, "reward dpo" }, { &a.train_on, "sft" },
		{ &a.pack, "sft" }, { &a.objective, "reward" }, { &O.reward.a, "reward" }, { &O.reward.b, "reward" },
		{ &O.reward.c, "reward" }, { &O.reward.margin, "reward" }, { &a.norm, "reward" }, { &O.beta, "dpo" },
		{ &O.smoothing, "dpo" }, { &a.eval, "sft reward dpo" }, { &a.t.eval_every, "sft reward dpo" },
		{ &a.critic, "ppo" }, { &a.critic_lr, "ppo" }, { &O.value_weight, "ppo" }, { &a.no_critic, "ppo" },
		{ &a.t.critic_warmup, "ppo" }, { &O.ppo.clip, "ppo" }, { &O.ppo.clip_high, "ppo" }, { &O.ppo.dual, "ppo" },
		{ &O.ppo.value_clip, "ppo" }, { &O.entropy, "ppo" }, { &a.t.target_kl, "ppo" }, { &a.t.kl_target, "ppo" },
		{ &a.t.kl_horizon, "ppo" }
	};

	for (size_t i = 0; i < sizeof(only) / sizeof(*only); i++)
		if (opt_given(only[i].to) && !strstr(only[i].kinds, word))
			die_usage("--%s is of %s, not of %s", opt_given(only[i].to), only[i].kinds, word);
	if (opt_given(&a.t.eval_every) && !a.eval)
		die_usage("--eval-every needs --eval");
}

static void
check_options(const char *word)
{
	static const char *const kind[] = { "sft", "reward", "dpo", "ppo" };
	static const enum schedule_kind schedule[] = { SCHEDULE_CONSTANT, SCHEDULE_LINEAR, SCHEDULE_COSINE };
	int k = 0;

	while (k < 4 && (!word || strcmp(word, kind[k])))
		k++;
	if (k == 4)
		die_usage("the first operand is sft, reward, ppo or dpo");
	check_kind(word);
	O.kind = (enum objective_kind)k;
	O.reward.objective = (enum reward_objective)a.objective;
	a.t.schedule.kind = schedule[a.schedule];
	a.t.critic_lr = a.critic_lr >= 0 ? a.critic_lr : a.t.schedule.lr;
	if (!a.t.epochs)
		a.t.epochs = O.kind == OBJ_PPO ? 2 : 1;
	if (!a.model || !a.out || !*a.model || !*a.out)
		die_usage("-m and -o are needed");
	/* a recipe's, for other kinds */
	if (O.kind != OBJ_PPO) {
		a.t.kl_target = a.t.target_kl = 0;
		a.t.critic_warmup = 0;
	}
	a.pack = O.kind == OBJ_SFT ? a.pack : 0;
	if (a.critic && a.no_critic)
		die_usage("--critic and --no-critic exclude each other");
	if (O.ppo.dual > 0 && O.ppo.dual <= 1)
		die_usage("--dual-clip: expected a number above 1");
	a.t.seed = app->seed;
	a.t.model = a.model;
}

/* The critic: given, or the one inside the model. */
static enum status
find_critic(char **inside, struct err *e)
{
	*inside = NULL;
	if (O.kind != OBJ_PPO)
		return ST_OK;
	if (!a.no_critic && !a.critic && critic_inside(inside, a.model, e))
		return e->code;
	a.t.critic = a.critic ? a.critic : *inside;
	if (!a.no_critic && !a.t.critic)
		return err_set(e, ST_USAGE, "no critic in %s: --critic names one, --no-critic trains none", a.model);
	return a.t.critic ? critic_shared(&a.t.shared, a.t.critic, a.model, e) : ST_OK;
}

/* What the pass is: its options and everything that it reads. */
static enum status
digest(const char *word, struct spool *const *s, size_t n, char out[HASH_HEX], struct err *e)
{
	struct buf b = BUF_INIT;
	char hex[HASH_HEX];
	size_t i;

	buf_addf(&b, "%s\nseed=%llu\n", word, (unsigned long long)app->seed);
	opt_digest(&prog, &b);
	for (i = 0; i < n; i++)
		buf_addf(&b, "%s\n", s[i] ? hash_hex(spool_digest(s[i]), hex) : "-");
	if (!buf_ok(&b))
		return err_nomem(e);
	hash_hex(hash128(b.p, b.n), out);
	buf_free(&b);
	return ST_OK;
}

static enum status
on_step(void *ctx, const struct train_line *l, struct err *e)
{
	struct buf b = BUF_INIT;
	char what[40];
	enum status st;

	(void)ctx;
	snprintf(what, sizeof(what), "loss %.4f,", l->o.loss);
	progress(what, "steps", l->done, l->total);
	if (!app->metrics)
		return ST_OK;
	if (!(st = train_print(&O, l, &b, e)))
		st = metrics_line(b.p, b.n, e);
	buf_free(&b);
	return st;
}

static uint64_t
on_metrics(void *ctx)
{
	(void)ctx;
	return metrics_size();
}

static enum status
on_cut(void *ctx, uint64_t n, struct err *e)
{
	(void)ctx;
	return metrics_cut(n, e);
}

static void
on_say(void *ctx, const char *text)
{
	(void)ctx;
	note("%s", text);
}

static enum status
run(const char *word, struct spool *const *s, struct err *e)
{
	const struct train_hooks hooks = { NULL, on_step, on_metrics, on_cut, on_say };
	struct train_state st;
	enum ckpt_plan plan;
	char print[HASH_HEX];
	struct ckpt *c;
	struct tc *tc;

	if (digest(word, s, 3, print, e) || tc_open_device(&tc, NULL, (unsigned)app->threads, e))
		return e->code;
	if (!ckpt_open(&c, a.out, e)) {
		/* the same folder? once OUT is mended */
		if (!ckpt_decide(c, print, model_same(a.model, a.out), a.fresh, &plan, &st, e)) {
			if (plan == CKPT_RESUME && !app->quiet)
				warn("going on behind step %llu", (unsigned long long)st.done);
			train_run(&a.t, tc, c, plan, &st, s[0], s[1], &hooks, e);
			if (!e->code && plan == CKPT_DONE && !app->quiet)
				warn("%s has been made by this very run: nothing to do", a.out);
		}
		ckpt_close(c);
	}
	tc_close(tc);
	return e->code;
}

int
main(int argc, char *argv[])
{
	struct learn l = { .ids = NULL };
	struct spool *s[3];     /* records, held-out records, reference samples */
	struct err e = {0};
	uint64_t bos, eos;
	const char *word;
	char *inside;

	app_parse(argc, argv, &prog);
	check_options(word = app_word());
	if (find_critic(&inside, &e))
		die(&e);
	l.kind = O.kind;
	l.labels = O.kind == OBJ_REWARD && a.objective <= REWARD_TOKEN_SOFT;
	l.prompts = a.train_on;
	l.critic = a.t.critic;
	l.kl = a.t.kl_target > 0;
	l.field = a.field;
	l.worse = a.worse;
	l.better = a.better;
	l.pack = a.pack;
	if (ids_open(&l.ids, a.model, a.max_length, 1, &e))
		die(&e);
	if (!a.max_length && a.pack > ids_config(l.ids)->max_pos)
		die_usage("--pack %ju: %s has %zu positions", (uintmax_t)a.pack, a.model, ids_config(l.ids)->max_pos);
	if (spool_new(&s[0], NULL, &e) || learn_input(&l, app_stream, a.expect, s[0], &e) ||
	    learn_beside(&l, app_stream, O.kind == OBJ_PPO ? NULL : a.eval, false, &s[1], &e) ||
	    learn_beside(&l, app_stream, O.kind == OBJ_REWARD ? a.norm : NULL, true, &s[2], &e))
		die(&e);
	a.t.norm = s[2];
	a.t.policy = l.policy[0] ? l.policy : NULL;
	if (run(word, s, &e))
		die(&e);
	ids_twice(l.ids, &bos, &eos);
	warn_twice(bos, eos);
	learn_free(&l);
	for (int i = 0; i < 3; i++)
		spool_free(s[i]);
	free(inside);
	return app_close();
}
