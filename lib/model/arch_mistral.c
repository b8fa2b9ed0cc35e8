/* Mistral (Jiang et al. 2023): Llama with a sliding window. */
#include "model/arch.h"
#include "model/block_int.h"

const struct arch arch_mistral = {
	.name = "mistral",
	.prefix = "Mistral",
	.block = block_pre_norm,
	.gguf = GGUF_PAIRS,
	.gguf_name = "llama",
	.window = WINDOW_ALL,
	.kv_heads = 8,
	.bos = 1,
	.eos = 2,
};
