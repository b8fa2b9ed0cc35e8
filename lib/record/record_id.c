#include "base/hash.h"
#include "record/record_int.h"
#include "record/tokens.h"

/* The hash that a record without an id gets its id from. */
static enum status
sum_text(struct record *r, struct hasher *h, struct err *e)
{
	struct buf line = BUF_INIT;
	const char *s;
	size_t n;

	e->code = ST_OK;
	for (size_t i = 0; record_text[i]; i++) {
		if (!record_has(r, record_text[i]))
			continue;
		if (record_str(r, record_text[i], &s, &n, e))
			return e->code;
		hash_add_field(h, s, n);
	}
	if (!record_has_text(r) && !record_print(r, &line, e))
		hash_add_field(h, line.p, line.n);
	buf_free(&line);
	return e->code;
}

enum status
record_id(struct record *r, const char **id, struct hash128 *key, struct err *e)
{
	struct field *f = record_find(r, "id", 2);
	struct hasher *h;
	char hex[HASH_HEX], *p;
	const char *s;
	size_t n;
	enum status st;

	if (f && *f->raw == '"') {
		if ((st = record_str(r, "id", &s, &n, e)))
			return st;
	} else if (f && (*f->raw == '-' || (*f->raw >= '0' && *f->raw <= '9'))) {
		n = f->nraw;
		if (!(s = arena_str(&r->arena, f->raw, n)))
			return err_nomem(e);
	} else if (f) {
		return record_bad(r, "id", e, "expected a string or a number");
	} else {
		if (!(h = hash_open()))
			return err_nomem(e);
		if ((st = sum_text(r, h, e))) {
			hash_close(h);
			return st;
		}
		hash_hex(hash_sum(h), hex);
		hash_close(h);
		n = HASH_HEX - 1;
		if (!(p = arena_str(&r->arena, hex, n)))
			return err_nomem(e);
		s = p;
		if ((st = record_set_str(r, "id", s, n, e)))
			return st;
	}
	*id = s;
	if (key)
		*key = hash128(s, n);
	return ST_OK;
}
