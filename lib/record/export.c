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
