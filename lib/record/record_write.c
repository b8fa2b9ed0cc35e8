#include <string.h>

#include "json/write.h"
#include "record/record_int.h"

/* raw lies in r's arena or is constant */
static enum status
set(struct record *r, const char *key, const char *raw, size_t nraw, struct err *e)
{
	struct field *f = record_find(r, key, strlen(key));

	if (!f) {
		char *name = arena_str(&r->arena, key, strlen(key));

		if (!name || !(f = record_add(r)))
			return err_nomem(e);
		memset(f, 0, sizeof(*f));
		f->key = name;
		f->nkey = strlen(key);
	}
	f->raw = raw;
	f->nraw = nraw;
	f->own = true;
	r->changed = true;
	return ST_OK;
}

enum status
record_set_raw(struct record *r, const char *key, const char *json, size_t n, struct err *e)
{
	char *p = arena_str(&r->arena, json, n);

	return p ? set(r, key, p, n, e) : err_nomem(e);
}

static struct buf *
print(struct record *r)
{
	buf_clear(&r->print);
	return &r->print;
}

/* Set key to what was printed, unless printing failed. */
static enum status
set_print(struct record *r, const char *key, enum status st, struct err *e)
{
	if (st) {
		char msg[sizeof(e->msg)];

		memcpy(msg, e->msg, sizeof(msg));
		record_bad(r, key, e, "%s", msg);
		e->code = st;
	} else if (!buf_ok(&r->print)) {
		st = err_nomem(e);
	} else {
		st = record_set_raw(r, key, r->print.p, r->print.n, e);
	}
	return st;
}

enum status
record_set_str(struct record *r, const char *key, const char *s, size_t n, struct err *e)
{
	json_put_str(print(r), s, n);
	return set_print(r, key, ST_OK, e);
}

enum status
record_set_i64(struct record *r, const char *key, int64_t v, struct err *e)
{
	json_put_i64(print(r), v);
	return set_print(r, key, ST_OK, e);
}

enum status
record_set_f64(struct record *r, const char *key, double v, struct err *e)
{
	enum status st = json_put_f64(print(r), v, e);

	return set_print(r, key, st, e);
}

enum status
record_set_f32(struct record *r, const char *key, float v, struct err *e)
{
	enum status st = json_put_f32(print(r), v, e);

	return set_print(r, key, st, e);
}

enum status
record_set_i32s(struct record *r, const char *key, const int32_t *v, size_t n, struct err *e)
{
	json_put_i32s(print(r), v, n);
	return set_print(r, key, ST_OK, e);
}

enum status
record_set_f32s(struct record *r, const char *key, const float *v, size_t n, struct err *e)
{
	enum status st = json_put_f32s(print(r), v, n, e);

	return set_print(r, key, st, e);
}

void
record_remove(struct record *r, const char *key)
{
	struct field *f = record_find(r, key, strlen(key));

	if (f) {
		f->removed = true;
		r->gone++;
		r->changed = true;
	}
}

void
record_forget(struct record *r, const char *field)
{
	const char *key, *raw;
	size_t len = strlen(field), i = 0, n;

	while (record_member(r, i, &key, &raw, &n))
		if (!strncmp(key, field, len) && key[len] == '_')
			record_remove(r, key);
		else
			i++;
}

/* Pieces of the old line that follow each other are copied at once. */
struct run { size_t from, to; };

static void
piece(const struct record *r, struct buf *b, struct run *run, size_t from, size_t to)
{
	if (run->to == from) {
		run->to = to;
		return;
	}
	buf_add(b, r->line + run->from, run->to - run->from);
	*run = (struct run){ from, to };
}

static void
inserted(const struct record *r, struct buf *b, struct run *run, const char *s, size_t n)
{
	buf_add(b, r->line + run->from, run->to - run->from);
	run->from = run->to;
	buf_add(b, s, n);
}

enum status
record_print(const struct record *r, struct buf *b, struct err *e)
{
	const struct field *f;
	struct run run = { 0, 0 };
	size_t i, open, close, kept = 0;

	if (!r->changed) {
		buf_add(b, r->line, r->nline);
	} else if (r->nold) {
		open = r->field[0].start;
		close = r->field[r->nold - 1].stop;
		piece(r, b, &run, 0, open);
		for (i = 0; i < r->n; i++) {
			f = &r->field[i];
			if (f->removed)
				continue;
			if (i >= r->nold) {
				if (kept++)
					inserted(r, b, &run, ",", 1);
				inserted(r, b, &run, "", 0);
				json_put_str(b, f->key, f->nkey);
				buf_addc(b, ':');
				buf_add(b, f->raw, f->nraw);
				continue;
			}
			/* the separator before it, unless it now comes first */
			if (kept++)
				piece(r, b, &run, r->field[i - 1].stop, f->start);
			piece(r, b, &run, f->start, f->value);
			if (f->own)
				inserted(r, b, &run, f->raw, f->nraw);
			else
				piece(r, b, &run, f->value, f->stop);
		}
		piece(r, b, &run, close, r->nline);
		buf_add(b, r->line + run.from, run.to - run.from);
	} else {
		buf_addc(b, '{');
		for (i = 0; i < r->n; i++) {
			f = &r->field[i];
			if (f->removed)
				continue;
			if (kept++)
				buf_addc(b, ',');
			json_put_str(b, f->key, f->nkey);
			buf_addc(b, ':');
			buf_add(b, f->raw, f->nraw);
		}
		buf_addc(b, '}');
	}
	buf_addc(b, '\n');
	return buf_ok(b) ? ST_OK : err_nomem(e);
}
