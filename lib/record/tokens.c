#include <stdio.h>
#include <string.h>

#include "record/fields.h"
#include "record/tokens.h"

enum status
record_other_tokenizer(struct record *r, const char *print, bool *other, struct err *e)
{
	const char *s;
	size_t n;

	*other = false;
	if (!record_has(r, "tokenizer"))
		return ST_OK;
	if (record_str(r, "tokenizer", &s, &n, e))
		return e->code;
	*other = strcmp(s, print);
	return ST_OK;
}

enum status
record_drop_other(struct record *r, const char *print, struct err *e)
{
	const char *key, *raw;
	size_t i = 0, n;
	bool other;

	if (record_other_tokenizer(r, print, &other, e))
		return e->code;
	while (other && record_member(r, i, &key, &raw, &n))
		if (*raw == '[' && (record_in_tokens(key) || !strcmp(key, "hunks")))
			record_remove(r, key);
		else
			i++;
	return ST_OK;
}

enum status
record_set_ends(struct record *r, const char *field, const size_t *end, size_t n, struct err *e)
{
	const char *ends = record_companion(r, field, "ends");
	int32_t *v = arena_array(record_arena(r), n + 1, sizeof(*v));

	if (!v || !ends)
		return err_nomem(e);
	for (size_t i = 0; i < n; i++) {
		if (end[i] > INT32_MAX)
			return record_bad(r, field, e, "longer than %d bytes", INT32_MAX);
		v[i] = (int32_t)end[i];
	}
	return record_set_i32s(r, ends, v, n, e);
}

enum status
record_set_tokens(struct record *r, const char *field, const int32_t *id, const size_t *end, size_t n, struct err *e)
{
	const char *ids = record_companion(r, field, "ids");

	if (!ids)
		return err_nomem(e);
	return record_set_i32s(r, ids, id, n, e) ? e->code : record_set_ends(r, field, end, n, e);
}

enum status
record_complain(const struct record *r, const char *field, struct err *e)
{
	char why[256];

	if (e->code != ST_INPUT)
		return e->code;
	snprintf(why, sizeof(why), "%.250s", e->msg);
	return record_bad(r, field, e, "%s", why);
}
