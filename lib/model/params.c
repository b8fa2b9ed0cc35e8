#include <math.h>
#include <stdio.h>
#include <string.h>

#include "model/params_int.h"

/* The parameter table: the tensors outside of layers (layer_rows.c), and all of them for a configuration. */

/* A value head starts at zero, which init_of() knows. */
static const struct tensor_row global_rows[GLOBAL_TENSORS + 1] = {
	[G_NORM] = { "model.norm.weight", X_ONE, X_DIM, true, INIT_ONE, HAS_ALWAYS, NULL },
	[G_NORMB] = { .has = HAS_NEVER },
	[G_HEAD] = { "lm_head.weight", X_VOCAB, X_DIM, false, INIT_NORMAL, HAS_LM_HEAD, NULL },
	[G_SCORE] = { "score.weight", X_ONE, X_DIM, false, INIT_NORMAL, HAS_SCORE, NULL },
	[G_SCOREB] = { "score.bias", X_ONE, X_ONE, true, INIT_ZERO, HAS_SCORE_BIAS, NULL },
	[G_EMBED] = { "model.embed_tokens.weight", X_VOCAB, X_DIM, false, INIT_NORMAL, HAS_ALWAYS, NULL },
};

size_t
mul_sat(size_t a, size_t b)
{
	return b && a > SIZE_MAX / b ? SIZE_MAX : a * b;
}

size_t
add_sat(size_t a, size_t b)
{
	return a > SIZE_MAX - b ? SIZE_MAX : a + b;
}

struct attn_shape
attn_shape_of(const struct model *m, size_t l)
{
	const struct model_config *c = &m->c;

	return (struct attn_shape){ c->heads, c->kv_heads, c->head_dim,
	    config_slides(c, l) ? c->window : 0, c->attn_scale > 0 ? c->attn_scale : 1.0f / sqrtf((float)c->head_dim),
	    c->attn_cap };
}

float
config_embed_scale(const struct model_config *c)
{
	float s = (float)sqrt((double)c->dim);
	uint32_t room;

	if (!c->arch->root_embedding)
		return c->embed_scale;
	/* transformers has it in the weights' type */
	dtype_from_f32(&room, &s, 1, c->dtype);
	dtype_to_f32(&s, &room, 1, c->dtype);
	return s;
}

size_t
config_query_scalar(const struct model_config *c)
{
	return c->attn_scale > 0 ? (size_t)(1 / ((double)c->attn_scale * (double)c->attn_scale) + 0.5) : c->head_dim;
}

static bool
has(const struct model_config *c, enum has h)
{
	switch (h) {
	case HAS_NEVER:
		return false;
	case HAS_ALWAYS:
		return true;
	case HAS_QKV_BIAS:
		return c->qkv_bias;
	case HAS_O_BIAS:
		return c->o_bias;
	case HAS_MLP_BIAS:
		return c->mlp_bias;
	case HAS_QK_NORM:
		return c->qk_norm;
	case HAS_LM_HEAD:
		return c->head == HEAD_LM && !c->tied;
	case HAS_SCORE:
		return c->head != HEAD_LM || c->value;
	case HAS_SCORE_BIAS:
		return c->head == HEAD_TOKEN || c->head == HEAD_VALUE || c->value;
	}
	return false;
}

static size_t
extent(const struct model_config *c, enum extent x)
{
	switch (x) {
	case X_ONE:
		return 1;
	case X_DIM:
		return c->dim;
	case X_Q:
		return q_width(c);
	case X_KV:
		return kv_width(c);
	case X_FFN:
		return c->ffn;
	case X_VOCAB:
		return c->vocab;
	case X_HEAD_DIM:
		return c->head_dim;
	case X_QKV:
		return q_width(c) + 2 * kv_width(c);
	case X_GATE_UP:
		return 2 * c->ffn;
	}
	return 0;
}

const struct tensor_row *
global_row(const struct model_config *c, unsigned slot)
{
	const struct tensor_row *r = row_change(c->arch->global, slot);

	return r ? r : &global_rows[slot];
}

static size_t
row_size(const struct model_config *c, const struct tensor_row *r)
{
	return has(c, r->has) ? extent(c, r->rows) * extent(c, r->cols) : 0;
}

size_t
params_count(const struct model_config *c)
{
	size_t n = 0;
	unsigned i;

	for (i = 0; i < LAYER_TENSORS; i++)
		n += row_size(c, layer_row(c, i));
	n *= c->layers;
	for (i = 0; i <= G_EMBED; i++)
		n += row_size(c, global_row(c, i));
	return n;
}

static enum status
fill_weight(struct model *m, struct weight *w, const struct tensor_row *r, const char *name, struct err *e)
{
	*w = (struct weight){0};
	if (!has(&m->c, r->has))
		return ST_OK;
	w->rows = extent(&m->c, r->rows);
	w->cols = extent(&m->c, r->cols);
	w->vector = r->vector;
	w->decay = !r->vector;
	w->init = r->has == HAS_SCORE && (m->c.head == HEAD_VALUE || m->c.value) ? INIT_ZERO : r->init;
	w->type = m->c.dtype;
	if (w->init == INIT_ONE && m->c.arch->norm_plus_one) {
		w->plus_one = true;
		w->init = INIT_ZERO;
	}
	w->train = m->train && (!m->lora.rank || r->has == HAS_SCORE || r->has == HAS_SCORE_BIAS);
	w->name = arena_str(&m->arena, name, strlen(name));
	return w->name ? ST_OK : err_nomem(e);
}

static enum status
fill_lora(struct model *m, struct weight *w, size_t l, unsigned lin, size_t rank, bool b, struct err *e)
{
	const struct weight *base = &m->layer[l].w[lora_slot[lin]];
	char name[128], module[96];

	lora_module(&m->c, module, l, lin);
	snprintf(name, sizeof(name), "base_model.model.%s.lora_%c.weight", module, b ? 'B' : 'A');
	*w = (struct weight){
		.rows = b ? base->rows : rank, .cols = b ? rank : base->cols,
		.decay = true, .init = b ? INIT_ZERO : INIT_NORMAL, .type = DT_F32, .train = m->train,
		.name = arena_str(&m->arena, name, strlen(name))
	};
	return w->name ? ST_OK : err_nomem(e);
}

static enum status
fill_adapter(struct model *m, struct weight *w, struct err *e)
{
	size_t before = 0;

	for (size_t l = 0; l < m->c.layers; l++, before = 0)
		for (unsigned i = 0; i < LINEARS; i++) {
			struct lora_map *map = &m->layer[l].lora[i];
			struct lora_at at = lora_at(&m->lora, l, i);

			if (!at.rank)
				continue;
			map->at = before;
			before += at.rank;
			if (fill_lora(m, w, l, i, at.rank, false, e) || fill_lora(m, w + 1, l, i, at.rank, true, e))
				return e->code;
			map->scale = (float)lora_scale(&m->lora, at);
			map->a = w++;
			map->b = w++;
		}
	return ST_OK;
}

static enum status
list_trained(struct model *m, struct err *e)
{
	struct param *p = m->param = arena_array(&m->arena, m->nw, sizeof(*p));

	if (!p)
		return err_nomem(e);
	for (size_t i = 0; i < m->nw; i++) {
		struct weight *w = &m->w[i];

		if (!w->rows || !w->train)
			continue;
		w->at = m->ntrain;
		p[m->nparam++] = (struct param){ w->name, w->rows, w->cols, w->at, w->decay };
		m->ntrain += w->rows * w->cols;
	}
	return ST_OK;
}

enum status
params_make(struct model *m, struct err *e)
{
	size_t l, targets = 0;
	unsigned i;
	char name[128];

	for (l = 0; m->lora.rank && l < m->c.layers; l++)
		for (i = 0; i < LINEARS; i++)
			targets += lora_at(&m->lora, l, i).rank != 0;
	m->nw = 1 + m->c.layers * LAYER_TENSORS + 2 * targets + GLOBAL_TENSORS;
	m->w = arena_array(&m->arena, m->nw, sizeof(*m->w));
	m->layer = arena_array(&m->arena, m->c.layers, sizeof(*m->layer));
	if (!m->w || !m->layer)
		return err_nomem(e);
	memset(m->w, 0, m->nw * sizeof(*m->w));
	memset(m->layer, 0, m->c.layers * sizeof(*m->layer));
	m->embed = m->w;
	m->global = m->w + 1 + m->c.layers * LAYER_TENSORS;
	if (fill_weight(m, m->embed, global_row(&m->c, G_EMBED), global_row(&m->c, G_EMBED)->name, e))
		return e->code;
	for (l = 0; l < m->c.layers; l++) {
		m->layer[l].w = m->w + 1 + l * LAYER_TENSORS;
		for (i = 0; i < LAYER_TENSORS; i++) {
			const struct tensor_row *r = layer_row(&m->c, i);

			snprintf(name, sizeof(name), "%s.%zu.%s", layers_name(&m->c), l, r->name ? r->name : "");
			if (fill_weight(m, &m->layer[l].w[i], r, name, e))
				return e->code;
		}
	}
	for (i = 0; i < GLOBAL_TENSORS; i++)
		if (fill_weight(m, &m->global[i], global_row(&m->c, i), global_row(&m->c, i)->name, e))
			return e->code;
	if (targets && fill_adapter(m, m->global + GLOBAL_TENSORS, e))
		return e->code;
	return list_trained(m, e);
}
