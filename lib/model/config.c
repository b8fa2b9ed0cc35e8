#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/suffix.h"
#include "model/config.h"
#include "model/reader_int.h"

static const char *const dtypes[] = { "float32", "bfloat16", "float16" };

const char *
dtype_name(enum dtype t)
{
	return dtypes[t];
}

bool
dtype_parse(const char *s, enum dtype *t)
{
	for (unsigned i = 0; i < sizeof(dtypes) / sizeof(*dtypes); i++)
		if (!strcmp(s, dtypes[i])) {
			*t = (enum dtype)i;
			return true;
		}
	return false;
}

void
config_default(struct model_config *c)
{
	*c = (struct model_config){
		.arch = &arch_llama, .head = HEAD_LM, .dtype = DT_F32, .max_pos = 512,
		.norm_eps = 1e-5f, .init_range = 0.02f, .rope_theta = 10000, .tied = true,
		.bos = -1, .pad = -1, .reward_sd = 1, .embed_scale = 1, .residual_scale = 1, .logit_scale = 1
	};
	c->rope.attn = 1;
	c->rope.truncate = true;
}

void
config_arch(struct model_config *c, const struct arch *a, bool attention_bias, bool mlp_bias)
{
	c->arch = a;
	c->o_bias = attention_bias && a->attention_bias;
	c->qkv_bias = c->o_bias || a->qkv_bias;
	c->mlp_bias = mlp_bias && a->mlp_bias;
	c->qk_norm = a->qk_norm;
	c->no_rope_every = a->no_rope_every;
	c->full_every = a->full_every;
	c->local_theta = a->local_theta;
	c->attn_cap = (float)a->attn_cap;
	c->logit_cap = (float)a->logit_cap;
}

static enum status
get_id(const struct reader *r, const char *key, size_t at, int32_t *id)
{
	int64_t v;

	/* some folders write -1 for "no id" */
	if (json_i64(&r->j, at, key, -1, (int64_t)r->c->vocab - 1, &v, r->e))
		return r->e->code;
	*id = (int32_t)v;
	return ST_OK;
}

/* One id or a list of them. */
static enum status
get_eos(const struct reader *r)
{
	struct model_config *c = r->c;
	size_t at = reader_member(r, 0, "eos_token_id"), k;
	int32_t id = -1;

	if (!at)
		return ST_OK;
	c->neos = 0;
	if (json_type(&r->j, at) != JSON_ARRAY) {
		if (get_id(r, "eos_token_id", at, &id))
			return r->e->code;
		if (id >= 0)
			c->eos[c->neos++] = id;
		return ST_OK;
	}
	for (k = json_first(&r->j, at); k; k = json_next(&r->j, at, k)) {
		if (c->neos == sizeof(c->eos) / sizeof(*c->eos))
			return json_bad(&r->j, k, r->e, "eos_token_id: more than %zu ids", c->neos);
		if (get_id(r, "eos_token_id", k, &id))
			return r->e->code;
		if (id >= 0)
			c->eos[c->neos++] = id;
	}
	return ST_OK;
}

/* Where the file says nothing of them, some architectures have ids of their own. */
static void
default_tokens(const struct reader *r)
{
	struct model_config *c = r->c;
	const struct arch *a = c->arch;

	if (reader_absent(r, 0, "bos_token_id") && a->bos && (size_t)a->bos < c->vocab)
		c->bos = a->bos;
	if (reader_absent(r, 0, "pad_token_id") && a->pad && (size_t)a->pad < c->vocab)
		c->pad = a->pad;
	if (reader_absent(r, 0, "eos_token_id") && a->eos && (size_t)a->eos < c->vocab)
		c->eos[c->neos++] = a->eos;
}

static enum status
get_tokens(const struct reader *r)
{
	size_t at;

	default_tokens(r);
	if ((at = reader_member(r, 0, "bos_token_id")) && get_id(r, "bos_token_id", at, &r->c->bos))
		return r->e->code;
	if ((at = reader_member(r, 0, "pad_token_id")) && get_id(r, "pad_token_id", at, &r->c->pad))
		return r->e->code;
	return get_eos(r);
}

/* The multipliers, all 1 where the file does not say. */
static enum status
get_multipliers(const struct reader *r)
{
	struct model_config *c = r->c;
	double embed = 1, residual = 1, attn = 1, logit = 1;

	if (!c->arch->multipliers)
		return ST_OK;
	if (reader_real(r, 0, "embedding_multiplier", 1e-6, 1e6, false, &embed) ||
	    reader_real(r, 0, "residual_multiplier", 1e-6, 1e6, false, &residual) ||
	    reader_real(r, 0, "attention_multiplier", 1e-6, 1e6, false, &attn) ||
	    reader_real(r, 0, "logits_scaling", 1e-6, 1e6, false, &logit))
		return r->e->code;
	c->embed_scale = (float)embed;
	c->residual_scale = (float)residual;
	c->attn_scale = (float)attn;
	c->logit_scale = (float)logit;
	return ST_OK;
}

/* Soft caps, null for none, and what the root of attention's scale is one over. */
static enum status
get_caps(const struct reader *r)
{
	struct model_config *c = r->c;
	const struct arch *a = c->arch;
	const struct { const char *key; bool may; double absent; float *to; } cap[] = {
		{ "attn_logit_softcapping", a->attn_capped, a->attn_cap, &c->attn_cap },
		{ "final_logit_softcapping", a->logit_capped, a->logit_cap, &c->logit_cap }
	};
	size_t scalar = a->query_scalar;

	for (size_t i = 0; i < sizeof(cap) / sizeof(*cap); i++) {
		double v = reader_absent(r, 0, cap[i].key) ? cap[i].absent : 0;

		if (cap[i].may && reader_real(r, 0, cap[i].key, 1e-3, 1e6, false, &v))
			return r->e->code;
		*cap[i].to = (float)v;
	}
	if (!scalar)
		return ST_OK;
	if (reader_size(r, 0, "query_pre_attn_scalar", 1, 1 << 20, false, &scalar))
		return r->e->code;
	c->attn_scale = (float)(1 / sqrt((double)scalar));
	return ST_OK;
}

/* Layers without rotation: a list with a 0 for each, or every n-th. */
static enum status
get_no_rope(const struct reader *r)
{
	struct model_config *c = r->c;
	size_t at = reader_member(r, 0, "no_rope_layers"), k, l = 0;
	bool slides = false, turns;

	if (!c->arch->no_rope_every)
		return ST_OK;
	if (reader_size(r, 0, "no_rope_layer_interval", 1, MAX_LAYERS, false, &c->no_rope_every) ||
	    reader_bool(r, 0, "use_sliding_window", &slides))
		return r->e->code;
	if (slides)
		return err_set(r->e, ST_INPUT, "use_sliding_window: not supported for %s", c->arch->name);
	if (!at)
		return ST_OK;
	if (json_type(&r->j, at) != JSON_ARRAY || r->j.node[at].count != c->layers)
		return json_bad(&r->j, at, r->e, "no_rope_layers: expected a number for each of %zu layers", c->layers);
	for (k = json_first(&r->j, at), c->no_rope_every = 0; k; k = json_next(&r->j, at, k)) {
		turns = r->j.node[k].len != 1 || r->j.text[r->j.node[k].at] != '0';
		l++;
		if (!turns && !c->no_rope_every)
			c->no_rope_every = l;
		if (turns != (!c->no_rope_every || l % c->no_rope_every != 0))
			return json_bad(&r->j, k, r->e, "no_rope_layers: only every n-th layer may be without rotation");
	}
	return ST_OK;
}

/* Does layer_types have a layer slide?  False where it is neither word. */
static bool
layer_slides(const struct reader *r, size_t at, bool *slides)
{
	*slides = json_is(&r->j, at, "sliding_attention");
	if (!*slides && !json_is(&r->j, at, "full_attention"))
		json_bad(&r->j, at, r->e, "layer_types: only full_attention and sliding_attention are supported");
	return !r->e->code;
}

/* Every layer slides but each n-th: layer_types, or sliding_window_pattern. */
static enum status
get_alternate(const struct reader *r)
{
	struct model_config *c = r->c;
	size_t at, k, l = 0;
	bool slides;

	c->window = 4096;
	c->full_every = c->arch->full_every;
	if (reader_size(r, 0, "sliding_window", 1, MAX_POS, false, &c->window) ||
	    (c->arch->full_every_key && reader_size(r, 0, c->arch->full_every_key, 1, MAX_LAYERS, false, &c->full_every)))
		return r->e->code;
	if (!reader_absent(r, 0, "sliding_window") && !reader_member(r, 0, "sliding_window"))
		return err_set(r->e, ST_INPUT, "sliding_window: null is not supported for %s", c->arch->name);
	if (!(at = reader_member(r, 0, "layer_types")))
		return ST_OK;
	if (json_type(&r->j, at) != JSON_ARRAY || r->j.node[at].count != c->layers)
		return json_bad(&r->j, at, r->e, "layer_types: expected a word for each of %zu layers", c->layers);
	for (k = json_first(&r->j, at), c->full_every = 0; k; k = json_next(&r->j, at, k)) {
		if (!layer_slides(r, k, &slides))
			return r->e->code;
		l++;
		if (!slides && !c->full_every)
			c->full_every = l;
		if (slides != (!c->full_every || l % c->full_every != 0))
			return json_bad(&r->j, k, r->e, "layer_types: only every n-th layer may see all keys");
	}
	return ST_OK;
}

/* The window, and from which layer on; layer_types, when given, must say the same. */
static enum status
get_window(const struct reader *r)
{
	struct model_config *c = r->c;
	size_t at, k, l = 0;
	bool use = c->arch->window == WINDOW_ALL, slides;

	if (c->arch->window == WINDOW_NEVER)
		return ST_OK;
	if (c->arch->window == WINDOW_ALTERNATE)
		return get_alternate(r);
	if (c->arch->window == WINDOW_FROM && reader_bool(r, 0, "use_sliding_window", &use))
		return r->e->code;
	if (use) {
		c->window = reader_absent(r, 0, "sliding_window") && !c->arch->no_window ? 4096 : 0;
		if (reader_size(r, 0, "sliding_window", 1, MAX_POS, false, &c->window))
			return r->e->code;
		if (c->window && c->arch->window == WINDOW_FROM) {
			c->window_from = 28;
			if (reader_size(r, 0, "max_window_layers", 0, MAX_LAYERS, false, &c->window_from))
				return r->e->code;
		}
	}
	if (!(at = reader_member(r, 0, "layer_types")))
		return ST_OK;
	if (json_type(&r->j, at) != JSON_ARRAY)
		return json_bad(&r->j, at, r->e, "layer_types: expected an array");
	for (k = json_first(&r->j, at); k; k = json_next(&r->j, at, k), l++) {
		if (!layer_slides(r, k, &slides))
			return r->e->code;
		if (slides != (c->window && l >= c->window_from))
			return json_bad(&r->j, k, r->e, "layer_types: does not agree with "
			    "sliding_window and max_window_layers at layer %zu", l);
	}
	return ST_OK;
}

/* One label; transformers takes a head whose labels nobody counts for one of two. */
static enum status
get_labels(const struct reader *r)
{
	size_t at = reader_member(r, 0, "id2label"), n = 2;

	if (at && json_type(&r->j, at) != JSON_OBJECT)
		return json_bad(&r->j, at, r->e, "id2label: expected an object");
	if (at)
		n = r->j.node[at].count;
	else if (reader_size(r, 0, "num_labels", 1, 1 << 20, false, &n))
		return r->e->code;
	if (n == 1)
		return ST_OK;
	return err_set(r->e, ST_INPUT, "id2label: %s, so the head has %zu labels; only one is supported",
	    at ? "of that size" : "missing", n);
}

/* architectures, and our own block: {"head": "value", "reward": "cost", "reward_mean": 0, "reward_sd": 1} */
static enum status
get_head(const struct reader *r)
{
	struct model_config *c = r->c;
	size_t at, o;
	const char *s, *reward;
	size_t n;

	if ((at = reader_member(r, 0, "architectures"))) {
		if (json_type(&r->j, at) != JSON_ARRAY || !(at = json_first(&r->j, at)) ||
		    json_type(&r->j, at) != JSON_STRING)
			return err_set(r->e, ST_INPUT, "architectures: expected an array of strings");
		if (!(s = json_str(&r->j, at, &n)))
			return err_nomem(r->e);
		if (ends_with(s, "ForCausalLM"))
			c->head = HEAD_LM;
		else if (ends_with(s, "ForTokenClassification"))
			c->head = HEAD_TOKEN;
		else if (ends_with(s, "ForSequenceClassification"))
			c->head = HEAD_SEQUENCE;
		else
			return json_bad(&r->j, at, r->e, "architectures: \"%s\" is not supported", s);
	}
	if (c->head != HEAD_LM && get_labels(r))
		return r->e->code;
	if (!(o = reader_member(r, 0, "finegrain")))
		return ST_OK;
	if (json_type(&r->j, o) != JSON_OBJECT)
		return json_bad(&r->j, o, r->e, "finegrain: expected an object");
	if (reader_str(r, o, "head", &s) || reader_str(r, o, "reward", &reward) ||
	    reader_real(r, o, "reward_mean", -1e30, 1e30, false, &c->reward_mean) ||
	    reader_real(r, o, "reward_sd", 1e-30, 1e30, false, &c->reward_sd))
		return r->e->code;
	if (reward && strcmp(reward, "cost"))
		return json_bad(&r->j, o, r->e, "finegrain.reward: \"%s\" is not supported", reward);
	if (reward && c->head != HEAD_TOKEN)
		return json_bad(&r->j, o, r->e, "finegrain.reward: costs need an architecture for token classification");
	if (reward && s)
		return json_bad(&r->j, o, r->e, "finegrain.reward: a value head has none");
	c->reward_cost = reward != NULL;
	if (s && strcmp(s, "value"))
		return json_bad(&r->j, o, r->e, "finegrain.head: \"%s\" is not supported", s);
	if (s && c->head != HEAD_TOKEN)
		return json_bad(&r->j, o, r->e,
		    "finegrain.head: a value head needs an architecture for token classification");
	if (s)
		c->head = HEAD_VALUE;
	return config_keys(r, o, "finegrain");
}

static enum status
get_dtype(const struct reader *r, bool *typed)
{
	const char *s, *key = "dtype";

	if (reader_str(r, 0, key, &s) || (!s && reader_str(r, 0, key = "torch_dtype", &s)))
		return r->e->code;
	*typed = s;
	if (s && !dtype_parse(s, &r->c->dtype))
		return err_set(r->e, ST_INPUT, "%s: \"%s\" is not supported", key, s);
	return ST_OK;
}

static enum status
get_arch(const struct reader *r)
{
	struct model_config *c = r->c;
	const char *s, *key = "hidden_act", *act;

	if (reader_str(r, 0, "model_type", &s))
		return r->e->code;
	if (!s)
		return reader_missing(r, "model_type");
	if (!(c->arch = arch_find(s)))
		return json_bad(&r->j, json_get(&r->j, 0, "model_type"), r->e,
		    "model_type: \"%s\" is not supported", s);
	if ((act = c->arch->activation)) {
		/* transformers reads this key alone, and some folders have both */
		reader_member(r, 0, key);
		key = c->arch->activation_key;
	}
	if (reader_str(r, 0, key, &s))
		return r->e->code;
	if (s && (act ? strcmp(s, act) : strcmp(s, "silu") && strcmp(s, "swish")))
		return json_bad(&r->j, json_get(&r->j, 0, key), r->e,
		    "%s: \"%s\" is not supported", key, s);
	if (reader_member(r, 0, "quantization_config"))
		return err_set(r->e, ST_INPUT, "quantization_config: quantised weights are not supported");
	return ST_OK;
}

static enum status
get_all(const struct reader *r, bool *typed)
{
	struct model_config *c = r->c;
	double eps, range = 0.02;
	bool bias, mlp_bias = false, side = true;

	if (json_type(&r->j, 0) != JSON_OBJECT)
		return json_bad(&r->j, 0, r->e, "expected an object");
	if (get_arch(r) || get_dtype(r, typed) ||
	    reader_size(r, 0, "vocab_size", 1, MAX_VOCAB, true, &c->vocab) ||
	    reader_size(r, 0, "hidden_size", 1, MAX_DIM, true, &c->dim) ||
	    reader_size(r, 0, "intermediate_size", 1, MAX_FFN, true, &c->ffn) ||
	    reader_size(r, 0, "num_hidden_layers", 1, MAX_LAYERS, true, &c->layers) ||
	    reader_size(r, 0, "num_attention_heads", 1, MAX_HEADS, true, &c->heads))
		return r->e->code;
	/* null is as many as heads, an absent key what transformers takes for it */
	c->tied = c->arch->tied;
	if (c->arch->theta > 0)
		c->rope_theta = c->arch->theta;
	bias = c->arch->bias;
	eps = c->arch->norm_eps > 0 ? c->arch->norm_eps : 1e-6;
	c->kv_heads = c->heads;
	if (c->arch->kv_heads && reader_absent(r, 0, "num_key_value_heads"))
		c->kv_heads = c->arch->kv_heads;
	c->head_dim = c->arch->head_dim ? c->arch->head_dim : c->dim / c->heads;
	if (reader_size(r, 0, "num_key_value_heads", 1, MAX_HEADS, false, &c->kv_heads) ||
	    reader_size(r, 0, "head_dim", 1, MAX_HEAD_DIM, false, &c->head_dim) ||
	    reader_size(r, 0, "max_position_embeddings", 1, MAX_POS, true, &c->max_pos) ||
	    reader_real(r, 0, c->arch->norm_eps_key ? c->arch->norm_eps_key : "rms_norm_eps", 0, 1, false, &eps) ||
	    reader_real(r, 0, "initializer_range", 0, 1e3, false, &range) ||
	    reader_bool(r, 0, "tie_word_embeddings", &c->tied))
		return r->e->code;
	c->norm_eps = (float)eps;
	c->init_range = (float)range;
	if ((c->arch->attention_bias && reader_bool(r, 0, "attention_bias", &bias)) ||
	    (c->arch->mlp_bias && reader_bool(r, 0, "mlp_bias", &mlp_bias)))
		return r->e->code;
	if (c->arch->parallel && reader_bool(r, 0, "use_parallel_residual", &side))
		return r->e->code;
	if (!side)
		return err_set(r->e, ST_INPUT, "use_parallel_residual: only true is supported");
	config_arch(c, c->arch, bias, mlp_bias);
	if (config_rope(r) || get_no_rope(r) || get_multipliers(r) || get_caps(r) ||
	    get_window(r) || get_head(r) || get_tokens(r) || config_keys(r, 0, ""))
		return r->e->code;
	return config_check(c, r->e);
}

enum status
config_check(const struct model_config *c, struct err *e)
{
	const struct { const char *key; size_t v, hi; } bound[] = {
		{ "vocab_size", c->vocab, MAX_VOCAB },
		{ "hidden_size", c->dim, MAX_DIM },
		{ "num_hidden_layers", c->layers, MAX_LAYERS },
		{ "num_attention_heads", c->heads, MAX_HEADS },
		{ "num_key_value_heads", c->kv_heads, MAX_HEADS },
		{ "head_dim", c->head_dim, MAX_HEAD_DIM },
		{ "intermediate_size", c->ffn, MAX_FFN },
		{ "max_position_embeddings", c->max_pos, MAX_POS },
	};

	for (size_t i = 0; i < sizeof(bound) / sizeof(*bound); i++)
		if (!bound[i].v || bound[i].v > bound[i].hi)
			return err_set(e, ST_INPUT, "%s: expected an integer from 1 to %zu, got %zu",
			    bound[i].key, bound[i].hi, bound[i].v);
	for (size_t i = 0; i < c->neos + 2; i++) {
		int32_t id = i < c->neos ? c->eos[i] : i == c->neos ? c->bos : c->pad;

		if (id >= 0 && (size_t)id >= c->vocab)
			return err_set(e, ST_INPUT, "%s_token_id: %ld is not in the vocabulary of %zu",
			    i < c->neos ? "eos" : i == c->neos ? "bos" : "pad", (long)id, c->vocab);
	}
	if (c->heads % c->kv_heads)
		return err_set(e, ST_INPUT, "num_key_value_heads: %zu does not divide "
		    "num_attention_heads, %zu", c->kv_heads, c->heads);
	if (c->arch->parallel && (c->kv_heads != c->heads || c->heads * c->head_dim != c->dim))
		return err_set(e, ST_INPUT, "num_attention_heads: %s has as many heads of keys as of queries, together as wide as "
		    "hidden_size", c->arch->name);
	if (c->head_dim % 2)
		return err_set(e, ST_INPUT, "head_dim: %zu is odd, rotary embeddings need pairs",
		    c->head_dim);
	if (c->heads * c->head_dim > MAX_FFN)
		return err_set(e, ST_INPUT, "num_attention_heads: %zu heads of %zu are wider than %d",
		    c->heads, c->head_dim, MAX_FFN);
	return ST_OK;
}

static enum status
parse(struct model_config *c, bool *typed, const char *path, struct arena *a, struct buf *text,
    bool generation, struct err *e)
{
	struct reader r = { .c = c, .e = e };
	enum status st;

	if (file_read(text, path, e))
		return e->code;
	st = json_parse(&r.j, text->p ? text->p : "", text->n, a, e);
	if (!st && !generation && !(r.seen = arena_array(a, r.j.n, sizeof(*r.seen))))
		st = err_nomem(e);
	if (r.seen)
		memset(r.seen, 0, r.j.n * sizeof(*r.seen));
	if (!st && generation)
		st = json_type(&r.j, 0) == JSON_OBJECT ? get_eos(&r)
		    : json_bad(&r.j, 0, e, "expected an object");
	else if (!st)
		st = get_all(&r, typed);
	if (st)
		err_file(e, path);
	return st;
}

enum status
config_read(struct model_config *c, bool *typed, const char *dir, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct buf text = BUF_INIT, more = BUF_INIT;
	char *path = file_join(dir, "config.json"), *gen = file_join(dir, "generation_config.json");
	enum status st;

	config_default(c);
	c->tied = false;
	if (!path || !gen)
		st = err_nomem(e);
	else
		st = parse(c, typed, path, &a, &text, false, e);
	if (!st && file_exists(gen))
		st = parse(c, typed, gen, &a, &more, true, e);
	arena_free(&a);
	buf_free(&text);
	buf_free(&more);
	free(path);
	free(gen);
	return st;
}
