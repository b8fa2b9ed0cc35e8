/* SmolLM3 (Bakouch et al. 2025): Llama, with no rotation in every fourth layer. */
#include "model/arch.h"
#include "model/block_int.h"

const struct arch arch_smollm3 = {
	.name = "smollm3",
	.prefix = "SmolLM3",
	.block = block_pre_norm,
	.gguf = GGUF_PAIRS,
	.kv_heads = 4,
	.bos = 128000,
	.eos = 128001,
	.pad = 128004,
	.theta = 2000000,
	.tied = true,
	.no_rope_every = 4,
	.attention_bias = true,
	.mlp_bias = true,
};
