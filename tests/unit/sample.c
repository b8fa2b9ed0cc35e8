/* Choosing tokens: each rule against its definition on a few logits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/math.h"
#include "base/rng.h"
#include "edit/project.h"
#include "rl/sample.h"
#include "tensor/tensor.h"

enum { V = 6, DRAWS = 20000 };

static struct tc *tc;

static const struct sample_opt plain = { .invtemp = 1, .top_p = 1, .repetition = 1 };
/* probabilities .4 .3 .2 .1 of ids 2 0 5 3; 1 and 4 have next to none */
static const double prob[V] = { .3, 1e-9, .4, .1, 1e-9, .2 };
static const struct sample_seen none = { NULL, NULL, 0, 0 };

static void
logits(float l[V])
{
	for (int i = 0; i < V; i++)
		l[i] = math_logf((float)prob[i]) + 3;
}

/* how often each id comes, on a grid of u */
static void
count(const struct sample_opt *o, const struct sample_seen *seen, double freq[V])
{
	void *mem = malloc(sample_bytes(V));
	float l[V], lp;

	logits(l);
	memset(freq, 0, V * sizeof(*freq));
	for (int i = 0; i < DRAWS; i++)
		freq[sample_pick(tc, o, l, V, seen, (i + 0.5) / DRAWS, mem, &lp)] += 1.0 / DRAWS;
	free(mem);
}

static void
expect(const struct sample_opt *o, const double want[V])
{
	double freq[V];

	count(o, &none, freq);
	for (int i = 0; i < V; i++)
		assert_true(freq[i] > want[i] - 2e-4 && freq[i] < want[i] + 2e-4);
}

static void
test_full(void **state)
{
	(void)state;
	expect(&plain, prob);
}

static void
test_temperature(void **state)
{
	struct sample_opt o = plain;
	double want[V], sum = 0;

	(void)state;
	o.invtemp = 2;
	for (int i = 0; i < V; i++)
		sum += want[i] = prob[i] * prob[i];
	for (int i = 0; i < V; i++)
		want[i] /= sum;
	expect(&o, want);
}

static void
test_truncated(void **state)
{
	struct sample_opt o = plain;

	(void)state;
	o.top_k = 2;
	expect(&o, (double[V]){ [0] = .3 / .7, [2] = .4 / .7 });
	o.top_k = 100;
	expect(&o, prob);
	o = plain;
	o.top_p = 0.75;
	expect(&o, (double[V]){ [0] = .3 / .9, [2] = .4 / .9, [5] = .2 / .9 });
	o.top_p = 0;
	expect(&o, (double[V]){ [2] = 1 });
	/* of what top_k left, .4 is 4/7 */
	o.top_k = 2;
	o.top_p = 0.5;
	expect(&o, (double[V]){ [2] = 1 });
	o = plain;
	o.min_p = 0.45;
	expect(&o, (double[V]){ [0] = .3 / .9, [2] = .4 / .9, [5] = .2 / .9 });
	o.min_p = 1;
	expect(&o, (double[V]){ [2] = 1 });
}

struct by_weight { float w; int32_t id; };

static int
compare(const void *x, const void *y)
{
	const struct by_weight *a = x, *b = y;

	return a->w > b->w ? -1 : a->w < b->w ? 1 : a->id < b->id ? -1 : 1;
}

/* The rules of sample.h word for word, after sorting all weights. */
static int32_t
plainly(const struct sample_opt *o, const float *w, size_t v, double u)
{
	struct by_weight *h = malloc(v * sizeof(*h));
	size_t i, k = o->top_k && o->top_k < v ? (size_t)o->top_k : v, kept;
	double total = 0, sum = 0;
	int32_t id;

	for (i = 0; i < v; i++) {
		h[i] = (struct by_weight){ w[i], (int32_t)i };
		total += (double)w[i];
	}
	qsort(h, v, sizeof(*h), compare);
	for (kept = 0; kept < k && (!kept || (double)h[kept].w >= o->min_p); kept++)
		if (k == v && kept && sum >= o->top_p * total)
			break;
		else
			sum += (double)h[kept].w;
	if (k < v && o->top_p < 1) {
		for (total = sum, sum = 0, i = 0; i < kept && (!i || sum < o->top_p * total); i++)
			sum += (double)h[i].w;
		kept = i;
	}
	u *= sum;
	for (sum = 0, i = 0; i + 1 < kept; i++)
		if ((sum += (double)h[i].w) > u)
			break;
	id = h[i].id;
	free(h);
	return id;
}

static void
test_as_sorted(void **state)
{
	enum { MOST = 3000 };
	void *mem = malloc(sample_bytes(MOST));
	float l[MOST], w[MOST], max, lp;
	struct rng_key key = { .seed = 5 };
	uint64_t at = 0;

	(void)state;
	for (int t = 0; t < 2000; t++) {
		struct sample_opt o = plain;
		double r = rng_unit(&key, at++, 0), wide = 30 * rng_unit(&key, at++, 0), u = rng_unit(&key, at++, 0);
		size_t v = 1 + (size_t)(r * r * r * MOST);

		for (size_t i = 0; i < v; i++) {
			l[i] = (float)(wide * rng_unit(&key, at++, 0));
			/* ties, and what is not possible at all */
			l[i] = t % 3 ? l[i] : t % 2 && i % 4 == 1 ? -200 : (float)(int)l[i];
		}
		if (t & 1)
			o.top_p = t & 8 ? rng_unit(&key, at++, 0) : 1 - 1e-7 * (double)(1 + t % 5);
		if (t & 2)
			o.min_p = t & 16 ? rng_unit(&key, at++, 0) : (double)math_expf(-(float)(t % 7));
		if (t & 4 || !(t & 3))
			o.top_k = 1 + (uint64_t)(rng_unit(&key, at++, 0) * (double)v);
		row_weights(tc, w, l, v, 1, &max);
		if (sample_pick(tc, &o, l, v, &none, u, mem, &lp) != plainly(&o, w, v, u))
			fail_msg("draw %d: top_k %d, top_p %.9g, min_p %.9g of %zu", t, (int)o.top_k, o.top_p, o.min_p, v);
	}
	free(mem);
}

static void
test_greedy(void **state)
{
	struct sample_opt o = plain;
	const float tie[V] = { -1, 2, 0, 2, 2, -3 };
	const int32_t id[] = { 1, 1, 3 };
	const struct sample_seen seen = { id, id + 2, 2, 1 };
	void *mem = malloc(sample_bytes(V));
	float lp;

	(void)state;
	o.greedy = true;
	assert_int_equal(sample_pick(tc, &o, tie, V, &none, 0.9, mem, &lp), 1);
	o.repetition = 1.5;
	assert_int_equal(sample_pick(tc, &o, tie, V, &seen, 0.9, mem, &lp), 4);
	free(mem);
}

/* Every k-th largest by sorting, on many rows with ties. */
static void
test_top_k(void **state)
{
	enum { N = 97 };
	struct sample_opt o = plain;
	struct rng_key key = { 7, { 1, 2 }, 0 };
	void *mem = malloc(sample_bytes(N));
	float l[N], lp;

	(void)state;
	for (uint64_t row = 0; row < 200; row++) {
		int32_t got;
		size_t above = 0;

		for (size_t i = 0; i < N; i++)
			l[i] = (float)(rng_u64(&key, row, i) % 12);
		o.top_k = 1 + row % 20;
		/* the last token of the kept set */
		got = sample_pick(tc, &o, l, N, &none, 0.99999999999, mem, &lp);
		assert_true(lp == row_logprob(tc, l, N, got, 1, NULL));
		for (size_t i = 0; i < N; i++)
			above += l[i] > l[got] || (l[i] == l[got] && (int32_t)i < got);
		assert_int_equal(above, o.top_k - 1);
	}
	free(mem);
}

static void
test_project(void **state)
{
	/* "abcdef": ab cd ef <eos>, onto a bcde f <eos> */
	const size_t from[] = { 2, 4, 6, 6 };
	const float v[] = { 1, 2, 4, 8 };
	const int32_t to[] = { 1, 5, 6, 6 }, one[] = { 6 }, early[] = { 0, 3 };
	/* no width in the middle: to the token of the next byte */
	const size_t mid[] = { 1, 1, 6 };
	float out[4];

	(void)state;
	edit_project(out, to, 4, v, from, 4);
	assert_true(out[0] == 0 && out[1] == 3 && out[2] == 4 && out[3] == 8);
	edit_project(out, to, 3, v, from, 4);
	assert_true(out[0] == 0 && out[1] == 3 && out[2] == 12);
	edit_project(out, one, 1, v, from, 4);
	assert_true(out[0] == 15);
	edit_project(out, to, 4, v, mid, 3);
	assert_true(out[0] == 1 && out[1] == 2 && out[2] == 4 && out[3] == 0);
	edit_project(out, early, 2, v, from, 4);
	assert_true(out[0] == 0 && out[1] == 15);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_full), cmocka_unit_test(test_temperature),
		cmocka_unit_test(test_truncated), cmocka_unit_test(test_as_sorted), cmocka_unit_test(test_greedy),
		cmocka_unit_test(test_top_k), cmocka_unit_test(test_project)
	};

	struct err e;
	int failed;

	if (tc_open(&tc, 1, &e))
		return 1;
	cmocka_set_message_output(CM_OUTPUT_TAP);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	tc_close(tc);
	return failed;
}
