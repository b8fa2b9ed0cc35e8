/* Groups: the order of a step, and the gradient when prompts are computed once. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../tiny.h"
#include "run/group.h"
#include "run/objective_int.h"
#include "run/share.h"
#include "tensor/device.h"

/* ---- the order ---- */

static void
test_order(void **state)
{
	static const int32_t a[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9 }, b[] = { 1, 2, 3, 4, 5, 6, 7, 7, 9 };
	static const int32_t *const id[] = { a, b, a, b, a };
	static const size_t place[] = { 0, 2, 4, 1, 3 };
	/* the first of a prompt is whole, the others share all but their last token */
	static const size_t tokens[] = { 9, 1, 1, 9, 1 };
	struct group_walk w = GROUP_WALK;
	struct group_item it[5];
	struct example x[5];

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		x[i] = (struct example){ .nside = 1, .side = { { .id = id[i], .n = 9, .prompt = 8 } } };
		it[i] = (struct group_item){ .at = i, .prompt = group_prompt(&x[i]) };
	}
	group_sort(it, 5);
	for (size_t i = 0; i < 5; i++) {
		assert_int_equal(it[i].at, place[i]);
		group_next(&w, &it[i], &x[it[i].at]);
		assert_int_equal(it[i].joins, i != 0 && i != 3);
		assert_int_equal(it[i].tokens, tokens[i]);
	}
}

/* A group ends when it has enough tokens; prompts without a fellow stay where they are, and an
 * answer that shares too little begins a group. */
static void
test_bounds(void **state)
{
	enum { N = 12, LONG = 300 };
	static int32_t id[N][LONG];
	struct group_walk w = GROUP_WALK;
	struct group_item it[N];
	struct example x[N];
	size_t i, groups = 0;

	(void)state;
	for (i = 0; i < N; i++) {
		for (size_t k = 40; k < LONG; k++)
			id[i][k] = (int32_t)(i + 1);
		x[i] = (struct example){ .nside = 1, .side = { { .id = id[i], .n = LONG, .prompt = 40 } } };
		it[i] = (struct group_item){ .at = i, .prompt = group_prompt(&x[i]) };
	}
	group_sort(it, N);
	for (i = 0; i < N; i++) {
		group_next(&w, &it[i], &x[i]);
		groups += !it[i].joins;
		assert_int_equal(it[i].at, i);
		assert_int_equal(it[i].tokens, it[i].joins ? LONG - 40 : LONG);
	}
	assert_int_equal(groups, 3);    /* 4 answers of 260 tokens each */
	for (i = 0; i < N; i++) {
		x[i].side[0].prompt = 1;
		x[i].side[0].id = id[i] + 39;
		x[i].side[0].n = LONG - 39;
		it[i] = (struct group_item){ .at = i, .prompt = group_prompt(&x[i]) };
	}
	group_sort(it, N);
	w = (struct group_walk)GROUP_WALK;
	for (i = 0; i < N; i++) {
		group_next(&w, &it[i], &x[i]);
		assert_false(it[i].joins);
		assert_int_equal(it[i].tokens, LONG - 39);
	}
	for (i = 0; i < N; i++)
		x[i].side[0] = (struct ex_side){ .id = id[i], .n = LONG, .prompt = 40 };
	for (i = 0; i < N; i++) {
		id[i][0] = (int32_t)i;
		it[i] = (struct group_item){ .at = i, .prompt = group_prompt(&x[i]) };
	}
	group_sort(it, N);
	w = (struct group_walk)GROUP_WALK;
	for (i = 0; i < N; i++) {
		group_next(&w, &it[i], &x[i]);
		assert_int_equal(it[i].at, i);
		assert_false(it[i].joins);
	}
}

static void
test_share(void **state)
{
	static const int32_t a[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 };

	(void)state;
	assert_int_equal(share_tokens(a, 10, a, 10), 9);
	assert_int_equal(share_tokens(a, 9, a, 10), 9);
	assert_int_equal(share_tokens(a, 8, a, 8), 0);
	assert_int_equal(share_tokens(a, 10, a + 1, 9), 0);
}

/* ---- the gradient ---- */

enum { EXAMPLES = 6, PREFIX = 11, PROMPT = 17, MOST = 40 };

struct trial { const char *name, *kind, *objective; unsigned tiny; size_t rank; bool critic, value, recompute; };

static const struct trial trials[] = {
	{ "sft", "sft", NULL, 0, 0, false, false, false },
	{ "sft, windowed, bf16, computed again", "sft", NULL, 3, 0, false, false, true },
	{ "sft, adapter under biases", "sft", NULL, 1, 2, false, false, false },
	{ "reward by token", "reward", "token", 2, 0, false, false, false },
	{ "reward by sequence", "reward", "sequence", 0, 2, false, false, true },
	{ "dpo, adapter", "dpo", NULL, 0, 3, false, false, false },
	{ "dpo, bf16", "dpo", NULL, 3, 0, false, false, false },
	{ "sft, phi3, adapter", "sft", NULL, 7, 2, false, false, false },
	{ "dpo, olmo2, computed again", "dpo", NULL, 4, 0, false, false, true },
	{ "sft, gpt-neox, adapter, computed again", "sft", NULL, 8, 2, false, false, true },
	{ "dpo, gemma2", "dpo", NULL, 5, 0, false, false, false },
	{ "dpo, gemma3, computed again", "dpo", NULL, 6, 2, false, false, true },
	{ "ppo", "ppo", NULL, 0, 0, false, false, false },
	{ "ppo with a critic", "ppo", NULL, 2, 0, true, false, false },
	{ "ppo with a shared critic and an adapter", "ppo", NULL, 1, 2, false, true, true },
};

static int32_t ids[EXAMPLES][2][MOST];
static float numbers[EX_FIELDS][MOST];

/* Three prompts that begin alike, with answers 3, 2, 1; in the order of groups. */
static void
make_examples(struct example *x, const struct objective_type *type, size_t vocab)
{
	static const size_t prompt_of[] = { 0, 0, 0, 1, 1, 2 };
	struct rng_key key = { .seed = 8 };

	for (size_t i = 0; i < EXAMPLES; i++) {
		x[i] = (struct example){ .name = "x", .invtemp = 0.8f, .nside = type->pair ? 2 : 1,
			.joins = i && prompt_of[i] == prompt_of[i - 1] };
		for (size_t k = 0; k < x[i].nside; k++) {
			struct ex_side *s = &x[i].side[k];

			*s = (struct ex_side){ .id = ids[i][k], .prompt = PROMPT + prompt_of[i], .n = 25 + (i * 5 + k * 3) % 12 };
			for (size_t t = 0; t < s->n; t++)
				ids[i][k][t] = (int32_t)(rng_u64(&key, t, t < PREFIX ? 0 : t < s->prompt ? 1 + prompt_of[i] :
				    t < 21 ? 5 + prompt_of[i] : 10 + 2 * i + k) % vocab);
			for (size_t f = 0; f < EX_FIELDS; f++)
				if (type->field[f].suffix)
					s->f[f] = numbers[f];
		}
	}
	for (size_t f = 0; f < EX_FIELDS; f++)
		for (size_t t = 0; t < MOST; t++)
			numbers[f][t] = type->field[f].suffix && !strcmp(type->field[f].suffix, "label") ? (float)(t % 3) - 1 :
			    type->field[f].suffix && strstr(type->field[f].suffix, "logprob") ? -3 : (float)rng_normal(&key, f, t);
}

struct result { float *grad[2]; size_t size[2]; struct outcome out; };

static void
open_net(struct net *n, struct tc *tc, const struct model_config *c, const struct trial *t)
{
	struct err e = {0};

	*n = (struct net){ .m = tiny_open(tc, c, t->rank) };
	n->size = model_train_size(n->m);
	n->grad = tiny_room(tc, n->size);
	tiny_must(!acts_new(&n->acts, n->m, true, t->recompute, &e), e.msg);
}

static void
close_net(struct net *n, struct tc *tc, float **grad, size_t *size)
{
	if (!n->m)
		return;
	*size = n->size;
	*grad = tiny_mem(n->size * sizeof(float));
	tc_get(tc, *grad, n->grad, n->size * sizeof(float));
	tc_free(tc, n->grad, n->size * sizeof(float));
	acts_free(n->acts);
	model_close(n->m);
}

/* Everything in micro-batches of the groups in cut (their first examples); shared or not. */
static struct result
run(struct tc *tc, const struct trial *t, const size_t *cut, size_t ncut, bool shared)
{
	struct objective o = { .type = objective_find(t->kind, t->objective), .ppo = { .clip = 0.2, .value_clip = 0.2 },
		.entropy = 0.01, .value_weight = 0.5, .param = { 0.1 } };
	struct model_config c = tiny[t->tiny];
	struct example x[EXAMPLES];
	struct net policy, critic = {0};
	struct objective_nets w = { &policy, NULL, true, true };
	struct result r = { .out = OUTCOME_INIT };
	struct micro mb = MICRO_INIT;
	struct totals tot = {0};
	struct err e = {0};
	size_t i, n;

	for (i = 0; i < OBJECTIVE_PARAMS && t->objective; i++)
		o.param[i] = o.type->param[i].value;
	make_examples(x, o.type, c.vocab);
	c.head = o.type->head;
	c.tied = c.tied && c.head == HEAD_LM;
	c.value = t->value;
	open_net(&policy, tc, &c, t);
	if (t->critic) {
		c.head = HEAD_VALUE;
		c.tied = false;
		open_net(&critic, tc, &c, t);
		w.critic = &critic;
	}
	for (i = 0; i < EXAMPLES; i++)
		objective_count(&o, &tot, &x[i]);
	tiny_must(!model_grad_begin(policy.m, &e), e.msg);
	if (shared) {
		tiny_must(!objective_prefix(&w, ids[0][0], PREFIX, &e), e.msg);
		mb.prefix = PREFIX;
	}
	for (i = 0; i < EXAMPLES && !shared; i++)
		x[i].joins = false;
	for (i = 0; i < ncut; i++) {
		n = (i + 1 < ncut ? cut[i + 1] : EXAMPLES) - cut[i];
		tiny_must(!objective_run(&o, &w, &mb, x + cut[i], n, &tot, &r.out, &e), e.msg);
	}
	tiny_must(!shared || !objective_prefix_end(&w, &e), e.msg);
	model_grad_end(policy.m, policy.grad);
	tiny_must(!tc_failed(tc), "scratch");
	micro_free(&mb);
	close_net(&policy, tc, &r.grad[0], &r.size[0]);
	close_net(&critic, tc, &r.grad[1], &r.size[1]);
	return r;
}

static void
drop(struct result *r)
{
	free(r->grad[0]);
	free(r->grad[1]);
}

static void
must_equal(const struct result *a, const struct result *b)
{
	for (size_t k = 0; k < 2; k++) {
		assert_int_equal(a->size[k], b->size[k]);
		if (a->size[k])
			assert_memory_equal(a->grad[k], b->grad[k], a->size[k] * sizeof(float));
	}
	assert_true(a->out.loss == b->out.loss && a->out.value == b->out.value);
}

static void
test_gradient(void **state)
{
	static const size_t whole[] = { 0 }, two[] = { 0, 3 }, three[] = { 0, 3, 5 }, last[] = { 0, 5 };
	static const size_t each[] = { 0, 1, 2, 3, 4, 5 };
	const struct trial *t = *state;
	const struct device *d;
	struct result want, got;
	struct err e = {0};
	struct tc *tc;

	tiny_must(!tc_open(&tc, 1, &e), e.msg);
	want = run(tc, t, whole, 1, true);
	/* what is computed forward has the same bits, so the loss is equal; the gradient is, but for rounding */
	got = run(tc, t, each, EXAMPLES, false);
	assert_true(got.out.loss == want.out.loss && got.out.value == want.out.value);
	assert_true(got.out.ppo.ratio == want.out.ppo.ratio);
	for (size_t k = 0; k < 2; k++) {
		double norm = 0, diff = 0;

		for (size_t i = 0; i < want.size[k]; i++) {
			norm += pow((double)got.grad[k][i], 2);
			diff += pow((double)got.grad[k][i] - (double)want.grad[k][i], 2);
		}
		assert_true(want.size[k] == 0 || norm > 1e-6);
		assert_true(sqrt(diff) <= 1e-5 * sqrt(norm));
	}
	drop(&got);
	got = run(tc, t, two, 2, true);
	must_equal(&got, &want);
	drop(&got);
	tc_close(tc);
	for (unsigned threads = 2; threads <= 3; threads++) {
		tiny_must(!tc_open(&tc, threads, &e), e.msg);
		got = threads == 2 ? run(tc, t, three, 3, true) : run(tc, t, last, 2, true);
		must_equal(&got, &want);
		drop(&got);
		tc_close(tc);
	}
	for (size_t i = 0; (d = device_at(i)); i++) {
		if (tc_open_device(&tc, d->name, 2, &e)) {
			printf("# %s: %s\n", d->name, e.msg);
			continue;
		}
		got = run(tc, t, two, 2, true);
		must_equal(&got, &want);
		drop(&got);
		tc_close(tc);
	}
	drop(&want);
}

int
main(void)
{
	enum { TRIALS = sizeof(trials) / sizeof(*trials) };
	struct CMUnitTest tests[3 + TRIALS] = {
		cmocka_unit_test(test_order), cmocka_unit_test(test_bounds), cmocka_unit_test(test_share)
	};

	for (size_t i = 0; i < TRIALS; i++)
		tests[3 + i] = (struct CMUnitTest){ trials[i].name, test_gradient, NULL, NULL, (void *)(uintptr_t)&trials[i] };
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return _cmocka_run_group_tests("groups", tests, sizeof(tests) / sizeof(*tests), NULL, NULL);
}
