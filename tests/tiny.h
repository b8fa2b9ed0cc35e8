/* Tiny models of every shape that the family has, for tests: in a scratch folder, with
 * every parameter drawn, and the bytes of all that they compute. */
#ifndef TESTS_TINY_H
#define TESTS_TINY_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/rng.h"
#include "model/make.h"
#include "model/model.h"

#define TINY_BASE .head = HEAD_LM, .norm_eps = 1e-5f, .init_range = 0.3f, .rope_theta = 1e4, .max_pos = 64, .layers = 2, \
	.bos = 1, .eos = { 2 }, .neos = 1, .pad = -1, .reward_sd = 1

static const struct model_config tiny[] = {
	{ TINY_BASE, .arch = &arch_llama, .dtype = DT_F32, .vocab = 75, .dim = 24, .heads = 4, .kv_heads = 2, .head_dim = 6, .ffn = 40, .tied = true },
	{ TINY_BASE, .arch = &arch_llama, .dtype = DT_F16, .vocab = 40, .dim = 16, .heads = 2, .kv_heads = 2, .head_dim = 8, .ffn = 36,
		.qkv_bias = true, .o_bias = true, .mlp_bias = true },
	{ TINY_BASE, .arch = &arch_qwen2, .dtype = DT_F32, .vocab = 33, .dim = 32, .heads = 2, .kv_heads = 1, .head_dim = 16, .ffn = 32, .qkv_bias = true },
	{ TINY_BASE, .arch = &arch_qwen3, .dtype = DT_BF16, .vocab = 50, .dim = 32, .heads = 2, .kv_heads = 1, .head_dim = 36, .ffn = 64,
		.qk_norm = true, .window = 7, .tied = true },
	{ TINY_BASE, .arch = &arch_olmo2, .dtype = DT_BF16, .vocab = 47, .dim = 20, .heads = 4, .kv_heads = 2, .head_dim = 10, .ffn = 28,
		.qkv_bias = true, .o_bias = true, .qk_norm = true },
	{ TINY_BASE, .arch = &arch_gemma2, .dtype = DT_F32, .vocab = 45, .dim = 20, .heads = 4, .kv_heads = 2, .head_dim = 8, .ffn = 28,
		.window = 7, .full_every = 2, .tied = true, .attn_scale = 0.3f, .attn_cap = 1.5f, .logit_cap = 2 },
	{ TINY_BASE, .arch = &arch_gemma3_text, .dtype = DT_BF16, .vocab = 46, .dim = 36, .heads = 2, .kv_heads = 1, .head_dim = 20, .ffn = 40,
		.window = 5, .full_every = 2, .local_theta = 100, .tied = true, .qk_norm = true, .logit_cap = 3,
		.rope = { .kind = ROPE_LINEAR, .factor = 4, .attn = 1 } },
	{ TINY_BASE, .arch = &arch_phi3, .dtype = DT_F16, .vocab = 44, .dim = 24, .heads = 2, .kv_heads = 1, .head_dim = 12, .ffn = 20,
		.turned = 8, .window = 9, .rope = { .kind = ROPE_LONG, .factor = 2, .orig = 48, .attn = 1.1,
		.shorts = { 1, 1.5f, 2, 2.5f }, .longs = { 2, 3, 4, 5 } } },
	{ TINY_BASE, .arch = &arch_gpt_neox, .dtype = DT_F32, .vocab = 44, .dim = 24, .heads = 3, .kv_heads = 3, .head_dim = 8, .ffn = 28,
		.turned = 4, .qkv_bias = true, .o_bias = true },
};

enum { TINY = sizeof(tiny) / sizeof(*tiny), TINY_TOKENS = 45 };

static inline void
tiny_must(bool done, const char *what)
{
	if (!done) {
		fprintf(stderr, "%s\n", what);
		abort();
	}
}

static inline void *
tiny_mem(size_t n)
{
	void *p = calloc(n + 1, 1);

	tiny_must(p, "out of memory");
	return p;
}

static inline void
tiny_remove(const char *dir, const char *config, const char *weights)
{
	char path[96];

	snprintf(path, sizeof(path), "%s/%s", dir, config);
	tiny_must(!unlink(path), path);
	snprintf(path, sizeof(path), "%s/%s", dir, weights);
	tiny_must(!unlink(path) && !rmdir(dir), path);
}

/* rank: of an adapter on all linear maps, 0 for none; c->value: with a value head beside
 * the language model's */
static inline struct model *
tiny_open(struct tc *tc, const struct model_config *c, size_t rank)
{
	char dir[] = "/tmp/fg-tiny.XXXXXX", adapter[] = "/tmp/fg-tiny.XXXXXX", head[] = "/tmp/fg-tiny.XXXXXX";
	struct make_lora lora = { rank, 2 * (double)rank, NULL, dir, NULL };
	struct model_config plain = *c;
	struct rng_key key = { .seed = 11 };
	struct model *m = NULL;
	struct err e = {0};
	size_t size;
	float *w;

	tiny_must(mkdtemp(dir), "mkdtemp");
	plain.value = false;
	tiny_must(!make_new(tc, &plain, 1, dir, &e), e.msg);
	if (rank) {
		tiny_must(mkdtemp(adapter), "mkdtemp");
		tiny_must(!make_adapter(tc, dir, &lora, 1, adapter, &e), e.msg);
	}
	if (c->value) {
		tiny_must(mkdtemp(head), "mkdtemp");
		tiny_must(!make_shared(tc, rank ? adapter : dir, rank ? adapter : dir, head, &e), e.msg);
	}
	tiny_must(!model_open(&m, tc, c->value ? head : rank ? adapter : dir, MODEL_TRAIN, &e), e.msg);
	if (c->value)
		tiny_remove(head, "head_config.json", "head.safetensors");
	if (rank)
		tiny_remove(adapter, "adapter_config.json", "adapter_model.safetensors");
	tiny_remove(dir, "config.json", "model.safetensors");
	/* no bias is 0, no norm 1 */
	size = model_train_size(m);
	w = tiny_mem(size * sizeof(*w));
	tc_get(tc, w, model_master(m), size * sizeof(*w));
	for (size_t i = 0; i < size; i++)
		w[i] += (float)(0.1 * rng_normal(&key, i, 0));
	tc_put(tc, model_master(m), w, size * sizeof(*w));
	free(w);
	model_refresh(m);
	return m;
}

/* Three sequences, one of them of one token, as a ragged batch. */
struct tiny_batch {
	int32_t id[TINY_TOKENS], target[TINY_TOKENS];
	size_t off[4], row[TINY_TOKENS], slot[3];
	float invtemp[TINY_TOKENS], g[TINY_TOKENS], h[TINY_TOKENS];
};

static inline struct batch
tiny_fill(struct tiny_batch *b, const struct model_config *c)
{
	*b = (struct tiny_batch){ .off = { 0, 1, 20, TINY_TOKENS }, .slot = { 2, 0, 1 } };
	for (size_t i = 0; i < TINY_TOKENS; i++) {
		b->id[i] = (int32_t)(i * i * 7 % c->vocab);
		b->target[i] = (int32_t)((i * 5 + 3) % c->vocab);
		b->row[i] = i;
		b->invtemp[i] = 1 + (float)(i % 3) / 4;
		b->g[i] = (float)(i % 5) / 4 - 0.7f;
		b->h[i] = i % 2 ? 0.3f : -0.1f;
	}
	return (struct batch){ .ntok = TINY_TOKENS, .nseq = 3, .id = b->id, .off = b->off };
}

/* Numbers of tc's memory into the sum. */
static inline void
tiny_add(struct tc *tc, struct hasher *sum, const float *p, size_t n)
{
	float *room = tiny_mem(n * sizeof(*room));

	tc_get(tc, room, p, n * sizeof(*room));
	hash_add(sum, room, n * sizeof(*room));
	free(room);
}

static inline float *
tiny_room(struct tc *tc, size_t n)
{
	float *p = tc_alloc(tc, n * sizeof(*p));

	tiny_must(p, "out of memory");
	return p;
}

/* The sum over a model's hidden states, results, gradients and cached logits. */
static inline void
tiny_digest(struct tc *tc, const struct model_config *c, size_t rank, struct hasher *sum)
{
	struct model *m = tiny_open(tc, c, rank);
	size_t size = model_train_size(m), i, s;
	struct tiny_batch t;
	struct batch b = tiny_fill(&t, c);
	float lp[TINY_TOKENS], en[TINY_TOKENS], *dh = tiny_room(tc, TINY_TOKENS * c->dim);
	float *grad = tiny_room(tc, size), *logits = tiny_room(tc, 3 * c->vocab);
	const float *hidden;
	struct acts *a, *f;
	struct kv *kv;
	struct err e = {0};

	tiny_must(!acts_new(&a, m, true, false, &e) && !acts_new(&f, m, false, false, &e), e.msg);
	tiny_must(!model_grad_begin(m, &e) && !model_forward(m, &b, NULL, a, &hidden, &e), e.msg);
	tiny_add(tc, sum, hidden, TINY_TOKENS * c->dim);
	tiny_must(!model_logprob(m, hidden, t.row, t.target, t.invtemp, TINY_TOKENS, lp, en, &e), e.msg);
	hash_add(sum, lp, sizeof(lp));
	hash_add(sum, en, sizeof(en));
	tiny_must(!model_logprob_bwd(m, hidden, t.row, t.target, t.invtemp, TINY_TOKENS, t.g, t.h, dh, grad, &e) &&
	    !model_backward(m, &b, a, dh, grad, &e), e.msg);
	model_grad_end(m, grad);
	tiny_add(tc, sum, grad, size);
	/* the same tokens through a cache, two at first, then one at a time */
	tiny_must(!kv_new(&kv, m, 3, 64, &e), e.msg);
	for (i = 0; i < 12; i += i ? 1 : 2) {
		size_t n = i ? 1 : 2, off[] = { 0, n, 2 * n, 3 * n }, row[] = { n - 1, 2 * n - 1, 3 * n - 1 };
		int32_t id[6];

		for (s = 0; s < 3; s++)
			memcpy(id + s * n, t.id + s * 12 + i, n * sizeof(*id));
		b = (struct batch){ .ntok = 3 * n, .nseq = 3, .id = id, .off = off, .slot = t.slot };
		tiny_must(!model_forward(m, &b, kv, f, &hidden, &e) && !model_logits(m, hidden, row, 3, logits, &e), e.msg);
		tiny_add(tc, sum, logits, 3 * c->vocab);
	}
	tiny_must(!tc_failed(tc), "scratch");
	kv_free(kv);
	acts_free(a);
	acts_free(f);
	model_close(m);
	tc_free(tc, dh, TINY_TOKENS * c->dim * sizeof(float));
	tc_free(tc, grad, size * sizeof(float));
	tc_free(tc, logits, 3 * c->vocab * sizeof(float));
}

/* XXH3-128 over all tiny models, in digits */
static inline void
tiny_sum(struct tc *tc, char hex[HASH_HEX])
{
	struct hasher *sum = hash_open();

	tiny_must(sum, "out of memory");
	for (size_t i = 0; i < TINY; i++)
		tiny_digest(tc, &tiny[i], i % 2 * 3, sum);
	hash_hex(hash_sum(sum), hex);
	hash_close(sum);
}

#endif
