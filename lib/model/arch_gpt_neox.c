/* GPT-NeoX (Black et al. 2022) and Pythia (Biderman et al. 2023): LayerNorm, a feed-forward part of two maps beside
 * attention, and a quarter of each head rotated. */
#include "model/arch.h"
#include "model/block_int.h"
#include "model/params_int.h"

static const struct tensor_change layer[] = {
	{ L_NORM1B, { "input_layernorm.bias", X_ONE, X_DIM, true, INIT_ZERO, HAS_ALWAYS, NULL } },
	{ L_Q, { "attention.query_key_value.weight", X_QKV, X_DIM, false, INIT_NORMAL, HAS_ALWAYS, NULL } },
	{ L_K, { .has = HAS_NEVER } },
	{ L_V, { .has = HAS_NEVER } },
	{ L_QB, { "attention.query_key_value.bias", X_ONE, X_QKV, true, INIT_ZERO, HAS_QKV_BIAS, NULL } },
	{ L_KB, { .has = HAS_NEVER } },
	{ L_VB, { .has = HAS_NEVER } },
	{ L_O, { "attention.dense.weight", X_DIM, X_Q, false, INIT_NORMAL, HAS_ALWAYS, NULL } },
	{ L_OB, { "attention.dense.bias", X_ONE, X_DIM, true, INIT_ZERO, HAS_O_BIAS, NULL } },
	{ L_NORM2B, { "post_attention_layernorm.bias", X_ONE, X_DIM, true, INIT_ZERO, HAS_ALWAYS, NULL } },
	{ L_GATE, { "mlp.dense_h_to_4h.weight", X_FFN, X_DIM, false, INIT_NORMAL, HAS_ALWAYS, NULL } },
	{ L_GATEB, { "mlp.dense_h_to_4h.bias", X_ONE, X_FFN, true, INIT_ZERO, HAS_ALWAYS, NULL } },
	{ L_UP, { .has = HAS_NEVER } },
	{ L_UPB, { .has = HAS_NEVER } },
	{ L_DOWN, { "mlp.dense_4h_to_h.weight", X_DIM, X_FFN, false, INIT_NORMAL, HAS_ALWAYS, NULL } },
	{ L_DOWNB, { "mlp.dense_4h_to_h.bias", X_ONE, X_DIM, true, INIT_ZERO, HAS_ALWAYS, NULL } },
	{ .slot = LAYER_TENSORS }
};

static const struct tensor_change global[] = {
	{ G_EMBED, { "gpt_neox.embed_in.weight", X_VOCAB, X_DIM, false, INIT_NORMAL, HAS_ALWAYS, NULL } },
	{ G_NORM, { "gpt_neox.final_layer_norm.weight", X_ONE, X_DIM, true, INIT_ONE, HAS_ALWAYS, NULL } },
	{ G_NORMB, { "gpt_neox.final_layer_norm.bias", X_ONE, X_DIM, true, INIT_ZERO, HAS_ALWAYS, NULL } },
	{ G_HEAD, { "embed_out.weight", X_VOCAB, X_DIM, false, INIT_NORMAL, HAS_LM_HEAD, NULL } },
	{ .slot = LAYER_TENSORS }
};

const struct arch arch_gpt_neox = {
	.name = "gpt_neox",
	.prefix = "GPTNeoX",
	.block = block_side_by_side,
	.layers = "gpt_neox.layers",
	.layer = layer,
	.global = global,
	.activation = "gelu",
	.activation_key = "hidden_act",
	.eos = 2,
	.norm_eps = 1e-5,
	.norm_eps_key = "layer_norm_eps",
	.theta_key = "rotary_emb_base",
	.part_key = "rotary_pct",
	.rotary_part = 0.25,
	.partial_rotary = true,
	.parallel = true,
	.attention_bias = true,
	.bias = true,
};
