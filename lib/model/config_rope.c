/* What config.json says of rotary embeddings: how much of a head is rotated, bases, scalings. */
#include <math.h>
#include <string.h>

#include "base/math.h"
#include "model/config.h"
#include "model/reader_int.h"

static double
yarn_mscale(double scale, double mscale)
{
	return scale <= 1 ? 1 : 0.1 * mscale * math_log(scale) + 1;
}

double
config_yarn_attention(double factor)
{
	return yarn_mscale(factor, 1);
}

double
config_long_attention(double factor, double orig)
{
	return factor > 1 ? sqrt(1 + math_log(factor) / math_log(orig)) : 1;
}

size_t
config_limit(const struct model_config *c)
{
	return c->rope.kind == ROPE_LONG ? (size_t)c->rope.orig : c->rope.kind == ROPE_DYNAMIC ? c->max_pos : SIZE_MAX;
}

size_t
config_longest(const struct model_config *c)
{
	return config_limit(c) < c->max_pos ? config_limit(c) : c->max_pos;
}

void
config_scale(struct model_config *c, enum rope_kind kind, double factor, double orig)
{
	c->rope.kind = kind;
	c->rope.factor = factor;
	c->rope.orig = orig;
	c->rope.low = 1;
	c->rope.high = 4;
	c->rope.beta_fast = 32;
	c->rope.beta_slow = 1;
	if (kind == ROPE_YARN)
		c->rope.attn = config_yarn_attention(factor);
}

/* Peng et al. 2023, YaRN; defaults as transformers has them */
static enum status
get_yarn(const struct reader *r, size_t o)
{
	struct model_config *c = r->c;
	double m = 0, all = 0, attn = 0;

	c->rope.beta_fast = 32;
	c->rope.beta_slow = 1;
	if (reader_real(r, o, "beta_fast", 1e-6, 1e6, false, &c->rope.beta_fast) ||
	    reader_real(r, o, "beta_slow", 1e-6, 1e6, false, &c->rope.beta_slow) ||
	    reader_real(r, o, "mscale", 0, 1e6, false, &m) ||
	    reader_real(r, o, "mscale_all_dim", 0, 1e6, false, &all) ||
	    reader_real(r, o, "attention_factor", 0, 1e6, false, &attn) ||
	    reader_bool(r, o, "truncate", &c->rope.truncate))
		return r->e->code;
	if (attn > 0)
		c->rope.attn = attn;
	else if (m > 0 && all > 0)
		c->rope.attn = yarn_mscale(c->rope.factor, m) / yarn_mscale(c->rope.factor, all);
	else
		c->rope.attn = yarn_mscale(c->rope.factor, 1);
	return ST_OK;
}

/* Keys of kinds of scaling that are not this one are left alone, others refused. */
static enum status
check_rope_keys(const struct reader *r, size_t o, const char *key)
{
	static const char *const known[] = { "factor", "original_max_position_embeddings", "low_freq_factor",
		"high_freq_factor", "beta_fast", "beta_slow", "mscale", "mscale_all_dim", "attention_factor", "truncate",
		"finetuned", "short_factor", "long_factor" };

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		reader_member(r, o, known[i]);
	return config_keys(r, o, key);
}

/* A number for each pair that is rotated. */
static enum status
get_factors(const struct reader *r, size_t o, const char *key, float *to)
{
	double v;
	size_t at = reader_member(r, o, key), n = config_turned(r->c) / 2, i = 0, k;

	if (!at)
		return reader_missing(r, key);
	if (json_type(&r->j, at) != JSON_ARRAY || r->j.node[at].count != n)
		return json_bad(&r->j, at, r->e, "%s: expected %zu numbers", key, n);
	for (k = json_first(&r->j, at); k; k = json_next(&r->j, at, k), i++) {
		if (json_f64(&r->j, k, key, &v, r->e))
			return r->e->code;
		if (!(v >= 1e-6 && v <= 1e6))
			return json_bad(&r->j, k, r->e, "%s: expected numbers from 1e-06 to 1e+06", key);
		to[i] = (float)v;
	}
	return ST_OK;
}

/* Ding et al. 2024, LongRoPE, as transformers has it */
static enum status
get_long(const struct reader *r, size_t o)
{
	struct model_config *c = r->c;
	double attn = 0;

	if (config_turned(c) / 2 > LONG_FACTORS)
		return json_bad(&r->j, o, r->e, "longrope: heads with more than %d rotated numbers are not supported",
		    2 * LONG_FACTORS);
	if (c->rope.orig < 2)
		return json_bad(&r->j, o, r->e, "longrope: original_max_position_embeddings: expected 2 or more");
	c->rope.factor = (double)c->max_pos / c->rope.orig;
	if (reader_real(r, o, "factor", 1e-9, 1e9, false, &c->rope.factor) ||
	    reader_real(r, o, "attention_factor", 0, 1e6, false, &attn) ||
	    get_factors(r, o, "short_factor", c->rope.shorts) || get_factors(r, o, "long_factor", c->rope.longs))
		return r->e->code;
	c->rope.attn = attn > 0 ? attn : config_long_attention(c->rope.factor, c->rope.orig);
	return ST_OK;
}

/* The part of a head that is rotated. */
static enum status
get_turned(const struct reader *r, double part)
{
	struct model_config *c = r->c;
	size_t turned = (size_t)((double)c->head_dim * part);

	if (part == 1)
		return ST_OK;
	if (!c->arch->partial_rotary)
		return err_set(r->e, ST_INPUT, "partial_rotary_factor: only 1 is supported");
	if (!turned || turned % 2)
		return err_set(r->e, ST_INPUT, "partial_rotary_factor: rotates %zu numbers of a head, which are no pairs", turned);
	c->turned = turned < c->head_dim ? turned : 0;
	return ST_OK;
}

static bool
rope_kind(const struct arch *a, const char *type, enum rope_kind *kind)
{
	static const struct { const char *type; enum rope_kind kind; } names[] = {
		{ "linear", ROPE_LINEAR }, { "llama3", ROPE_LLAMA3 }, { "yarn", ROPE_YARN }, { "longrope", ROPE_LONG },
		{ "dynamic", ROPE_DYNAMIC }
	};

	if (a->long_rope && (!strcmp(type, "su") || !strcmp(type, "yarn")))
		type = "longrope";
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(type, names[i].type) && (!a->long_rope || names[i].kind == ROPE_LONG)) {
			*kind = names[i].kind;
			return true;
		}
	return false;
}

/* Base and scaling from object o, 0 if it is absent.  What config.json says outside of it: part, the part of
 * a head that is rotated; whole, the original length, 0 if it does not say. */
static enum status
get_scaling(const struct reader *r, size_t o, const char *key, double part, double whole)
{
	struct model_config *c = r->c;
	const char *type = NULL;

	if (o) {
		if (json_type(&r->j, o) != JSON_OBJECT)
			return json_bad(&r->j, o, r->e, "%s: expected an object", key);
		if (reader_real(r, o, "rope_theta", 1, 1e12, false, &c->rope_theta) ||
		    reader_real(r, o, "partial_rotary_factor", 0, 1, false, &part) ||
		    reader_str(r, o, "type", &type))
			return r->e->code;
		if (reader_member(r, o, "rope_type") && reader_str(r, o, "rope_type", &type))
			return r->e->code;
	}
	if (get_turned(r, part))
		return r->e->code;
	if (c->arch->long_rope)
		c->rope.orig = whole > 0 ? whole : (double)c->arch->long_rope;
	if (!o || !type || !strcmp(type, "default"))
		return o ? check_rope_keys(r, o, key) : ST_OK;
	if (!rope_kind(c->arch, type, &c->rope.kind))
		return json_bad(&r->j, o, r->e, "%s: rope type \"%s\" is not supported", key, type);
	if (c->rope.kind != ROPE_LONG && reader_real(r, o, "factor", 1e-3, 1e6, true, &c->rope.factor))
		return r->e->code;
	/* a member beside the object overrides that inside it */
	if (!c->arch->long_rope) {
		c->rope.orig = (double)c->max_pos;
		if (reader_real(r, o, "original_max_position_embeddings", 1, MAX_POS, false, &c->rope.orig))
			return r->e->code;
		c->rope.orig = whole > 0 ? whole : c->rope.orig;
	}
	if (c->rope.kind == ROPE_LLAMA3) {
		if (reader_real(r, o, "low_freq_factor", 1e-6, 1e6, true, &c->rope.low) ||
		    reader_real(r, o, "high_freq_factor", 1e-6, 1e6, true, &c->rope.high))
			return r->e->code;
		if (c->rope.high <= c->rope.low)
			return json_bad(&r->j, o, r->e,
			    "high_freq_factor: must be above low_freq_factor");
	}
	if ((c->rope.kind == ROPE_YARN && get_yarn(r, o)) || (c->rope.kind == ROPE_LONG && get_long(r, o)))
		return r->e->code;
	return check_rope_keys(r, o, key);
}

/* The bases of layers with a window and of the others, which alone are scaled: rope_parameters has an object
 * for each, rope_scaling is that of the others. */
static enum status
get_two_ropes(const struct reader *r, size_t scaling, size_t both, double part, double whole)
{
	struct model_config *c = r->c;
	size_t full = 0, local = 0;
	const char *type = NULL;

	c->local_theta = c->arch->local_theta;
	if (reader_real(r, 0, "rope_local_base_freq", 1, 1e12, false, &c->local_theta))
		return r->e->code;
	if (both && json_type(&r->j, both) != JSON_OBJECT)
		return json_bad(&r->j, both, r->e, "rope_parameters: expected an object");
	if (both) {
		full = reader_member(r, both, "full_attention");
		local = reader_member(r, both, "sliding_attention");
		if (config_keys(r, both, "rope_parameters"))
			return r->e->code;
	}
	if (local && (json_type(&r->j, local) != JSON_OBJECT || reader_str(r, local, "rope_type", &type) ||
	    (type && strcmp(type, "default"))))
		return r->e->code ? r->e->code : json_bad(&r->j, local, r->e,
		    "rope_parameters.sliding_attention: only the rope type \"default\" is supported");
	if (local && (reader_real(r, local, "rope_theta", 1, 1e12, false, &c->local_theta) ||
	    config_keys(r, local, "rope_parameters.sliding_attention")))
		return r->e->code;
	if (scaling && full)
		return json_bad(&r->j, scaling, r->e, "rope_scaling: and rope_parameters.full_attention: only one is supported");
	return get_scaling(r, scaling ? scaling : full, scaling ? "rope_scaling" : "rope_parameters.full_attention", part, whole);
}

/* rope_scaling, which wins as it does in transformers, or rope_parameters as transformers 5
 * writes it. */
enum status
config_rope(const struct reader *r)
{
	struct model_config *c = r->c;
	size_t o, other;
	const char *key = "rope_scaling";
	double part = 1, whole = 0;

	if (c->arch->rotary_part > 0)
		part = c->arch->rotary_part;
	if (reader_real(r, 0, c->arch->theta_key ? c->arch->theta_key : "rope_theta", 1, 1e12, false, &c->rope_theta) ||
	    reader_real(r, 0, c->arch->part_key ? c->arch->part_key : "partial_rotary_factor", 0, 1, false, &part) ||
	    reader_real(r, 0, "original_max_position_embeddings", 1, MAX_POS, false, &whole))
		return r->e->code;
	o = reader_member(r, 0, key);
	other = reader_member(r, 0, "rope_parameters");
	if (o && json_type(&r->j, o) == JSON_OBJECT && !r->j.node[o].count)
		o = 0;
	if (c->arch->local_theta > 0)
		return get_two_ropes(r, o, other, part, whole);
	if (!o) {
		key = "rope_parameters";
		o = other;
	}
	return get_scaling(r, o, key, part, whole);
}
