/* Qwen3 (Yang et al. 2025): norms of the query and key heads, which are 128 wide. */
#include "model/arch.h"
#include "model/block_int.h"

const struct arch arch_qwen3 = {
	.name = "qwen3",
	.prefix = "Qwen3",
	.block = block_pre_norm,
	.gguf = GGUF_HALVES,
	.head_dim = 128,
	.window = WINDOW_FROM,
	.kv_heads = 32,
	.attention_bias = true,
	.qk_norm = true,
};
