/* Tiny models of every architecture beside transformers: log-probabilities, entropies and
 * gradients. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../tiny.h"

enum { TENSORS = 40 };

struct vectors {
	const char *name;
	struct model_config c;
	double logprob[TINY_TOKENS], entropy[TINY_TOKENS];
	/* a gradient along cos(0.61 (i + 1)), and its norm */
	struct { const char *name; double dot, norm; } grad[TENSORS];
};

#define TOKENS .init_range = 0.1f, .bos = 1, .eos = { 2 }, .neos = 1, .pad = -1, .reward_sd = 1

#include "model_vectors.h"

/* model_vectors.py's value() */
static float
value(const char *name, size_t i)
{
	unsigned seed = (unsigned)strlen(name);
	double base = strstr(name, "norm") ? 1 : 0;

	for (const char *s = name; *s; s++)
		seed += (unsigned char)*s;
	return (float)(base + 0.2 * sin(0.37 * (double)(i + 1) * (1 + seed % 7) + seed));
}

static void
near(const char *what, double got, double want, double size, double tolerance)
{
	if (!(fabs(got - want) <= tolerance * size))
		fail_msg("%s: %.9g, not %.9g (of size %.9g)", what, got, want, size);
}

static void
check_gradient(const struct vectors *v, const struct param *p, const float *g)
{
	double dot = 0, norm = 0;
	size_t k, i;

	for (k = 0; k < TENSORS && v->grad[k].name && strcmp(v->grad[k].name, p->name); k++)
		;
	if (k == TENSORS || !v->grad[k].name)
		fail_msg("transformers has no %s", p->name);
	for (i = 0; i < p->rows * p->cols; i++) {
		dot += (double)g[i] * cos(0.61 * (double)(i + 1));
		norm += (double)g[i] * (double)g[i];
	}
	/* where softmax makes it 0 only rounding is left */
	near(p->name, sqrt(norm), v->grad[k].norm, v->grad[k].norm + 1e-2, 1e-4);
	near(p->name, dot, v->grad[k].dot, v->grad[k].norm + 1e-2, 1e-4);
}

static void
test_model(void **state)
{
	const struct vectors *v = *state;
	struct tiny_batch t;
	struct batch b = tiny_fill(&t, &v->c);
	float lp[TINY_TOKENS], en[TINY_TOKENS], *grad, *dh, *w;
	struct err e = {0};
	struct acts *a;
	struct model *m;
	struct tc *tc;
	const struct param *p;
	const float *hidden;
	size_t np, i, j;

	tiny_must(!tc_open(&tc, 1, &e), e.msg);
	m = tiny_open(tc, &v->c, 0);
	p = model_params(m, &np);
	w = model_master(m);
	for (i = 0; i < np; i++)
		for (j = 0; j < p[i].rows * p[i].cols; j++)
			w[p[i].at + j] = value(p[i].name, j);
	model_refresh(m);
	grad = tiny_mem(model_train_size(m) * sizeof(float));
	dh = tiny_mem(TINY_TOKENS * v->c.dim * sizeof(float));
	tiny_must(!acts_new(&a, m, true, false, &e) && !model_grad_begin(m, &e), e.msg);
	tiny_must(!model_forward(m, &b, NULL, a, &hidden, &e), e.msg);
	tiny_must(!model_logprob(m, hidden, t.row, t.target, t.invtemp, TINY_TOKENS, lp, en, &e), e.msg);
	for (i = 0; i < TINY_TOKENS; i++) {
		near("log-probability", (double)lp[i], v->logprob[i], fabs(v->logprob[i]) + 1, 1e-5);
		near("entropy", (double)en[i], v->entropy[i], fabs(v->entropy[i]) + 1, 1e-5);
	}
	tiny_must(!model_logprob_bwd(m, hidden, t.row, t.target, t.invtemp, TINY_TOKENS, t.g, t.h, dh, grad, &e) &&
	    !model_backward(m, &b, a, dh, grad, &e), e.msg);
	model_grad_end(m, grad);
	for (i = 0; i < np; i++)
		check_gradient(v, &p[i], grad + p[i].at);
	for (i = 0; i < TENSORS && v->grad[i].name; i++)
		;
	assert_int_equal(i, np);
	free(grad);
	free(dh);
	acts_free(a);
	model_close(m);
	tc_close(tc);
}

int
main(void)
{
	enum { MODELS = sizeof(vectors) / sizeof(*vectors) };
	struct CMUnitTest tests[MODELS];

	for (size_t i = 0; i < MODELS; i++)
		tests[i] = (struct CMUnitTest){ vectors[i].name, test_model, NULL, NULL, (void *)(uintptr_t)&vectors[i] };
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return _cmocka_run_group_tests("models beside transformers", tests, MODELS, NULL, NULL);
}
