/* Label Studio's tasks: data, and annotations with a list of results. */
#include <string.h>

#include "json/write.h"
#include "record/export_int.h"
#include "record/marks.h"

static enum status
task(struct export *x, struct record *r, struct err *e)
{
	struct buf *b = &x->next;
	const char *key, *raw;
	size_t i, n;

	(void)e;
	buf_adds(b, "{\"data\":{");
	for (i = 0; record_member(r, i, &key, &raw, &n); i++) {
		if (mark_of(key) != MARK_NONE)
			continue;
		if (b->p[b->n - 1] != '{')
			buf_addc(b, ',');
		json_put_str(b, key, strlen(key));
		buf_addc(b, ':');
		buf_add(b, raw, n);
	}
	buf_addc(b, '}');
	return ST_OK;
}

struct result { struct buf *b; size_t n; const char *key, *field, *text; size_t ntext; };

/* The head of one result, up to its value. */
static void
open_result(struct result *k, const char *type)
{
	buf_addf(k->b, "%s{\"id\":\"r%zu\",\"type\":\"%s\",\"from_name\":", k->n ? "," : "", k->n, type);
	json_put_str(k->b, k->key, strlen(k->key));
	buf_adds(k->b, ",\"to_name\":");
	json_put_str(k->b, k->field, strlen(k->field));
	buf_adds(k->b, ",\"value\":{");
	k->n++;
}

static void
span(void *ctx, size_t from, size_t to, const char *label, size_t nlabel)
{
	struct result *k = ctx;

	open_result(k, "labels");
	buf_addf(k->b, "\"start\":%zu,\"end\":%zu,\"text\":", mark_chars(k->text, k->ntext, from),
	    mark_chars(k->text, k->ntext, to));
	json_put_str(k->b, k->text + from, to - from);
	buf_adds(k->b, ",\"labels\":[");
	json_put_str(k->b, label ? label : "wrong", label ? nlabel : 5);
	buf_adds(k->b, "]}}");
}

static enum status
put_result(struct result *k, struct record *r, enum mark m, struct err *e)
{
	const char *s;
	double win;
	size_t n;

	if (m == MARK_SPANS) {
		if (record_str(r, k->field, &k->text, &k->ntext, e))
			return e->code;
		n = k->n;
		if (mark_spans(r, k->key, &k->text, &k->ntext, span, k, e) || k->n > n)
			return e->code;
		open_result(k, "choices");
		buf_adds(k->b, "\"choices\":[\"none\"]}}");
		return ST_OK;
	}
	if (m == MARK_WIN) {
		if (record_f64(r, k->key, &win, e))
			return e->code;
		if (!(s = mark_win(win))) {
			open_result(k, "number");
			buf_adds(k->b, "\"number\":");
			json_put_f64(k->b, win, e);
			buf_adds(k->b, "}}");
			return ST_OK;
		}
		n = strlen(s);
	} else if (record_str(r, k->key, &s, &n, e)) {
		return e->code;
	}
	open_result(k, m == MARK_TEXT ? "textarea" : "choices");
	buf_adds(k->b, m == MARK_TEXT ? "\"text\":[" : "\"choices\":[");
	json_put_str(k->b, s, n);
	buf_adds(k->b, "]}}");
	return ST_OK;
}

static enum status
note(struct export *x, struct record *r, struct err *e)
{
	struct buf *b = &x->notes, who = BUF_INIT;
	char field[256];
	struct result k = { .b = b, .field = field };
	const char *key, *raw, *s;
	size_t i, n;
	enum mark m;
	double t;
	bool some = false;

	for (i = 0; record_member(r, i, &key, &raw, &n) && !some; i++)
		some = mark_of(key) != MARK_NONE && record_has(r, key);
	if (!some)
		return ST_OK;
	buf_addf(b, "%s{\"result\":[", x->n++ ? "," : "");
	e->code = ST_OK;
	for (i = 0; !e->code && record_member(r, i, &key, &raw, &n); i++) {
		if ((m = mark_of(key)) == MARK_NONE || !record_has(r, key))
			continue;
		k.key = key;
		mark_field(key, field, sizeof(field));
		if (m == MARK_WHO) {
			if (!record_str(r, key, &s, &n, e)) {
				buf_adds(&who, ",\"completed_by\":{\"email\":");
				json_put_str(&who, s, n);
				buf_addc(&who, '}');
			}
		} else if (m == MARK_TIME) {
			if (!record_f64(r, key, &t, e)) {
				buf_adds(&who, ",\"lead_time\":");
				json_put_f64(&who, t, e);
			}
		} else {
			put_result(&k, r, m, e);
		}
	}
	buf_addc(b, ']');
	buf_add(b, who.p, who.n);
	buf_addc(b, '}');
	if (!e->code && !buf_ok(&who))
		err_nomem(e);
	buf_free(&who);
	return e->code;
}

static void
close_task(struct export *x, struct buf *out)
{
	buf_add(out, x->task.p, x->task.n);
	buf_adds(out, ",\"annotations\":[");
	buf_add(out, x->notes.p, x->notes.n);
	buf_adds(out, "]}");
}

const struct export_layout export_label_studio = { .task = task, .note = note, .close = close_task };
