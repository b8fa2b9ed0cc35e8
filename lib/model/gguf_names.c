/* What GGUF and transformers call differently. */
#include <stdio.h>

#include "model/gguf_int.h"
#include "model/params_int.h"

const char *
gguf_layer_name(const struct model_config *c, size_t l, unsigned slot, char name[96])
{
	snprintf(name, 96, "blk.%zu.%s", l, layer_row(c, slot)->gguf);
	return name;
}

const char *const gguf_global_name[GLOBAL_TENSORS] = { [G_NORM] = "output_norm.weight", [G_HEAD] = "output.weight" };

size_t
gguf_query_scalar(const struct model_config *c)
{
	return c->layers == c->arch->gguf_wide ? c->dim / c->heads : c->head_dim;
}

size_t
gguf_row(size_t r, size_t head_dim)
{
	size_t i = r % head_dim;

	return r - i + i % 2 * (head_dim / 2) + i / 2;
}

#define BYTES "{\"type\":\"ByteLevel\",\"add_prefix_space\":false,\"trim_offsets\":true,\"use_regex\":false}"
#define GPT2 "{\"type\":\"ByteLevel\",\"add_prefix_space\":false,\"trim_offsets\":true,\"use_regex\":true}"
#define SEQUENCE(first, second) "{\"type\":\"Sequence\",\"pretokenizers\":[" first "," second "]}"
#define CUT(regex) SEQUENCE("{\"type\":\"Split\",\"pattern\":{\"Regex\":\"" regex \
    "\"},\"behavior\":\"Isolated\",\"invert\":false}", BYTES)
#define DIGITS SEQUENCE("{\"type\":\"Digits\",\"individual_digits\":true}", GPT2)
#define SHORT "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
#define REST "| ?[^\\\\s\\\\p{L}\\\\p{N}]+[\\\\r\\\\n]*|\\\\s*[\\\\r\\\\n]+|\\\\s+(?!\\\\S)|\\\\s+"
#define WORD "[^\\\\r\\\\n\\\\p{L}\\\\p{N}]?"
#define THREE CUT(SHORT "|" WORD "\\\\p{L}+|\\\\p{N}{1,3}" REST)
#define UPPER "[\\\\p{Lu}\\\\p{Lt}\\\\p{Lm}\\\\p{Lo}\\\\p{M}]"
#define LOWER "[\\\\p{Ll}\\\\p{Lm}\\\\p{Lo}\\\\p{M}]"
#define SLASH "| ?[^\\\\s\\\\p{L}\\\\p{N}]+[\\\\r\\\\n/]*|\\\\s*[\\\\r\\\\n]+|\\\\s+(?!\\\\S)|\\\\s+"

const struct gguf_pre gguf_pres[] = {
	{ "llama-bpe", THREE, .whole = true, .bos = true }, { "llama3", THREE, .whole = true, .bos = true },
	{ "llama-v3", THREE, .whole = true, .bos = true }, { "falcon3", THREE, .whole = true, .bos = true },
	{ .name = "dbrx", .json = THREE }, { .name = "smaug-bpe", .json = THREE },
	{ "qwen2", CUT(SHORT "|" WORD "\\\\p{L}+|\\\\p{N}" REST), .nfc = true },
	{ .name = "gpt-2", .json = GPT2 }, { .name = "phi-2", .json = GPT2 }, { .name = "olmo", .json = GPT2 }, { .name = "mpt", .json = GPT2 },
	{ .name = "smollm", .json = DIGITS }, { .name = "starcoder", .json = DIGITS }, { .name = "refact", .json = DIGITS }, { .name = "command-r", .json = DIGITS },
	{ .name = "codeshell", .json = DIGITS },
	{ "tekken", CUT(WORD UPPER "*" LOWER "+|" WORD UPPER "+" LOWER "*|\\\\p{N}" SLASH), .whole = true, .bos = true },
	{ .name = "gpt-4o", .json = CUT(WORD UPPER "*" LOWER "+" SHORT "?|" WORD UPPER "+" LOWER "*" SHORT "?|\\\\p{N}{1,3}" SLASH) },
	{ .name = NULL }
};
