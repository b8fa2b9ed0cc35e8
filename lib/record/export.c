#include <stdlib.h>
#include <string.h>

#include "json/json.h"
#include "record/export_int.h"
#include "record/marks.h"

static const struct export_layout *const layout[] = { &export_label_studio, &export_argilla, &export_csv };

enum status
export_new(struct export **x, const struct export_opt *opt, struct err *e)
{
	if (!(*x = calloc(1, sizeof(**x))))
		return err_nomem(e);
	(*x)->o = opt;
	return ST_OK;
}

void
export_free(struct export *x)
{
	if (!x)
		return;
	buf_free(&x->task);
	buf_free(&x->next);
	buf_free(&x->notes);
	free(x);
}

enum status
export_spans(struct record *r, const char *key, const char **s, size_t *n,
    void (*each)(void *ctx, size_t from, size_t to, const char *label, size_t nlabel), void *ctx, struct err *e)
{
	char field[256];
	struct err bad = {0};
	struct json j;
	size_t k, at, len;
	int64_t v[2];
	const char *label;

	if (record_str(r, mark_field(key, field, sizeof(field)), s, n, e) || record_json(r, key, &j, e))
		return e->code;
	if (json_type(&j, 0) != JSON_ARRAY)
		return record_bad(r, key, e, "expected a list of spans");
	for (k = json_first(&j, 0); k; k = json_next(&j, 0, k)) {
		label = NULL;
		len = 0;
		at = json_type(&j, k) == JSON_ARRAY && j.node[k].count >= 2 ? json_first(&j, k) : 0;
		if (!at || json_i64(&j, at, key, 0, (int64_t)*n, &v[0], &bad) || !(at = json_next(&j, k, at)) ||
		    json_i64(&j, at, key, v[0], (int64_t)*n, &v[1], &bad) ||
		    ((at = json_next(&j, k, at)) && !(label = json_str(&j, at, &len))))
			return record_bad(r, key, e, "expected [from, to] within the text, and maybe a name");
		each(ctx, (size_t)v[0], (size_t)v[1], label, len);
	}
	return ST_OK;
}

static enum status
close_task(struct export *x, struct buf *out, struct err *e)
{
	if (!x->open)
		return ST_OK;
	buf_adds(out, x->tasks++ ? ",\n" : "");
	layout[x->o->to]->close(x, out);
	x->open = false;
	return buf_ok(out) && buf_ok(&x->task) && buf_ok(&x->notes) ? ST_OK : err_nomem(e);
}

enum status
export_begin(struct export *x, struct buf *out, struct err *e)
{
	if (layout[x->o->to]->head)
		return layout[x->o->to]->head(x, out, e);
	buf_adds(out, "[\n");
	return buf_ok(out) ? ST_OK : err_nomem(e);
}

enum status
export_record(struct export *x, struct record *r, struct buf *out, struct err *e)
{
	const struct export_layout *l = layout[x->o->to];
	struct hash128 key;
	const char *id;
	struct buf swap;
	size_t notes = x->notes.n, n = x->n;

	if (record_id(r, &id, &key, e))
		return e->code;
	if (l->row)
		return l->row(x, r, out, e);
	buf_clear(&x->next);
	if (l->task(x, r, e))
		return e->code;
	if (!x->open || x->next.n != x->task.n || memcmp(x->next.p, x->task.p, x->next.n) || (l->clash && l->clash(x, r))) {
		if (close_task(x, out, e))
			return e->code;
		swap = x->task;
		x->task = x->next;
		x->next = swap;
		buf_clear(&x->notes);
		x->n = notes = n = 0;
	}
	if (l->note(x, r, e)) {
		x->notes.n = notes;
		x->n = n;
		return e->code;
	}
	x->open = true;
	return buf_ok(&x->task) && buf_ok(&x->notes) && buf_ok(&x->next) ? ST_OK : err_nomem(e);
}

enum status
export_end(struct export *x, struct buf *out, struct err *e)
{
	if (close_task(x, out, e))
		return e->code;
	if (!layout[x->o->to]->row)
		buf_adds(out, x->tasks ? "\n]\n" : "]\n");
	return buf_ok(out) ? ST_OK : err_nomem(e);
}
