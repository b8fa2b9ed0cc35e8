/* Weights from a folder's files into memory: the host's, and the context's. */
#include <stdlib.h>
#include <string.h>

#include "model/params_int.h"

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

	if (stored_find(m, w, &t, &type, e))
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

enum status
load_room(struct model *m, struct err *e)
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

static enum status
load_unread(struct model *m, struct err *e)
{
	const struct tensor_row *r = global_row(&m->c, G_HEAD);
	struct weight *w = &m->unread;
	const struct st_tensor *t = NULL;
	enum dtype type;

	for (size_t i = 0; i < m->nfile && !t; i++)
		t = st_find(m->file[i], r->name);
	if (!m->lora.rank || m->c.tied || m->c.head == HEAD_LM || !t || !stored_float(t->dtype, &type) || t->dims != 2)
		return ST_OK;
	*w = (struct weight){ .name = arena_str(&m->arena, r->name, strlen(r->name)), .rows = t->dim[0], .cols = t->dim[1],
		.type = m->c.dtype, .stored = t->data };
	return w->name ? load_host(m, w, t, type, e) : err_nomem(e);
}

enum status
load_all(struct model *m, struct err *e)
{
	for (size_t i = 0; i < m->nw; i++)
		if (m->w[i].rows && load_one(m, &m->w[i], e))
			return e->code;
	return load_unread(m, e);
}
