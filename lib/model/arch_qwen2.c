/* Qwen2 and Qwen2.5 (Yang et al. 2024): biases on q, k and v. */
#include "model/arch.h"
#include "model/block_int.h"

const struct arch arch_qwen2 = {
	.name = "qwen2",
	.prefix = "Qwen2",
	.block = block_pre_norm,
	.gguf = GGUF_HALVES,
	.window = WINDOW_FROM,
	.kv_heads = 32,
	.qkv_bias = true,
};
