#include <string.h>

#include "model/reader_int.h"

size_t
reader_member(const struct reader *r, size_t object, const char *key)
{
	size_t at = json_get(&r->j, object, key);

	if (at && r->seen)
		r->seen[at] = true;
	return at && json_type(&r->j, at) == JSON_NULL ? 0 : at;
}

bool
reader_absent(const struct reader *r, size_t object, const char *key)
{
	return !json_get(&r->j, object, key);
}

enum status
reader_missing(const struct reader *r, const char *key)
{
	return err_set(r->e, ST_INPUT, "%s: missing", key);
}

enum status
reader_size(const struct reader *r, size_t object, const char *key, int64_t lo, int64_t hi,
    bool need, size_t *v)
{
	size_t at = reader_member(r, object, key);
	int64_t n;

	if (!at)
		return need ? reader_missing(r, key) : ST_OK;
	if (json_i64(&r->j, at, key, lo, hi, &n, r->e))
		return r->e->code;
	*v = (size_t)n;
	return ST_OK;
}

enum status
reader_real(const struct reader *r, size_t object, const char *key, double lo, double hi, bool need,
    double *v)
{
	size_t at = reader_member(r, object, key);
	double x;

	if (!at)
		return need ? reader_missing(r, key) : ST_OK;
	if (json_f64(&r->j, at, key, &x, r->e))
		return r->e->code;
	if (!(x >= lo && x <= hi))
		return json_bad(&r->j, at, r->e, "%s: expected a number from %g to %g", key, lo, hi);
	*v = x;
	return ST_OK;
}

enum status
reader_bool(const struct reader *r, size_t object, const char *key, bool *v)
{
	size_t at = reader_member(r, object, key);

	if (!at)
		return ST_OK;
	if (json_type(&r->j, at) != JSON_TRUE && json_type(&r->j, at) != JSON_FALSE)
		return json_bad(&r->j, at, r->e, "%s: expected true or false", key);
	*v = json_type(&r->j, at) == JSON_TRUE;
	return ST_OK;
}

enum status
reader_str(const struct reader *r, size_t object, const char *key, const char **s)
{
	size_t at = reader_member(r, object, key), n;

	*s = NULL;
	if (!at)
		return ST_OK;
	if (json_type(&r->j, at) != JSON_STRING)
		return json_bad(&r->j, at, r->e, "%s: expected a string", key);
	if (!(*s = json_str(&r->j, at, &n)))
		return err_nomem(r->e);
	if (strlen(*s) != n)
		return json_bad(&r->j, at, r->e, "%s: a NUL in a string", key);
	return ST_OK;
}
