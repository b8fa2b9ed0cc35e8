#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/grow.h"
#include "base/kind.h"
#include "json/array.h"
#include "json/json.h"
#include "json/number.h"
#include "json/scan.h"
#include "record/record_int.h"

enum status
record_new(struct record **rp, struct err *e)
{
	struct record *r = calloc(1, sizeof(*r));

	if (!r || !(r->index = calloc(1, sizeof(*r->index)))) {
		free(r);
		return err_nomem(e);
	}
	*rp = r;
	return ST_OK;
}

void
record_free(struct record *r)
{
	if (!r)
		return;
	buf_free(&r->own);
	buf_free(&r->print);
	arena_free(&r->arena);
	free(r->field);
	free(r->index->slot);
	free(r->index);
	free(r);
}

struct arena *
record_arena(struct record *r)
{
	return &r->arena;
}

enum { FEW = 32 };      /* fields that are looked through one by one */

static bool
is_field(const struct field *f, const char *key, size_t nkey)
{
	return f->nkey == nkey && !f->removed && !memcmp(f->key, key, nkey);
}

/* Enter the fields that are new; false when memory is out. */
static bool
index_fields(const struct record *r)
{
	struct record_index *x = r->index;
	size_t slots = x->slots ? x->slots : 256, i;
	uint32_t *grown;

	while (slots < 2 * r->n)
		slots *= 2;
	if (slots != x->slots) {
		if (!(grown = realloc(x->slot, slots * sizeof(*grown))))
			return false;
		x->slot = grown;
		x->slots = slots;
		x->n = 0;
	}
	if (!x->n)
		memset(x->slot, 0, slots * sizeof(*x->slot));
	for (; x->n < r->n; x->slot[i] = (uint32_t)++x->n)
		for (i = hash64(r->field[x->n].key, r->field[x->n].nkey, 0) & (slots - 1); x->slot[i]; i = (i + 1) & (slots - 1))
			;
	return true;
}

struct field *
record_find(const struct record *r, const char *key, size_t nkey)
{
	const struct record_index *x = r->index;
	size_t i;

	if (r->n <= FEW || r->n >= UINT32_MAX || !index_fields(r)) {
		for (i = 0; i < r->n; i++)
			if (is_field(&r->field[i], key, nkey))
				return &r->field[i];
		return NULL;
	}
	for (i = hash64(key, nkey, 0) & (x->slots - 1); x->slot[i]; i = (i + 1) & (x->slots - 1))
		if (is_field(&r->field[x->slot[i] - 1], key, nkey))
			return &r->field[x->slot[i] - 1];
	return NULL;
}

struct field *
record_add(struct record *r)
{
	return grow(&r->field, &r->cap, r->n + 1, sizeof(*r->field), NULL) ? NULL : &r->field[r->n++];
}

/* s at the first byte after '{' and white space; fills r->field. */
static enum status
members(struct record *r, const char *s, const char *end, const char **stop,
    struct json_fault *f, struct err *e)
{
	const char *text = r->line;
	struct field m;
	struct field *slot;
	bool escaped;
	char *decoded;

	if (s < end && *s == '}') {
		*stop = s + 1;
		return ST_OK;
	}
	for (;;) {
		memset(&m, 0, sizeof(m));
		if (s >= end || *s != '"') {
			*f = (struct json_fault){ s, "expected a key" };
			return ST_INPUT;
		}
		m.start = (size_t)(s - text);
		m.key = s + 1;
		if (!(s = json_scan_string(s, end, &escaped, f)))
			return ST_INPUT;
		m.nkey = (size_t)(s - 1 - m.key);
		if (escaped) {
			if (!(decoded = arena_alloc(&r->arena, m.nkey)))
				return err_nomem(e);
			m.nkey = json_unescape(decoded, m.key, m.nkey);
			m.key = decoded;
		}
		if (record_find(r, m.key, m.nkey)) {
			*f = (struct json_fault){ text + m.start, "a key appears twice" };
			return ST_INPUT;
		}
		s = json_scan_space(s, end);
		if (s >= end || *s != ':') {
			*f = (struct json_fault){ s, "expected ':'" };
			return ST_INPUT;
		}
		s = json_scan_space(s + 1, end);
		m.value = (size_t)(s - text);
		if (!(s = json_scan_value(s, end, 1, f)))
			return ST_INPUT;
		m.stop = (size_t)(s - text);
		m.raw = text + m.value;
		m.nraw = m.stop - m.value;
		if (!(slot = record_add(r)))
			return err_nomem(e);
		*slot = m;
		s = json_scan_space(s, end);
		if (s < end && *s == '}') {
			*stop = s + 1;
			return ST_OK;
		}
		if (s >= end || *s != ',') {
			*f = (struct json_fault){ s, s >= end ? "the text ends in an object" :
			    "expected ',' or '}'" };
			return ST_INPUT;
		}
		s = json_scan_space(s + 1, end);
	}
}

/* What a first line is that is not a record, but a common other thing; NULL: nothing known. */
static const char *
other_kind(const char *s, const char *end)
{
	if (*s == '[')
		return "a JSON array: jq -c '.[]' makes a record a line of it";
	if (*s == '{')
		return json_scan_space(s + 1, end) < end ? NULL : "expected a key; an object of several lines becomes one by jq -c .";
	return memchr(s, ',', (size_t)(end - s)) || memchr(s, '\t', (size_t)(end - s)) ?
	    "expected a record: {...}; a table becomes records by fg-import --from pairs" : NULL;
}

enum status
record_borrow(struct record *r, const char *line, size_t n, const char *file, uint64_t lineno,
    struct err *e)
{
	struct json_fault f = { 0 };
	const char *s = line, *end = line + n, *stop = NULL, *kind;
	enum status st;

	arena_reset(&r->arena);
	r->line = line;
	r->nline = n;
	r->n = r->nold = r->gone = r->index->n = 0;
	r->changed = false;
	r->file = file;
	r->lineno = lineno;
	s = json_scan_space(s, end);
	if (s == end) {
		f = (struct json_fault){ line, "an empty line" };
	} else if (*s != '{') {
		f = (struct json_fault){ s, "expected a record: {...}" };
		if (lineno == 1 && s == line && (kind = kind_of(s, n)))
			return err_at(e, ST_INPUT, file, lineno, 1, "expected a record: {...}, not %s", kind);
	} else {
		st = members(r, json_scan_space(s + 1, end), end, &stop, &f, e);
		if (st == ST_NOMEM)
			return st;
		if (!st) {
			r->nold = r->n;
			s = json_scan_space(stop, end);
			if (s == end)
				return ST_OK;
			f = (struct json_fault){ s, "more text after the record" };
		}
	}
	r->n = 0;
	s = json_scan_space(line, end);
	if (lineno == 1 && s < end && other_kind(s, end))
		f.what = other_kind(s, end);
	return err_at(e, ST_INPUT, file, lineno, (uint64_t)(f.at - line) + 1, "%s", f.what);
}

enum status
record_parse(struct record *r, const char *line, size_t n, const char *file, uint64_t lineno,
    struct err *e)
{
	buf_clear(&r->own);
	buf_add(&r->own, line, n);
	if (!buf_reserve(&r->own, 1)) {
		r->n = r->nline = 0;
		return err_nomem(e);
	}
	return record_borrow(r, r->own.p, n, file, lineno, e);
}

static struct field *
get(const struct record *r, const char *key)
{
	struct field *f = record_find(r, key, strlen(key));

	if (f && *f->raw == 'n')
		return NULL;
	return f;
}

bool
record_has(const struct record *r, const char *key)
{
	return get(r, key);
}

/* at: an address in f's value, for the message's place */
static enum status
bad_at(const struct record *r, const struct field *f, const char *at, struct err *e)
{
	e->file[0] = 0;
	if (r->file)
		err_file(e, r->file);
	e->line = r->lineno;
	e->byte = f && !f->own ? f->value + (uint64_t)(at - f->raw) + 1 : 0;
	return e->code = ST_INPUT;
}

enum status
record_bad(const struct record *r, const char *key, struct err *e, const char *fmt, ...)
{
	struct field *f = key ? record_find(r, key, strlen(key)) : NULL;
	size_t n = 0;
	va_list ap;

	bad_at(r, f, f ? f->raw : NULL, e);
	if (key)
		n = (size_t)snprintf(e->msg, sizeof(e->msg), "%.200s: ", key);
	va_start(ap, fmt);
	vsnprintf(e->msg + n, sizeof(e->msg) - n, fmt, ap);
	va_end(ap);
	return ST_INPUT;
}

/* Who adds a field that is not there, as fg-record(5) has it; NULL where it is text, or
 * anyone's. */
static const char *
origin(const char *key)
{
	static const struct { const char *end, *from; } all[] = {
		{ "_ids", "fg-tokenize" }, { "_ends", "fg-tokenize" }, { "_label", "fg-difflabel" }, { "_cost", "fg-difflabel --cost tokens" },
		{ "_ref_logprob", "fg-score --as ref_logprob" }, { "_logprob", "fg-rollout or fg-score" },
		{ "_reward", "fg-score" }, { "_score", "fg-score" }, { "_value", "fg-score" },
		{ "_advantage", "fg-advantage" }, { "_return", "fg-advantage" }, { "win", "fg-judge" }
	};
	size_t n = strlen(key), i, k;

	for (i = 0; i < sizeof(all) / sizeof(*all); i++) {
		k = strlen(all[i].end);
		if (n >= k && !strcmp(key + n - k, all[i].end) && (n == k || *all[i].end == '_'))
			return all[i].from;
	}
	return NULL;
}

static enum status
missing(const struct record *r, const char *key, struct err *e)
{
	const char *from = origin(key);

	if (from)
		record_bad(r, key, e, "no such field; %s adds it", from);
	else
		record_bad(r, key, e, "no such field");
	e->byte = 0;
	return ST_INPUT;
}

bool
record_raw(const struct record *r, const char *key, const char **s, size_t *n)
{
	struct field *f = record_find(r, key, strlen(key));

	if (!f)
		return false;
	*s = f->raw;
	*n = f->nraw;
	return true;
}

bool
record_member(const struct record *r, size_t i, const char **key, const char **raw, size_t *n)
{
	size_t k;
	char *s;

	if (!r->gone)
		k = i;
	else
		for (k = 0; k < r->n; k++)
			if (!r->field[k].removed && !i--)
				break;
	if (k >= r->n)
		return false;
	s = arena_str((struct arena *)(uintptr_t)&r->arena, r->field[k].key, r->field[k].nkey);
	*key = s ? s : "";
	*raw = r->field[k].raw;
	*n = r->field[k].nraw;
	return true;
}

enum status
record_str(struct record *r, const char *key, const char **s, size_t *n, struct err *e)
{
	struct field *f = get(r, key);
	char *p;

	if (!f)
		return missing(r, key, e);
	if (*f->raw != '"')
		return record_bad(r, key, e, "expected a string");
	if (!(p = arena_alloc(&r->arena, f->nraw)))
		return err_nomem(e);
	*n = json_unescape(p, f->raw + 1, f->nraw - 2);
	p[*n] = 0;
	*s = p;
	return ST_OK;
}

static int
shown(const struct field *f)
{
	return (int)(f->nraw < 40 ? f->nraw : 40);
}

enum status
record_i64(struct record *r, const char *key, int64_t lo, int64_t hi, int64_t *v, struct err *e)
{
	struct field *f = get(r, key);

	if (!f)
		return missing(r, key, e);
	if (number_parse_i64(f->raw, f->nraw, v) != f->nraw || *v < lo || *v > hi)
		return record_bad(r, key, e, "expected an integer in %lld..%lld, got %.*s",
		    (long long)lo, (long long)hi, shown(f), f->raw);
	return ST_OK;
}

enum status
record_f64(struct record *r, const char *key, double *v, struct err *e)
{
	struct field *f = get(r, key);

	if (!f)
		return missing(r, key, e);
	if (number_parse_f64(f->raw, f->nraw, v) != f->nraw)
		return record_bad(r, key, e, "expected a number, got %.*s", shown(f), f->raw);
	return ST_OK;
}

/* Room for the elements of the array at f: each takes two bytes at least. */
static size_t
room(const struct field *f)
{
	return f->nraw / 2 + 1;
}

static enum status
bad_element(const struct record *r, const struct field *f, const char *key, const char *at,
    size_t i, const char *want, struct err *e)
{
	const char *end = f->raw + f->nraw;
	int n = 0;

	bad_at(r, f, at, e);
	while (at + n < end && n < 40 && at[n] != ',' && at[n] != ']')
		n++;
	snprintf(e->msg, sizeof(e->msg), "%.200s: element %zu: expected %s, got %.*s", key, i + 1,
	    want, n, at);
	return ST_INPUT;
}

enum status
record_i32s(struct record *r, const char *key, int32_t lo, int32_t hi, const int32_t **v, size_t *n,
    struct err *e)
{
	struct field *f = get(r, key);
	const char *stop;
	int32_t *p;
	char want[64];

	if (!f)
		return missing(r, key, e);
	if (*f->raw != '[')
		return record_bad(r, key, e, "expected an array of integers");
	if (!(p = arena_array(&r->arena, room(f), sizeof(*p))))
		return err_nomem(e);
	*n = json_array_i32(f->raw, f->raw + f->nraw, lo, hi, p, &stop);
	*v = p;
	if (*stop == ']')
		return ST_OK;
	snprintf(want, sizeof(want), "an integer in %d..%d", lo, hi);
	return bad_element(r, f, key, stop, *n, want, e);
}

enum status
record_f32s(struct record *r, const char *key, const float **v, size_t *n, struct err *e)
{
	struct field *f = get(r, key);
	const char *stop;
	float *p;

	if (!f)
		return missing(r, key, e);
	if (*f->raw != '[')
		return record_bad(r, key, e, "expected an array of numbers");
	if (!(p = arena_array(&r->arena, room(f), sizeof(*p))))
		return err_nomem(e);
	*n = json_array_f32(f->raw, f->raw + f->nraw, p, &stop);
	*v = p;
	return *stop == ']' ? ST_OK : bad_element(r, f, key, stop, *n, "a number", e);
}

enum status
record_json(struct record *r, const char *key, struct json *j, struct err *e)
{
	struct field *f = get(r, key);
	struct err why = {0};

	if (!f)
		return missing(r, key, e);
	if (!json_parse(j, f->raw, f->nraw, &r->arena, &why))
		return ST_OK;
	/* its place is in the value alone */
	return why.code == ST_INPUT ? record_bad(r, key, e, "%s", why.msg) : (*e = why).code;
}

const char *
record_companion(struct record *r, const char *field, const char *suffix)
{
	size_t a = strlen(field), b = strlen(suffix);
	char *s = arena_alloc(&r->arena, a + b + 2);

	if (s) {
		memcpy(s, field, a);
		s[a] = '_';
		memcpy(s + a + 1, suffix, b + 1);
	}
	return s;
}

const char *const record_text[] = { "prompt", "response", "chosen", "rejected", "text", NULL };

bool
record_has_text(const struct record *r)
{
	for (size_t i = 0; record_text[i]; i++)
		if (record_has(r, record_text[i]))
			return true;
	return false;
}
