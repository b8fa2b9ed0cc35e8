/* Phi-3 and Phi-4 (Abdin et al. 2024): Llama, with q, k and v as one map, and gate and up as one. */
#include "model/arch.h"
#include "model/block_int.h"
#include "model/params_int.h"

static const struct tensor_change layer[] = {
	{ L_Q, { "self_attn.qkv_proj.weight", X_QKV, X_DIM, false, INIT_NORMAL, HAS_ALWAYS, "attn_qkv.weight" } },
	{ L_K, { .has = HAS_NEVER } },
	{ L_V, { .has = HAS_NEVER } },
	{ L_GATE, { "mlp.gate_up_proj.weight", X_GATE_UP, X_DIM, false, INIT_NORMAL, HAS_ALWAYS, "ffn_up.weight" } },
	{ L_UP, { .has = HAS_NEVER } },
	{ .slot = LAYER_TENSORS }
};

const struct arch arch_phi3 = {
	.name = "phi3",
	.prefix = "Phi3",
	.block = block_pre_norm,
	.layer = layer,
	.gguf = GGUF_HALVES,
	.window = WINDOW_ALL,
	.no_window = true,
	.bos = 1,
	.eos = 32000,
	.pad = 32000,
	.norm_eps = 1e-5,
	.partial_rotary = true,
	.long_rope = 4096,
};
