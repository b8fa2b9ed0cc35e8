/* The folders of a model, an adapter, a shared critic and a sharded model, all whole but
 * for one file, which the first line of the input names: what opens computes, the rest is
 * refused with a reason. */
#include "must.h"
#include "scratch.h"

#include <sys/stat.h>

#include "base/file.h"
#include "model/make.h"
#include "token/token.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const char tokenizer[] = "{\"model\": {\"type\": \"BPE\", \"vocab\": {\"a\": 0, \"b\": 1, \"ab\": 2, \"<end>\": 3},"
    "\"merges\": [[\"a\", \"b\"]]}, \"added_tokens\": [{\"id\": 3, \"content\": \"<end>\", \"special\": true}]}";
static const char tokens[] = "{\"bos_token\": \"a\", \"eos_token\": {\"content\": \"<end>\"}}";
static const char generation[] = "{\"bos_token_id\": 1, \"eos_token_id\": [2, 3]}";
static const char sharded[] = "{\"metadata\": {}, \"weight_map\": {\"model.embed_tokens.weight\": \"all.safetensors\"}}";

static struct part {
	const char *dir, *name;
	struct buf whole;               /* what is there otherwise */
} part[] = {
	{ .dir = "base", .name = "config.json" }, { .dir = "base", .name = "model.safetensors" },
	{ .dir = "base", .name = "generation_config.json" }, { .dir = "base", .name = "tokenizer_config.json" },
	{ .dir = "base", .name = "tokenizer.json" },
	{ .dir = "adapter", .name = "adapter_config.json" }, { .dir = "adapter", .name = "adapter_model.safetensors" },
	{ .dir = "critic", .name = "head_config.json" }, { .dir = "critic", .name = "head.safetensors" },
	{ .dir = "shards", .name = "model.safetensors.index.json" }, { .dir = "shards", .name = "all.safetensors" },
};

enum { PARTS = sizeof(part) / sizeof(*part) };

static struct tc *tc;

static const char *
fill(const struct part *p, const void *bytes, size_t n)
{
	char name[96];

	snprintf(name, sizeof(name), "%s/%s", p->dir, p->name);
	return scratch(name, bytes, n);
}

/* Everything whole, once. */
static void
begin(void)
{
	static const struct model_config c = { .arch = &arch_llama, .head = HEAD_LM, .dtype = DT_F32, .vocab = 5, .dim = 4,
		.layers = 1, .heads = 2, .kv_heads = 1, .head_dim = 2, .ffn = 4, .max_pos = 16, .norm_eps = 1e-5f,
		.init_range = 0.3f, .rope_theta = 1e4, .tied = true, .bos = 1, .eos = { 2 }, .neos = 1, .pad = -1, .reward_sd = 1 };
	static const struct make_lora lora = { .rank = 1, .alpha = 2, .targets = "q_proj,down_proj", .base = "../base" };
	static const char *const dirs[] = { "base", "adapter", "critic", "shards" };
	char base[sizeof(scratch_path)], adapter[sizeof(scratch_path)];
	struct err e = { 0 };

	must(!tc_open(&tc, 1, &e));
	for (size_t i = 0; i < sizeof(dirs) / sizeof(*dirs); i++)
		must(!mkdir(scratch_at(dirs[i]), 0700));
	snprintf(base, sizeof(base), "%s", scratch_at("base"));
	snprintf(adapter, sizeof(adapter), "%s", scratch_at("adapter"));
	must(!make_new(tc, &c, 1, base, &e) && !make_adapter(tc, base, &lora, 1, adapter, &e));
	must(!make_shared(tc, base, "../base", scratch_at("critic"), &e));
	must(!make_new(tc, &c, 1, scratch_at("shards"), &e));
	snprintf(base, sizeof(base), "%s", scratch_at("shards/model.safetensors"));
	must(!rename(base, scratch_at("shards/all.safetensors")));
	scratch("shards/model.safetensors.index.json", sharded, sizeof(sharded) - 1);
	scratch("base/generation_config.json", generation, sizeof(generation) - 1);
	scratch("base/tokenizer_config.json", tokens, sizeof(tokens) - 1);
	scratch("base/tokenizer.json", tokenizer, sizeof(tokenizer) - 1);
	for (size_t i = 0; i < PARTS; i++) {
		snprintf(base, sizeof(base), "%s/%s", part[i].dir, part[i].name);
		must(!file_read(&part[i].whole, scratch_at(base), &e));
	}
}

/* a read-only or training model from dir works on what it says that it takes */
static void
model(const char *dir, unsigned flags)
{
	const size_t off[] = { 0, 3 }, row[] = { 0, 1, 2 };
	int32_t id[3];
	const struct batch b = { .ntok = 3, .nseq = 1, .id = id, .off = off };
	float lp[3];
	const struct model_config *c;
	const float *hidden;
	struct model *m;
	struct acts *a;
	struct err e = { 0 };

	if (model_open(&m, tc, dir, flags, &e)) {
		must((e.code == ST_INPUT || e.code == ST_IO) && e.msg[0]);
		return;
	}
	c = model_config(m);
	for (int i = 0; i < 3; i++)
		id[i] = i % (int32_t)c->vocab;
	must(strlen(model_fingerprint(m)) == HASH_HEX - 1);
	if (c->max_pos >= 3) {
		must(!acts_new(&a, m, false, false, &e));
		must(!model_forward(m, &b, NULL, a, &hidden, &e));
		if (c->head == HEAD_LM)
			must(!model_logprob(m, hidden, row, id, NULL, 3, lp, NULL, &e));
		else
			model_scalar(m, hidden, row, 3, lp);
		acts_free(a);
	}
	model_close(m);
}

static void
words(const char *dir)
{
	struct tokenizer *t;
	struct err e = { 0 };

	if (tok_open(&t, dir, &e)) {
		must(e.code == ST_INPUT && e.msg[0]);
		return;
	}
	must(tok_bos(t) < (int32_t)tok_vocab_size(t) && tok_eos(t) < (int32_t)tok_vocab_size(t));
	tok_close(t);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const uint8_t *end = n ? memchr(data, '\n', n) : NULL;
	size_t len = end ? (size_t)(end - data) : 0, i;
	char dir[sizeof(scratch_path)];
	struct model_config c;
	struct err e = { 0 };

	if (!tc)
		begin();
	for (i = 0; i < PARTS; i++)
		if (strlen(part[i].name) == len && !memcmp(part[i].name, data, len))
			break;
	if (i == PARTS)
		return 0;
	fill(&part[i], end + 1, n - len - 1);
	snprintf(dir, sizeof(dir), "%s", scratch_at(part[i].dir));
	must(!model_peek(&c, dir, &e) || ((e.code == ST_INPUT || e.code == ST_IO) && e.msg[0]));
	model(dir, MODEL_READ);
	model(dir, MODEL_TRAIN);
	if (!strcmp(part[i].dir, "base"))
		words(dir);
	fill(&part[i], part[i].whole.p, part[i].whole.n);
	return 0;
}
