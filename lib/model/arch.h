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
	WINDOW_FROM,    /* if use_sliding_window, from layer max_window_layers on */
	WINDOW_ALTERNATE        /* in every layer but each full_every-th */
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
	const char *head_prefix;        /* of those with a head that is no language model's; NULL: the same */
	const struct step *const *block;        /* a layer's steps in order, then NULL: block_int.h */
	const struct tensor_change *layer;      /* a layer's tensors that are other than Llama's; NULL: none */
	const struct tensor_change *global;     /* the same of the others */
	const char *layers;             /* what the names of layers begin with; NULL: "model.layers" */
	size_t head_dim;                /* where config.json does not say; 0: hidden_size / heads */
	const char *activation;         /* what the list of steps does; NULL: silu, and hidden_act says it */
	const char *activation_key;     /* the key that says it */
	enum arch_window window;
	size_t full_every;              /* of WINDOW_ALTERNATE, where config.json does not say: layer_types, */
	const char *full_every_key;     /* and this key; NULL if it has no such key */
	bool no_window;                 /* where config.json does not say; else 4096 */
	size_t kv_heads;                /* where config.json does not say; 0: as many as heads */
	int32_t bos, eos, pad;          /* where config.json does not say; 0: none */
	double norm_eps;                /* where config.json does not say; 0: 1e-6 */
	const char *norm_eps_key, *theta_key, *part_key;        /* NULL: rms_norm_eps, rope_theta, partial_rotary_factor */
	double theta;                   /* where config.json does not say; 0: 10000 */
	double local_theta;             /* of layers with a window, where config.json does not say; 0: they have no other */
	size_t query_scalar;            /* query_pre_attn_scalar, where config.json does not say; 0: no such key */
	bool attn_capped, logit_capped; /* scores, logits may have soft caps: attn_logit_softcapping, final_logit_softcapping */
	double attn_cap, logit_cap;     /* where config.json does not say; 0: none */
	bool norm_plus_one;             /* the weights of norms are stored without their 1 */
	bool root_embedding;            /* embeddings are multiplied by the root of their width */
	bool tied;                      /* where config.json does not say */
	size_t no_rope_every;           /* where config.json does not say: struct model_config; 0: it has no such layers */
	bool partial_rotary;            /* a part of a head may be rotated: partial_rotary_factor */
	double rotary_part;             /* where config.json does not say; 0: all of it */
	bool parallel;                  /* attention and feed-forward part of one input, q k v by heads: use_parallel_residual */
	size_t long_rope;               /* LongRoPE is its one scaling, also called su or yarn; the original length where
					 * config.json does not say; 0: it is one of several */
	bool multipliers;               /* of embeddings, attention, residuals and logits: struct model_config */
	bool qkv_bias;                  /* q, k and v always have biases */
	bool attention_bias;            /* q, k, v and o may have them: attention_bias */
	bool bias;                      /* where config.json does not say */
	bool mlp_bias;                  /* the feed-forward maps may: mlp_bias */
	enum arch_gguf gguf;
	const char *gguf_name;          /* its name there; NULL: its own */
	size_t gguf_wide;               /* llama.cpp takes dim / heads for query_pre_attn_scalar in a model of so many layers */
	bool qk_norm;                   /* RMS norms of queries and keys, of every head or of all together: layer's rows say it */
};

/* All of them: a row for each. */
#define ARCHS(X) X(llama) X(mistral) X(qwen2) X(qwen3) X(smollm3) X(granite) X(olmo2) X(gemma2) X(gemma3_text) X(phi3) X(gpt_neox)

#define ARCH_DECLARE(a) extern const struct arch arch_##a;
ARCHS(ARCH_DECLARE)
#define ARCH_INDEX(a) ARCH_##a,
enum arch_index { ARCHS(ARCH_INDEX) ARCH_COUNT };

/* Number i (enum arch_index), NULL past the last one; by its name, NULL if there is none. */
const struct arch *arch_at(size_t i);
const struct arch *arch_find(const char *name);
/* The one that a GGUF file's name stands for. */
const struct arch *arch_find_gguf(const char *name);

#endif
