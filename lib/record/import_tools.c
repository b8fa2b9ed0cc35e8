/* Annotations of people in other tools: Label Studio, Argilla, spreadsheets. */
#include <string.h>

#include "json/write.h"
#include "record/import_int.h"
#include "record/marks.h"

enum { USERS_MAX = 1000 };      /* of one record of Argilla */

/* ---- members ---- */

/* The members of object at into out; those of marks too, unless `bare`. */
static enum status
copy_members(struct import *im, const struct json *j, size_t at, bool bare, struct err *e)
{
	size_t k, v, n;
	const char *key;

	for (k = json_first(j, at); k; k = json_next(j, at, v)) {
		v = json_next(j, at, k);
		if (!(key = json_str(j, k, &n)))
			return err_nomem(e);
		if (memchr(key, 0, n))
			return err_set(e, ST_INPUT, "a NUL is in a key");
		if (bare && record_has(im->out, key))
			continue;
		if (record_set_raw(im->out, key, j->text + j->node[v].at, j->node[v].len, e))
			return e->code;
	}
	return ST_OK;
}

static enum status
done(struct import *im, struct err *e)
{
	struct hash128 key;
	const char *id;

	return record_id(im->out, &id, &key, e) ? e->code : im->emit(im->out, im->ctx, e);
}

static enum status
begin(struct import *im, struct err *e)
{
	return record_parse(im->out, "{}", 2, im->file, im->line, e);
}

/* A member of the object at, of a type; 0: there is none. */
static size_t
member(const struct json *j, size_t at, const char *key, enum json_type type)
{
	size_t k = json_type(j, at) == JSON_OBJECT ? json_get(j, at, key) : 0;

	return k && json_type(j, k) == type ? k : 0;
}

/* One more span into im->a, in bytes of s[0..n). */
static enum status
add_span(struct import *im, const struct json *j, size_t at, const char *s, size_t n, size_t label, struct err *e)
{
	struct buf *b = &im->a;
	int64_t from, to;
	size_t k, len;
	const char *name;

	if (!(k = json_get(j, at, "start")) || json_i64(j, k, "start", 0, INT32_MAX, &from, e) ||
	    !(k = json_get(j, at, "end")) || json_i64(j, k, "end", from, INT32_MAX, &to, e))
		return e->code ? e->code : err_set(e, ST_INPUT, "a span without start and end");
	buf_addf(b, "%s[%zu,%zu", b->n > 1 ? "," : "", mark_bytes(s, n, (size_t)from), mark_bytes(s, n, (size_t)to));
	if (label && !json_is(j, label, "wrong") && (name = json_str(j, label, &len))) {
		buf_addc(b, ',');
		json_put_str(b, name, len);
	}
	buf_addc(b, ']');
	return ST_OK;
}

static enum status
set_win(struct import *im, const char *s, size_t n, struct err *e)
{
	double win = mark_win_value(s, n);

	return win < 0 ? record_set_str(im->out, "win", s, n, e) : record_set_f64(im->out, "win", win, e);
}

/* ---- Label Studio ---- */

/* All spans of one text in a list of results. */
static enum status
set_spans(struct import *im, const struct json *j, size_t results, const char *field, struct err *e)
{
	const char *s, *key = record_companion(im->out, field, "spans");
	size_t k, to, value, labels, n;

	if (!key)
		return err_nomem(e);
	if (record_has(im->out, key))
		return ST_OK;
	if (record_str(im->out, field, &s, &n, e))
		return e->code;
	buf_clear(&im->a);
	buf_addc(&im->a, '[');
	for (k = json_first(j, results); k; k = json_next(j, results, k)) {
		if (!(to = member(j, k, "to_name", JSON_STRING)) || !json_is(j, to, field) ||
		    !(value = member(j, k, "value", JSON_OBJECT)) || !(labels = member(j, value, "labels", JSON_ARRAY)))
			continue;
		if (add_span(im, j, value, s, n, json_first(j, labels), e))
			return e->code;
	}
	buf_addc(&im->a, ']');
	return buf_ok(&im->a) ? record_set_raw(im->out, key, im->a.p, im->a.n, e) : err_nomem(e);
}

/* One result: what its control named from_name was given. */
static enum status
set_result(struct import *im, const struct json *j, size_t results, size_t at, struct err *e)
{
	size_t from = member(j, at, "from_name", JSON_STRING), to = member(j, at, "to_name", JSON_STRING),
	    value = member(j, at, "value", JSON_OBJECT), v, n, nfrom, nto;
	const char *name, *field, *s;

	if (!from || !value || !(name = json_str(j, from, &nfrom)) || memchr(name, 0, nfrom))
		return err_set(e, ST_INPUT, "a result without from_name and value");
	if (member(j, value, "labels", JSON_ARRAY)) {
		if (!to || !(field = json_str(j, to, &nto)) || memchr(field, 0, nto))
			return err_set(e, ST_INPUT, "labels without to_name");
		return set_spans(im, j, results, field, e);
	}
	if ((v = member(j, value, "selected", JSON_STRING)))
		return record_set_f64(im->out, "win", json_is(j, v, "left") ? 1 : json_is(j, v, "right") ? 0 : 0.5, e);
	if ((v = member(j, value, "number", JSON_NUMBER)) || (v = member(j, value, "rating", JSON_NUMBER)))
		return record_set_raw(im->out, name, j->text + j->node[v].at, j->node[v].len, e);
	if (!(v = json_get(j, value, "text")) && !(v = json_get(j, value, "choices")))
		return record_set_raw(im->out, name, j->text + j->node[value].at, j->node[value].len, e);
	if (json_type(j, v) == JSON_ARRAY && j->node[v].count == 1)
		v = json_first(j, v);
	if (json_type(j, v) != JSON_STRING)
		return record_set_raw(im->out, name, j->text + j->node[v].at, j->node[v].len, e);
	if (!(s = json_str(j, v, &n)))
		return err_nomem(e);
	if (mark_of(name) == MARK_SPANS)
		return record_set_raw(im->out, name, "[]", 2, e);       /* "none" */
	return strcmp(name, "win") ? record_set_str(im->out, name, s, n, e) : set_win(im, s, n, e);
}

static enum status
set_annotation(struct import *im, const struct json *j, size_t at, struct err *e)
{
	size_t results = member(j, at, "result", JSON_ARRAY), who, k, n = 0;
	const char *s = "";

	for (k = results ? json_first(j, results) : 0; k; k = json_next(j, results, k))
		if (set_result(im, j, results, k, e))
			return e->code;
	if (json_type(j, at) == JSON_OBJECT && (who = json_get(j, at, "completed_by"))) {
		if (json_type(j, who) == JSON_OBJECT)
			who = (k = json_get(j, who, "email")) ? k : json_get(j, who, "id");
		if (who && json_type(j, who) == JSON_STRING && !(s = json_str(j, who, &n)))
			return err_nomem(e);
		if (who && json_type(j, who) == JSON_NUMBER) {
			s = j->text + j->node[who].at;
			n = j->node[who].len;
		}
		if (who && (json_type(j, who) == JSON_STRING || json_type(j, who) == JSON_NUMBER) &&
		    record_set_str(im->out, "annotator", s, n, e))
			return e->code;
	}
	if ((k = member(j, at, "lead_time", JSON_NUMBER)) &&
	    record_set_raw(im->out, "seconds", j->text + j->node[k].at, j->node[k].len, e))
		return e->code;
	if (member(j, at, "was_cancelled", JSON_TRUE) && !record_has(im->out, "edit"))
		return record_set_str(im->out, "edit", "skipped", 7, e);
	return ST_OK;
}

enum status
import_label_studio(struct import *im, struct record *in, struct err *e)
{
	struct json data, notes = {0};
	const char *raw;
	size_t k = 0, n;
	bool some;

	if (record_json(in, "data", &data, e))
		return e->code;
	if (json_type(&data, 0) != JSON_OBJECT)
		return record_bad(in, "data", e, "expected an object");
	if (record_has(in, "annotations") && record_json(in, "annotations", &notes, e))
		return e->code;
	some = record_has(in, "annotations") && json_type(&notes, 0) == JSON_ARRAY && (k = json_first(&notes, 0));
	do {
		if (begin(im, e) || copy_members(im, &data, 0, false, e))
			break;
		if (!record_has(im->out, "id") && record_has(in, "id") && record_raw(in, "id", &raw, &n) &&
		    record_set_raw(im->out, "id", raw, n, e))
			break;
		if ((some && set_annotation(im, &notes, k, e)) || done(im, e))
			break;
	} while (some && (k = json_next(&notes, 0, k)));
	if (e->code == ST_INPUT) {
		char why[sizeof(e->msg)];

		memcpy(why, e->msg, sizeof(why));
		return record_bad(in, some ? "annotations" : "data", e, "%.400s", why);
	}
	return e->code;
}

/* ---- Argilla ---- */

struct argilla { struct json fields, meta, record, names, responses; bool has_record, has_names, has_meta, has_responses; };

/* A member that is JSON in a string. */
static bool
inner(struct import *im, const struct json *j, const char *key, struct json *to)
{
	struct err ignore = {0};
	const char *s;
	size_t k = member(j, 0, key, JSON_STRING), n;

	return k && (s = json_str(j, k, &n)) && !json_parse(to, s, n, record_arena(im->other), &ignore) &&
	    json_type(to, 0) == JSON_OBJECT;
}

static enum status
set_response(struct import *im, const char *question, const struct json *j, size_t value, struct err *e)
{
	char field[256];
	struct err ignore = {0};
	struct json number;
	enum mark m = mark_of(question);
	const char *s;
	size_t n, k;

	if (m == MARK_SPANS && json_type(j, value) == JSON_ARRAY) {
		if (record_str(im->out, mark_field(question, field, sizeof(field)), &s, &n, e))
			return e->code;
		buf_clear(&im->a);
		buf_addc(&im->a, '[');
		for (k = json_first(j, value); k; k = json_next(j, value, k))
			if (json_type(j, k) != JSON_OBJECT || add_span(im, j, k, s, n, json_get(j, k, "label"), e))
				return e->code ? e->code : err_set(e, ST_INPUT, "a span that is not an object");
		buf_addc(&im->a, ']');
		return buf_ok(&im->a) ? record_set_raw(im->out, question, im->a.p, im->a.n, e) : err_nomem(e);
	}
	if (json_type(j, value) != JSON_STRING)
		return record_set_raw(im->out, question, j->text + j->node[value].at, j->node[value].len, e);
	if (!(s = json_str(j, value, &n)))
		return err_nomem(e);
	if (m == MARK_WIN && mark_win_value(s, n) >= 0)
		return set_win(im, s, n, e);
	if ((m == MARK_WIN || m == MARK_TIME) && !json_parse(&number, s, n, record_arena(im->out), &ignore) &&
	    json_type(&number, 0) == JSON_NUMBER)
		return record_set_raw(im->out, question, s, n, e);
	return record_set_str(im->out, question, s, n, e);
}

/* Everything but responses. */
static enum status
argilla_task(struct import *im, struct record *in, const struct argilla *a, struct err *e)
{
	const char *raw;
	size_t k, n;

	if (begin(im, e))
		return e->code;
	if (a->has_record && copy_members(im, &a->record, 0, false, e))
		return e->code;
	if (!record_has(im->out, "id") && record_has(in, "id") && record_raw(in, "id", &raw, &n) &&
	    record_set_raw(im->out, "id", raw, n, e))
		return e->code;
	if (copy_members(im, &a->fields, 0, false, e))
		return e->code;
	if (a->has_meta && copy_members(im, &a->meta, 0, true, e))
		return e->code;
	if (a->has_record && (k = json_get(&a->meta, 0, "record")) && !json_get(&a->record, 0, "record"))
		record_remove(im->out, "record");
	if (a->has_names && !(a->has_record && json_get(&a->record, 0, "annotators")))
		record_remove(im->out, "annotators");
	return ST_OK;
}

/* The users of all responses, each once. */
static enum status
users(const struct json *j, size_t *list, size_t *n, struct err *e)
{
	size_t q, v, k, u, i, len, other;
	const char *s, *t;

	*n = 0;
	for (q = json_first(j, 0); q; q = json_next(j, 0, v)) {
		v = json_next(j, 0, q);
		for (k = json_type(j, v) == JSON_ARRAY ? json_first(j, v) : 0; k; k = json_next(j, v, k)) {
			if (json_type(j, k) != JSON_OBJECT || !json_get(j, k, "value"))
				return err_set(e, ST_INPUT, "a response without a value");
			u = member(j, k, "user_id", JSON_STRING);
			if (!u || !(s = json_str(j, u, &len)))
				return err_set(e, ST_INPUT, "a response without user_id");
			for (i = 0; i < *n; i++)
				if ((t = json_str(j, list[i], &other)) && other == len && !memcmp(s, t, len))
					break;
			if (i < *n)
				continue;
			if (*n == USERS_MAX)
				return err_set(e, ST_INPUT, "more than %d users", USERS_MAX);
			list[(*n)++] = u;
		}
	}
	return ST_OK;
}

static enum status
argilla_user(struct import *im, const struct argilla *a, size_t user, struct err *e)
{
	const struct json *j = &a->responses;
	size_t q, v, k, n, nuser, nquestion, at;
	const char *id = json_str(j, user, &nuser), *question, *s;

	if (!id)
		return err_nomem(e);
	for (q = json_first(j, 0); q; q = json_next(j, 0, v)) {
		v = json_next(j, 0, q);
		if (!(question = json_str(j, q, &nquestion)))
			return err_nomem(e);
		for (k = json_type(j, v) == JSON_ARRAY ? json_first(j, v) : 0; k; k = json_next(j, v, k))
			if ((s = json_str(j, json_get(j, k, "user_id"), &n)) && n == nuser && !memcmp(s, id, n) &&
			    set_response(im, question, j, json_get(j, k, "value"), e))
				return e->code;
	}
	s = id;
	n = nuser;
	if (a->has_names && !memchr(id, 0, nuser) && (at = json_get(&a->names, 0, id)) && !(s = json_str(&a->names, at, &n)))
		return ST_OK;
	return n ? record_set_str(im->out, "annotator", s, n, e) : ST_OK;
}

enum status
import_argilla(struct import *im, struct record *in, struct err *e)
{
	struct argilla a = {0};
	size_t *user, n = 0, i;

	if (record_json(in, "fields", &a.fields, e))
		return e->code;
	if (json_type(&a.fields, 0) != JSON_OBJECT)
		return record_bad(in, "fields", e, "expected an object");
	if (record_parse(im->other, "{}", 2, im->file, im->line, e) ||
	    (record_has(in, "metadata") && record_json(in, "metadata", &a.meta, e)) ||
	    (record_has(in, "responses") && record_json(in, "responses", &a.responses, e)))
		return e->code;
	a.has_meta = record_has(in, "metadata") && json_type(&a.meta, 0) == JSON_OBJECT;
	a.has_responses = record_has(in, "responses") && json_type(&a.responses, 0) == JSON_OBJECT;
	a.has_record = a.has_meta && inner(im, &a.meta, "record", &a.record);
	a.has_names = a.has_meta && inner(im, &a.meta, "annotators", &a.names);
	if (!(user = arena_array(record_arena(in), USERS_MAX, sizeof(*user))))
		return err_nomem(e);
	e->code = ST_OK;
	if (a.has_responses)
		users(&a.responses, user, &n, e);
	for (i = 0; !e->code && i < (n ? n : 1); i++)
		if (!argilla_task(im, in, &a, e) && !(n && argilla_user(im, &a, user[i], e)))
			done(im, e);
	if (e->code == ST_INPUT) {
		char why[sizeof(e->msg)];

		memcpy(why, e->msg, sizeof(why));
		return record_bad(in, n ? "responses" : "fields", e, "%.400s", why);
	}
	return e->code;
}

/* ---- spreadsheets ---- */

/* Is a cell of this column JSON and not a text? */
static bool
is_value(const char *key, enum json_type type)
{
	static const char *const number[] = { "win", "seconds", "edit_ratio", "sample", "temperature", "beta" };
	static const char *const tail[] = { "_spans", "_ids", "_ends", "_label", "hunks" };
	size_t i, n = strlen(key), m;

	for (i = 0; type == JSON_NUMBER && i < sizeof(number) / sizeof(*number); i++)
		if (!strcmp(key, number[i]))
			return true;
	for (i = 0; type == JSON_ARRAY && i < sizeof(tail) / sizeof(*tail); i++)
		if ((m = strlen(tail[i])) <= n && !strcmp(key + n - m, tail[i]))
			return true;
	return false;
}

enum status
import_csv(struct import *im, struct record *in, struct err *e)
{
	struct err ignore = {0};
	const char *key, *raw, *s;
	struct json j;
	size_t i, n, nraw;

	if (begin(im, e))
		return e->code;
	for (i = 0; record_member(in, i, &key, &raw, &nraw); i++) {
		if (record_str(in, key, &s, &n, e))
			return e->code;
		if (!n)
			continue;
		if (!json_parse(&j, s, n, record_arena(in), &ignore) && is_value(key, json_type(&j, 0))) {
			if (record_set_raw(im->out, key, s, n, e))
				return e->code;
		} else if (record_set_raw(im->out, key, raw, nraw, e)) {
			return e->code;
		}
	}
	return done(im, e);
}
