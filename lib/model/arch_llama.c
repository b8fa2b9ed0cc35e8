/* Llama (Touvron et al. 2023), and what kept its shape: SmolLM2, TinyLlama, Yi, ... */
#include "model/arch.h"
#include "model/block_int.h"

const struct arch arch_llama = {
	.name = "llama",
	.prefix = "Llama",
	.block = block_pre_norm,
	.gguf = GGUF_PAIRS,
	.bos = 1,
	.eos = 2,
	.attention_bias = true,
	.mlp_bias = true,
};
