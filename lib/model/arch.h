/* The architectures of the family.  Each is one descriptor in a file of its own, arch_NAME.c;
 * the code asks for its traits, never for its name. */
#ifndef MODEL_ARCH_H
#define MODEL_ARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct step;
struct tensor_change;

enum arch_window {
	WINDOW_NEVER,   /* every layer sees all keys */
	WINDOW_ALL,     /* sliding_window holds in every layer */
	WINDOW_FROM     /* if use_sliding_window, from layer max_window_layers on */
};

/* How llama.cpp's files keep the rows of q and k. */
enum arch_gguf {
	GGUF_NOT,       /* such files are not read or written */
	GGUF_HALVES,    /* as we do: rows i and i + D/2 of a head are turned together */
	GGUF_PAIRS      /* rows 2i and 2i + 1 are */
};

struct arch {
	const char *name;               /* model_type of config.json: "llama" */
	const char *prefix;             /* of its classes in transformers: "Llama" */
	const struct step *const *block;        /* a layer's steps in order, then NULL: block_int.h */
	const struct tensor_change *layer;      /* a layer's tensors that are other than Llama's; NULL: none */
	size_t head_dim;                /* where config.json does not say; 0: hidden_size / heads */
	enum arch_window window;
	size_t kv_heads;                /* where config.json does not say; 0: as many as heads */
	int32_t bos, eos, pad;          /* where config.json does not say; 0: none */
	double norm_eps;                /* where config.json does not say; 0: 1e-6 */
	double theta;                   /* where config.json does not say; 0: 10000 */
	bool tied;                      /* where config.json does not say */
	size_t no_rope_every;           /* where config.json does not say: struct model_config; 0: it has no such layers */
	bool multipliers;               /* of embeddings, attention, residuals and logits: struct model_config */
	bool qkv_bias;                  /* q, k and v always have biases */
	bool attention_bias;            /* q, k, v and o may have them: attention_bias */
	bool mlp_bias;                  /* the feed-forward maps may: mlp_bias */
	enum arch_gguf gguf;
	const char *gguf_name;          /* under which it is written there; NULL: its own, under which it is read */
	bool qk_norm;                   /* RMS norms of queries and keys, of every head or of all together: layer's rows say it */
};

/* All of them: a row for each. */
#define ARCHS(X) X(llama) X(mistral) X(qwen2) X(qwen3) X(smollm3) X(granite) X(olmo2)

#define ARCH_DECLARE(a) extern const struct arch arch_##a;
ARCHS(ARCH_DECLARE)
#define ARCH_INDEX(a) ARCH_##a,
enum arch_index { ARCHS(ARCH_INDEX) ARCH_COUNT };

/* Number i (enum arch_index), NULL past the last one; by its name, NULL if there is none. */
const struct arch *arch_at(size_t i);
const struct arch *arch_find(const char *name);

#endif
