/* The tensors of a folder against those that its configuration asks for. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/suffix.h"
#include "model/params_int.h"

bool
stored_float(const char *name, enum dtype *t)
{
	*t = !strcmp(name, "BF16") ? DT_BF16 : !strcmp(name, "F16") ? DT_F16 : DT_F32;
	return *t != DT_F32 || !strcmp(name, "F32");
}

static bool
is_adapters(const char *tensor)
{
	return !strncmp(tensor, "base_model.", 11);
}

enum status
stored_find(const struct model *m, const struct weight *w, const struct st_tensor **t,
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
	if (!stored_float((*t)->dtype, type))
		return err_set(e, ST_INPUT, "%s: dtype %s is not supported", w->name, (*t)->dtype);
	if (w->vector ? (*t)->dims != 1 || (*t)->dim[0] != w->cols
	    : (*t)->dims != 2 || (*t)->dim[0] != w->rows || (*t)->dim[1] != w->cols)
		return err_set(e, ST_INPUT, "%s: its shape is not the %zu x %zu that %s asks for", w->name, w->rows,
		    w->cols, is_adapters(w->name) ? "adapter_config.json" : "config.json");
	return ST_OK;
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
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
	bool same = stored_float(head->dtype, &other) && head->dims == 2 && head->dim[0] == m->embed->rows &&
	    head->dim[1] == m->embed->cols;

	if (stored_find(m, m->embed, &t, &type, e))
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

void
stored_guess(struct model *m)
{
	for (size_t i = 0; i < m->nfile; i++) {
		const struct st_tensor *t = st_find(m->file[i], global_row(&m->c, G_EMBED)->name);

		if (t)
			stored_float(t->dtype, &m->c.dtype);
	}
}

enum status
stored_check(const struct model *m, struct err *e)
{
	const struct st_tensor *t;
	enum dtype type;

	for (size_t i = 0; i < m->nw; i++)
		if (m->w[i].rows && stored_find(m, &m->w[i], &t, &type, e)) {
			for (size_t f = 0; is_adapters(m->w[i].name) && f < m->nfile; f++)
				if (m->file[f] == m->adapter)
					err_file(e, m->path[f]);
			return e->code;
		}
	return check_extra(m, e);
}
