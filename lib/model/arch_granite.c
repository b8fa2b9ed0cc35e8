/* Granite 3 (IBM 2024): Llama, with multipliers after Yang et al. 2022 (muP). */
#include "model/arch.h"
#include "model/block_int.h"

const struct arch arch_granite = {
	.name = "granite",
	.prefix = "Granite",
	.block = block_pre_norm,
	.bos = 1,
	.eos = 2,
	.multipliers = true,
	.attention_bias = true,
	.mlp_bias = true,
};
