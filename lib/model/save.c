#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "json/write.h"
#include "model/find.h"
#include "model/make.h"
#include "model/model_int.h"

static const char *const st_names[] = { "F32", "BF16", "F16" };

static int
by_name(const void *a, const void *b)
{
	return strcmp((*(const struct weight *const *)a)->name, (*(const struct weight *const *)b)->name);
}

/* data says whose numbers they are: read_weight gets them */
static void
describe(struct st_tensor *t, const struct weight *w)
{
	*t = (struct st_tensor){
		.name = w->name, .dtype = st_names[w->type], .dims = w->vector ? 1 : 2, .data = w,
		.dim = { w->vector ? w->cols : w->rows, w->cols },
		.bytes = weight_bytes(w)
	};
}

struct reading { const struct model *m; void *room; };

static const void *
read_weight(void *ctx, const struct st_tensor *t)
{
	const struct reading *r = ctx;

	return weight_read(r->m, t->data, r->room);
}

/* Room for the largest of n weights; *bytes 0: none is needed. */
static void *
room_for(const struct model *m, const struct weight **v, size_t n, size_t *bytes)
{
	*bytes = 0;
	for (size_t i = 0; i < n; i++)
		if (!v[i]->host && !tc_is_host(m->tc) && weight_bytes(v[i]) > *bytes)
			*bytes = weight_bytes(v[i]);
	return *bytes ? big_alloc(*bytes) : NULL;
}

/* The tensors there are, and one more, in name order; owned. NULL when memory is out. */
static const struct weight **
in_order(const struct weight *w, size_t nw, const struct weight *more, size_t *n)
{
	const struct weight **v = malloc((nw + 1) * sizeof(*v));

	*n = 0;
	for (size_t i = 0; v && i < nw; i++)
		if (w[i].rows)
			v[(*n)++] = &w[i];
	if (v && more && more->rows)
		v[(*n)++] = more;
	if (v)
		qsort(v, *n, sizeof(*v), by_name);
	return v;
}

static bool
is_score(const struct model *m, const struct weight *w)
{
	return w == &m->global[G_SCORE] || w == &m->global[G_SCOREB];
}

/* Of the first nw tensors and one more, with the score's or without; *print is left "" when memory is out. */
static const char *
fingerprint(const struct model *m, size_t nw, const struct weight *more, bool score, char print[HASH_HEX])
{
	struct hasher *h;
	const struct weight **v;
	size_t n, bytes = 0;
	void *room = NULL;

	if (print[0])
		return print;
	v = in_order(m->w, nw, more, &n);
	h = hash_open();
	if (v)
		room = room_for(m, v, n, &bytes);
	if (v && h && (room || !bytes)) {
		for (size_t i = 0; i < n; i++) {
			if (!score && is_score(m, v[i]))
				continue;
			hash_add_field(h, v[i]->name, strlen(v[i]->name));
			hash_add_field(h, st_names[v[i]->type], strlen(st_names[v[i]->type]));
			hash_add_field(h, weight_read(m, v[i], room), weight_bytes(v[i]));
			weight_forget(m, v[i], 1);
		}
		hash_hex(hash_sum(h), print);
	}
	big_free(room, bytes);
	hash_close(h);
	free(v);
	return print[0] ? print : NULL;
}

const char *
model_fingerprint(struct model *m)
{
	/* a policy is the same with a critic that shares it */
	return fingerprint(m, m->nw, NULL, !m->c.value, m->print);
}

const char *
base_fingerprint(struct model *m)
{
	if (!m->base_print[0] && lend_print(m))
		return m->base_print;
	/* an adapter's own tensors are the last; its head may be in place of the base's */
	return fingerprint(m, (size_t)(m->global + GLOBAL_TENSORS - m->w), &m->unread, false, m->base_print);
}

enum status
model_shape(const struct model *m, char out[HASH_HEX], struct err *e)
{
	struct model_config c = m->c;
	struct buf b = BUF_INIT;

	c.reward_mean = 0;
	c.reward_sd = 1;
	e->code = ST_OK;
	if (!config_print(&b, &c, e))
		for (size_t l = 0; m->lora.rank && l < c.layers; l++)
			for (size_t i = 0; i < LINEARS; i++)
				buf_addf(&b, "%.9g\n", (double)m->layer[l].lora[i].scale);
	if (!e->code && !buf_ok(&b))
		err_nomem(e);
	if (!e->code)
		hash_hex(hash128(b.p, b.n), out);
	buf_free(&b);
	return e->code;
}

enum status
model_head_print(const struct model *m, char out[HASH_HEX], struct err *e)
{
	struct model score = *m;

	out[0] = 0;
	if (!m->c.value)
		return ST_OK;
	/* the two tensors of the score are side by side in the table */
	score.w = &m->global[G_SCORE];
	return fingerprint(&score, 2, NULL, true, out) ? ST_OK : err_nomem(e);
}

enum status
weights_write(const struct model *m, const struct weight *w, size_t nw, const char *dir, const char *file,
    const char *const (*more)[2], size_t nmore, struct err *e)
{
	const char *meta[1 + META_MORE][2] = { { "format", "pt" } };
	size_t n, bytes = 0;
	const struct weight **v = in_order(w, nw, NULL, &n);
	struct st_tensor *t = malloc((nw + 1) * sizeof(*t));
	char *path = file_join(dir, file);
	struct reading r = { m, v ? room_for(m, v, n, &bytes) : NULL };
	enum status st;

	if (!v || !t || !path || (bytes && !r.room)) {
		st = err_nomem(e);
	} else {
		for (size_t i = 0; i < n; i++)
			describe(&t[i], v[i]);
		if (nmore)
			memcpy(meta + 1, more, nmore * sizeof(*more));
		st = st_write(path, t, n, (const char *const (*)[2])meta, 1 + nmore, &(struct st_source){ read_weight, &r }, e);
	}
	big_free(r.room, bytes);
	free(v);
	free(t);
	free(path);
	return st;
}

/* How the adapter names its base from folder dir: as it did, where that leads there. */
static enum status
name_base(const struct model *m, const char *dir, char **text, struct err *e)
{
	const char *base = m->lora.base;
	char *seen;

	*text = NULL;
	e->code = ST_OK;
	if (!m->base_dir || m->base_absolute) {
		if (!(*text = strdup(m->base_absolute ? m->base_dir : base)))
			err_nomem(e);
		return e->code;
	}
	if (!(seen = file_join(dir, base)))
		return err_nomem(e);
	if (base[0] != '/' && model_same(seen, m->base_dir)) {
		if (!(*text = strdup(base)))
			err_nomem(e);
	} else {
		make_relative(m->base_dir, dir, text, e);
	}
	free(seen);
	return e->code;
}

/* What adapter_config.json has no place for: which base, what a reward stands for, and its
 * normalisation. */
static enum status
write_adapter(struct model *m, const struct weight *w, size_t n, const char *dir, struct err *e)
{
	struct buf mean = BUF_INIT, sd = BUF_INIT;
	const char *meta[META_MORE][2] = { { META_BASE, base_fingerprint(m) } };
	size_t nmeta = 1;

	e->code = ST_OK;
	if (!meta[0][1])
		return err_nomem(e);
	if (m->c.head != HEAD_LM && !json_put_f64(&mean, m->c.reward_mean, e) && !json_put_f64(&sd, m->c.reward_sd, e)) {
		buf_addc(&mean, 0);
		buf_addc(&sd, 0);
		if (!buf_ok(&mean) || !buf_ok(&sd))
			err_nomem(e);
		meta[nmeta][0] = META_MEAN;
		meta[nmeta++][1] = mean.p;
		meta[nmeta][0] = META_SD;
		meta[nmeta++][1] = sd.p;
	}
	if (m->c.head == HEAD_TOKEN) {
		meta[nmeta][0] = META_REWARD;
		meta[nmeta++][1] = m->c.reward_cost ? "cost" : "probability";
	}
	if (!e->code)
		weights_write(m, w, n, dir, "adapter_model.safetensors", (const char *const (*)[2])meta, nmeta, e);
	buf_free(&mean);
	buf_free(&sd);
	return e->code;
}

/* The adapter's tensors, and the head under the name PEFT gives it. */
static enum status
save_adapter(struct model *m, const char *dir, struct err *e)
{
	const struct weight *from = m->global + GLOBAL_TENSORS;
	size_t n = m->nw - (size_t)(from - m->w), i;
	struct weight *w = calloc(n + 2, sizeof(*w));
	char name[2][64], *base = NULL;

	if (!w)
		return err_nomem(e);
	memcpy(w, from, n * sizeof(*w));
	for (i = 0; i < 2; i++) {
		const struct weight *s = &m->global[i ? G_SCOREB : G_SCORE];

		if (!s->rows || m->c.value)
			continue;
		snprintf(name[i], sizeof(name[i]), "base_model.model.%s", s->name);
		w[n] = *s;
		w[n++].name = name[i];
	}
	if (!write_adapter(m, w, n, dir, e) && !name_base(m, dir, &base, e))
		lora_write(&m->lora, base, &m->c, dir, e);
	free(base);
	free(w);
	return e->code;
}

enum status
model_save(struct model *m, const char *dir, struct err *e)
{
	enum status st;

	if (m->lora.rank)
		return save_adapter(m, dir, e);
	/* the value head is last */
	if ((st = weights_write(m, m->w, m->nw - (m->c.value ? 2 : 0), dir, "model.safetensors",
	    NULL, 0, e)))
		return st;
	return config_write(&m->c, dir, e);
}

enum status
model_save_value(struct model *m, const char *dir, const char *backbone, struct err *e)
{
	if (weights_write(m, &m->global[G_SCORE], 2, dir, SHARED_FILE, NULL, 0, e))
		return e->code;
	return shared_write(backbone, dir, e);
}
