/* The losses of lib/rl, their gradients, and steps of AdamW against PyTorch
 * (tests/ref/train_vectors.py). */
#include "vectors.h"

#include "optim/schedule.h"
#include "rl/loss_cost.h"
#include "rl/loss_dpo.h"
#include "rl/loss_ppo.h"
#include "rl/loss_reward.h"
#include "rl/loss_sft.h"
#include "run/net.h"

#define DIR "tests/ref/folders/"

enum { MAX = 64, STEPS = 20, SEQS = 2, LEN = 12, VOCAB = 21 };

static void
must(enum status st, const struct err *e)
{
	if (st)
		fail_msg("%s", e->msg);
}

/* The inputs of all losses; pair k's sides are at[2k] and at[2k + 1]. */
static struct st_file *file;
static size_t at[MAX], len[MAX], pairs, total;

static void
setup(void)
{
	struct err e = {0};
	size_t n;
	float *p;

	must(st_open(&file, DIR "losses.safetensors", &e), &e);
	p = vec(file, "pairs", &n);
	pairs = n / 2;
	for (size_t i = total = 0; i < n; i++) {
		at[i] = total;
		len[i] = (size_t)p[i];
		total += len[i];
	}
	assert_true(total <= MAX);
	free(p);
}

static void
compare(const char *name, double loss, const float *g)
{
	char key[64];
	float *want;

	snprintf(key, sizeof(key), "loss.%s", name);
	want = vec(file, key, NULL);
	vec_near(key, 0, loss, (double)*want, 1e-3, 1e-5);
	free(want);
	snprintf(key, sizeof(key), "grad.%s", name);
	want = vec(file, key, NULL);
	for (size_t i = 0; i < total; i++)
		vec_near(key, i, (double)g[i], (double)want[i], 1e-4, 1e-5);
	free(want);
}

static void
test_reward(void **state)
{
	static const char *const names[] = { "token", "token-soft", "token-mean", "sequence" };
	float *z, *label, g[MAX];

	(void)state;
	setup();
	z = vec(file, "z", NULL);
	label = vec(file, "label", NULL);
	for (int k = 0; k < 4; k++) {
		const struct reward_weights o = { 1, 0.3, 0.7 };
		struct reward_count c = {0};
		struct logit_side s[MAX];
		double loss = 0;

		for (size_t i = 0; i < 2 * pairs; i++)
			s[i] = (struct logit_side){ z + at[i], label + at[i], g + at[i], len[i] };
		for (size_t i = 0; i < pairs; i++)
			reward_count_pair(&c, &s[2 * i], &s[2 * i + 1]);
		for (size_t i = 0; i < pairs; i++)
			loss += k == 0 ? reward_token_loss(&o, &c, &s[2 * i], &s[2 * i + 1]) :
			    k == 1 ? reward_soft_loss((double)pairs, &s[2 * i], &s[2 * i + 1]) :
			    k == 2 ? reward_mean_loss((double)pairs, &s[2 * i], &s[2 * i + 1]) :
			    reward_sequence_loss(0.25, (double)pairs, &s[2 * i], &s[2 * i + 1]);
		compare(names[k], loss, g);
	}
	free(label);
	label = vec(file, "cost", NULL);
	compare("cost", cost_loss((double)total, z, label, total, g), g);
	free(z);
	free(label);
	st_close(file);
}

static void
test_policy(void **state)
{
	static const struct { const char *name; struct ppo_loss o; } ppo[] = {
		{ "ppo", { 0.2, 0, 0, 0 } }, { "ppo-high", { 0.2, 0.3, 0, 0 } }, { "ppo-dual", { 0.2, 0, 1.5, 0 } }
	};
	struct ppo_stats stats = PPO_STATS_INIT;
	float *lp, *old, *adv, g[MAX];

	(void)state;
	setup();
	lp = vec(file, "lp", NULL);
	old = vec(file, "old", NULL);
	adv = vec(file, "adv", NULL);
	compare("sft", sft_loss((double)total, lp, total, g), g);
	for (size_t i = 0; i < 3; i++)
		compare(ppo[i].name, ppo_policy_loss(&ppo[i].o, (double)total, lp, old, adv, total, g, &stats), g);
	/* some ratios were clipped, and not all */
	assert_true(stats.clipped > 0 && stats.clipped < (double)stats.n);
	for (int k = 0; k < 2; k++) {
		double loss = 0;

		for (size_t i = 0; i < pairs; i++) {
			struct dpo_side s[2];

			for (size_t j = 0; j < 2; j++) {
				size_t a = at[2 * i + j];

				s[j] = (struct dpo_side){ lp + a, old + a, g + a, len[2 * i + j] };
			}
			loss += dpo_pair_loss(0.5, k ? 0.1 : 0, (double)pairs, &s[0], &s[1]).loss;
		}
		compare(k ? "dpo-smooth" : "dpo", loss, g);
	}
	free(lp);
	free(old);
	free(adv);
	st_close(file);
}

static void
test_value(void **state)
{
	const struct ppo_loss plain = { .value_clip = 0 }, clip = { .value_clip = 0.2 };
	struct ppo_stats stats = PPO_STATS_INIT;
	float *v, *old, *ret, g[MAX];

	(void)state;
	setup();
	v = vec(file, "v", NULL);
	old = vec(file, "vold", NULL);
	ret = vec(file, "ret", NULL);
	compare("value", ppo_value_loss(&plain, (double)total, v, NULL, ret, total, g, &stats), g);
	compare("value-clip", ppo_value_loss(&clip, (double)total, v, old, ret, total, g, &stats), g);
	assert_true(stats.value_clipped > 0);
	free(v);
	free(old);
	free(ret);
	st_close(file);
}

/* Two sequences, predicted from their second tokens on. */
static double
learn(struct net *n, uint64_t step)
{
	int32_t id[SEQS * LEN], target[SEQS * LEN];
	size_t off[SEQS + 1] = { 0, LEN, 2 * LEN }, row[SEQS * LEN], k = 0;
	struct batch b = { .ntok = SEQS * LEN, .nseq = SEQS, .id = id, .off = off };
	float lp[SEQS * LEN], g[SEQS * LEN], *dh = calloc(SEQS * LEN * model_config(n->m)->dim, sizeof(*dh));
	const float *hidden;
	struct err e = {0};
	double loss;

	assert_non_null(dh);
	for (size_t s = 0; s < SEQS; s++)
		for (size_t i = 0; i < LEN; i++) {
			id[s * LEN + i] = (int32_t)((i * i * 7 + 3 * i + 11 * s + 5 * step) % VOCAB);
			if (i) {
				row[k] = s * LEN + i - 1;
				target[k++] = id[s * LEN + i];
			}
		}
	must(model_grad_begin(n->m, &e), &e);
	must(model_forward(n->m, &b, NULL, n->acts, &hidden, &e), &e);
	must(model_logprob(n->m, hidden, row, target, NULL, k, lp, NULL, &e), &e);
	loss = sft_loss((double)k, lp, k, g);
	must(model_logprob_bwd(n->m, hidden, row, target, NULL, k, g, NULL, dh, n->grad, &e), &e);
	must(model_backward(n->m, &b, n->acts, dh, n->grad, &e), &e);
	model_grad_end(n->m, n->grad);
	free(dh);
	return loss;
}

static void
check_weights(const struct net *n, const struct st_file *f)
{
	size_t size, np, some;
	float *want = vec(f, "weight", &size);
	const struct param *p = model_params(n->m, &np);
	const float *w = model_master(n->m);
	char *name;

	some = size / np;
	assert_int_equal(some * np, size);
	for (size_t k = 0; (name = vec_line(st_meta(f, "names"), k)); k++) {
		size_t i = 0, step;

		while (i < np && strcmp(p[i].name, name))
			i++;
		if (i == np)
			fail_msg("no parameter %s", name);
		size = p[i].rows * p[i].cols;
		step = (size + some - 1) / some;
		for (size_t j = 0; j * step < size; j++)
			vec_near(name, j * step, (double)w[p[i].at + j * step], (double)want[k * some + j], 0.1, 1e-3);
		free(name);
	}
	free(want);
}

static void
test_steps(void **state)
{
	static const struct adamw adam = { .beta1 = 0.9, .beta2 = 0.95, .eps = 1e-8, .decay = 0.1 };
	static const struct schedule sched = { SCHEDULE_COSINE, 1e-2, 0.1, 4, STEPS };
	struct net_update u = { .adam = &adam, .clip = 0.5 };
	char dir[64], path[96];
	struct st_file *f;
	struct comm *comm;
	struct net n;
	struct tc *tc;
	struct err e = {0};
	float *loss, *norm;

	snprintf(dir, sizeof(dir), DIR "%s", (const char *)*state);
	snprintf(path, sizeof(path), "%s/steps.safetensors", dir);
	must(st_open(&f, path, &e), &e);
	must(tc_open(&tc, 2, &e), &e);
	must(comm_alone(&comm, &e), &e);
	must(net_open(&n, tc, comm, dir, false, &e), &e);
	loss = vec(f, "loss", NULL);
	norm = vec(f, "norm", NULL);
	for (uint64_t step = 0; step < STEPS; step++) {
		double l = learn(&n, step);

		vec_near("loss", step, l, (double)loss[step], 0, 1e-4);
		u.lr = schedule_lr(&sched, step);
		must(net_update(&n, &u, &e), &e);
		vec_near("norm", step, u.norm, (double)norm[step], 0, 1e-3);
	}
	check_weights(&n, f);
	free(loss);
	free(norm);
	net_close(&n);
	comm_close(comm);
	tc_close(tc);
	st_close(f);
}

int
main(void)
{
	static char names[][16] = { "llama", "llama-tied", "lora" };
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reward), cmocka_unit_test(test_policy), cmocka_unit_test(test_value),
		{ "AdamW: llama", test_steps, NULL, NULL, names[0] },
		{ "AdamW: llama, tied", test_steps, NULL, NULL, names[1] },
		{ "AdamW: LoRA", test_steps, NULL, NULL, names[2] }
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("losses and steps of PyTorch", tests, NULL, NULL);
}
