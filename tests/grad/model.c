/* Whole models: every parameter tensor's gradient along a random direction against central
 * differences of the loss. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../tiny.h"

struct trial { const char *name; unsigned tiny; enum model_head head; size_t rank; bool value; };

static const struct trial trials[] = {
	{ "llama, tied, grouped", 0, HEAD_LM, 0, false }, { "llama, biases", 1, HEAD_LM, 0, false },
	{ "qwen2", 2, HEAD_LM, 0, false }, { "qwen3, windowed, tied", 3, HEAD_LM, 0, false },
	{ "token head", 0, HEAD_TOKEN, 0, false }, { "sequence head", 2, HEAD_SEQUENCE, 0, false },
	{ "value head", 3, HEAD_VALUE, 0, false }, { "adapter", 0, HEAD_LM, 3, false },
	{ "adapter under biases", 1, HEAD_LM, 2, false }, { "adapter and token head", 2, HEAD_TOKEN, 2, false },
	{ "gemma2", 5, HEAD_LM, 0, false }, { "gemma3", 6, HEAD_LM, 0, false },
	{ "gemma2, adapter", 5, HEAD_LM, 2, false }, { "gemma3, adapter and sequence head", 6, HEAD_SEQUENCE, 2, false },
	{ "phi3", 7, HEAD_LM, 0, false }, { "phi3, adapter and token head", 7, HEAD_TOKEN, 2, false },
	{ "gpt-neox", 8, HEAD_LM, 0, false }, { "gpt-neox, adapter and token head", 8, HEAD_TOKEN, 2, false },
	{ "olmo2", 4, HEAD_LM, 0, false }, { "olmo2, adapter and sequence head", 4, HEAD_SEQUENCE, 2, false },
	{ "a value head beside", 0, HEAD_LM, 0, true }, { "an adapter and a value head beside", 1, HEAD_LM, 2, true },
};

/* sum of g log-probability + h entropy (+ g times the scalar of a head beside), or of g
 * times the head's scalar */
static double
loss(struct model *m, struct acts *a, const struct batch *b, const struct tiny_batch *t, const float **hidden)
{
	float lp[TINY_TOKENS], en[TINY_TOKENS];
	struct err e = {0};
	double s = 0;

	tiny_must(!model_forward(m, b, NULL, a, hidden, &e), e.msg);
	if (model_config(m)->head != HEAD_LM) {
		model_scalar(m, *hidden, t->row, TINY_TOKENS, lp);
		for (size_t i = 0; i < TINY_TOKENS; i++)
			s += (double)t->g[i] * (double)lp[i];
		return s;
	}
	tiny_must(!model_logprob(m, *hidden, t->row, t->target, t->invtemp, TINY_TOKENS, lp, en, &e), e.msg);
	for (size_t i = 0; i < TINY_TOKENS; i++)
		s += (double)t->g[i] * (double)lp[i] + (double)t->h[i] * (double)en[i];
	if (model_config(m)->value) {
		model_scalar(m, *hidden, t->row, TINY_TOKENS, lp);
		for (size_t i = 0; i < TINY_TOKENS; i++)
			s += (double)t->g[i] * (double)lp[i];
	}
	return s;
}

/* Along direction u of tensor p: slope of the loss by differences of h. */
static double
slope(struct model *m, struct acts *a, const struct batch *b, const struct tiny_batch *t, const struct param *p,
    const float *u, double h)
{
	float *w = model_master(m) + p->at;
	size_t n = p->rows * p->cols;
	float *keep = tiny_mem(n * sizeof(*keep));
	const float *hidden;
	double l[2];

	memcpy(keep, w, n * sizeof(*w));
	for (int k = 0; k < 2; k++) {
		for (size_t i = 0; i < n; i++)
			w[i] = keep[i] + (float)(k ? h : -h) * u[i];
		model_refresh(m);
		l[k] = loss(m, a, b, t, &hidden);
	}
	memcpy(w, keep, n * sizeof(*w));
	model_refresh(m);
	free(keep);
	return (l[1] - l[0]) / (2 * h);
}

static void
test_model(void **state)
{
	const struct trial *trial = *state;
	struct model_config c = tiny[trial->tiny];
	struct rng_key key = { .seed = 3 };
	struct tiny_batch t;
	struct batch b = tiny_fill(&t, &c);
	struct err e = {0};
	struct acts *a;
	struct model *m;
	struct tc *tc;
	const struct param *p;
	const float *hidden;
	float *grad, *dh, *u;
	size_t np, i, j, n;

	/* rounded weights have no slope */
	c.dtype = DT_F32;
	c.init_range = 0.15f;
	c.head = trial->head;
	c.tied = c.tied && c.head == HEAD_LM;
	c.pad = 3;
	c.value = trial->value;
	tiny_must(!tc_open(&tc, 1, &e), e.msg);
	m = tiny_open(tc, &c, trial->rank);
	tiny_must(!acts_new(&a, m, true, false, &e), e.msg);
	grad = tiny_mem(model_train_size(m) * sizeof(float));
	dh = tiny_mem(TINY_TOKENS * c.dim * sizeof(float));
	u = tiny_mem(model_train_size(m) * sizeof(float));
	loss(m, a, &b, &t, &hidden);
	if (c.head == HEAD_LM)
		tiny_must(!model_logprob_bwd(m, hidden, t.row, t.target, t.invtemp, TINY_TOKENS, t.g, t.h, dh, grad, &e), e.msg);
	if (c.head != HEAD_LM || c.value)
		model_scalar_bwd(m, hidden, t.row, TINY_TOKENS, t.g, dh, grad);
	tiny_must(!model_backward(m, &b, a, dh, grad, &e), e.msg);
	p = model_params(m, &np);
	for (i = 0; i < np; i++) {
		double want = 0, norm = 0, got;

		n = p[i].rows * p[i].cols;
		for (j = 0; j < n; j++) {
			u[j] = (float)rng_normal(&key, p[i].at + j, 0);
			want += (double)grad[p[i].at + j] * (double)u[j];
			norm += (double)grad[p[i].at + j] * (double)grad[p[i].at + j];
		}
		got = slope(m, a, &b, &t, &p[i], u, 1e-3);
		/* a bias of keys has none: softmax does not see it */
		if (!(fabs(got - want) < 0.02 * sqrt(norm) + 0.01))
			fail_msg("%s: %.6g by differences, %.6g by the gradient of norm %.6g", p[i].name, got, want, sqrt(norm));
	}
	free(grad);
	free(dh);
	free(u);
	acts_free(a);
	model_close(m);
	tc_close(tc);
}

int
main(void)
{
	enum { TRIALS = sizeof(trials) / sizeof(*trials) };
	struct CMUnitTest tests[TRIALS];

	for (size_t i = 0; i < TRIALS; i++)
		tests[i] = (struct CMUnitTest){ trials[i].name, test_model, NULL, NULL, (void *)(uintptr_t)&trials[i] };
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return _cmocka_run_group_tests("gradients of models", tests, TRIALS, NULL, NULL);
}
