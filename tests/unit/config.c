/* config.json, key by key: what is read, with the defaults that transformers 5 takes where a key is
 * absent or null; what is known to be harmless; and what is refused, by name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "model/config.h"

static char dir[] = "/tmp/fg-config.XXXXXX";

/* The keys without a default, of a small model. */
#define SIZES "\"vocab_size\": 64, \"hidden_size\": 64, \"intermediate_size\": 48, \"num_hidden_layers\": 30," \
    "\"num_attention_heads\": 32, \"max_position_embeddings\": 256"

#define LONG4 "\"short_factor\": [1, 1, 1, 1.5], \"long_factor\": [2, 2, 3, 4]"
#define LONG64 "\"head_dim\": 8, \"original_max_position_embeddings\": 64, \"rope_scaling\": {\"type\": \"longrope\", " LONG4 "}"

#define S "\"sliding_attention\","
#define F "\"full_attention\","
#define THREE S S F
#define EVERY_THIRD THREE THREE THREE THREE THREE THREE THREE THREE THREE S S "\"full_attention\""
#define EVERY_THIRD_BUT_ONE THREE THREE THREE THREE THREE THREE THREE THREE S F F S S "\"full_attention\""
#define TWO_ROPES "{\"full_attention\": {\"rope_type\": \"linear\", \"factor\": 8, \"rope_theta\": 7e5}, " \
    "\"sliding_attention\": {\"rope_type\": \"default\", \"rope_theta\": 300}}"

static enum status
read_config(struct model_config *c, const char *arch, const char *rest, struct err *e)
{
	char text[4096], path[64];
	bool typed;

	snprintf(text, sizeof(text), "{\"model_type\": \"%s\", " SIZES "%s%s}", arch, *rest ? ", " : "", rest);
	snprintf(path, sizeof(path), "%s/config.json", dir);
	assert_int_equal(file_write(path, text, strlen(text), e), ST_OK);
	return config_read(c, &typed, dir, e);
}

/* A number of the configuration by name. */
static double
field(const struct model_config *c, const char *name)
{
	const struct { const char *name; double v; } f[] = {
		{ "theta", c->rope_theta }, { "kind", c->rope.kind }, { "factor", c->rope.factor }, { "orig", c->rope.orig },
		{ "attn", c->rope.attn }, { "window", (double)c->window }, { "from", (double)c->window_from },
		{ "kv", (double)c->kv_heads }, { "head_dim", (double)c->head_dim }, { "eps", (double)c->norm_eps },
		{ "tied", c->tied }, { "qkv_bias", c->qkv_bias }, { "o_bias", c->o_bias }, { "mlp_bias", c->mlp_bias },
		{ "bos", c->bos }, { "eos", c->neos ? c->eos[0] : -1 }, { "neos", (double)c->neos }, { "pad", c->pad },
		{ "head", c->head }, { "turned", (double)config_turned(c) }, { "limit", (double)config_longest(c) },
		{ "short", (double)c->rope.shorts[3] }, { "long", (double)c->rope.longs[0] }, { "dtype", c->dtype }, { "local", c->local_theta }, { "full", (double)c->full_every },
		{ "attn_cap", (double)c->attn_cap }, { "logit_cap", (double)c->logit_cap },
		{ "scalar", (double)config_query_scalar(c) }, { "embed", (double)config_embed_scale(c) }
	};

	for (size_t i = 0; i < sizeof(f) / sizeof(*f); i++)
		if (!strcmp(f[i].name, name))
			return f[i].v;
	fail_msg("no field %s", name);
	return 0;
}

static const struct { const char *arch, *rest, *field; double want; } taken[] = {
	/* rotary embeddings: rope_scaling wins over rope_parameters, with all that is in it */
	{ "llama", "", "theta", 10000 },
	{ "llama", "\"rope_theta\": 5e5", "theta", 5e5 },
	{ "llama", "\"rope_parameters\": {\"rope_type\": \"default\", \"rope_theta\": 7e5}", "theta", 7e5 },
	{ "llama", "\"rope_theta\": 5e5, \"rope_parameters\": {\"rope_type\": \"default\", \"rope_theta\": 7e5}", "theta", 7e5 },
	{ "llama", "\"rope_parameters\": {\"rope_theta\": 7e5}, \"rope_scaling\": {\"rope_type\": \"linear\", \"factor\": 2}",
	    "theta", 10000 },
	{ "llama", "\"rope_parameters\": {\"rope_theta\": 7e5}, \"rope_scaling\": {\"rope_type\": \"linear\", \"factor\": 2}",
	    "kind", ROPE_LINEAR },
	{ "llama", "\"rope_parameters\": {\"rope_theta\": 7e5}, \"rope_scaling\": null", "theta", 7e5 },
	{ "llama", "\"rope_parameters\": {\"rope_theta\": 7e5}, \"rope_scaling\": {}", "theta", 7e5 },
	{ "llama", "\"rope_scaling\": {\"type\": \"linear\", \"factor\": 3}", "factor", 3 },
	{ "llama", "\"rope_scaling\": {\"type\": \"dynamic\", \"rope_type\": \"linear\", \"factor\": 3}", "kind", ROPE_LINEAR },
	{ "llama", "\"rope_scaling\": {\"rope_type\": \"yarn\", \"factor\": 4}", "orig", 256 },
	{ "llama", "\"rope_scaling\": {\"rope_type\": \"yarn\", \"factor\": 4, \"original_max_position_embeddings\": 64}",
	    "orig", 64 },
	{ "llama", "\"original_max_position_embeddings\": 32, \"rope_scaling\": {\"rope_type\": \"yarn\", \"factor\": 4, "
	    "\"original_max_position_embeddings\": 64}", "orig", 32 },
	/* LongRoPE, which Phi-3 has alone; what is beside the object is its original length */
	{ "phi3", "", "kind", ROPE_NONE },
	{ "phi3", "\"head_dim\": 8, \"rope_scaling\": {\"type\": \"su\", " LONG4 "}", "kind", ROPE_LONG },
	{ "phi3", "\"head_dim\": 8, \"rope_scaling\": {\"type\": \"yarn\", " LONG4 "}", "kind", ROPE_LONG },
	{ "phi3", "\"head_dim\": 8, \"rope_scaling\": {\"type\": \"longrope\", " LONG4 "}", "short", 1.5 },
	{ "phi3", "\"head_dim\": 8, \"rope_scaling\": {\"type\": \"longrope\", " LONG4 "}", "long", 2 },
	{ "phi3", "\"head_dim\": 8, \"rope_scaling\": {\"type\": \"longrope\", \"original_max_position_embeddings\": 64, " LONG4 "}",
	    "orig", 4096 },
	{ "phi3", "\"head_dim\": 8, \"rope_scaling\": {\"type\": \"longrope\", " LONG4 "}", "attn", 1 },
	{ "phi3", LONG64, "orig", 64 },
	{ "phi3", LONG64, "limit", 64 },
	{ "phi3", LONG64, "attn", 1.1547005383792517 },
	{ "phi3", "\"head_dim\": 8, \"original_max_position_embeddings\": 64, \"rope_scaling\": {\"type\": \"longrope\", \"factor\": 3, "
	    LONG4 "}", "attn", 1.1243488857053487 },
	{ "phi3", "\"head_dim\": 8, \"original_max_position_embeddings\": 64, \"rope_scaling\": {\"type\": \"longrope\", "
	    "\"attention_factor\": 1.25, " LONG4 "}", "attn", 1.25 },
	{ "llama", "\"head_dim\": 8, \"rope_scaling\": {\"type\": \"longrope\", " LONG4 "}", "orig", 256 },
	{ "llama", "\"head_dim\": 8, \"rope_scaling\": {\"type\": \"longrope\", \"original_max_position_embeddings\": 64, " LONG4 "}",
	    "attn", 1.1547005383792517 },
	{ "phi3", "\"head_dim\": 16", "turned", 16 },
	{ "phi3", "\"head_dim\": 16, \"partial_rotary_factor\": 0.75", "turned", 12 },
	{ "phi3", "\"head_dim\": 16, \"partial_rotary_factor\": 0.75, \"rope_parameters\": {\"rope_type\": \"default\", "
	    "\"partial_rotary_factor\": 0.5}", "turned", 8 },
	{ "llama", "\"rope_scaling\": {\"rope_type\": \"dynamic\", \"factor\": 2}", "kind", ROPE_DYNAMIC },
	{ "llama", "\"rope_scaling\": {\"rope_type\": \"dynamic\", \"factor\": 2}", "limit", 256 },
	{ "llama", "\"rope_scaling\": {\"rope_type\": \"yarn\", \"factor\": 2}", "limit", 256 },
	/* windows */
	{ "phi3", "", "window", 0 },
	{ "phi3", "\"sliding_window\": 9", "window", 9 },
	{ "llama", "\"sliding_window\": 9", "window", 0 },
	{ "mistral", "", "window", 4096 },
	{ "mistral", "\"sliding_window\": null", "window", 0 },
	{ "mistral", "\"sliding_window\": 9", "window", 9 },
	{ "qwen2", "", "window", 0 },
	{ "qwen2", "\"sliding_window\": 9", "window", 0 },
	{ "qwen2", "\"use_sliding_window\": true", "window", 4096 },
	{ "qwen2", "\"use_sliding_window\": true", "from", 28 },
	{ "qwen2", "\"use_sliding_window\": true, \"sliding_window\": null", "window", 0 },
	{ "qwen2", "\"use_sliding_window\": true, \"sliding_window\": 9, \"max_window_layers\": 1", "window", 9 },
	{ "qwen2", "\"use_sliding_window\": true, \"sliding_window\": 9, \"max_window_layers\": 1", "from", 1 },
	{ "qwen3", "\"use_sliding_window\": true", "window", 4096 },
	{ "qwen3", "\"use_sliding_window\": false, \"sliding_window\": 9", "window", 0 },
	/* windows in most layers */
	{ "gemma2", "", "window", 4096 },
	{ "gemma2", "", "full", 2 },
	{ "gemma2", "\"sliding_window_size\": 9, \"cache_implementation\": \"hybrid\"", "window", 4096 },
	{ "gemma3_text", "", "full", 6 },
	{ "gemma3_text", "\"sliding_window_pattern\": 4", "full", 4 },
	{ "gemma3_text", "\"sliding_window_pattern\": 4, \"layer_types\": [" EVERY_THIRD "]", "full", 3 },
	{ "gemma3_text", "\"_sliding_window_pattern\": 4, \"sliding_window\": 512", "window", 512 },
	/* two rotary bases */
	{ "gemma2", "", "local", 0 },
	{ "gemma2", "\"rope_parameters\": {\"rope_type\": \"default\", \"rope_theta\": 7e5}", "theta", 7e5 },
	{ "gemma3_text", "", "theta", 1e6 },
	{ "gemma3_text", "", "local", 10000 },
	{ "gemma3_text", "\"rope_theta\": 5e5, \"rope_local_base_freq\": 200", "theta", 5e5 },
	{ "gemma3_text", "\"rope_theta\": 5e5, \"rope_local_base_freq\": 200", "local", 200 },
	{ "gemma3_text", "\"rope_scaling\": {\"rope_type\": \"linear\", \"factor\": 8}", "factor", 8 },
	{ "gemma3_text", "\"rope_scaling\": null, \"rope_parameters\": " TWO_ROPES, "kind", ROPE_LINEAR },
	{ "gemma3_text", "\"rope_theta\": 5e5, \"rope_parameters\": " TWO_ROPES, "theta", 7e5 },
	{ "gemma3_text", "\"rope_local_base_freq\": 5, \"rope_parameters\": " TWO_ROPES, "local", 300 },
	/* caps and scales */
	{ "gemma2", "", "attn_cap", 50 },
	{ "gemma2", "", "logit_cap", 30 },
	{ "gemma2", "\"attn_logit_softcapping\": null, \"final_logit_softcapping\": 7", "attn_cap", 0 },
	{ "gemma2", "\"attn_logit_softcapping\": null, \"final_logit_softcapping\": 7", "logit_cap", 7 },
	{ "gemma3_text", "\"attn_logit_softcapping\": null", "attn_cap", 0 },
	{ "gemma3_text", "", "logit_cap", 0 },
	{ "gemma3_text", "\"final_logit_softcapping\": 30.0", "logit_cap", 30 },
	{ "gemma2", "", "scalar", 256 },
	{ "gemma2", "\"query_pre_attn_scalar\": 144", "scalar", 144 },
	{ "gemma3_text", "\"query_pre_attn_scalar\": 168, \"head_dim\": 128", "scalar", 168 },
	{ "gemma2", "", "embed", 8 },
	{ "llama", "", "embed", 1 },
	{ "gemma2", "\"hidden_act\": \"gelu\", \"hidden_activation\": \"gelu_pytorch_tanh\"", "tied", 1 },
	/* GPT-NeoX */
	{ "gpt_neox", "\"rotary_pct\": 1.0, \"rotary_emb_base\": 300", "theta", 300 },
	{ "gpt_neox", "\"rotary_pct\": 1.0, \"rope_parameters\": {\"rope_theta\": 300, \"rope_type\": \"default\"}", "theta", 300 },
	{ "gpt_neox", "\"rotary_pct\": 1.0", "o_bias", 1 },
	{ "gpt_neox", "\"rotary_pct\": 1.0, \"attention_bias\": false", "qkv_bias", 0 },
	{ "gpt_neox", "\"rotary_pct\": 1.0, \"layer_norm_eps\": 1e-3", "eps", (double)1e-3f },
	{ "gpt_neox", "\"rotary_pct\": 1.0, \"hidden_act\": \"gelu\"", "bos", -1 },
	/* heads */
	{ "llama", "", "kv", 32 },
	{ "gemma2", "", "kv", 4 },
	{ "gemma2", "", "head_dim", 256 },
	{ "mistral", "", "kv", 8 },
	{ "mistral", "\"num_key_value_heads\": null", "kv", 32 },
	{ "qwen2", "", "kv", 32 },
	{ "qwen2", "\"num_key_value_heads\": 4", "kv", 4 },
	{ "llama", "", "head_dim", 2 },
	{ "qwen2", "\"head_dim\": 16", "head_dim", 16 },
	{ "qwen3", "", "head_dim", 128 },
	/* the rest of the shape */
	{ "llama", "", "eps", (double)1e-6f },
	{ "llama", "", "tied", 0 },
	{ "llama", "\"tie_word_embeddings\": true", "tied", 1 },
	{ "llama", "\"attention_bias\": true", "o_bias", 1 },
	{ "llama", "\"mlp_bias\": true", "mlp_bias", 1 },
	{ "olmo2", "", "eps", (double)1e-5f },
	{ "olmo2", "\"rms_norm_eps\": 1e-6", "eps", (double)1e-6f },
	{ "olmo2", "\"attention_bias\": true", "o_bias", 1 },
	{ "olmo2", "\"mlp_bias\": false", "mlp_bias", 0 },
	{ "mistral", "\"attention_bias\": true", "qkv_bias", 0 },
	{ "qwen2", "\"attention_bias\": false", "qkv_bias", 1 },
	{ "qwen3", "\"attention_bias\": true", "qkv_bias", 1 },
	{ "llama", "\"hidden_act\": \"swish\"", "dtype", DT_F32 },
	{ "llama", "\"torch_dtype\": \"float16\", \"dtype\": \"bfloat16\"", "dtype", DT_BF16 },
	/* ids */
	{ "llama", "", "bos", 1 },
	{ "llama", "", "eos", 2 },
	{ "llama", "\"bos_token_id\": null", "bos", -1 },
	{ "llama", "\"eos_token_id\": null", "neos", 0 },
	{ "llama", "\"eos_token_id\": -1", "neos", 0 },
	{ "llama", "\"eos_token_id\": [7, 8]", "neos", 2 },
	{ "mistral", "", "eos", 2 },
	{ "qwen2", "", "bos", -1 },
	{ "qwen3", "", "neos", 0 },
	{ "llama", "\"pad_token_id\": 5", "pad", 5 },
	{ "llama", "", "pad", -1 },
	{ "phi3", "", "bos", 1 },
	{ "phi3", "", "eps", (double)1e-5f },
	{ "olmo2", "", "pad", 1 },
	{ "olmo2", "\"pad_token_id\": null", "pad", -1 },
	{ "olmo2", "", "bos", -1 },
	/* heads of one label */
	{ "llama", "\"architectures\": [\"LlamaForCausalLM\"]", "head", HEAD_LM },
	{ "llama", "\"architectures\": [\"LlamaForSequenceClassification\"], \"num_labels\": 1", "head", HEAD_SEQUENCE },
	{ "llama", "\"architectures\": [\"LlamaForTokenClassification\"], \"id2label\": {\"0\": \"x\"}", "head", HEAD_TOKEN },
	{ "phi3", "\"full_attn_mod\": 1, \"interpolate_factor\": 1, \"lm_head_bias\": false, \"resid_pdrop\": 0.1", "kv", 32 },
	/* what says nothing of the model's results, is off, or is empty */
	{ "llama", "\"attention_dropout\": 0.1, \"use_cache\": true, \"pretraining_tp\": 2, \"_name_or_path\": \"x\"", "kv", 32 },
	{ "llama", "\"something_new\": null, \"other_new\": false, \"more\": {}, \"still\": []", "kv", 32 },
};

static const struct { const char *arch, *rest, *message; } refused[] = {
	{ "llama", "\"attn_logit_softcapping\": 50.0", "attn_logit_softcapping: not known" },
	{ "llama", "\"rope_interleaved\": true", "rope_interleaved: not known" },
	{ "llama", "\"per_layer_config\": {\"0\": {}}", "per_layer_config: not known" },
	{ "llama", "\"embedding_multiplier\": 12", "embedding_multiplier: not known" },
	{ "llama", "\"hidden_act\": \"gelu\"", "hidden_act: \"gelu\" is not supported" },
	{ "llama", "\"quantization_config\": {\"bits\": 4}", "quantization_config: " },
	{ "llama", "\"partial_rotary_factor\": 0.5", "partial_rotary_factor: only 1" },
	{ "llama", "\"rope_scaling\": {\"rope_type\": \"su\", \"factor\": 2}", "rope_scaling: rope type \"su\"" },
	{ "llama", "\"rope_scaling\": {\"rope_type\": \"dynamic\"}", "factor: missing" },
	{ "llama", "\"rope_scaling\": {\"rope_type\": \"longrope\"}", "short_factor: missing" },
	{ "phi3", "\"rope_scaling\": {\"type\": \"longrope\", " LONG4 "}", "short_factor: expected 1 numbers" },
	{ "phi3", "\"head_dim\": 8, \"rope_scaling\": {\"type\": \"su\", \"short_factor\": [1, 1, 1, 0]}", "short_factor: expected numbers from" },
	{ "phi3", "\"head_dim\": 8, \"rope_scaling\": {\"type\": \"su\", \"short_factor\": [1, 1, 1, \"\"]}", "short_factor: expected a number" },
	{ "phi3", "\"rope_scaling\": {\"type\": \"linear\", \"factor\": 2}", "rope_scaling: rope type \"linear\"" },
	{ "phi3", "\"original_max_position_embeddings\": 1, \"rope_scaling\": {\"type\": \"su\"}", "longrope: original_max" },
	{ "phi3", "\"head_dim\": 1024, \"rope_scaling\": {\"type\": \"su\"}", "longrope: heads with more than 512" },
	{ "phi3", "\"partial_rotary_factor\": 0.5", "partial_rotary_factor: rotates 1 numbers" },
	{ "phi3", "\"partial_rotary_factor\": 0", "partial_rotary_factor: rotates 0 numbers" },
	{ "phi3", "\"interpolate_factor\": 2", "interpolate_factor: not known" },
	{ "llama", "\"rope_scaling\": {\"rope_type\": \"linear\"}", "factor: missing" },
	{ "qwen2", "\"rope_scaling\": {\"rope_type\": \"default\", \"mrope_section\": [1, 1]}", "rope_scaling.mrope_section: not known" },
	{ "llama", "\"rope_parameters\": {\"full_attention\": {\"rope_theta\": 1e4}}", "rope_parameters.full_attention: not known" },
	{ "llama", "\"rope_scaling\": 2", "rope_scaling: expected an object" },
	{ "llama", "\"architectures\": [\"LlamaForSequenceClassification\"]", "id2label: missing, so the head has 2 labels" },
	{ "llama", "\"architectures\": [\"LlamaForTokenClassification\"], \"num_labels\": 3", "id2label: missing, so the head has 3" },
	{ "llama", "\"architectures\": [\"LlamaForTokenClassification\"], \"id2label\": {\"0\": \"x\", \"1\": \"y\"}",
	    "id2label: of that size, so the head has 2 labels" },
	{ "llama", "\"architectures\": [\"LlamaModel\"]", "architectures: \"LlamaModel\" is not supported" },
	{ "qwen2", "\"layer_types\": [\"chunked_attention\"]", "layer_types: only" },
	{ "qwen2", "\"use_sliding_window\": true, \"layer_types\": [\"sliding_attention\"]", "layer_types: does not agree" },
	{ "mistral", "\"num_key_value_heads\": 5", "num_key_value_heads: 5 does not divide" },
	{ "llama", "\"finegrain\": {\"reward_mean\": 1, \"scale\": 2}", "finegrain.scale: not known" },
	{ "olmo2", "\"clip_qkv\": 8", "clip_qkv: not known" },
	{ "gemma", "", "model_type: \"gemma\" is not supported" },
	{ "gpt_neox", "", "partial_rotary_factor: rotates 0 numbers" },
	{ "gpt_neox", "\"rotary_pct\": 1.0, \"use_parallel_residual\": false", "use_parallel_residual: only true" },
	{ "gpt_neox", "\"rotary_pct\": 1.0, \"hidden_act\": \"gelu_new\"", "hidden_act: \"gelu_new\" is not supported" },
	{ "gpt_neox", "\"rotary_pct\": 1.0, \"rope_theta\": 300", "rope_theta: not known" },
	{ "gpt_neox", "\"rotary_pct\": 1.0, \"rms_norm_eps\": 1e-5", "rms_norm_eps: not known" },
	{ "gpt_neox", "\"rotary_pct\": 1.0, \"num_key_value_heads\": 8", "num_attention_heads: gpt_neox has as many" },
	{ "gemma2", "\"hidden_activation\": \"gelu\"", "hidden_activation: \"gelu\" is not supported" },
	{ "gemma2", "\"sliding_window\": null", "sliding_window: null is not supported" },
	{ "gemma2", "\"sliding_window_pattern\": 2", "sliding_window_pattern: not known" },
	{ "gemma2", "\"rope_local_base_freq\": 10000", "rope_local_base_freq: not known" },
	{ "gemma2", "\"use_bidirectional_attention\": true", "use_bidirectional_attention: not known" },
	{ "gemma2", "\"query_pre_attn_scalar\": 0", "query_pre_attn_scalar: expected an integer" },
	{ "gemma3_text", "\"attn_logit_softcapping\": 50.0", "attn_logit_softcapping: not known" },
	{ "gemma3_text", "\"layer_types\": [\"full_attention\"]", "layer_types: expected a word for each of 30 layers" },
	{ "gemma3_text", "\"layer_types\": [" EVERY_THIRD_BUT_ONE "]", "layer_types: only every n-th layer may see all keys" },
	{ "gemma3_text", "\"rope_parameters\": {\"rope_theta\": 7e5}", "rope_parameters.rope_theta: not known" },
	{ "gemma3_text", "\"rope_parameters\": {\"sliding_attention\": {\"rope_type\": \"linear\", \"factor\": 2}}",
	    "rope_parameters.sliding_attention: only the rope type \"default\"" },
	{ "gemma3_text", "\"rope_parameters\": {\"full_attention\": {\"rope_type\": \"odd\"}}",
	    "rope_parameters.full_attention: rope type \"odd\"" },
	{ "gemma3_text", "\"rope_parameters\": " TWO_ROPES ", \"rope_scaling\": {\"rope_type\": \"linear\", \"factor\": 2}",
	    "rope_scaling: and rope_parameters.full_attention: only one" },
	{ "gemma3_text", "\"final_logit_softcapping\": -1", "final_logit_softcapping: expected a number" },
	{ "gemma3_text", "\"rope_local_base_freq\": 0", "rope_local_base_freq: expected a number" },
	{ "llama", "\"eos_token_id\": 64", "eos_token_id: expected an integer" },
};

static void
takes(void **state)
{
	struct model_config c;

	(void)state;
	for (size_t i = 0; i < sizeof(taken) / sizeof(*taken); i++) {
		struct err e = {0};

		if (read_config(&c, taken[i].arch, taken[i].rest, &e))
			fail_msg("%s {%s}: %s", taken[i].arch, taken[i].rest, e.msg);
		if (field(&c, taken[i].field) != taken[i].want)
			fail_msg("%s {%s}: %s is %g, not %g", taken[i].arch, taken[i].rest, taken[i].field,
			    field(&c, taken[i].field), taken[i].want);
	}
}

static void
refuses(void **state)
{
	struct model_config c;

	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
		struct err e = {0};

		if (read_config(&c, refused[i].arch, refused[i].rest, &e) != ST_INPUT)
			fail_msg("%s {%s}: not refused", refused[i].arch, refused[i].rest);
		if (strncmp(e.msg, refused[i].message, strlen(refused[i].message)))
			fail_msg("%s {%s}: \"%s\", not \"%s\"", refused[i].arch, refused[i].rest, e.msg, refused[i].message);
	}
}

static void
check_returns(const char *arch, const char *rest)
{
	struct model_config c, d;
	struct err e = {0};
	bool typed;

	memset(&c, 0, sizeof(c));
	memset(&d, 0, sizeof(d));
	assert_int_equal(read_config(&c, arch, rest, &e), ST_OK);
	assert_int_equal(config_write(&c, dir, &e), ST_OK);
	if (config_read(&d, &typed, dir, &e))
		fail_msg("%s {%s}: %s", arch, rest, e.msg);
	assert_memory_equal(&c, &d, sizeof(c));
}

/* What is written is read as it was, also where there are no ids and no window. */
static void
returns(void **state)
{
	static const char *const arch[] = { "llama", "mistral", "qwen2", "qwen3", "granite", "olmo2" };
	static const char *const gemma[] = { "gemma2", "gemma3_text" };
	static const char *const rest[] = { "\"bos_token_id\": null, \"eos_token_id\": null, \"sliding_window\": null",
		"\"bos_token_id\": 3, \"eos_token_id\": [4, 5], \"use_sliding_window\": true, \"sliding_window\": 8",
		"\"rope_scaling\": {\"rope_type\": \"yarn\", \"factor\": 4}, \"tie_word_embeddings\": true",
		"\"rope_scaling\": {\"rope_type\": \"llama3\", \"factor\": 4, \"low_freq_factor\": 1, \"high_freq_factor\": 4}" };
	static const char *const more[] = { "\"sliding_window\": 8", "\"final_logit_softcapping\": null, \"query_pre_attn_scalar\": 168",
		"\"layer_types\": [" EVERY_THIRD "], \"final_logit_softcapping\": 0.1",
		"\"rope_scaling\": {\"rope_type\": \"linear\", \"factor\": 4}" };

	(void)state;
	for (size_t i = 0; i < sizeof(arch) / sizeof(*arch); i++)
		for (size_t k = 0; k < sizeof(rest) / sizeof(*rest); k++)
			check_returns(arch[i], rest[k]);
	for (size_t i = 0; i < sizeof(gemma) / sizeof(*gemma); i++)
		for (size_t k = 0; k < sizeof(more) / sizeof(*more); k++)
			check_returns(gemma[i], more[k]);
	check_returns("gemma3_text", "\"rope_parameters\": " TWO_ROPES);
	check_returns("gpt_neox", "\"rotary_pct\": 1.0, \"rotary_emb_base\": 300, \"attention_bias\": false, \"eos_token_id\": null");
	check_returns("phi3", "\"sliding_window\": null, \"pad_token_id\": 0");
	check_returns("phi3", LONG64 ", \"sliding_window\": 9");
	check_returns("phi3", "\"head_dim\": 44, \"partial_rotary_factor\": 0.69, \"original_max_position_embeddings\": 77");
	check_returns("llama", LONG64);
	check_returns("llama", "\"rope_scaling\": {\"rope_type\": \"dynamic\", \"factor\": 2}");
}

static int
begin(void **state)
{
	(void)state;
	return mkdtemp(dir) ? 0 : -1;
}

static int
end(void **state)
{
	char path[64];

	(void)state;
	snprintf(path, sizeof(path), "%s/config.json", dir);
	return unlink(path) || rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes),
		cmocka_unit_test(refuses),
		cmocka_unit_test(returns),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, begin, end);
}
