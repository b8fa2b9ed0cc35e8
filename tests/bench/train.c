/* Training, scoring and sampling of random models: tokens a second, and what part of the
 * machine's multiply-adds (times threads) that is.
 *
 *	train [tiny|small|short [threads [reward]]]
 *
 * reward: a step of a token-level reward model, a scalar a token in place of logits.
 */
#include <stdio.h>
#include <stdint.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bench.h"
#include "model/make.h"
#include "model/model.h"
#include "optim/adamw.h"

struct size { const char *name; size_t dim, layers, heads, ffn, vocab, nseq, len; };

static const struct size sizes[] = {
	{ "tiny", 288, 6, 6, 768, 4096, 16, 256 },
	{ "small", 768, 12, 12, 2048, 32000, 2, 512 },
	/* llm.c's batch; train_llmc.py */
	{ "short", 288, 6, 6, 768, 4096, 4, 64 },
};

struct run {
	const struct size *s;
	struct tc *tc;
	struct model *m;
	struct acts *acts;
	size_t ntok, train;
	unsigned threads;
	int32_t *id, *target;
	size_t *off, *row;
	float *logprob, *g, *dh, *grad, *mom, *sq;
	double peak;
};

static void
die(const struct err *e)
{
	fprintf(stderr, "train: %s\n", e->msg);
	exit(3);
}

static void *
mem(size_t n)
{
	struct err e;
	void *p = big_alloc(n);

	if (!p) {
		err_nomem(&e);
		die(&e);
	}
	return p;
}

/* multiplications and additions of a forward pass over n tokens at positions from, from+1, ... */
static double
flop(const struct size *s, size_t n, size_t from, bool head)
{
	double d = (double)s->dim, keys = (double)from + ((double)n + 1) / 2;
	double layer = 2 * (4 * d * d + 3 * d * (double)s->ffn) + 4 * d * keys;

	return (double)n * ((double)s->layers * layer + (head ? 2 * d * (double)s->vocab : 0));
}

static void
report(const struct run *r, const char *what, double tokens, double work, double *t, size_t n)
{
	double s = bench_median(t, n);

	printf("%-5s %-18s %9.0f tokens/s %7.1f GFLOP/s %5.1f%% of %u threads' peak\n", r->s->name, what, tokens / s,
	    work / s * 1e-9, 100 * work / s * 1e-9 / (r->peak * r->threads), r->threads);
}

static bool
is_lm(const struct run *r)
{
	return model_config(r->m)->head == HEAD_LM;
}

static void
forward(struct run *r, const float **hidden)
{
	struct batch b = { .ntok = r->ntok, .nseq = r->s->nseq, .id = r->id, .off = r->off };
	struct err e;

	if (model_forward(r->m, &b, NULL, r->acts, hidden, &e) || (is_lm(r) &&
	    model_logprob(r->m, *hidden, r->row, r->target, NULL, r->ntok, r->logprob, NULL, &e)))
		die(&e);
	if (!is_lm(r))
		model_scalar(r->m, *hidden, r->row, r->ntok, r->logprob);
}

/* As fg-update's sft (or reward) does it: the loss, its gradient, the norm, AdamW. */
static void
step(struct run *r, uint64_t count)
{
	static const struct adamw adam = { .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8, .decay = 0.01 };
	struct batch b = { .ntok = r->ntok, .nseq = r->s->nseq, .id = r->id, .off = r->off };
	const struct param *p;
	const float *hidden;
	size_t np, i;
	struct err e;
	double norm;

	if (model_grad_begin(r->m, &e))
		die(&e);
	forward(r, &hidden);
	for (i = 0; i < r->ntok; i++)
		r->g[i] = -1.0f / (float)r->ntok;
	memset(r->dh, 0, r->ntok * r->s->dim * sizeof(float));
	if (!is_lm(r))
		model_scalar_bwd(r->m, hidden, r->row, r->ntok, r->g, r->dh, r->grad);
	else if (model_logprob_bwd(r->m, hidden, r->row, r->target, NULL, r->ntok, r->g, NULL, r->dh, r->grad, &e))
		die(&e);
	if (model_backward(r->m, &b, r->acts, r->dh, r->grad, &e))
		die(&e);
	model_grad_end(r->m, r->grad);
	norm = sqrt(sumsq_f32(r->tc, r->grad, r->train));
	if (!isfinite(norm))
		exit(4);
	p = model_params(r->m, &np);
	for (i = 0; i < np; i++)
		adamw_step(r->tc, &adam, model_master(r->m) + p[i].at, r->mom + p[i].at, r->sq + p[i].at,
		    r->grad + p[i].at, p[i].rows * p[i].cols, 1e-4, clip_scale(norm, 1), count, p[i].decay);
	model_refresh(r->m);
	memset(r->grad, 0, r->train * sizeof(float));
}

/* n sequences, one token of each a step, after `past` tokens */
static void
decode(struct run *r, size_t nseq)
{
	enum { PAST = 16, NEW = 64 };
	struct kv *kv;
	struct acts *a;
	struct err e;
	size_t off[257], slot[256], row[256], i, n, p = 0;
	int32_t *id = r->id;
	float *logits = mem(nseq * r->s->vocab * sizeof(float));
	const float *hidden;
	double t[NEW], from;
	char what[32];

	if (kv_new(&kv, r->m, nseq, PAST + NEW, &e) || acts_new(&a, r->m, false, false, &e))
		die(&e);
	for (i = 0; i < PAST + NEW; i += n) {
		n = i ? 1 : PAST;
		for (size_t s = 0; s <= nseq; s++)
			off[s] = s * n;
		for (size_t s = 0; s < nseq; s++) {
			slot[s] = s;
			row[s] = (s + 1) * n - 1;
		}
		from = bench_now(r->threads);
		if (model_forward(r->m, &(struct batch){ .ntok = nseq * n, .nseq = nseq, .id = id, .off = off, .slot = slot }, kv, a, &hidden, &e) ||
		    model_logits(r->m, hidden, row, nseq, logits, &e))
			die(&e);
		if (i)
			t[p++] = bench_now(r->threads) - from;
	}
	snprintf(what, sizeof(what), "decode %zu", nseq);
	report(r, what, (double)nseq, (double)nseq * flop(r->s, 1, PAST + NEW / 2, true), t, p);
	acts_free(a);
	kv_free(kv);
	big_free(logits, nseq * r->s->vocab * sizeof(float));
}

static void
bench(const struct size *s, unsigned threads, enum model_head head)
{
	struct model_config c = { .arch = &arch_llama, .head = head, .dtype = DT_F32, .vocab = s->vocab, .dim = s->dim,
		.layers = s->layers, .heads = s->heads, .kv_heads = s->heads, .head_dim = s->dim / s->heads, .ffn = s->ffn,
		.max_pos = 2048, .norm_eps = 1e-5f, .init_range = 0.02f, .rope_theta = 1e4, .tied = head == HEAD_LM, .bos = 1, .eos = { 2 },
		.neos = 1, .pad = -1, .reward_sd = 1 };
	char dir[] = "/tmp/fg-bench.XXXXXX", cmd[64];
	struct run r = { .s = s, .threads = threads, .ntok = s->nseq * s->len };
	double t[9], from, work = (double)s->nseq * flop(s, s->len, 0, head == HEAD_LM);
	const float *hidden;
	struct rusage u;
	struct err e;
	size_t i, n = s->dim < 512 ? 7 : 3;

	if (tc_open(&r.tc, threads, &e))
		die(&e);
	if (!mkdtemp(dir)) {
		perror("train: mkdtemp");
		exit(3);
	}
	if (make_new(r.tc, &c, 1, dir, &e) || model_open(&r.m, r.tc, dir, MODEL_TRAIN, &e) ||
	    acts_new(&r.acts, r.m, true, false, &e))
		die(&e);
	r.peak = bench_peak(tc_isa(r.tc));
	r.train = model_train_size(r.m);
	r.id = mem(r.ntok * sizeof(*r.id));
	r.target = mem(r.ntok * sizeof(*r.target));
	r.row = mem(r.ntok * sizeof(*r.row));
	r.off = mem((s->nseq + 1) * sizeof(*r.off));
	r.logprob = mem(r.ntok * sizeof(float));
	r.g = mem(r.ntok * sizeof(float));
	r.dh = mem(r.ntok * s->dim * sizeof(float));
	r.grad = mem(r.train * sizeof(float));
	r.mom = mem(r.train * sizeof(float));
	r.sq = mem(r.train * sizeof(float));
	for (i = 0; i < r.ntok; i++) {
		r.id[i] = (int32_t)(i * 7919 % s->vocab);
		r.target[i] = (int32_t)((i + 1) * 7919 % s->vocab);
		r.row[i] = i;
	}
	for (i = 0; i <= s->nseq; i++)
		r.off[i] = i * s->len;
	for (i = 0; i <= n; i++) {
		from = bench_now(threads);
		step(&r, i + 1);
		if (i)
			t[i - 1] = bench_now(threads) - from;
	}
	report(&r, head == HEAD_LM ? "train step" : "reward step", (double)r.ntok, 3 * work, t, n);
	for (i = 0; i < n; i++) {
		from = bench_now(threads);
		forward(&r, &hidden);
		t[i] = bench_now(threads) - from;
	}
	report(&r, "forward", (double)r.ntok, work, t, n);
	getrusage(RUSAGE_SELF, &u);
	printf("%-5s %.0f MB\n", s->name, (double)u.ru_maxrss / 1024);
	if (s->len > 64 && head == HEAD_LM) {
		decode(&r, 1);
		decode(&r, 16);
		decode(&r, 64);
	}
	snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	if (system(cmd))
		fprintf(stderr, "train: %s is left\n", dir);
	acts_free(r.acts);
	model_close(r.m);
	tc_close(r.tc);
}

int
main(int argc, char *argv[])
{
	unsigned threads = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 1;
	size_t i;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
		if (argc < 2 || !strcmp(argv[1], sizes[i].name))
			bench(&sizes[i], threads, argc > 3 ? HEAD_TOKEN : HEAD_LM);
	return 0;
}
