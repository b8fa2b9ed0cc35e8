/* GGUF: the models of llama.cpp, quantised or not. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/math.h"
#include "model/format.h"
#include "model/gguf_int.h"
#include "model/make_int.h"

enum { BIG = 1 << 26 };

struct reading { struct gguf g; struct err *e; char arch[64]; };

/* The key "ARCH.name". */
static const char *
key(const struct reading *r, const char *name, char room[128])
{
	snprintf(room, 128, "%s.%s", r->arch, name);
	return room;
}

static bool
size_at(const struct reading *r, const char *name, bool need, size_t *v)
{
	char k[128];

	return !gguf_uint(&r->g, key(r, name, k), BIG, need, v, r->e);
}

static bool
real_at(const struct reading *r, const char *name, double lo, double hi, double *v)
{
	char k[128];

	return !gguf_real(&r->g, key(r, name, k), lo, hi, v, r->e);
}

static enum status
get_arch(struct reading *r, struct model_config *c)
{
	struct gguf_text name = {0}, kind = {0};

	if (gguf_str(&r->g, "general.architecture", &name, r->e) || gguf_str(&r->g, "general.type", &kind, r->e))
		return r->e->code;
	if (!name.n)
		return err_set(r->e, ST_INPUT, "general.architecture: missing");
	if (kind.n && !gguf_is(kind, "model"))
		return err_set(r->e, ST_INPUT, "general.type: \"%.*s\" is not a model", (int)(kind.n < 32 ? kind.n : 32),
		    kind.s);
	if (name.n < sizeof(r->arch)) {
		memcpy(r->arch, name.s, name.n);
		r->arch[name.n] = 0;
		c->arch = arch_find_gguf(r->arch);
	}
	if (name.n >= sizeof(r->arch) || strlen(r->arch) != name.n || !c->arch)
		return err_set(r->e, ST_INPUT, "general.architecture: \"%.*s\" is not supported",
		    (int)(name.n < 32 ? name.n : 32), name.s);
	return ST_OK;
}

/* Llama 3's scaling is a divisor for each frequency here; its factor is the largest of them, and
 * Meta's other constants are tried. */
static enum status
get_llama3(const struct reading *r, struct model_config *c)
{
	const struct gguf_tensor *t = gguf_tensor(&r->g, "rope_freqs.weight");
	float v[2048];
	double factor = 1;
	size_t n = c->head_dim / 2, i;

	if (!t)
		return ST_OK;
	if (t->type != GGUF_TYPE_F32 || t->rows != 1 || t->cols != n || n > sizeof(v) / sizeof(*v))
		return err_set(r->e, ST_INPUT, "rope_freqs.weight: expected %zu numbers of F32", n);
	memcpy(v, t->data, n * sizeof(*v));
	for (i = 0; i < n; i++)
		factor = (double)v[i] > factor ? (double)v[i] : factor;
	config_scale(c, ROPE_LLAMA3, factor, 8192);
	for (i = 0; i < n; i++) {
		double want = rope_slowing(c, i);

		if (!(fabs((double)v[i] - want) <= 1e-5 * want))
			return err_set(r->e, ST_INPUT, "rope_freqs.weight: is not the scaling of Llama 3 from a length of 8192");
	}
	return ST_OK;
}

/* n positive numbers of F32, n at most LONG_FACTORS */
static enum status
get_factors(const struct reading *r, const char *name, float *to, size_t n)
{
	struct gguf_tensor *t = gguf_tensor(&r->g, name);

	if (!t)
		return err_set(r->e, ST_INPUT, "%s: missing", name);
	if (t->type != GGUF_TYPE_F32 || t->rows != 1 || t->cols != n || n > LONG_FACTORS)
		return err_set(r->e, ST_INPUT, "%s: expected %zu numbers of F32, at most %d", name, n, LONG_FACTORS);
	memcpy(to, t->data, n * sizeof(*to));
	t->used = true;
	for (size_t i = 0; i < n; i++)
		if (!(to[i] >= 1e-6f && to[i] <= 1e6f))
			return err_set(r->e, ST_INPUT, "%s: expected numbers from 1e-06 to 1e+06", name);
	return ST_OK;
}

static enum status
get_long(const struct reading *r, struct model_config *c)
{
	size_t n = config_turned(c) / 2, orig = c->arch->long_rope;
	double attn;

	if (!size_at(r, "rope.scaling.original_context_length", false, &orig))
		return r->e->code;
	c->rope.orig = (double)orig;
	if (!gguf_tensor(&r->g, GGUF_SHORTS))
		return ST_OK;
	c->rope.kind = ROPE_LONG;
	if (orig < 2)
		return err_set(r->e, ST_INPUT, "%s.rope.scaling.original_context_length: %zu", r->arch, orig);
	c->rope.factor = (double)c->max_pos / (double)orig;
	attn = c->rope.attn = config_long_attention(c->rope.factor, c->rope.orig);
	if (!real_at(r, "rope.scaling.attn_factor", 1e-6, 1e6, &attn) || get_factors(r, GGUF_SHORTS, c->rope.shorts, n) ||
	    get_factors(r, GGUF_LONGS, c->rope.longs, n))
		return r->e->code;
	/* the file rounds it */
	if ((float)attn != (float)c->rope.attn)
		c->rope.attn = attn;
	return ST_OK;
}

static enum status
get_rope(const struct reading *r, struct model_config *c)
{
	char k[128];
	struct gguf_text type = {0};
	size_t dims = c->head_dim, orig = c->max_pos;
	double factor = 1;

	if (!real_at(r, "rope.freq_base", 1, 1e12, &c->rope_theta) || !size_at(r, "rope.dimension_count", false, &dims) ||
	    gguf_str(&r->g, key(r, "rope.scaling.type", k), &type, r->e))
		return r->e->code;
	if (dims != c->head_dim && (!c->arch->partial_rotary || !dims || dims % 2 || dims > c->head_dim))
		return err_set(r->e, ST_INPUT, "%s: %zu of %zu numbers of a head are rotated, which is not supported",
		    key(r, "rope.dimension_count", k), dims, c->head_dim);
	c->turned = dims < c->head_dim ? dims : 0;
	if (c->arch->long_rope)
		return get_long(r, c);
	if (!type.n || gguf_is(type, "none"))
		return get_llama3(r, c);
	if (!real_at(r, "rope.scaling.factor", 1e-3, 1e6, &factor) ||
	    !size_at(r, "rope.scaling.original_context_length", false, &orig))
		return r->e->code;
	if (gguf_is(type, "linear"))
		config_scale(c, ROPE_LINEAR, factor, (double)orig);
	else if (gguf_is(type, "yarn") && orig)
		config_scale(c, ROPE_YARN, factor, (double)orig);
	else
		return err_set(r->e, ST_INPUT, "%s: \"%.*s\" is not supported", key(r, "rope.scaling.type", k),
		    (int)(type.n < 32 ? type.n : 32), type.s);
	return ST_OK;
}

/* A token's id, if the file gives one. */
static enum status
get_id(const struct reading *r, const char *name, size_t vocab, int32_t *id)
{
	size_t v = SIZE_MAX;

	if (gguf_uint(&r->g, name, UINT32_MAX, false, &v, r->e))
		return r->e->code;
	if (v == SIZE_MAX || v == UINT32_MAX)
		return ST_OK;
	if (v >= vocab)
		return err_set(r->e, ST_INPUT, "%s: %zu is not in the vocabulary of %zu", name, v, vocab);
	*id = (int32_t)v;
	return ST_OK;
}

static enum status
get_ids(const struct reading *r, struct model_config *c)
{
	int32_t eos = -1, turn = -1;

	if (get_id(r, "tokenizer.ggml.bos_token_id", c->vocab, &c->bos) ||
	    get_id(r, "tokenizer.ggml.eos_token_id", c->vocab, &eos) ||
	    get_id(r, "tokenizer.ggml.eot_token_id", c->vocab, &turn) ||
	    get_id(r, "tokenizer.ggml.padding_token_id", c->vocab, &c->pad))
		return r->e->code;
	if (eos >= 0)
		c->eos[c->neos++] = eos;
	if (turn >= 0 && turn != eos)
		c->eos[c->neos++] = turn;
	return ST_OK;
}

static bool
has_tensor(const struct reading *r, const struct model_config *c, unsigned slot)
{
	char name[96];

	return gguf_tensor(&r->g, gguf_layer_name(c, 0, slot, name));
}

/* 16 bits if every matrix has the same 16; what was quantised comes as float32. */
static enum dtype
get_dtype(const struct reading *r)
{
	uint32_t type = GGUF_TYPE_F32;
	size_t i;

	for (i = 0; i < r->g.ntensor; i++) {
		const struct gguf_tensor *t = &r->g.tensor[i];

		if (t->rows == 1)
			continue;
		if (type != GGUF_TYPE_F32 && t->type != type)
			return DT_F32;
		type = t->type;
	}
	return type == GGUF_TYPE_F16 ? DT_F16 : type == GGUF_TYPE_BF16 ? DT_BF16 : DT_F32;
}

/* Soft caps, the base of layers with a window, and the scale of attention. */
static enum status
get_caps(const struct reading *r, struct model_config *c)
{
	double attn = (double)c->attn_cap, logit = (double)c->logit_cap;
	char k[128];

	if ((c->arch->attn_capped && !real_at(r, "attn_logit_softcapping", 0, 1e6, &attn)) ||
	    (c->arch->logit_capped && !real_at(r, "final_logit_softcapping", 0, 1e6, &logit)) ||
	    (c->arch->local_theta > 0 && !real_at(r, "rope.freq_base_swa", 1, 1e12, &c->local_theta)))
		return r->e->code;
	c->attn_cap = (float)attn;
	c->logit_cap = (float)logit;
	if (c->arch->query_scalar)
		c->attn_scale = (float)(1 / sqrt((double)gguf_query_scalar(c)));
	if (c->arch->window == WINDOW_ALTERNATE && !c->window)
		return err_set(r->e, ST_INPUT, "%s: missing", key(r, "attention.sliding_window", k));
	return ST_OK;
}

static enum status
get_shape(struct reading *r, struct model_config *c)
{
	char k[128];
	const struct gguf_tensor *embed = gguf_tensor(&r->g, GGUF_EMBED);
	double eps = 1e-5;
	size_t experts = 0, window = 0, value;

	if (get_arch(r, c))
		return r->e->code;
	if (!size_at(r, "embedding_length", true, &c->dim) || !size_at(r, "block_count", true, &c->layers) ||
	    !size_at(r, "feed_forward_length", true, &c->ffn) || !size_at(r, "context_length", true, &c->max_pos) ||
	    !size_at(r, "attention.head_count", true, &c->heads) || !size_at(r, "expert_count", false, &experts) ||
	    !size_at(r, "attention.sliding_window", false, &window) ||
	    !real_at(r, "attention.layer_norm_rms_epsilon", 0, 1, &eps))
		return r->e->code;
	if (window && c->arch->window != WINDOW_ALL && c->arch->window != WINDOW_ALTERNATE)
		return err_set(r->e, ST_INPUT, "%s: not supported here", key(r, "attention.sliding_window", k));
	c->window = window;
	if (experts)
		return err_set(r->e, ST_INPUT, "%s: mixtures of experts are not supported", key(r, "expert_count", k));
	if (!c->heads || !c->layers)
		return err_set(r->e, ST_INPUT, "%s: 0", key(r, c->heads ? "block_count" : "attention.head_count", k));
	if (!embed)
		return err_set(r->e, ST_INPUT, GGUF_EMBED ": missing");
	c->vocab = embed->rows;
	c->norm_eps = (float)eps;
	c->kv_heads = c->heads;
	c->head_dim = c->dim / c->heads;
	c->tied = !gguf_tensor(&r->g, gguf_global_name[G_HEAD]);
	if (!size_at(r, "attention.head_count_kv", false, &c->kv_heads) ||
	    !size_at(r, "attention.key_length", false, &c->head_dim))
		return r->e->code;
	value = c->head_dim;
	if (!size_at(r, "attention.value_length", false, &value))
		return r->e->code;
	if (value != c->head_dim)
		return err_set(r->e, ST_INPUT, "%s: another width than that of keys is not supported",
		    key(r, "attention.value_length", k));
	config_arch(c, c->arch, has_tensor(r, c, L_OB), has_tensor(r, c, L_DOWNB));
	if (get_caps(r, c))
		return r->e->code;
	c->dtype = get_dtype(r);
	if (c->vocab > BIG || !c->kv_heads || config_check(c, r->e))
		return r->e->code ? r->e->code : err_set(r->e, ST_INPUT, "%s: a size that is not supported", r->arch);
	return get_rope(r, c) ? r->e->code : get_ids(r, c);
}

static enum status
read_config(struct import *in, struct model_config *c, struct err *e)
{
	struct reading *r = arena_alloc(&in->mem, sizeof(*r));

	if (!r)
		return err_nomem(e);
	r->e = e;
	in->state = r;
	return gguf_parse(&r->g, in->map.p, in->map.n, &in->mem, e) ? e->code : get_shape(r, c);
}

/* n numbers from row r of t on, as w's type. */
static void
get_row(const struct weight *w, const struct gguf_tensor *t, size_t row, size_t to, size_t cols)
{
	const struct gguf_block *b = gguf_block(t->type);
	size_t size = dtype_size(w->type), i, n, bytes = cols / b->len * b->bytes;
	char *out = (char *)(uintptr_t)w->host + to * cols * size;
	const char *p = t->data + row * bytes;
	float v[1024];

	for (i = 0; i < cols; i += n, p += n / b->len * b->bytes) {
		n = cols - i < 1024 ? cols - i : 1024;
		gguf_get(v, p, n, b);
		for (size_t j = 0; w->plus_one && j < n; j++)
			v[j] -= 1;
		dtype_from_f32(out + i * size, v, n, w->type);
	}
}

static enum status
get_weight(struct draft *d, struct reading *r, struct weight *w, const char *name, bool pairs)
{
	struct gguf_tensor *t = gguf_tensor(&r->g, name);
	size_t rows = w->rows, cols = w->cols;

	if (!t)
		return err_set(r->e, ST_INPUT, "%s: missing", name);
	if (t->rows != rows || t->cols != cols)
		return err_set(r->e, ST_INPUT, "%s: expected a shape of (%zu, %zu), got (%zu, %zu)", name, cols, rows, t->cols,
		    t->rows);
	if (!draft_room(d, w, r->e))
		return r->e->code;
	t->used = true;
	/* a bias has a number for each row of its map */
	if (pairs && w->vector && gguf_block(t->type)->len == 1) {
		rows = cols;
		cols = 1;
	}
	for (size_t i = 0; i < rows; i++)
		get_row(w, t, i, pairs && rows > 1 ? gguf_row(i, d->m.c.head_dim) : i, cols);
	return ST_OK;
}

/* What nobody asked for is a part of the model that would be lost. */
static enum status
check_used(const struct reading *r)
{
	for (size_t i = 0; i < r->g.ntensor; i++) {
		const struct gguf_tensor *t = &r->g.tensor[i];

		if (!t->used && !gguf_is(t->name, "rope_freqs.weight"))
			return err_set(r->e, ST_INPUT, "%.*s: a tensor that %s does not have", (int)(t->name.n < 64 ? t->name.n : 64),
			    t->name.s, r->arch);
	}
	return ST_OK;
}

static enum status
read_weights(struct import *in, struct draft *d, struct err *e)
{
	struct reading *r = in->state;
	struct model *m = &d->m;
	char name[96];
	size_t l;
	unsigned i;

	r->e = e;
	if (get_weight(d, r, m->embed, GGUF_EMBED, false))
		return e->code;
	for (l = 0; l < m->c.layers; l++)
		for (i = 0; i < LAYER_TENSORS; i++) {
			bool pairs = m->c.arch->gguf == GGUF_PAIRS && (i == L_Q || i == L_K || i == L_QB || i == L_KB);

			if (m->layer[l].w[i].rows &&
			    get_weight(d, r, &m->layer[l].w[i], gguf_layer_name(&m->c, l, i, name), pairs))
				return e->code;
		}
	for (i = 0; i <= G_HEAD; i++)
		if (m->global[i].rows && get_weight(d, r, &m->global[i], gguf_global_name[i], false))
			return e->code;
	return check_used(r);
}

static enum status
write_files(struct import *in, const char *dir, struct err *e)
{
	struct reading *r = in->state;

	return gguf_tokens(&r->g, &in->mem, dir, e);
}

const struct format format_gguf = {
	.name = "gguf", .config = read_config, .weights = read_weights, .tokenizer = write_files
};
