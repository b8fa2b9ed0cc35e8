#include <stdio.h>
#include <string.h>

#include "base/suffix.h"
#include "json/json.h"
#include "record/check.h"
#include "record/fields.h"

/* Whether key is F_ids of some text F. */
static bool
is_ids(const char *key)
{
	return ends_with(key, "_ids") && key[4];
}

/* n: tokens, SIZE_MAX when they are not known */
static enum status
check_ends(struct record *r, const char *field, size_t n, struct err *e)
{
	const char *key = record_companion(r, field, "ends"), *s;
	size_t m, i, len;
	const int32_t *v;

	if (!key)
		return err_nomem(e);
	if (!record_has(r, key))
		return ST_OK;
	if (record_i32s(r, key, 0, INT32_MAX, &v, &m, e))
		return e->code;
	if (n != SIZE_MAX && m != n)
		return record_bad(r, key, e, "%zu ends for %zu tokens", m, n);
	for (i = 1; i < m; i++)
		if (v[i] < v[i - 1])
			return record_bad(r, key, e, "token %zu ends before the token before it", i);
	if (!record_has(r, field))
		return ST_OK;
	if (record_str(r, field, &s, &len, e))
		return e->code;
	if (m && (size_t)v[m - 1] > len)
		return record_bad(r, key, e, "the last token ends at byte %ld of %zu", (long)v[m - 1], len);
	return ST_OK;
}

/* The companions of field, for n tokens (SIZE_MAX: not known). */
static enum status
check_companions(struct record *r, const char *field, size_t n, struct err *e)
{
	const struct record_field *f;
	const char *key;

	for (f = record_fields; f->name; f++) {
		if (f->of == FIELD_RECORD)
			continue;
		if (!(key = record_companion(r, field, f->name)))
			return err_nomem(e);
		if (record_check_field(r, f, key, n, e))
			return e->code;
	}
	return ST_OK;
}

/* What stands beside field_ids. */
static enum status
check_field(struct record *r, const char *field, const struct check_opt *o, struct err *e)
{
	const char *ids = record_companion(r, field, "ids");
	const int32_t *id;
	size_t n;

	if (!ids)
		return err_nomem(e);
	if (record_i32s(r, ids, 0, o->vocab ? o->vocab - 1 : INT32_MAX, &id, &n, e) ||
	    check_ends(r, field, n, e) || check_companions(r, field, n, e))
		return e->code;
	if (o->strict && !record_has(r, "tokenizer"))
		return record_bad(r, ids, e, "ids, but no tokenizer is named");
	return ST_OK;
}

/* Numbers beside a text that has no ids: as many as there are of anything else is not
 * known, but what they are is. */
static enum status
check_alone(struct record *r, const char *field, struct err *e)
{
	return check_ends(r, field, SIZE_MAX, e) ? e->code : check_companions(r, field, SIZE_MAX, e);
}

static enum status
check_scalars(struct record *r, struct err *e)
{
	const struct record_field *f;

	for (f = record_fields; f->name; f++)
		if (f->of == FIELD_RECORD && record_check_field(r, f, f->name, SIZE_MAX, e))
			return e->code;
	return ST_OK;
}

/* Two ascending numbers of a hunk, below hi + 1. */
static enum status
range(struct record *r, const struct json *j, size_t hunk, const char *key, size_t hi, size_t v[2], struct err *e)
{
	size_t at = json_get(j, hunk, key), k, n = 0;
	struct err why = {0};
	int64_t x;

	if (!at || json_type(j, at) != JSON_ARRAY || j->node[at].count != 2)
		return record_bad(r, "hunks", e, "%s: expected two numbers", key);
	for (k = json_first(j, at); k; k = json_next(j, at, k)) {
		if (json_i64(j, k, key, 0, INT32_MAX, &x, &why))
			return record_bad(r, "hunks", e, "%s", why.msg);
		v[n++] = (size_t)x;
	}
	if (v[0] > v[1] || v[1] > hi)
		return record_bad(r, "hunks", e, "%s: [%zu,%zu] is outside of the text", key, v[0], v[1]);
	return ST_OK;
}

static bool
is_op(const struct json *j, size_t hunk)
{
	size_t at = json_get(j, hunk, "op");

	return at && (json_is(j, at, "insert") || json_is(j, at, "delete") || json_is(j, at, "replace"));
}

/* Hunks are what they should be, and outside of them both texts are the same. */
static enum status
check_hunks(struct record *r, struct err *e)
{
	const char *a = NULL, *b = NULL;
	size_t na = SIZE_MAX, nb = SIZE_MAX, ia = 0, ib = 0, k, f[2], t[2];
	struct json j;
	bool both = record_has(r, "rejected") && record_has(r, "chosen");

	if (!record_has(r, "hunks"))
		return ST_OK;
	if (both && (record_str(r, "rejected", &a, &na, e) || record_str(r, "chosen", &b, &nb, e)))
		return e->code;
	if (record_json(r, "hunks", &j, e))
		return e->code;
	if (json_type(&j, 0) != JSON_ARRAY)
		return record_bad(r, "hunks", e, "expected an array");
	for (k = json_first(&j, 0); k; k = json_next(&j, 0, k)) {
		if (json_type(&j, k) != JSON_OBJECT)
			return record_bad(r, "hunks", e, "expected objects");
		if (!is_op(&j, k))
			return record_bad(r, "hunks", e, "op: expected insert, delete or replace");
		if (range(r, &j, k, "from", SIZE_MAX, f, e) || range(r, &j, k, "to", SIZE_MAX, t, e) ||
		    range(r, &j, k, "from_bytes", na, f, e) || range(r, &j, k, "to_bytes", nb, t, e))
			return e->code;
		if (both && (f[0] < ia || t[0] < ib || f[0] - ia != t[0] - ib || memcmp(a + ia, b + ib, f[0] - ia)))
			return record_bad(r, "hunks", e, "the texts differ outside of the hunks, at bytes %zu and %zu", ia, ib);
		ia = f[1];
		ib = t[1];
	}
	if (both && (na - ia != nb - ib || memcmp(a + ia, b + ib, na - ia)))
		return record_bad(r, "hunks", e, "the texts differ outside of the hunks, at bytes %zu and %zu", ia, ib);
	return ST_OK;
}

/* Does field stand for a text: one that the record has, or one of the usual ones? */
static bool
is_text(const struct record *r, const char *field)
{
	for (size_t i = 0; record_text[i]; i++)
		if (!strcmp(field, record_text[i]))
			return true;
	return record_has(r, field);
}

/* A member that holds objects: a reader of it would see one of two keys that are the same. */
static enum status
check_inside(const struct record *r, const char *key, const char *raw, size_t n, struct err *e)
{
	struct arena a = ARENA_INIT;
	char why[256];
	struct json j;

	if ((*raw != '{' && *raw != '[') || !memchr(raw, '{', n))
		return ST_OK;
	if (json_parse(&j, raw, n, &a, e) == ST_INPUT) {
		snprintf(why, sizeof(why), "%.250s", e->msg);
		record_bad(r, key, e, "%s", why);
	}
	arena_free(&a);
	return e->code;
}

enum status
check_record(struct record *r, const struct check_opt *o, struct err *e)
{
	const char *key, *raw, *s, *field;
	size_t i, n;

	e->code = ST_OK;
	for (i = 0; record_text[i]; i++)
		if (record_has(r, record_text[i]) && record_str(r, record_text[i], &s, &n, e))
			return e->code;
	if (record_has(r, "id") && record_id(r, &s, NULL, e))
		return e->code;
	if (o->strict && !record_has(r, "id"))
		return record_bad(r, "id", e, "not there");
	for (i = 0; record_member(r, i, &key, &raw, &n); i++) {
		if (check_inside(r, key, raw, n, e))
			return e->code;
		if (*raw == '"' && !is_ids(key)) {
			if (!(s = record_companion(r, key, "ids")))
				return err_nomem(e);
			if (!record_has(r, s) && check_alone(r, key, e))
				return e->code;
			continue;
		}
		if (!is_ids(key) || !record_has(r, key))
			continue;
		if (!(field = arena_str(record_arena(r), key, strlen(key) - 4)))
			return err_nomem(e);
		/* what somebody else's field holds is his */
		if (*raw != '[' && !is_text(r, field))
			continue;
		if (check_field(r, field, o, e))
			return e->code;
	}
	return check_scalars(r, e) ? e->code : check_hunks(r, e);
}
