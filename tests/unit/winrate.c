/* Statistics against numbers made by numpy and exact binomial sums. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "stat/winrate.h"
#include "stat/winrate_cost.h"

static void
near(double got, double want)
{
	if (!(fabs(got - want) <= 1e-9 * (1 + fabs(want))))
		fail_msg("got %.15g, expected %.15g", got, want);
}

static void
test_sign(void **state)
{
	(void)state;
	near(winrate_sign_test(8, 2), 0.109375);
	near(winrate_sign_test(2, 8), 0.109375);
	near(winrate_sign_test(300, 250), 0.036578745549102704);
	near(winrate_sign_test(0, 10), 0.001953125);
	near(winrate_sign_test(1, 0), 1);
	near(winrate_sign_test(5, 5), 1);
	near(winrate_sign_test(0, 0), 1);
}

static void
test_percentiles(void **state)
{
	double x[] = { 3, 1, NAN, 4, 1, 5, 9, 2, 6, 5, 3, 5 };
	struct interval v = winrate_percentiles(4, x, 12);

	(void)state;
	near(v.low, 1);
	near(v.high, 8.25);
	near(v.value, 4);
	v = winrate_percentiles(NAN, x, 0);
	assert_true(isnan(v.low) && isnan(v.high));
}

static const double wins[12] = { 1, 0, .5, 1, 1, 0, 1, 1, 0, 1, .5, 1 };
static const double diffs[12] = { 4, -3, 0, 9, 2, -8, 1, 5, 6, -2, 0, 3 };

static void
test_length(void **state)
{
	double x[12], mean = 0, sd = 0;
	struct length_fit f;
	int i;

	(void)state;
	for (i = 0; i < 12; i++)
		mean += diffs[i] / 12;
	for (i = 0; i < 12; i++)
		sd += (diffs[i] - mean) * (diffs[i] - mean) / 11;
	for (i = 0; i < 12; i++)
		x[i] = tanh(diffs[i] / sqrt(sd));
	winrate_length_fit(&f, wins, x, NULL, 12);
	assert_true(fabs(f.theta - 0.44702116) < 1e-8);
	assert_true(fabs(f.phi - 1.78290312) < 1e-8);
}

/* all of one sign: only the ridge keeps the fit finite */
static void
test_length_separated(void **state)
{
	double w[4] = { 1, 1, 1, 1 }, x[4] = { 1, -1, .5, 0 };
	struct length_fit f;

	(void)state;
	winrate_length_fit(&f, w, x, NULL, 4);
	assert_true(isfinite(f.theta) && f.theta > 3 && fabs(f.phi) < f.theta);
}

static void
fill(struct winrate *w, int turn)
{
	struct err e = {0};
	struct verdict v = { .kl = NAN };
	int i, k, c;
	char name[2] = "a";

	for (k = 0; k < 24; k++) {
		i = turn ? 23 - k : k;
		c = i / 12;
		name[0] = (char)('a' + c);
		v.candidate = name;
		v.run = "";
		v.prompt = hash128(&diffs[i % 12], sizeof(double));
		v.prompt.hi ^= (uint64_t)(i % 12);
		v.win = c ? wins[(i + 5) % 12] : wins[i % 12];
		v.length = 20 + diffs[i % 12];
		v.reference_length = 20;
		v.kl = c ? 4 : 1;
		assert_int_equal(winrate_add(w, &v, &e), ST_OK);
	}
}

static void
test_rows(void **state)
{
	struct winrate *w[2];
	struct winrate_row r[2];
	struct winrate_diff d[2];
	struct err e = {0};
	size_t a, b;
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		assert_int_equal(winrate_open(&w[i], &e), ST_OK);
		fill(w[i], i);
		assert_int_equal(winrate_build(w[i], 2000, 1, &e), ST_OK);
		a = winrate_name(w[i], 0)[0] == 'a' ? 0 : 1;
		b = 1 - a;
		assert_int_equal(winrate_row(w[i], a, winrate_common_kl(w[i]), &r[i], &e), ST_OK);
		near(r[i].win.value, 8. / 12);
		near(r[i].controlled.value, 0.6099307542529397);
		near(r[i].ties, 2. / 12);
		near(r[i].length, 20 + 17. / 12);
		near(r[i].matched.value, 8. / 12);
		assert_true(r[i].win.low < 0.6 && r[i].win.high > 0.75);
		assert_int_equal(winrate_diff(w[i], b, a, 1, &d[i], &e), ST_OK);
		near(d[i].win.value, 0);
		assert_int_equal(d[i].prompts, 12);
		/* b at KL 1 lies halfway, in sqrt(KL), between one half and its own rate */
		near(d[i].matched.value, 0.5 * 0.5 + 0.5 * 8 / 12 - 8. / 12);
	}
	/* who comes first does not matter: to the bit */
	assert_memory_equal(&r[0].win, &r[1].win, sizeof(r[0].win));
	assert_memory_equal(&r[0].controlled, &r[1].controlled, sizeof(r[0].win));
	assert_memory_equal(&d[0].win, &d[1].win, sizeof(d[0].win));
	for (i = 0; i < 2; i++)
		winrate_close(w[i]);
}

/* The percentile interval of a mean of n fair coins is about the normal one. */
static void
test_coverage(void **state)
{
	struct winrate *w;
	struct winrate_row r;
	struct err e = {0};
	struct verdict v = { .candidate = "x", .run = "", .kl = NAN, .length = NAN, .reference_length = NAN };
	int i;

	(void)state;
	assert_int_equal(winrate_open(&w, &e), ST_OK);
	for (i = 0; i < 805; i++) {
		v.prompt = hash128(&i, sizeof(i));
		v.win = i % 2;
		assert_int_equal(winrate_add(w, &v, &e), ST_OK);
	}
	assert_int_equal(winrate_build(w, 10000, 3, &e), ST_OK);
	assert_int_equal(winrate_row(w, 0, NAN, &r, &e), ST_OK);
	assert_true(fabs((r.win.high - r.win.low) / 2 - 1.96 * 0.0176) < 0.001);
	assert_true(isnan(r.controlled.value) && isnan(r.matched.value) && isnan(r.kl));
	winrate_close(w);
}

static void
test_errors(void **state)
{
	struct winrate *w;
	struct err e = {0};
	struct verdict v = { .candidate = "x", .run = "", .win = 1.5 };

	(void)state;
	assert_int_equal(winrate_open(&w, &e), ST_OK);
	assert_int_equal(winrate_add(w, &v, &e), ST_INPUT);
	v.win = NAN;
	assert_int_equal(winrate_add(w, &v, &e), ST_INPUT);
	assert_int_equal(winrate_build(w, 10, 1, &e), ST_INPUT);
	winrate_close(w);
}

static void
test_reward(void **state)
{
	static const float cw0[] = { .5f, -.2f, .8f, .1f }, cl0[] = { -.6f, .1f, .3f };
	static const float cw1[] = { 0, .4f }, cl1[] = { .1f, -.1f, -.9f, .4f };
	static const float cw2[] = { -.3f, .2f, .1f }, cl2[] = { .1f, .3f };
	static const int32_t lw0[] = { 1, 0, 1, 0 }, ll0[] = { -1, 0, 0 }, lw1[] = { 0, 1 },
	    ll1[] = { 0, -1, -1, 0 }, lw2[] = { 0, 0, 0 }, ll2[] = { 0, -1 };
	const struct pair_side w[] = { { cw0, lw0, 4, 0, 4 }, { cw1, lw1, 2, 0, 2 }, { cw2, lw2, 3, 0, 3 } };
	const struct pair_side l[] = { { cl0, ll0, 3, 0, 3 }, { cl1, ll1, 4, 0, 4 }, { cl2, ll2, 2, 0, 2 } };
	struct rewardstat *s;
	struct rewardstat_result o;
	struct err e = {0};
	struct hash128 h;
	int i;

	(void)state;
	assert_int_equal(rewardstat_open(&s, &e), ST_OK);
	assert_int_equal(rewardstat_run(s, 10, 1, &o, &e), ST_INPUT);
	for (i = 0; i < 3; i++) {
		h = hash128(&i, sizeof(i));
		assert_int_equal(rewardstat_add(s, &h, &w[i], &l[i], &e), ST_OK);
	}
	assert_int_equal(rewardstat_run(s, 500, 1, &o, &e), ST_OK);
	near(o.auc_minus.value, 0.825);
	near(o.auc_plus.value, 1);
	near(o.by_sum.value, 2. / 3);
	near(o.by_mean.value, 2. / 3);
	assert_true(fabs(o.kept - 0.17272727272727273) < 1e-7);
	assert_true(fabs(o.ece - 0.2857142857142857) < 1e-6);
	assert_true(fabs(o.length_correlation + 0.03760000802133584) < 1e-6);
	assert_int_equal(o.tokens_minus, 4);
	assert_int_equal(o.tokens_plus, 3);
	assert_int_equal(o.tokens_kept, 11);
	rewardstat_close(s);
}

static void
test_scores(void **state)
{
	const struct pair_side w[] = { { NULL, NULL, 0, 2, 10 }, { NULL, NULL, 0, 1, 12 }, { NULL, NULL, 0, 0, 9 } };
	const struct pair_side l[] = { { NULL, NULL, 0, 1, 11 }, { NULL, NULL, 0, 1, 8 }, { NULL, NULL, 0, 3, 9 } };
	struct rewardstat *s;
	struct rewardstat_result o;
	struct err e = {0};
	struct hash128 h;
	int i;

	(void)state;
	assert_int_equal(rewardstat_open(&s, &e), ST_OK);
	for (i = 0; i < 3; i++) {
		h = hash128(&i, sizeof(i));
		assert_int_equal(rewardstat_add(s, &h, &w[i], &l[i], &e), ST_OK);
	}
	assert_int_equal(rewardstat_run(s, 500, 1, &o, &e), ST_OK);
	near(o.by_sum.value, 0.5);      /* right, tied, wrong */
	assert_true(isnan(o.auc_minus.value) && isnan(o.kept));
	/* |sigmoid(1) - 1|, |.5 - .5|, |sigmoid(3) - 0|, over three */
	near(o.ece, (0.2689414213699951 + 0 + 0.9525741268224334) / 3);
	rewardstat_close(s);
}

/* Two tokens a text, of which the second is edited: what is expected of it ranks the texts but
 * for one pair. */
static void
test_costs(void **state)
{
	static const float reward[4][2] = { { -.1f, -1 }, { -.2f, -2 }, { -.3f, -4 }, { -.4f, -3 } };
	static const float cost[4][2] = { { 0, 1 }, { 0, 2 }, { 0, 3 }, { 0, 6 } };
	struct coststat_result o, p;
	struct coststat *s, *t;
	struct err e = {0};

	(void)state;
	assert_int_equal(coststat_open(&s, &e), ST_OK);
	assert_int_equal(coststat_open(&t, &e), ST_OK);
	assert_int_equal(coststat_run(s, 10, 1, &o, &e), ST_OK);
	assert_true(!o.texts && isnan(o.rank.value) && isnan(o.part[0].actual));
	for (int i = 0; i < 4; i++) {
		assert_int_equal(coststat_add(s, reward[i], cost[i], 2, true, &e), ST_OK);
		assert_int_equal(coststat_add(t, reward[3 - i], cost[3 - i], 2, true, &e), ST_OK);
		/* an acceptable text has no rank */
		assert_int_equal(coststat_add(s, reward[i], cost[0], 1, false, &e), ST_OK);
		assert_int_equal(coststat_add(t, reward[3 - i], cost[0], 1, false, &e), ST_OK);
	}
	assert_int_equal(coststat_run(s, 200, 1, &o, &e), ST_OK);
	assert_int_equal(coststat_run(t, 200, 1, &p, &e), ST_OK);
	near(o.rank.value, 0.8);        /* 1 - 6 * 2 / (4 * 15) */
	assert_true(o.rank.low <= 0.8 && o.rank.high >= 0.8 && o.rank.low < o.rank.high);
	assert_true(!memcmp(&o.rank, &p.rank, sizeof(o.rank)));
	assert_int_equal(o.tokens, 12);
	assert_true(fabs(o.expected - 1) < 1e-6 && fabs(o.actual - 1) < 1e-6);
	/* the last tenth holds the two that are expected to cost most */
	assert_true(fabs(o.part[9].expected - 3.5) < 1e-6 && fabs(o.part[9].actual - 4.5) < 1e-6);
	coststat_close(s);
	coststat_close(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sign), cmocka_unit_test(test_percentiles),
		cmocka_unit_test(test_length), cmocka_unit_test(test_length_separated),
		cmocka_unit_test(test_rows), cmocka_unit_test(test_coverage),
		cmocka_unit_test(test_errors), cmocka_unit_test(test_reward), cmocka_unit_test(test_costs), cmocka_unit_test(test_scores)
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
