/* Gemma 2 and the text part of Gemma 3 (Gemma Team 2024, 2025): norms before and after each part, whose
 * weights are stored without their 1; GeGLU; embeddings times the root of their width; layers with a sliding
 * window, and every second or sixth without.  Gemma 2 caps scores and logits; Gemma 3 has norms of the query and
 * key heads, and rotates slower in the layers without a window. */
#include "model/arch.h"
#include "model/block_int.h"
#include "model/params_int.h"

static const struct tensor_change layer[] = {
	{ L_POST1, { "post_attention_layernorm.weight", X_ONE, X_DIM, true, INIT_ONE, HAS_ALWAYS,
	    "post_attention_norm.weight" } },
	{ L_NORM2, { "pre_feedforward_layernorm.weight", X_ONE, X_DIM, true, INIT_ONE, HAS_ALWAYS, "ffn_norm.weight" } },
	{ L_POST2, { "post_feedforward_layernorm.weight", X_ONE, X_DIM, true, INIT_ONE, HAS_ALWAYS,
	    "post_ffw_norm.weight" } },
	{ .slot = LAYER_TENSORS }
};

#define GEMMA \
	.block = block_both_norms, \
	.layer = layer, \
	.activation = "gelu_pytorch_tanh", \
	.activation_key = "hidden_activation", \
	.gguf = GGUF_HALVES, \
	.head_dim = 256, \
	.kv_heads = 4, \
	.query_scalar = 256, \
	.window = WINDOW_ALTERNATE, \
	.bos = 2, \
	.eos = 1, \
	.tied = true, \
	.norm_plus_one = true, \
	.root_embedding = true, \
	.logit_capped = true, \
	.attention_bias = true

const struct arch arch_gemma2 = {
	.name = "gemma2",
	.prefix = "Gemma2",
	GEMMA,
	.gguf_wide = 46,
	.full_every = 2,
	.attn_capped = true,
	.attn_cap = 50,
	.logit_cap = 30,
};

const struct arch arch_gemma3_text = {
	.name = "gemma3_text",
	.prefix = "Gemma3",
	.head_prefix = "Gemma3Text",
	.gguf_name = "gemma3",
	.gguf_wide = 62,
	GEMMA,
	.full_every = 6,
	.full_every_key = "sliding_window_pattern",
	.theta = 1000000,
	.local_theta = 10000,
	.qk_norm = true,
};
