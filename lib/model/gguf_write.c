/* A model folder as a GGUF file, with llama.cpp's names and order of rows. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "model/find.h"
#include "model/gguf.h"
#include "model/gguf_write_int.h"

enum { ALIGN = 32 };

/* ---- what the configuration says ---- */

static const char *
arch_name(const struct model_config *c)
{
	return c->arch->gguf_name ? c->arch->gguf_name : c->arch->name;
}

static void
put_rope(struct gguf_keys *k, const struct model_config *c)
{
	char name[128];
	const char *a = arch_name(c);

	snprintf(name, sizeof(name), "%s.rope.dimension_count", a);
	gguf_put_u32(k, name, config_turned(c));
	snprintf(name, sizeof(name), "%s.rope.freq_base", a);
	gguf_put_f32(k, name, c->rope_theta);
	if (c->arch->long_rope) {
		snprintf(name, sizeof(name), "%s.rope.scaling.original_context_length", a);
		gguf_put_u32(k, name, (size_t)c->rope.orig);
	}
	if (c->rope.kind == ROPE_LONG) {
		snprintf(name, sizeof(name), "%s.rope.scaling.attn_factor", a);
		gguf_put_f32(k, name, c->rope.attn);
	}
	/* the divisors of Llama 3 and LongRoPE are tensors */
	if (c->rope.kind != ROPE_LINEAR && c->rope.kind != ROPE_YARN)
		return;
	snprintf(name, sizeof(name), "%s.rope.scaling.type", a);
	gguf_put_str(k, name, c->rope.kind == ROPE_LINEAR ? "linear" : "yarn");
	snprintf(name, sizeof(name), "%s.rope.scaling.factor", a);
	gguf_put_f32(k, name, c->rope.factor);
	if (c->rope.kind == ROPE_YARN) {
		snprintf(name, sizeof(name), "%s.rope.scaling.original_context_length", a);
		gguf_put_u32(k, name, (size_t)c->rope.orig);
	}
}

static void
put_caps(struct gguf_keys *k, const struct model_config *c)
{
	char name[128];
	const char *a = arch_name(c);

	/* LongRoPE's family always says it */
	if (c->arch->window == WINDOW_ALTERNATE || c->arch->long_rope) {
		snprintf(name, sizeof(name), "%s.attention.sliding_window", a);
		gguf_put_u32(k, name, c->window);
	}
	if (c->arch->local_theta > 0) {
		snprintf(name, sizeof(name), "%s.rope.freq_base_swa", a);
		gguf_put_f32(k, name, c->local_theta);
	}
	if (c->arch->attn_capped) {
		snprintf(name, sizeof(name), "%s.attn_logit_softcapping", a);
		gguf_put_f32(k, name, (double)c->attn_cap);
	}
	if (c->logit_cap > 0 || (c->arch->logit_capped && c->arch->logit_cap > 0)) {
		snprintf(name, sizeof(name), "%s.final_logit_softcapping", a);
		gguf_put_f32(k, name, (double)c->logit_cap);
	}
}

/* The model's name: the last part of the folder's path. */
static struct gguf_text
base_name(const char *dir)
{
	size_t n = strlen(dir), at;

	while (n > 1 && dir[n - 1] == '/')
		n--;
	for (at = n; at > 0 && dir[at - 1] != '/'; at--)
		;
	return (struct gguf_text){ dir + at, n - at };
}

static void
put_config(struct gguf_keys *k, const struct model_config *c, const char *dir, enum gguf_type type)
{
	const struct { const char *name; size_t v; } size[] = {
		{ "block_count", c->layers }, { "context_length", c->max_pos }, { "embedding_length", c->dim },
		{ "feed_forward_length", c->ffn }, { "attention.head_count", c->heads },
		{ "attention.head_count_kv", c->kv_heads }, { "attention.key_length", c->head_dim },
		{ "attention.value_length", c->head_dim }, { "vocab_size", c->vocab }
	};
	char name[128];

	gguf_put_str(k, "general.architecture", arch_name(c));
	gguf_put_str(k, "general.type", "model");
	gguf_put_string(k, "general.name", base_name(dir));
	for (size_t i = 0; i < sizeof(size) / sizeof(*size); i++) {
		snprintf(name, sizeof(name), "%s.%s", arch_name(c), size[i].name);
		gguf_put_u32(k, name, size[i].v);
	}
	snprintf(name, sizeof(name), "%s.attention.layer_norm_rms_epsilon", arch_name(c));
	gguf_put_f32(k, name, (double)c->norm_eps);
	put_rope(k, c);
	put_caps(k, c);
	/* llama_ftype of llama.h: the type of most matrices */
	gguf_put_u32(k, "general.file_type", type == GGUF_TYPE_F32 ? 0 : type == GGUF_TYPE_F16 ? 1 :
	    type == GGUF_TYPE_Q8_0 ? 7 : 32);
	gguf_put_u32(k, "general.quantization_version", 2);
}

static void
put_ids(struct gguf_keys *k, const struct model_config *c)
{
	if (c->bos >= 0)
		gguf_put_u32(k, "tokenizer.ggml.bos_token_id", (size_t)c->bos);
	if (c->neos)
		gguf_put_u32(k, "tokenizer.ggml.eos_token_id", (size_t)c->eos[0]);
	if (c->neos > 1)
		gguf_put_u32(k, "tokenizer.ggml.eot_token_id", (size_t)c->eos[1]);
	if (c->pad >= 0)
		gguf_put_u32(k, "tokenizer.ggml.padding_token_id", (size_t)c->pad);
}

/* ---- tensors ---- */

struct out {
	struct model *m;
	int fd;
	enum gguf_type type;
	struct gguf_keys k;
	struct buf table, row;          /* the tensors' table; bytes of a row */
	uint64_t at, n;
	float *f;                       /* a row's numbers */
	struct err *e;
};

/* Vectors are F32, and matrices whose rows are not whole blocks F16, as llama.cpp has them. */
static const struct gguf_block *
block_of(const struct out *o, const struct weight *w, enum gguf_type *type)
{
	*type = w->vector ? GGUF_TYPE_F32 : o->type == GGUF_TYPE_Q8_0 && w->cols % 32 ? GGUF_TYPE_F16 : o->type;
	return gguf_block(*type);
}

static uint64_t
padded(uint64_t n)
{
	return (n + ALIGN - 1) / ALIGN * ALIGN;
}

static void
describe(struct out *o, const char *name, size_t rows, size_t cols, bool vector, uint32_t type)
{
	const struct gguf_block *b = gguf_block(type);
	struct gguf_keys t = { .b = o->table };
	uint32_t dims = vector ? 1 : 2;
	uint64_t dim[2] = { cols, rows };

	gguf_put_text(&t, (struct gguf_text){ name, strlen(name) });
	o->table = t.b;
	buf_add(&o->table, &dims, sizeof(dims));
	buf_add(&o->table, dim, dims * sizeof(*dim));
	buf_add(&o->table, &type, sizeof(type));
	buf_add(&o->table, &o->at, sizeof(o->at));
	o->at += padded((uint64_t)rows * cols / b->len * b->bytes);
	o->n++;
}

static enum status
write_pad(struct out *o, uint64_t n)
{
	static const char zero[ALIGN];

	return file_write_all(o->fd, zero, (size_t)(padded(n) - n), o->e);
}

static void
put_row(struct out *o, const struct weight *w, enum gguf_type type, const char *from, size_t cols)
{
	const struct gguf_block *b = gguf_block(type);
	char *p = buf_reserve(&o->row, cols / b->len * b->bytes);

	if (!p)
		return;
	dtype_to_f32(o->f, from, cols, w->type);
	for (size_t i = 0; w->plus_one && i < cols; i++)
		o->f[i] += 1;
	if (type == GGUF_TYPE_Q8_0)
		gguf_put_q8_0(p, o->f, cols);
	else
		dtype_from_f32(p, o->f, cols, type == GGUF_TYPE_F16 ? DT_F16 : type == GGUF_TYPE_BF16 ? DT_BF16 : DT_F32);
	o->row.n += cols / b->len * b->bytes;
}

/* w's numbers, rows in GGUF's order */
static enum status
write_weight(struct out *o, const struct weight *w, bool pairs, void *room)
{
	enum gguf_type type;
	const struct gguf_block *b = block_of(o, w, &type);
	const char *from = weight_read(o->m, w, room);
	size_t rows = pairs && w->vector ? w->cols : w->rows, cols = pairs && w->vector ? 1 : w->cols;
	size_t bytes = cols * dtype_size(w->type);

	for (size_t i = 0; i < rows; i++) {
		put_row(o, w, type, from + bytes * (pairs ? gguf_row(i, o->m->c.head_dim) : i), cols);
		if (o->row.n < 1 << 20 && i + 1 < rows)
			continue;
		if (!buf_ok(&o->row))
			return err_nomem(o->e);
		if (file_write_all(o->fd, o->row.p, o->row.n, o->e))
			return o->e->code;
		buf_clear(&o->row);
	}
	return write_pad(o, (uint64_t)w->rows * w->cols / b->len * b->bytes);
}

/* Call for each tensor of the model with its name in GGUF. */
static enum status
each(struct out *o, enum status (*one)(struct out *, const struct weight *, const char *, bool pairs))
{
	struct model *m = o->m;
	char name[96];
	size_t l;
	unsigned i;

	if (one(o, m->embed, GGUF_EMBED, false))
		return o->e->code;
	for (l = 0; l < m->c.layers; l++)
		for (i = 0; i < LAYER_TENSORS; i++) {
			bool pairs = m->c.arch->gguf == GGUF_PAIRS && (i == L_Q || i == L_K || i == L_QB || i == L_KB);

			if (m->layer[l].w[i].rows && one(o, &m->layer[l].w[i], gguf_layer_name(&m->c, l, i, name), pairs))
				return o->e->code;
		}
	for (i = 0; i <= G_HEAD; i++)
		if (m->global[i].rows && one(o, &m->global[i], gguf_global_name[i], false))
			return o->e->code;
	return ST_OK;
}

static enum status
describe_one(struct out *o, const struct weight *w, const char *name, bool pairs)
{
	enum gguf_type type;

	(void)pairs;
	block_of(o, w, &type);
	describe(o, name, w->rows, w->cols, w->vector, type);
	return ST_OK;
}

static enum status
write_one(struct out *o, const struct weight *w, const char *name, bool pairs)
{
	void *room = tc_is_host(o->m->tc) || w->host ? NULL : malloc(weight_bytes(w));
	enum status st;

	(void)name;
	if (!room && !tc_is_host(o->m->tc) && !w->host)
		return err_nomem(o->e);
	st = write_weight(o, w, pairs, room);
	free(room);
	weight_forget(o->m, w, 1);
	return st;
}

static enum status
write_slowing(struct out *o)
{
	size_t half = o->m->c.head_dim / 2, i;

	for (i = 0; i < half; i++)
		o->f[i] = (float)rope_slowing(&o->m->c, i);
	return file_write_all(o->fd, o->f, half * sizeof(float), o->e) ? o->e->code : write_pad(o, half * sizeof(float));
}

static enum status
write_factors(struct out *o, const float *v)
{
	size_t bytes = config_turned(&o->m->c) / 2 * sizeof(*v);

	return file_write_all(o->fd, v, bytes, o->e) ? o->e->code : write_pad(o, bytes);
}

static enum status
write_all(struct out *o)
{
	const struct model_config *c = &o->m->c;
	bool llama3 = c->rope.kind == ROPE_LLAMA3, longs = c->rope.kind == ROPE_LONG;
	struct { uint32_t magic, version; uint64_t tensors, keys; } head = { 0x46554747, 3, 0, 0 };
	size_t widest = c->dim > c->ffn ? c->dim : c->ffn;

	widest = widest > q_width(c) ? widest : q_width(c);
	if (!(o->f = malloc(widest * sizeof(float))))
		return err_nomem(o->e);
	if (llama3)
		describe(o, "rope_freqs.weight", 1, c->head_dim / 2, true, GGUF_TYPE_F32);
	if (longs) {
		describe(o, GGUF_LONGS, 1, config_turned(c) / 2, true, GGUF_TYPE_F32);
		describe(o, GGUF_SHORTS, 1, config_turned(c) / 2, true, GGUF_TYPE_F32);
	}
	each(o, describe_one);
	head.tensors = o->n;
	head.keys = o->k.n;
	if (!buf_ok(&o->k.b) || !buf_ok(&o->table))
		return err_nomem(o->e);
	if (file_write_all(o->fd, &head, sizeof(head), o->e) || file_write_all(o->fd, o->k.b.p, o->k.b.n, o->e) ||
	    file_write_all(o->fd, o->table.p, o->table.n, o->e) || write_pad(o, sizeof(head) + o->k.b.n + o->table.n) ||
	    (llama3 && write_slowing(o)) ||
	    (longs && (write_factors(o, c->rope.longs) || write_factors(o, c->rope.shorts))) || each(o, write_one))
		return o->e->code;
	return fsync(o->fd) ? err_errno(o->e, "fsync") : ST_OK;
}

/* Into file aside, which then takes its place. */
static enum status
write_file(struct out *o, const char *file)
{
	struct buf aside = BUF_INIT;
	struct err *e = o->e;

	e->code = ST_OK;
	buf_adds(&aside, file);
	buf_add(&aside, ".part", sizeof(".part"));
	if (!buf_ok(&aside)) {
		err_nomem(e);
	} else if ((o->fd = open(aside.p, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)) < 0) {
		err_errno(e, "open");
	} else {
		write_all(o);
		if (close(o->fd) && !e->code)
			err_errno(e, "close");
		if (!e->code && rename(aside.p, file))
			err_errno(e, "rename");
		if (e->code)
			unlink(aside.p);
	}
	if (e->code)
		err_file(e, file);
	buf_free(&aside);
	free(o->f);
	return e->code;
}

static enum status
check(const struct model *m, const char *from, const char *file, struct err *e)
{
	if (m->lora.rank)
		return err_set(e, ST_USAGE, "%s: an adapter; merge it first (--merge)", from);
	if (m->c.head != HEAD_LM)
		return err_set(e, ST_USAGE, "%s: GGUF has no place for its head; only language models are written", from);
	if (m->c.arch->gguf == GGUF_NOT)
		return err_set(e, ST_USAGE, "%s: models of the architecture %s are not written as GGUF", from, m->c.arch->name);
	if (m->c.window && m->c.arch->window != WINDOW_ALTERNATE && !m->c.arch->long_rope)
		return err_set(e, ST_USAGE, "%s: GGUF has no place for its sliding window", from);
	for (size_t l = 0; l < m->c.layers && m->c.arch->full_every; l++)
		if (config_local(&m->c, l) == ((l + 1) % m->c.arch->full_every == 0))
			return err_set(e, ST_USAGE, "%s: GGUF has no place for which of its layers have a window", from);
	if (m->c.arch->query_scalar && config_query_scalar(&m->c) != gguf_query_scalar(&m->c))
		return err_set(e, ST_USAGE, "%s: GGUF has no place for its query_pre_attn_scalar", from);
	if (m->c.arch->local_theta > 0 && m->c.rope.kind != ROPE_NONE && m->c.rope.kind != ROPE_LINEAR)
		return err_set(e, ST_USAGE, "%s: GGUF has no place for its scaling of some layers alone", from);
	if (m->c.rope.kind == ROPE_DYNAMIC || (m->c.rope.kind == ROPE_LONG && !m->c.arch->long_rope))
		return err_set(e, ST_USAGE, "%s: GGUF has no place for the scaling of its rotation", from);
	if (m->c.no_rope_every != m->c.arch->no_rope_every)
		return err_set(e, ST_USAGE, "%s: GGUF has no place for its layers without rotation", from);
	if (file_exists(file))
		return err_set(e, ST_USAGE, "%s: exists", file);
	return ST_OK;
}

enum status
gguf_export(struct tc *tc, const char *from, const enum gguf_export *asked, const char *file, struct err *e)
{
	static const enum gguf_type types[] = {
		[GGUF_F32_FILE] = GGUF_TYPE_F32, [GGUF_F16_FILE] = GGUF_TYPE_F16, [GGUF_BF16_FILE] = GGUF_TYPE_BF16,
		[GGUF_Q8_0_FILE] = GGUF_TYPE_Q8_0
	};
	struct out o = { .e = e };
	char *at;

	if (model_find(&at, from, e) || model_open(&o.m, tc, from, MODEL_READ, e)) {
		free(at);
		return e->code;
	}
	o.type = asked ? types[*asked] : o.m->c.dtype == DT_F16 ? GGUF_TYPE_F16 :
	    o.m->c.dtype == DT_BF16 ? GGUF_TYPE_BF16 : GGUF_TYPE_F32;
	if (!check(o.m, from, file, e)) {
		put_config(&o.k, &o.m->c, from, o.type);
		if (!gguf_put_tokens(&o.k, at, o.m->c.vocab, e) && !gguf_put_template(&o.k, at, e)) {
			put_ids(&o.k, &o.m->c);
			write_file(&o, file);
		}
	}
	buf_free(&o.k.b);
	buf_free(&o.table);
	buf_free(&o.row);
	model_close(o.m);
	free(at);
	return e->code;
}
