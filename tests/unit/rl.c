/* Advantages, KL and the PPO loss against formulas written down a second time in double,
 * on random ragged batches; and the known faults, each shown to differ. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/rng.h"
#include "rl/gae.h"
#include "rl/kl.h"
#include "rl/loss_cost.h"
#include "rl/loss_dpo.h"
#include "rl/loss_ppo.h"
#include "rl/loss_reward.h"
#include "rl/loss_sft.h"
#include "rl/shape.h"

enum { MAX = 40 };

static struct rng_key key = { .seed = 5 };
static uint64_t drawn;

static double
normal(void)
{
	return rng_normal(&key, drawn++, 0);
}

static size_t
length(void)
{
	return 1 + (size_t)(rng_unit(&key, drawn++, 1) * (MAX - 1));
}

static void
near(double got, double want)
{
	if (fabs(got - want) > 1e-5 * (1 + fabs(want)))
		fail_msg("%.9g, not %.9g", got, want);
}

/* A_t by its definition: the sum of (gamma lambda)^k delta_{t+k}. */
static double
advantage_at(const double *r, const float *v, size_t n, size_t t, double gamma, double lambda)
{
	double a = 0, w = 1;

	for (size_t k = t; k < n; k++) {
		a += w * (r[k] + gamma * (k + 1 < n ? (double)v[k + 1] : 0) - (double)v[k]);
		w *= gamma * lambda;
	}
	return a;
}

static void
test_gae(void **state)
{
	double r[MAX], gamma, lambda, sum;
	float v[MAX], a[MAX], ret[MAX];

	(void)state;
	printf("# seed %d\n", (int)key.seed);
	for (int i = 0; i < 300; i++) {
		size_t n = length(), t;

		gamma = i % 3 ? 1 : 0.9;
		lambda = i % 4 == 0 ? 0 : i % 4 == 1 ? 1 : 0.95;
		for (t = 0; t < n; t++) {
			r[t] = normal();
			v[t] = (float)normal();
		}
		gae(gamma, lambda, r, v, n, a, ret);
		for (t = 0; t < n; t++) {
			near((double)a[t], advantage_at(r, v, n, t, gamma, lambda));
			near((double)ret[t], (double)a[t] + (double)v[t]);
		}
		/* lambda 1: what is to come, less the value */
		if (lambda == 1 && gamma == 1) {
			for (sum = 0, t = n; t-- > 0;) {
				sum += r[t];
				near((double)ret[t], sum);
			}
		}
	}
}

static void
test_whiten(void **state)
{
	float x[3][MAX], y[MAX];
	size_t n[3], i, k, all = 0;
	double mean = 0, var = 0, biased;
	struct whiten w = {0};

	(void)state;
	for (i = 0; i < 3; i++) {
		n[i] = length();
		for (k = 0; k < n[i]; k++) {
			x[i][k] = (float)(normal() * 3 + 1);
			mean += (double)x[i][k];
		}
		all += n[i];
		whiten_add(&w, x[i], n[i]);
	}
	mean /= (double)all;
	whiten_mean(&w);
	for (i = 0; i < 3; i++) {
		for (k = 0; k < n[i]; k++)
			var += ((double)x[i][k] - mean) * ((double)x[i][k] - mean);
		whiten_add_deviation(&w, x[i], n[i]);
	}
	biased = var / (double)all;
	var /= (double)(all - 1);
	memcpy(y, x[1], sizeof(y));
	whiten(&w, y, n[1]);
	for (k = 0; k < n[1]; k++) {
		near((double)y[k], ((double)x[1][k] - mean) / sqrt(var + 1e-8));
		/* pitfall 3: other divisors show */
		assert_true(fabs((double)y[k] - ((double)x[1][k] - mean) / sqrt(biased + 1e-8)) > 1e-9 || y[k] == 0);
		assert_true(fabs((double)y[k] - ((double)x[1][k] - mean) / sqrt(sqrt(var))) > 1e-6 || y[k] == 0);
	}
}

static void
test_kl(void **state)
{
	float p[MAX], q[MAX], kl[MAX];

	(void)state;
	for (size_t i = 0; i < MAX; i++) {
		p[i] = (float)-fabs(normal());
		q[i] = (float)-fabs(normal());
	}
	for (int k = 0; k < 3; k++) {
		kl_tokens((enum kl_kind)k, kl, p, q, MAX);
		for (size_t i = 0; i < MAX; i++) {
			double d = (double)p[i] - (double)q[i];

			near((double)kl[i], k == 0 ? d : k == 1 ? d * d / 2 : exp(-d) - 1 + d);
			assert_true(k == 0 || kl[i] >= 0);
		}
	}
	near(kl_control(0.1, 12, 6, 1000, 50), 0.1 * (1 + 0.2 * 0.05));
	near(kl_control(0.1, 5.4, 6, 1000, 50), 0.1 * (1 - 0.1 * 0.05));
}

static void
test_shape(void **state)
{
	const float r[] = { 0.5f, -0.25f, -2, 0.25f }, kl[] = { 0.1f, 0, 0.2f, 0.3f };
	struct shape o = { .token_weight = 2, .low = -1, .high = 0, .sequence_weight = 3, .beta = 0.5, .missing_eos = 4 };
	double x[4];

	(void)state;
	shape_rewards(&o, x, r, 0.5, kl, 4, false);
	near(x[0], -0.05);
	near(x[1], -0.5);
	near(x[2], -2 - 0.1);
	near(x[3], 1.5 - 0.15);         /* pitfall 5: the score is added at the last token */
	shape_rewards(&o, x, r, 0.5, kl, 4, true);
	near(x[3], 1.5 - 0.15 - 4);
	o.center = true;
	o.sequence_weight = o.beta = 0;
	shape_rewards(&o, x, r, 0, NULL, 4, false);
	near(x[0] + x[1] + x[2] + x[3], 0);
	o.center = false;
	o.scale_length = true;
	shape_rewards(&o, x, r, 0, NULL, 4, false);
	near(x[1], -0.125);
}

static void
test_group(void **state)
{
	const double total[] = { 1, 2, 6 };
	struct group g = { 3, 9, 41 };

	(void)state;
	near(group_advantage(GROUP_RLOO, &g, total[2]), 6 - 1.5);
	near(group_advantage(GROUP_GRPO, &g, total[0]), (1 - 3) / (sqrt(7) + 1e-4));
	g.n = 1;
	near(group_advantage(GROUP_GRPO, &g, 9), 0);
}

/* The clipped loss again; eps 0.2, dual clip 3. */
static double
policy_loss(double lp, double old, double a)
{
	double d = lp - old, r, l, m;

	d = d > 20 ? 20 : d < -20 ? -20 : d;
	r = exp(d);
	l = -a * r;
	m = -a * (r < 0.8 ? 0.8 : r > 1.2 ? 1.2 : r);
	l = l > m ? l : m;
	return a < 0 && l > -3 * a ? -3 * a : l;
}

static void
test_ppo(void **state)
{
	struct ppo_loss o = { .clip = 0.2, .dual = 3, .value_clip = 0.2 };
	struct ppo_stats s = PPO_STATS_INIT;
	float lp[MAX], old[MAX], a[MAX], g[MAX], v[MAX], ret[MAX];
	double want = 0, eps = 1e-3;

	(void)state;
	for (size_t i = 0; i < MAX; i++) {
		old[i] = (float)-fabs(normal());
		lp[i] = old[i] + (float)(0.5 * normal());
		a[i] = (float)normal();
		want += policy_loss((double)lp[i], (double)old[i], (double)a[i]) / 100;
	}
	near(ppo_policy_loss(&o, 100, lp, old, a, MAX, g, &s), want);
	for (size_t i = 0; i < MAX; i++) {
		float up = lp[i] + (float)eps, down = lp[i] - (float)eps;
		double d = (policy_loss((double)up, (double)old[i], (double)a[i]) -
		    policy_loss((double)down, (double)old[i], (double)a[i])) / ((double)up - (double)down) / 100;
		double r = exp((double)lp[i] - (double)old[i]);

		/* not where the step crosses a corner */
		if (fabs(r - 0.8) > 0.01 && fabs(r - 1.2) > 0.01 && fabs(r - 3) > 0.03 && fabs(d - (double)g[i]) > 1e-4 * (1 + fabs(d)))
			fail_msg("token %zu: gradient %g, not %g", i, (double)g[i], d);
		/* pitfall 13: a clipped token has none */
		if ((a[i] > 0 && r > 1.21) || (a[i] < 0 && r < 0.79))
			assert_true(g[i] == 0);
	}
	/* the same policy: ratio exactly 1 */
	s = (struct ppo_stats)PPO_STATS_INIT;
	ppo_policy_loss(&o, 100, old, old, a, MAX, g, &s);
	assert_true(s.ratio_min == 1 && s.ratio_max == 1 && s.ratio == MAX);
	for (size_t i = 0; i < MAX; i++) {
		v[i] = (float)normal();
		ret[i] = (float)normal();
	}
	want = 0;
	for (size_t i = 0; i < MAX; i++) {
		double b = (double)old[i], x = (double)v[i] - (double)ret[i], c = (double)v[i] - b, y;

		c = c > 0.2 ? 0.2 : c < -0.2 ? -0.2 : c;
		y = b + c - (double)ret[i];
		want += (x * x > y * y ? x * x : y * y) / 2 / 100;
	}
	near(ppo_value_loss(&o, 100, v, old, ret, MAX, g, &s), want);
}

/* pitfall 14: cut anywhere, the parts of a step add up to the whole */
static void
test_parts(void **state)
{
	struct ppo_loss o = { .clip = 0.2 };
	struct ppo_stats s = PPO_STATS_INIT;
	float lp[MAX], old[MAX], a[MAX];
	double whole, parts, uneven;

	(void)state;
	for (size_t i = 0; i < MAX; i++) {
		old[i] = (float)-fabs(normal());
		lp[i] = old[i] + (float)(0.1 * normal());
		a[i] = (float)normal();
	}
	whole = ppo_policy_loss(&o, MAX, lp, old, a, MAX, NULL, &s);
	parts = ppo_policy_loss(&o, MAX, lp, old, a, 7, NULL, &s) + ppo_policy_loss(&o, MAX, lp + 7, old + 7, a + 7, MAX - 7, NULL, &s);
	uneven = (ppo_policy_loss(&o, 7, lp, old, a, 7, NULL, &s) +
	    ppo_policy_loss(&o, MAX - 7, lp + 7, old + 7, a + 7, MAX - 7, NULL, &s)) / 2;
	near(parts, whole);
	assert_true(fabs(uneven - whole) > 1e-4);
}

static double
softplus(double x)
{
	return log1p(exp(x));
}

static void
test_reward(void **state)
{
	float zl[] = { 0.5f, -1, 2 }, zw[] = { 1, 0.25f, -0.5f, 0 }, ll[] = { 0, -1, -1 }, lw[] = { 1, 0, 0, 1 }, g[4], h[4];
	const struct reward_weights o = { .a = 1, .b = 0.3, .c = 2 };
	struct reward_count c = {0};
	struct logit_side l = { zl, ll, g, 3 }, w = { zw, lw, h, 4 };
	double want;

	(void)state;
	reward_count_pair(&c, &l, &w);
	assert_int_equal(c.pos, 2);
	assert_int_equal(c.neg, 2);
	assert_int_equal(c.zero, 3);
	want = 0.5 * ((softplus(-1) + softplus(0)) / 2 + (softplus(-1) + softplus(2)) / 2) +
	    0.3 * (0.25 + 0.0625 + 0.25) / 3 + 2 * softplus(0.5 - 0.5);
	near(reward_token_loss(&o, &c, &l, &w), want);
	near(reward_sequence_loss(0.1, 1, &l, &w), softplus(2 - 0 + 0.1));
	near((double)g[2], 1 / (1 + exp(-2.1)));
	assert_true(g[0] == 0 && g[1] == 0);
	near(reward_mean_loss(1, &l, &w), softplus(0.5 - 0.1875));
	want = (softplus(0.5) + softplus(-0.5)) / 2 + softplus(-1) + softplus(2);
	want = want / 3 + (softplus(-1) + (softplus(0.25) + softplus(-0.25)) / 2 + (softplus(0.5) + softplus(-0.5)) / 2 + softplus(0)) / 4;
	near(reward_soft_loss(1, &l, &w), want);
}

static void
test_cost(void **state)
{
	float z[] = { -2, 0.5f, 3, 9, -30 }, c[] = { 0, 1, 12, 5, 2 }, g[5];
	double want = 0, up, down;

	(void)state;
	for (int i = 0; i < 5; i++)
		want += (z[i] > 8 ? 1000 * (1 + 9 - log(1000)) : exp((double)z[i])) - (double)c[i] * (double)z[i];
	near(cost_loss(7, z, c, 5, g), want / 7);
	near(cost_expected(0), 1);
	near(cost_expected(50), 1000);
	for (int i = 0; i < 5; i++) {
		float old = z[i], step = 1.0f / 512;

		z[i] = old + step;
		up = cost_loss(7, z, c, 5, NULL);
		z[i] = old - step;
		down = cost_loss(7, z, c, 5, NULL);
		z[i] = old;
		/* the slope of exp above its bound stays that of the bound, and does not vanish */
		assert_true(fabs((up - down) * 256 - (double)g[i]) < 1e-4 * (1 + fabs((double)g[i])));
	}
	assert_true(g[3] > 100 && g[4] < 0);
}

static void
test_others(void **state)
{
	float lp[] = { -1, -2, -0.5f }, ref[] = { -1.5f, -1, -1 }, g[3], h[3];
	struct dpo_side l = { lp, ref, g, 2 }, w = { lp + 1, ref + 1, h, 2 };
	struct dpo_result r = dpo_pair_loss(0.5, 0, 1, &l, &w);

	(void)state;
	near(sft_loss(4, lp, 3, g), 3.5 / 4);
	near((double)g[1], -0.25);
	/* log ratios: l 0.5 - 1 = -0.5, w -1 + 0.5 = -0.5 */
	near(r.margin, 0);
	near(r.loss, log(2));
	near((double)h[0], -0.25);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gae), cmocka_unit_test(test_whiten), cmocka_unit_test(test_kl),
		cmocka_unit_test(test_shape), cmocka_unit_test(test_group), cmocka_unit_test(test_ppo),
		cmocka_unit_test(test_parts), cmocka_unit_test(test_reward), cmocka_unit_test(test_cost), cmocka_unit_test(test_others),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("rl", tests, NULL, NULL);
}
