/* Every key of config.json is read, listed here as harmless, or refused: a key that nobody
 * reads may be one that changes the model. */
#include <string.h>

#include "model/reader_int.h"

/* Keys that do not change the model's results: where it came from, how it was made, how a
 * library runs it or samples from it; and what other families of ours read. */
static const char *const harmless[] = {
	/* origin */
	"_name_or_path", "name_or_path", "_commit_hash", "transformers_version", "transformers.js_config", "auto_map",
	"tokenizer_class", "tokenizer_name", "finetuning_task", "task_specific_params", "unsloth_version",
	"unsloth_fixed", "unsloth_fixed_mistral", "is_llama_config", "model_max_length", "max_sequence_length", "license",
	/* dropout and initialisation, which the forward pass does not have */
	"attention_dropout", "hidden_dropout", "hidden_dropout_prob", "classifier_dropout", "embd_pdrop", "attn_pdrop",
	"resid_pdrop", "neftune_noise_alpha", "_fast_init", "router_aux_loss_coef",
	/* how it is run */
	"use_cache", "pretraining_tp", "_attn_implementation", "attn_implementation", "_attn_implementation_autoset",
	"_attn_implementation_internal", "_flash_attn_2_enabled", "use_flash_attention", "use_flash_attention_2",
	"use_flash_attn", "output_attentions", "output_hidden_states", "cache_implementation", "return_dict", "return_dict_in_generate",
	"torchscript", "use_bfloat16", "tf_legacy_loss", "chunk_size_feed_forward", "gradient_checkpointing", "keys_to_ignore_at_inference",
	"problem_type", "label2id", "torch_dtype",
	/* how it is sampled from */
	"max_length", "max_new_tokens", "min_length", "do_sample", "early_stopping", "num_beams", "num_beam_groups",
	"diversity_penalty", "temperature", "top_k", "top_p", "typical_p", "epsilon_cutoff", "eta_cutoff",
	"repetition_penalty", "length_penalty", "no_repeat_ngram_size", "encoder_no_repeat_ngram_size", "bad_words_ids",
	"num_return_sequences", "output_scores", "forced_bos_token_id", "forced_eos_token_id", "remove_invalid_values",
	"exponential_decay_length_penalty", "suppress_tokens", "begin_suppress_tokens", "prefix", "decoder_start_token_id",
	"sep_token_id", "unk_token_id", "pad_token", "bos_token", "eos_token", "unk_token",
	/* keys that only some families have */
	"attention_bias", "mlp_bias", "sliding_window", "max_window_layers", "use_sliding_window", "layer_types",
	"id2label", "num_labels", "_sliding_window_pattern", "sliding_window_size"
};

/* Factors of Phi-4 that its code does not read: what they would do, 1 turns off. */
static const char *const ones[] = { "full_attn_mod", "interpolate_factor" };

/* Values that turn something off, or are empty. */
static bool
is_off(const struct json *j, size_t at)
{
	switch (json_type(j, at)) {
	case JSON_NULL:
	case JSON_FALSE:
		return true;
	case JSON_ARRAY:
	case JSON_OBJECT:
		return !j->node[at].count;
	default:
		return false;
	}
}

static bool
is_listed(const struct json *j, size_t key)
{
	for (size_t i = 0; i < sizeof(harmless) / sizeof(*harmless); i++)
		if (json_is(j, key, harmless[i]))
			return true;
	return false;
}

static bool
is_one(const struct json *j, size_t key, size_t value)
{
	for (size_t i = 0; i < sizeof(ones) / sizeof(*ones); i++)
		if (json_is(j, key, ones[i]))
			return json_type(j, value) == JSON_NUMBER && j->node[value].len == 1 && j->text[j->node[value].at] == '1';
	return false;
}

enum status
config_keys(const struct reader *r, size_t object, const char *within)
{
	const struct json *j = &r->j;
	size_t key, value, n;
	const char *name;

	for (key = json_first(j, object); key; key = json_next(j, object, value)) {
		value = json_next(j, object, key);
		if (r->seen[value] || is_off(j, value) || (!object && (is_listed(j, key) || is_one(j, key, value))))
			continue;
		if (!(name = json_str(j, key, &n)))
			return err_nomem(r->e);
		return json_bad(j, key, r->e, "%s%s%.100s: not known; if it does not change what the model computes, remove it",
		    within, *within ? "." : "", name);
	}
	return ST_OK;
}
