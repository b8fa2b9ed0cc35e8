#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "json/write.h"
#include "model/config.h"

static enum status
put_f64(struct buf *b, const char *name, double v, struct err *e)
{
	json_line_key(b, name);
	if (json_put_f64(b, v, e))
		return e->code;
	/* transformers wants a float where it writes one */
	if (v == trunc(v) && fabs(v) < 1e15)
		buf_adds(b, ".0");
	return ST_OK;
}

static enum status
put_f32(struct buf *b, const char *name, float v, struct err *e)
{
	json_line_key(b, name);
	return json_put_f32(b, v, e);
}

/* No cap is null. */
static enum status
put_cap(struct buf *b, const char *name, float cap, struct err *e)
{
	if (!(cap > 0)) {
		json_line_key(b, name);
		buf_adds(b, "null");
		return ST_OK;
	}
	if (put_f32(b, name, cap, e))
		return e->code;
	/* transformers wants a float where it writes one */
	if (cap == truncf(cap))
		buf_adds(b, ".0");
	return ST_OK;
}

/* No id is null: an absent key would stand for a default. */
static void
put_id(struct buf *b, const char *name, int32_t id)
{
	json_line_key(b, name);
	if (id < 0)
		buf_adds(b, "null");
	else
		json_put_i64(b, id);
}

static void
put_eos(struct buf *b, const struct model_config *c)
{
	if (c->neos < 2) {
		put_id(b, "eos_token_id", c->neos ? c->eos[0] : -1);
		return;
	}
	json_line_key(b, "eos_token_id");
	json_put_i32s(b, c->eos, c->neos);
}

static enum status
put_factors(struct buf *b, const char *name, const float *v, size_t n, struct err *e)
{
	json_line_key(b, name);
	for (size_t i = 0; i < n; i++) {
		buf_adds(b, i ? ", " : "[");
		if (json_put_f32(b, v[i], e))
			return e->code;
	}
	buf_addc(b, ']');
	return ST_OK;
}

/* A part of which as many numbers are rotated, though it is rounded. */
static double
rotary_part(const struct model_config *c)
{
	double d = (double)c->head_dim, part = (double)config_turned(c) / d;

	return (size_t)(d * part) < config_turned(c) ? nextafter(part, 1) : part;
}

static enum status
put_rope(struct buf *b, const struct model_config *c, struct err *e)
{
	static const char *const type[] = { "default", "linear", "llama3", "yarn", "longrope", "dynamic" };

	if (put_f64(b, c->arch->theta_key ? c->arch->theta_key : "rope_theta", c->rope_theta, e) ||
	    (c->arch->local_theta > 0 && put_f64(b, "rope_local_base_freq", c->local_theta, e)))
		return e->code;
	if (c->arch->partial_rotary && put_f64(b, c->arch->part_key ? c->arch->part_key : "partial_rotary_factor", rotary_part(c), e))
		return e->code;
	if (c->arch->long_rope)
		json_line_int(b, "original_max_position_embeddings", (size_t)c->rope.orig);
	json_line_key(b, "rope_scaling");
	if (c->rope.kind == ROPE_NONE) {
		buf_adds(b, "null");
		return ST_OK;
	}
	buf_addc(b, '{');
	json_line_str(b, "rope_type", type[c->rope.kind]);
	if (put_f64(b, "factor", c->rope.factor, e))
		return e->code;
	if (c->rope.kind != ROPE_LINEAR && c->rope.kind != ROPE_DYNAMIC)
		json_line_int(b, "original_max_position_embeddings", (size_t)c->rope.orig);
	if (c->rope.kind == ROPE_LLAMA3 &&
	    (put_f64(b, "low_freq_factor", c->rope.low, e) ||
	    put_f64(b, "high_freq_factor", c->rope.high, e)))
		return e->code;
	if (c->rope.kind == ROPE_YARN) {
		if (put_f64(b, "beta_fast", c->rope.beta_fast, e) ||
		    put_f64(b, "beta_slow", c->rope.beta_slow, e) ||
		    put_f64(b, "attention_factor", c->rope.attn, e))
			return e->code;
		json_line_bool(b, "truncate", c->rope.truncate);
	}
	if (c->rope.kind == ROPE_LONG && (put_f64(b, "attention_factor", c->rope.attn, e) ||
	    put_factors(b, "short_factor", c->rope.shorts, config_turned(c) / 2, e) ||
	    put_factors(b, "long_factor", c->rope.longs, config_turned(c) / 2, e)))
		return e->code;
	buf_addc(b, '}');
	return ST_OK;
}

static void
put_class(struct buf *b, const struct model_config *c)
{
	json_line_key(b, "architectures");
	buf_addf(b, "[\"%sFor%s\"]", c->head == HEAD_LM || !c->arch->head_prefix ? c->arch->prefix : c->arch->head_prefix,
	    c->head == HEAD_LM ? "CausalLM" :
	    c->head == HEAD_SEQUENCE ? "SequenceClassification" : "TokenClassification");
	json_line_str(b, "model_type", c->arch->name);
}

static enum status
put_head(struct buf *b, const struct model_config *c, struct err *e)
{
	if (c->head == HEAD_LM)
		return ST_OK;
	json_line_key(b, "id2label");
	buf_adds(b, "{\"0\": \"LABEL_0\"}");
	json_line_key(b, "label2id");
	buf_adds(b, "{\"LABEL_0\": 0}");
	json_line_key(b, "finegrain");
	buf_addc(b, '{');
	if (c->head == HEAD_VALUE)
		json_line_str(b, "head", "value");
	if (c->reward_cost)
		json_line_str(b, "reward", "cost");
	if (put_f64(b, "reward_mean", c->reward_mean, e) ||
	    put_f64(b, "reward_sd", c->reward_sd, e))
		return e->code;
	buf_addc(b, '}');
	return ST_OK;
}

static float
attention_scale(const struct model_config *c)
{
	return c->attn_scale > 0 ? c->attn_scale : 1 / sqrtf((float)c->head_dim);
}

enum status
config_print(struct buf *b, const struct model_config *c, struct err *e)
{
	buf_addc(b, '{');
	put_class(b, c);
	json_line_int(b, "vocab_size", c->vocab);
	json_line_int(b, "hidden_size", c->dim);
	json_line_int(b, "intermediate_size", c->ffn);
	json_line_int(b, "num_hidden_layers", c->layers);
	json_line_int(b, "num_attention_heads", c->heads);
	json_line_int(b, "num_key_value_heads", c->kv_heads);
	json_line_int(b, "head_dim", c->head_dim);
	if (c->arch->activation)
		json_line_str(b, c->arch->activation_key, c->arch->activation);
	else
		json_line_str(b, "hidden_act", "silu");
	json_line_int(b, "max_position_embeddings", c->max_pos);
	if (put_f32(b, "initializer_range", c->init_range, e) ||
	    put_f32(b, c->arch->norm_eps_key ? c->arch->norm_eps_key : "rms_norm_eps", c->norm_eps, e) || put_rope(b, c, e))
		return e->code;
	json_line_bool(b, "tie_word_embeddings", c->tied);
	if (c->arch->attention_bias)
		json_line_bool(b, "attention_bias", c->o_bias);
	if (c->arch->parallel)
		json_line_bool(b, "use_parallel_residual", true);
	if (c->arch->mlp_bias)
		json_line_bool(b, "mlp_bias", c->mlp_bias);
	if (c->arch->multipliers && (put_f32(b, "embedding_multiplier", c->embed_scale, e) ||
	    put_f32(b, "residual_multiplier", c->residual_scale, e) ||
	    put_f32(b, "attention_multiplier", attention_scale(c), e) || put_f32(b, "logits_scaling", c->logit_scale, e)))
		return e->code;
	if (c->arch->query_scalar)
		json_line_int(b, "query_pre_attn_scalar", config_query_scalar(c));
	if ((c->arch->attn_capped && put_cap(b, "attn_logit_softcapping", c->attn_cap, e)) ||
	    (c->arch->logit_capped && put_cap(b, "final_logit_softcapping", c->logit_cap, e)))
		return e->code;
	if (c->arch->window == WINDOW_ALTERNATE) {
		json_line_key(b, "layer_types");
		for (size_t l = 0; l < c->layers; l++)
			buf_addf(b, "%s\"%s_attention\"", l ? ", " : "[", config_local(c, l) ? "sliding" : "full");
		buf_addc(b, ']');
	}
	if (c->arch->no_rope_every) {
		json_line_key(b, "no_rope_layers");
		for (size_t l = 0; l < c->layers; l++)
			buf_addf(b, "%s%d", l ? ", " : "[", config_rotates(c, l));
		buf_addc(b, ']');
	}
	if (c->arch->window == WINDOW_FROM) {
		json_line_bool(b, "use_sliding_window", c->window);
		if (c->window)
			json_line_int(b, "max_window_layers", c->window_from);
	}
	if (c->window)
		json_line_int(b, "sliding_window", c->window);
	else if (c->arch->window == WINDOW_ALL) {
		json_line_key(b, "sliding_window");
		buf_adds(b, "null");
	}
	put_id(b, "bos_token_id", c->bos);
	put_eos(b, c);
	put_id(b, "pad_token_id", c->pad);
	json_line_str(b, "torch_dtype", dtype_name(c->dtype));
	if (put_head(b, c, e))
		return e->code;
	buf_adds(b, "\n}\n");
	return ST_OK;
}

static enum status
write_file(struct buf *b, const char *dir, const char *name, struct err *e)
{
	char *path = file_join(dir, name);
	enum status st;

	if (!path || !buf_ok(b))
		st = err_nomem(e);
	else
		st = file_write(path, b->p, b->n, e);
	free(path);
	return st;
}

enum status
config_write(const struct model_config *c, const char *dir, struct err *e)
{
	struct buf b = BUF_INIT;
	enum status st = config_print(&b, c, e);

	if (!st)
		st = write_file(&b, dir, "config.json", e);
	buf_free(&b);
	return st;
}

enum status
config_write_generation(const struct model_config *c, const char *dir, struct err *e)
{
	struct buf b = BUF_INIT;
	enum status st;

	buf_addc(&b, '{');
	put_id(&b, "bos_token_id", c->bos);
	put_eos(&b, c);
	put_id(&b, "pad_token_id", c->pad);
	buf_adds(&b, "\n}\n");
	st = write_file(&b, dir, "generation_config.json", e);
	buf_free(&b);
	return st;
}
