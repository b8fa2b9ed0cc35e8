#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/suffix.h"
#include "json/json.h"
#include "model/find.h"
#include "model/model_int.h"
#include "model/params_int.h"

static enum status
add_file(struct model *m, const char *dir, const char *name, struct err *e)
{
	char *path = file_join(dir, name);
	struct st_file **v = realloc(m->file, (m->nfile + 1) * sizeof(*v));
	const char **p = realloc(m->path, (m->nfile + 1) * sizeof(*p));
	enum status st = ST_OK;

	if (v)
		m->file = v;
	if (p)
		m->path = p;
	if (!path || !v || !p || !(p[m->nfile] = arena_str(&m->arena, path, strlen(path))))
		st = err_nomem(e);
	else if (!(st = st_open(&m->file[m->nfile], path, e)))
		m->nfile++;
	free(path);
	return st;
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The distinct files of weight_map; a shard must lie in the folder itself. */
static enum status
read_index(struct model *m, const struct json *j, const char *dir, struct err *e)
{
	size_t map, key, value, n = 0, i, len;
	const char **v;

	map = json_type(j, 0) == JSON_OBJECT ? json_get(j, 0, "weight_map") : 0;
	if (!map || json_type(j, map) != JSON_OBJECT)
		return json_bad(j, 0, e, "weight_map: expected an object");
	if (!(v = arena_array(j->arena, j->node[map].count, sizeof(*v))))
		return err_nomem(e);
	for (key = json_first(j, map); key; key = json_next(j, map, value)) {
		value = json_next(j, map, key);
		if (json_type(j, value) != JSON_STRING)
			return json_bad(j, value, e, "weight_map: expected file names");
		if (!(v[n] = json_str(j, value, &len)))
			return err_nomem(e);
		if (strlen(v[n]) != len || !len || strchr(v[n], '/') || v[n][0] == '.')
			return json_bad(j, value, e, "weight_map: not the name of a file in this folder");
		n++;
	}
	qsort(v, n, sizeof(*v), by_text);
	for (i = 0; i < n; i++)
		if ((!i || strcmp(v[i], v[i - 1])) && add_file(m, dir, v[i], e))
			return e->code;
	return ST_OK;
}

static enum status
open_sharded(struct model *m, const char *dir, const char *path, struct err *e)
{
	struct buf text = BUF_INIT;
	struct arena a = ARENA_INIT;
	struct json j;
	enum status st;

	if (!(st = file_read(&text, path, e))) {
		st = json_parse(&j, text.p ? text.p : "", text.n, &a, e);
		if (!st)
			st = read_index(m, &j, dir, e);
		if (st)
			err_file(e, path);
	}
	buf_free(&text);
	arena_free(&a);
	return st;
}

/* There is no model.safetensors: weights in another layout are named. */
static void
other_weights(const char *dir, const char *path, struct err *e)
{
	static const char *const other[] = { "pytorch_model.bin", "pytorch_model.bin.index.json", "consolidated.00.pth",
		"consolidated.safetensors", "tf_model.h5", "flax_model.msgpack", "model.gguf", "model.onnx" };

	for (size_t i = 0; i < sizeof(other) / sizeof(*other); i++) {
		char *at = file_join(dir, other[i]);

		if (at && file_exists(at))
			err_at(e, ST_INPUT, path, 0, 0, "not there; %s is, but weights are read from safetensors alone", other[i]);
		free(at);
	}
}

static enum status
open_files(struct model *m, const char *dir, struct err *e)
{
	char *one = file_join(dir, "model.safetensors");
	char *index = file_join(dir, "model.safetensors.index.json");
	enum status st;

	if (!one || !index)
		st = err_nomem(e);
	else if (!file_exists(one) && file_exists(index))
		st = open_sharded(m, dir, index, e);
	else if ((st = add_file(m, dir, "model.safetensors", e)) == ST_IO && !file_exists(one))
		other_weights(dir, one, e);
	free(one);
	free(index);
	return st;
}

static bool
float_type(const char *name, enum dtype *t)
{
	*t = !strcmp(name, "BF16") ? DT_BF16 : !strcmp(name, "F16") ? DT_F16 : DT_F32;
	return *t != DT_F32 || !strcmp(name, "F32");
}

static bool
is_adapters(const char *tensor)
{
	return !strncmp(tensor, "base_model.", 11);
}

static enum status
find_tensor(const struct model *m, const struct weight *w, const struct st_tensor **t,
    enum dtype *type, struct err *e)
{
	char name[160];

	/* the head that an adapter's folder keeps wins over the base's */
	snprintf(name, sizeof(name), "base_model.model.%s", w->name);
	*t = m->adapter ? st_find(m->adapter, name) : NULL;
	for (size_t i = 0; i < m->nfile && !*t; i++)
		*t = st_find(m->file[i], w->name);
	if (!*t)
		return err_set(e, ST_INPUT, "%s: missing", w->name);
	if (!float_type((*t)->dtype, type))
		return err_set(e, ST_INPUT, "%s: dtype %s is not supported", w->name, (*t)->dtype);
	if (w->vector ? (*t)->dims != 1 || (*t)->dim[0] != w->cols
	    : (*t)->dims != 2 || (*t)->dim[0] != w->rows || (*t)->dim[1] != w->cols)
		return err_set(e, ST_INPUT, "%s: its shape is not the %zu x %zu that %s asks for", w->name, w->rows,
		    w->cols, is_adapters(w->name) ? "adapter_config.json" : "config.json");
	return ST_OK;
}

/* n numbers from type a to type b */
static void
convert(void *to, enum dtype b, const char *from, enum dtype a, size_t n)
{
	float f[256];
	size_t i, k;

	if (a == b) {
		memcpy(to, from, n * dtype_size(a));
		return;
	}
	for (i = 0; i < n; i += k) {
		k = n - i < 256 ? n - i : 256;
		dtype_to_f32(f, from + i * dtype_size(a), k, a);
		dtype_from_f32((char *)to + i * dtype_size(b), f, k, b);
	}
}

/* n numbers from the host's memory, of type a, to the context's, of type b */
static enum status
bring(struct model *m, void *to, enum dtype b, const void *from, enum dtype a, size_t n, struct err *e)
{
	size_t bytes = n * dtype_size(b);
	void *room;

	if (a == b) {
		tc_put(m->tc, to, from, bytes);
	} else if (tc_is_host(m->tc)) {
		convert(to, b, from, a, n);
	} else {
		if (!(room = big_alloc(bytes)))
			return err_nomem(e);
		convert(room, b, from, a, n);
		tc_put(m->tc, to, room, bytes);
		big_free(room, bytes);
	}
	return ST_OK;
}

/* What the host has of w, in the context's memory too: all of it where that is the same, else
 * what is read other than from panels: the embedding, vectors, and by the backward pass all. */
static enum status
place_one(struct model *m, struct weight *w, struct err *e)
{
	size_t n = w->rows * w->cols;
	void *p;

	if (tc_is_host(m->tc)) {
		w->raw = w->host;
	} else if (!w->vector && (m->train || w == m->embed)) {
		if (!(p = mem_get(m, weight_bytes(w), e)))
			return e->code;
		tc_put(m->tc, p, w->host, weight_bytes(w));
		w->raw = p;
	}
	if (w->vector && !w->plus_one && w->type == DT_F32 && tc_is_host(m->tc)) {
		w->vec = w->host;
	} else if (w->vector) {
		if (!(p = mem_get(m, n * sizeof(float), e)))
			return e->code;
		w->vec = p;
		if (bring(m, p, DT_F32, w->host, w->type, n, e))
			return e->code;
		if (w->plus_one)
			weight_add_one(m, w);
	}
	return ST_OK;
}

/* The host's copy of tensor t is the map itself where type and alignment allow. */
static enum status
load_host(struct model *m, struct weight *w, const struct st_tensor *t, enum dtype type, struct err *e)
{
	size_t n = w->rows * w->cols;
	void *p;

	if (type == w->type && (uintptr_t)t->data % dtype_size(type) == 0) {
		w->host = t->data;
		return ST_OK;
	}
	if (!(p = mem_host(m, weight_bytes(w), e)))
		return e->code;
	convert(p, w->type, t->data, type, n);
	w->host = p;
	return ST_OK;
}

/* Masters of what trains; the rest for the host and the context. */
static enum status
load_one(struct model *m, struct weight *w, struct err *e)
{
	const struct st_tensor *t;
	enum dtype type = DT_F32;
	size_t n = w->rows * w->cols;

	if (find_tensor(m, w, &t, &type, e))
		return e->code;
	if (w->train)
		return bring(m, m->master + w->at, DT_F32, t->data, type, n, e);
	w->stored = t->data;
	if (lend_weight(m, w))
		return ST_OK;
	if (load_host(m, w, t, type, e))
		return e->code;
	if (w->host == t->data)
		m->mapped += t->bytes;
	return place_one(m, w, e);
}

/* Is a trained vector's vec another array than its masters? */
static bool
own_vector(const struct weight *w)
{
	return w->vector && (w->type != DT_F32 || w->plus_one);
}

/* Room for the trained tensors as the forward pass reads them. */
static enum status
place_trained(struct model *m, struct err *e)
{
	size_t rounded = 0, vec = 0, i, n;
	char *r = NULL;
	float *v = NULL;

	if (m->ntrain && !(m->master = mem_get(m, mul_sat(m->ntrain, sizeof(float)), e)))
		return e->code;
	for (i = 0; i < m->nw; i++) {
		if (!m->w[i].train)
			continue;
		if (m->w[i].type != DT_F32)
			rounded += m->w[i].rows * m->w[i].cols * dtype_size(m->w[i].type);
		if (own_vector(&m->w[i]))
			vec += m->w[i].cols;
	}
	if ((rounded && !(r = mem_get(m, rounded, e))) ||
	    (vec && !(v = mem_get(m, vec * sizeof(float), e))))
		return e->code;
	for (i = 0; i < m->nw; i++) {
		struct weight *w = &m->w[i];

		if (!w->train || !w->rows)
			continue;
		n = w->rows * w->cols;
		w->raw = m->master + w->at;
		w->vec = w->vector ? w->raw : NULL;
		if (w->type != DT_F32) {
			w->raw = r;
			r += n * dtype_size(w->type);
		}
		if (own_vector(w)) {
			w->vec = v;
			v += n;
		}
	}
	return ST_OK;
}

/* A head that is stored beside the embedding that config.json ties it to: one of the two is wrong,
 * unless they are the same numbers. */
static enum status
check_tied(const struct model *m, const struct st_file *f, const struct st_tensor *head, struct err *e)
{
	const struct st_tensor *t;
	enum dtype type, other;
	float x[256], y[256];
	size_t n = m->embed->rows * m->embed->cols, i, k, a, b;
	bool same = float_type(head->dtype, &other) && head->dims == 2 && head->dim[0] == m->embed->rows &&
	    head->dim[1] == m->embed->cols;

	if (find_tensor(m, m->embed, &t, &type, e))
		return e->code;
	a = dtype_size(type);
	b = dtype_size(other);
	for (i = 0; i < n && same; i += k) {
		k = n - i < 256 ? n - i : 256;
		dtype_to_f32(x, (const char *)t->data + i * a, k, type);
		dtype_to_f32(y, (const char *)head->data + i * b, k, other);
		same = !memcmp(x, y, k * sizeof(*x));
	}
	st_forget(f, head->data, head->bytes);
	return same ? ST_OK : err_set(e, ST_INPUT, "%s: is not the embedding that config.json ties it to "
	    "(tie_word_embeddings)", head->name);
}

/* An unexpected tensor means that config.json does not describe the file. */
static enum status
check_extra(const struct model *m, struct err *e)
{
	const char **v = malloc((m->nw + 1) * sizeof(*v)), *name, *head = global_row(&m->c, G_HEAD)->name;
	size_t n = 0, f, i;

	if (!v)
		return err_nomem(e);
	for (i = 0; i < m->nw; i++)
		if (m->w[i].rows)
			v[n++] = m->w[i].name;
	qsort(v, n, sizeof(*v), by_text);
	e->code = ST_OK;
	for (f = 0; f < m->nfile && !e->code; f++)
		for (i = 0; i < st_count(m->file[f]) && !e->code; i++) {
			name = st_at(m->file[f], i)->name;
			if (m->lora.rank && !strncmp(name, "base_model.model.score.", 23))
				name += 17;
			if (m->c.tied && m->c.head == HEAD_LM && !strcmp(name, head) &&
			    check_tied(m, m->file[f], st_at(m->file[f], i), e))
				break;
			/* stored by old writers, or a head that this model does not use */
			if (bsearch(&name, v, n, sizeof(*v), by_text) ||
			    ends_with(name, ".rotary_emb.inv_freq") || ends_with(name, ".attention.bias") ||
			    ends_with(name, ".attention.masked_bias") ||
			    (!strcmp(name, head) && (m->c.tied || m->c.head != HEAD_LM)))
				continue;
			err_at(e, ST_INPUT, m->path[f], 0, 0, "%s: a tensor that %s does not account for", name,
			    m->file[f] == m->adapter ? "adapter_config.json" : "config.json");
		}
	free(v);
	return e->code;
}

/* The dtype of a folder whose config.json names none is that of its embedding. */
static void
guess_dtype(struct model *m)
{
	for (size_t i = 0; i < m->nfile; i++) {
		const struct st_tensor *t = st_find(m->file[i], global_row(&m->c, G_EMBED)->name);

		if (t)
			float_type(t->dtype, &m->c.dtype);
	}
}

enum status
model_peek(struct model_config *c, const char *dir, struct err *e)
{
	struct model m = {0};
	char *at, *base = NULL, *shared = NULL;
	bool typed;

	e->code = ST_OK;
	if (!model_find(&at, dir, e) && !model_shared(at, &shared, e) &&
	    !adapter_base(&m, shared ? shared : at, NULL, &base, e) && !config_read(c, &typed, base, e)) {
		if (shared)
			c->head = HEAD_VALUE;
		else if (c->head == HEAD_LM && (m.lora.scores || m.lora.tokens))
			c->head = m.lora.scores ? HEAD_SEQUENCE : HEAD_TOKEN;
	}
	free(at);
	free(shared);
	free(base);
	arena_free(&m.arena);
	return e->code;
}

static void
close_files(struct model *m)
{
	for (size_t i = 0; i < m->nfile; i++)
		st_close(m->file[i]);
	m->nfile = 0;
}

/* The files hold what config.json asks for, and no more: before there is room for it. */
static enum status
check_all(const struct model *m, struct err *e)
{
	const struct st_tensor *t;
	enum dtype type;

	for (size_t i = 0; i < m->nw; i++)
		if (m->w[i].rows && find_tensor(m, &m->w[i], &t, &type, e)) {
			for (size_t f = 0; is_adapters(m->w[i].name) && f < m->nfile; f++)
				if (m->file[f] == m->adapter)
					err_file(e, m->path[f]);
			return e->code;
		}
	return check_extra(m, e);
}

static enum status
load_unread(struct model *m, struct err *e)
{
	const struct tensor_row *r = global_row(&m->c, G_HEAD);
	struct weight *w = &m->unread;
	const struct st_tensor *t = NULL;
	enum dtype type;

	for (size_t i = 0; i < m->nfile && !t; i++)
		t = st_find(m->file[i], r->name);
	if (!m->lora.rank || m->c.tied || m->c.head == HEAD_LM || !t || !float_type(t->dtype, &type) || t->dims != 2)
		return ST_OK;
	*w = (struct weight){ .name = arena_str(&m->arena, r->name, strlen(r->name)), .rows = t->dim[0], .cols = t->dim[1],
		.type = m->c.dtype, .stored = t->data };
	return w->name ? load_host(m, w, t, type, e) : err_nomem(e);
}

static enum status
load_all(struct model *m, struct err *e)
{
	for (size_t i = 0; i < m->nw; i++)
		if (m->w[i].rows && load_one(m, &m->w[i], e))
			return e->code;
	return load_unread(m, e);
}

static enum status
open_all(struct model *m, const char *dir, const char *over, bool beside, struct err *e)
{
	char *base = NULL, *shared;
	const char *from;
	bool typed;
	enum status st;

	if ((st = model_shared(dir, &shared, e)))
		return st;
	from = shared ? shared : dir;
	/* a head that shares a backbone first, then the adapter's file: its head wins over the
	 * base's */
	if ((st = adapter_base(m, from, over, &base, e)) || (shared && (st = add_file(m, dir, SHARED_FILE, e))) ||
	    (m->lora.rank && (st = add_file(m, from, "adapter_model.safetensors", e))) ||
	    (st = config_read(&m->c, &typed, base, e)) || (m->lora.rank && (st = adapter_read(m, e))) ||
	    (shared && (st = shared_head(m, from, beside, e))) || (st = open_files(m, base, e)))
		goto out;
	if (!typed)
		guess_dtype(m);
	if ((st = params_make(m, e)))
		goto out;
	if ((st = check_all(m, e))) {
		if (!e->file[0])
			err_file(e, base);
		goto out;
	}
	if ((st = ones_make(m, e)) || (st = place_trained(m, e)) || (st = load_all(m, e)) || (st = adapter_check(m, base, e)))
		goto out;
	if (m->train && !m->lora.rank)
		close_files(m);         /* all is in the masters */
	weights_round(m);
	m->gx = mem_get(m, GATHER * m->c.dim * sizeof(float), e);
	m->gd = m->gx && m->train ? mem_get(m, GATHER * m->c.dim * sizeof(float), e) : NULL;
	m->gz = m->gd || (m->gx && !m->train) ? mem_get(m, GATHER * sizeof(float), e) : NULL;
	st = m->gz ? panels_pack(m, true, e) : e->code;
out:
	free(shared);
	free(base);
	return st;
}

static enum status
open_one(struct model **out, struct tc *tc, const char *dir, const char *base, struct model *lender, unsigned flags,
    struct err *e)
{
	struct model *m = calloc(1, sizeof(*m));
	enum status st;
	char *at;

	*out = NULL;
	if (!m)
		return err_nomem(e);
	m->tc = tc;
	m->lender = lender;
	m->train = flags & MODEL_TRAIN;
	if (!(st = model_find(&at, dir, e)))
		st = open_all(m, at, base, m->train || flags & MODEL_BESIDE, e);
	free(at);
	if (st)
		model_close(m);
	else
		*out = m;
	return st;
}

enum status
model_open(struct model **out, struct tc *tc, const char *dir, unsigned flags, struct err *e)
{
	return open_one(out, tc, dir, NULL, NULL, flags, e);
}

enum status
model_open_on(struct model **out, struct tc *tc, const char *dir, const char *base, unsigned flags, struct err *e)
{
	return open_one(out, tc, dir, base, NULL, flags, e);
}

enum status
model_open_after(struct model **out, const char *dir, struct model *lender, struct err *e)
{
	return open_one(out, lender->tc, dir, NULL, lender, MODEL_READ, e);
}

void
model_close(struct model *m)
{
	if (!m)
		return;
	mem_free(m);
	tc_free(m->tc, m->rope.cs, m->rope.bytes);
	tc_free(m->tc, m->local.cs, m->local.bytes);
	tc_free(m->tc, m->kept.l, m->kept.bytes);
	free(m->kept.row);
	close_files(m);
	free(m->file);
	free(m->path);
	arena_free(&m->arena);
	free(m);
}
