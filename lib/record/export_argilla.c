/* Argilla's records: fields of text, responses by question and user, the rest in the metadata. */
#include <string.h>

#include "json/write.h"
#include "record/export_int.h"
#include "record/marks.h"

static bool
is_field(const char *key)
{
	static const char *const list[] = { "prompt", "rejected", "response", "reference", "text" };

	for (size_t i = 0; i < sizeof(list) / sizeof(*list); i++)
		if (!strcmp(list[i], key))
			return true;
	return false;
}

static enum status
task(struct export *x, struct record *r, struct err *e)
{
	struct buf *b = &x->next, rest = BUF_INIT;
	const char *key, *raw, *id;
	struct hash128 h;
	size_t i, n;

	if (record_id(r, &id, &h, e))
		return e->code;
	buf_adds(b, "{\"id\":");
	json_put_str(b, id, strlen(id));
	buf_adds(b, ",\"fields\":{");
	for (i = 0; record_member(r, i, &key, &raw, &n); i++) {
		struct buf *to = is_field(key) && *raw == '"' ? b : &rest;

		if (mark_of(key) != MARK_NONE || (!strcmp(key, "id") && *raw == '"'))
			continue;
		if (to->n && to->p[to->n - 1] != '{')
			buf_addc(to, ',');
		json_put_str(to, key, strlen(key));
		buf_addc(to, ':');
		buf_add(to, raw, n);
	}
	/* metadata are words and numbers: other values go into one text */
	buf_adds(b, "},\"metadata\":{\"record\":");
	buf_addc(&rest, '}');
	if (buf_ok(&rest)) {
		struct buf whole = BUF_INIT;

		buf_addc(&whole, '{');
		buf_add(&whole, rest.p, rest.n);
		json_put_str(b, whole.p ? whole.p : "", whole.n);
		if (!buf_ok(&whole))
			rest.failed = true;
		buf_free(&whole);
	}
	i = buf_ok(&rest);
	buf_free(&rest);
	return i ? ST_OK : err_nomem(e);
}

/* A user of Argilla has a UUID, which is computed from the name. */
static void
put_uuid(struct buf *b, const char *name, size_t n)
{
	char hex[HASH_HEX];

	hash_hex(hash128(name, n), hex);
	buf_addf(b, "%.8s-%.4s-4%.3s-8%.3s-%.12s", hex, hex + 8, hex + 13, hex + 17, hex + 20);
}

struct spans { struct buf *b; const char *text; size_t ntext, n; };

static void
span(void *ctx, size_t from, size_t to, const char *label, size_t nlabel)
{
	struct spans *k = ctx;

	buf_addf(k->b, "%s{\"start\":%zu,\"end\":%zu,\"label\":", k->n++ ? "," : "", mark_chars(k->text, k->ntext, from),
	    mark_chars(k->text, k->ntext, to));
	json_put_str(k->b, label ? label : "wrong", label ? nlabel : 5);
	buf_addc(k->b, '}');
}

static enum status
put_value(struct record *r, const char *key, enum mark m, struct buf *b, struct err *e)
{
	struct spans k = { .b = b };
	char field[256];
	const char *s;
	double v;
	size_t n;

	if (m == MARK_SPANS) {
		buf_addc(b, '[');
		if (record_str(r, mark_field(key, field, sizeof(field)), &k.text, &k.ntext, e) ||
		    mark_spans(r, key, &k.text, &k.ntext, span, &k, e))
			return e->code;
		buf_addc(b, ']');
		return ST_OK;
	}
	if (m == MARK_WIN || m == MARK_TIME) {
		if (record_f64(r, key, &v, e))
			return e->code;
		if (m == MARK_WIN && (s = mark_win(v))) {
			json_put_str(b, s, strlen(s));
			return ST_OK;
		}
		buf_addc(b, '"');
		json_put_f64(b, v, e);
		buf_addc(b, '"');
		return ST_OK;
	}
	if (record_str(r, key, &s, &n, e))
		return e->code;
	json_put_str(b, s, n);
	return ST_OK;
}

/* A user answers a record once. */
static bool
clash(struct export *x, struct record *r)
{
	struct buf line = BUF_INIT;
	struct err ignore = {0};
	const char *who = "";
	size_t n = 0;
	bool there;

	if (record_has(r, "annotator") && record_str(r, "annotator", &who, &n, &ignore))
		return false;
	buf_adds(&line, "\t\"");
	put_uuid(&line, who, n);
	there = buf_ok(&line) && x->notes.n && memmem(x->notes.p, x->notes.n, line.p, line.n);
	buf_free(&line);
	return there;
}

/* Lines of a question, a tab and a response; the first of an annotation is its user. */
static enum status
note(struct export *x, struct record *r, struct err *e)
{
	struct buf *b = &x->notes;
	const char *key, *raw, *who = "";
	size_t i, n, nwho = 0;
	enum mark m;
	bool some = false;

	for (i = 0; record_member(r, i, &key, &raw, &n) && !some; i++)
		some = mark_of(key) != MARK_NONE && record_has(r, key);
	if (!some)
		return ST_OK;
	if (record_has(r, "annotator") && record_str(r, "annotator", &who, &nwho, e))
		return e->code;
	x->n++;
	buf_adds(b, "\t\"");
	put_uuid(b, who, nwho);
	buf_adds(b, "\":");
	json_put_str(b, who, nwho);
	buf_addc(b, '\n');
	for (i = 0; record_member(r, i, &key, &raw, &n); i++) {
		if ((m = mark_of(key)) == MARK_NONE || m == MARK_WHO || !record_has(r, key))
			continue;
		json_put_str(b, key, strlen(key));
		buf_adds(b, "\t{\"value\":");
		if (put_value(r, key, m, b, e))
			return e->code;
		buf_adds(b, ",\"user_id\":\"");
		put_uuid(b, who, nwho);
		buf_adds(b, "\"}\n");
	}
	return ST_OK;
}

struct answer_line { const char *key; size_t nkey; const char *value; size_t n; };

/* The next line at *s: its question and its response. */
static bool
line(const char **s, const char *end, struct answer_line *l)
{
	const char *tab, *nl;

	if (*s >= end || !(tab = memchr(*s, '\t', (size_t)(end - *s))) || !(nl = memchr(tab, '\n', (size_t)(end - tab))))
		return false;
	*l = (struct answer_line){ *s, (size_t)(tab - *s), tab + 1, (size_t)(nl - tab) - 1 };
	*s = nl + 1;
	return true;
}

/* Every response to one question, and then to the next that was not yet written. */
static void
put_questions(const char *s, const char *end, struct buf *out)
{
	struct answer_line first, l;
	const char *p, *at;
	size_t k, some = 0;

	for (p = s; line(&p, end, &first);) {
		bool done = !first.nkey;

		for (at = s; !done && line(&at, end, &l) && l.key != first.key;)
			done = l.nkey == first.nkey && !memcmp(l.key, first.key, l.nkey);
		if (done)
			continue;
		buf_adds(out, some++ ? "," : "");
		buf_add(out, first.key, first.nkey);
		buf_adds(out, ":[");
		for (at = first.key, k = 0; line(&at, end, &l);)
			if (l.nkey == first.nkey && !memcmp(l.key, first.key, l.nkey)) {
				buf_adds(out, k++ ? "," : "");
				buf_add(out, l.value, l.n);
			}
		buf_addc(out, ']');
	}
}

static void
close_task(struct export *x, struct buf *out)
{
	const char *s = x->notes.p ? x->notes.p : "", *end = s + x->notes.n, *p;
	struct buf names = BUF_INIT;
	struct answer_line l;

	buf_add(out, x->task.p, x->task.n);
	for (p = s; line(&p, end, &l);)
		if (!l.nkey) {
			buf_adds(&names, names.n ? "," : "{");
			buf_add(&names, l.value, l.n);
		}
	if (names.n) {
		buf_adds(&names, "}");
		buf_adds(out, ",\"annotators\":");
		json_put_str(out, names.p ? names.p : "", names.n);
	}
	buf_adds(out, "},\"suggestions\":{},\"responses\":{");
	put_questions(s, end, out);
	buf_addf(out, "},\"vectors\":{},\"status\":\"%s\"}", x->n ? "completed" : "pending");
	if (!buf_ok(&names))
		out->failed = true;
	buf_free(&names);
}

const struct export_layout export_argilla = { .task = task, .note = note, .clash = clash, .close = close_task };
