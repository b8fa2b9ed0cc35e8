/* OLMo 2 (OLMo et al. 2024): Llama, with norms of what a part gives instead of what it takes, and of all
 * queries and all keys of a token together. */
#include "model/arch.h"
#include "model/block_int.h"
#include "model/params_int.h"

static const struct tensor_change layer[] = {
	{ L_NORM1, { .has = HAS_NEVER } },
	{ L_NORM2, { .has = HAS_NEVER } },
	{ L_QNORM, { "self_attn.q_norm.weight", X_ONE, X_Q, true, INIT_ONE, HAS_QK_NORM, "attn_q_norm.weight" } },
	{ L_KNORM, { "self_attn.k_norm.weight", X_ONE, X_KV, true, INIT_ONE, HAS_QK_NORM, "attn_k_norm.weight" } },
	{ L_POST1, { "post_attention_layernorm.weight", X_ONE, X_DIM, true, INIT_ONE, HAS_ALWAYS,
	    "post_attention_norm.weight" } },
	{ L_POST2, { "post_feedforward_layernorm.weight", X_ONE, X_DIM, true, INIT_ONE, HAS_ALWAYS,
	    "post_ffw_norm.weight" } },
	{ .slot = LAYER_TENSORS }
};

const struct arch arch_olmo2 = {
	.name = "olmo2",
	.prefix = "Olmo2",
	.block = block_post_norm,
	.layer = layer,
	.gguf = GGUF_HALVES,
	.eos = 50279,
	.pad = 1,
	.norm_eps = 1e-5,
	.attention_bias = true,
	.qk_norm = true,
};
