/* Folders that transformers and peft wrote, of every architecture, option and head: logits,
 * losses and gradients against theirs (tests/ref/folders_vectors.py). */
#include "vectors.h"

#include <unistd.h>

#include "model/model.h"

#define STORIES "../shared/data/models/stories260K"

enum { MAX_TOKENS = 64, MAX_SEQ = 8 };

static void
must(enum status st, const struct err *e)
{
	if (st)
		fail_msg("%s", e->msg);
}

struct run {
	struct model *m;
	struct acts *acts;
	struct batch b;
	int32_t id[MAX_TOKENS], target[MAX_TOKENS];
	size_t off[MAX_SEQ], row[MAX_TOKENS], next[MAX_TOKENS], nnext;
	float g[MAX_TOKENS], out[MAX_TOKENS];
	float *dh, *grad;
	const float *hidden;
};

static void
read_batch(struct run *r, const struct st_file *f)
{
	size_t n, k, i, s;
	float *id = vec(f, "id", &n), *len = vec(f, "length", &k);

	assert_true(n <= MAX_TOKENS && k < MAX_SEQ);
	for (i = s = 0; s < k; s++) {
		r->off[s] = i;
		for (size_t j = 0; j < (size_t)len[s]; i++, j++) {
			r->id[i] = (int32_t)id[i];
			r->row[i] = i;
			if (j) {
				r->next[r->nnext] = i - 1;
				r->target[r->nnext++] = r->id[i];
			}
		}
	}
	r->off[k] = i;
	r->b = (struct batch){ .ntok = n, .nseq = k, .id = r->id, .off = r->off };
	free(id);
	free(len);
}

static double
lm(struct run *r)
{
	double loss = 0;
	struct err e = {0};

	must(model_logprob(r->m, r->hidden, r->next, r->target, NULL, r->nnext, r->out, NULL, &e), &e);
	for (size_t i = 0; i < r->nnext; i++) {
		loss -= (double)r->out[i] / (double)r->nnext;
		r->g[i] = -1 / (float)r->nnext;
	}
	must(model_logprob_bwd(r->m, r->hidden, r->next, r->target, NULL, r->nnext, r->g, NULL, r->dh, r->grad, &e), &e);
	return loss;
}

static double
scalar(struct run *r)
{
	double loss = 0;

	model_scalar(r->m, r->hidden, r->row, r->b.ntok, r->out);
	for (size_t i = 0; i < r->b.ntok; i++) {
		r->g[i] = ((float)(i * 7 % 5) - 2) / 3;
		loss += (double)r->g[i] * (double)r->out[i];
	}
	model_scalar_bwd(r->m, r->hidden, r->row, r->b.ntok, r->g, r->dh, r->grad);
	return loss;
}

static void
check_logits(struct run *r, const struct st_file *f)
{
	const struct model_config *c = model_config(r->m);
	size_t n, rows = r->b.ntok, width = c->head == HEAD_LM ? c->vocab : 1;
	float *want = vec(f, "logits", &n), *got, *row;
	struct err e = {0};
	double size = 0;

	if (st_find(f, "row")) {
		row = vec(f, "row", &rows);
		for (size_t i = 0; i < rows; i++)
			r->row[i] = (size_t)row[i];
		free(row);
	}
	assert_int_equal(n, rows * width);
	got = calloc(n, sizeof(*got));
	assert_non_null(got);
	if (c->head == HEAD_LM)
		must(model_logits(r->m, r->hidden, r->row, rows, got, &e), &e);
	else
		model_scalar(r->m, r->hidden, r->row, rows, got);
	for (size_t i = 0; i < n; i++)
		size = fabs((double)want[i]) > size ? fabs((double)want[i]) : size;
	for (size_t i = 0; i < n; i++)
		vec_near("logit", i, (double)got[i], (double)want[i], size, 1e-4);
	free(want);
	free(got);
}

static const struct param *
find(const struct run *r, const char *name)
{
	size_t n;
	const struct param *p = model_params(r->m, &n);

	/* an adapter's head has its plain name */
	if (!strncmp(name, "base_model.model.score.", 23))
		name += 17;
	for (size_t i = 0; i < n; i++)
		if (!strcmp(p[i].name, name))
			return &p[i];
	return NULL;
}

/* Every gradient of the file, and no parameter beside them. */
static void
check_gradients(const struct run *r, const struct st_file *f)
{
	size_t n, k, some, trained;
	float *grad = vec(f, "grad", &n), *norm = vec(f, "norm", &k);
	const char *names = st_meta(f, "names");
	char *name;

	assert_non_null(names);
	some = n / k;
	for (size_t i = 0; i < k; i++) {
		const struct param *p;
		double sum = 0, rms;
		size_t size, step;

		name = vec_line(names, i);
		assert_non_null(name);
		if (!(p = find(r, name)))
			fail_msg("no parameter %s", name);
		size = p->rows * p->cols;
		step = (size + some - 1) / some;
		rms = (double)norm[i] / sqrt((double)size);
		for (size_t j = 0; j < size; j++)
			sum += (double)r->grad[p->at + j] * (double)r->grad[p->at + j];
		vec_near(name, size, sqrt(sum), (double)norm[i], 1e-9, 1e-3);
		for (size_t j = 0; j * step < size; j++)
			vec_near(name, j * step, (double)r->grad[p->at + j * step], (double)grad[i * some + j], rms, 1e-3);
		free(name);
	}
	model_params(r->m, &trained);
	assert_int_equal(k, trained);
	free(grad);
	free(norm);
}

static void
compare(const char *dir, const char *file)
{
	struct run r = {0};
	struct err e = {0};
	struct st_file *f;
	struct tc *tc;
	double loss;
	float *want;

	must(st_open(&f, file, &e), &e);
	must(tc_open(&tc, 1, &e), &e);
	must(model_open(&r.m, tc, dir, MODEL_TRAIN, &e), &e);
	must(acts_new(&r.acts, r.m, true, false, &e), &e);
	read_batch(&r, f);
	r.grad = calloc(model_train_size(r.m), sizeof(float));
	r.dh = calloc(r.b.ntok * model_config(r.m)->dim, sizeof(float));
	assert_true(r.grad && r.dh);
	must(model_grad_begin(r.m, &e), &e);
	must(model_forward(r.m, &r.b, NULL, r.acts, &r.hidden, &e), &e);
	loss = model_config(r.m)->head == HEAD_LM ? lm(&r) : scalar(&r);
	check_logits(&r, f);
	must(model_backward(r.m, &r.b, r.acts, r.dh, r.grad, &e), &e);
	model_grad_end(r.m, r.grad);
	want = vec(f, "loss", NULL);
	vec_near("loss", 0, loss, (double)*want, 1e-2, 1e-4);
	check_gradients(&r, f);
	assert_false(tc_failed(tc));
	free(want);
	free(r.grad);
	free(r.dh);
	acts_free(r.acts);
	model_close(r.m);
	tc_close(tc);
	st_close(f);
}

static void
test_case(void **state)
{
	char dir[128], file[160];

	snprintf(dir, sizeof(dir), "tests/ref/folders/%s", (const char *)*state);
	snprintf(file, sizeof(file), "%s/vectors.safetensors", dir);
	compare(dir, file);
}

static void
test_stories(void **state)
{
	(void)state;
	compare(STORIES, "tests/ref/folders/stories260K.safetensors");
}

int
main(void)
{
	static char names[][24] = { "llama", "llama-tied", "llama-bias", "llama-linear", "llama-llama3", "llama-yarn", "llama-bf16",
		"llama-f16", "mistral", "qwen2", "qwen2-window", "qwen3", "llama-token", "llama-sequence", "qwen3-sequence", "lora",
		"lora-token", "lora-pattern", "lora-regex", "lora-layers", "lora-score", "smollm3", "lora-smollm3", "granite", "lora-granite",
		"olmo2", "lora-olmo2", "gemma3", "gemma3-bf16", "gemma3-sequence", "lora-gemma3", "gemma2", "lora-gemma2", "gpt-neox", "gpt-neox-sequence", "lora-gpt-neox", "phi3", "phi3-long", "phi3-token", "lora-phi3", "lora-phi3-mixed", "lora-phi3-all",
		"llama-longrope", "llama-dynamic" };
	enum { CASES = sizeof(names) / sizeof(*names) };
	struct CMUnitTest tests[CASES + 1];
	size_t n = CASES + 1;

	for (size_t i = 0; i < CASES; i++)
		tests[i] = (struct CMUnitTest){ names[i], test_case, NULL, NULL, names[i] };
	tests[CASES] = (struct CMUnitTest){ "stories260K", test_stories, NULL, NULL, NULL };
	cmocka_set_message_output(CM_OUTPUT_TAP);
	if (access(STORIES "/config.json", R_OK)) {
		/* cmocka's own words for a skipped test are a failed one to prove */
		printf("# stories260K: skipped, the data is not here\n");
		n--;
	}
	return _cmocka_run_group_tests("models of transformers", tests, n, NULL, NULL);
}
