#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/kind.h"
#include "json/json.h"
#include "model/safetensors.h"

/* The format's own bound on its header. */
enum { HEADER_MAX = 100000000 };

struct st_file {
	struct file_map map;
	struct arena arena;
	struct json j;
	struct st_tensor *t;    /* in name order */
	size_t n;
	size_t meta;            /* node of __metadata__, 0 if none */
};

static const struct { const char *name; size_t size; } types[] = {
	{ "F32", 4 }, { "BF16", 2 }, { "F16", 2 }, { "F64", 8 }, { "BOOL", 1 }, { "U8", 1 }, { "I8", 1 },
	{ "F8_E4M3", 1 }, { "F8_E5M2", 1 }, { "I16", 2 }, { "U16", 2 }, { "I32", 4 }, { "U32", 4 },
	{ "I64", 8 }, { "U64", 8 },
};

/* The table's own string for a dtype node, and its size. */
static const char *
type_of(const struct json *j, size_t node, size_t *size)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (json_is(j, node, types[i].name)) {
			*size = types[i].size;
			return types[i].name;
		}
	return NULL;
}

static enum status
read_shape(const struct json *j, size_t node, struct st_tensor *t, size_t size, struct err *e)
{
	size_t k, n = size;
	int64_t v;

	if (!node || json_type(j, node) != JSON_ARRAY)
		return json_bad(j, node, e, "%s: shape: expected an array", t->name);
	for (k = json_first(j, node); k; k = json_next(j, node, k)) {
		if (t->dims == sizeof(t->dim) / sizeof(*t->dim))
			return json_bad(j, k, e, "%s: shape: more than %zu dimensions", t->name, t->dims);
		if (json_i64(j, k, "shape", 0, INT64_MAX, &v, e))
			return e->code;
		t->dim[t->dims++] = (size_t)v;
		if (v && n > SIZE_MAX / 2 / (size_t)v)
			return json_bad(j, k, e, "%s: shape: too large", t->name);
		n *= (size_t)v;
	}
	t->bytes = n;
	return ST_OK;
}

/* One member of the header; data, dlen: what follows the header. */
static enum status
read_tensor(const struct json *j, size_t name, size_t value, struct st_tensor *t,
    const char *data, size_t dlen, struct err *e)
{
	size_t n, size, off, a, b;
	int64_t lo, hi;

	*t = (struct st_tensor){0};
	if (!(t->name = json_str(j, name, &n)))
		return err_nomem(e);
	if (strlen(t->name) != n)
		return json_bad(j, name, e, "a NUL in a tensor's name");
	if (json_type(j, value) != JSON_OBJECT)
		return json_bad(j, value, e, "%s: expected an object", t->name);
	if (!(t->dtype = type_of(j, json_get(j, value, "dtype"), &size)))
		return json_bad(j, value, e, "%s: dtype: missing or not supported", t->name);
	if (read_shape(j, json_get(j, value, "shape"), t, size, e))
		return e->code;
	off = json_get(j, value, "data_offsets");
	if (!off || json_type(j, off) != JSON_ARRAY || j->node[off].count != 2)
		return json_bad(j, value, e, "%s: data_offsets: expected two integers", t->name);
	a = json_first(j, off);
	b = json_next(j, off, a);
	if (json_i64(j, a, "data_offsets", 0, (int64_t)dlen, &lo, e) ||
	    json_i64(j, b, "data_offsets", lo, (int64_t)dlen, &hi, e))
		return e->code;
	if ((size_t)(hi - lo) != t->bytes)
		return json_bad(j, off, e, "%s: data_offsets: span %lld bytes, its shape needs %zu",
		    t->name, (long long)(hi - lo), t->bytes);
	t->data = data + lo;
	return ST_OK;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct st_tensor *)a)->name, ((const struct st_tensor *)b)->name);
}

static int
by_place(const void *a, const void *b)
{
	const struct st_tensor *x = *(const struct st_tensor *const *)a;
	const struct st_tensor *y = *(const struct st_tensor *const *)b;
	const char *p = x->data, *q = y->data;

	if (p != q)
		return p < q ? -1 : 1;
	return (x->bytes > y->bytes) - (x->bytes < y->bytes);
}

/* The format allows neither overlaps nor holes. */
static enum status
check_places(const struct st_file *f, const char *data, size_t dlen, struct err *e)
{
	const struct st_tensor **v = malloc((f->n + 1) * sizeof(*v));
	const char *end = data;
	size_t i;

	if (!v)
		return err_nomem(e);
	e->code = ST_OK;
	for (i = 0; i < f->n; i++)
		v[i] = &f->t[i];
	qsort(v, f->n, sizeof(*v), by_place);
	for (i = 0; i < f->n && !e->code; i++) {
		if ((const char *)v[i]->data != end)
			err_set(e, ST_INPUT, "%s: data_offsets: %s", v[i]->name,
			    (const char *)v[i]->data < end ? "overlap another tensor's"
			    : "leave a hole before them");
		end = (const char *)v[i]->data + v[i]->bytes;
	}
	free(v);
	if (!e->code && end != data + dlen)
		err_set(e, ST_INPUT, "%zu bytes after the last tensor", (size_t)(data + dlen - end));
	return e->code;
}

static enum status
read_header(struct st_file *f, struct err *e)
{
	const unsigned char *p = (const unsigned char *)f->map.p;
	uint64_t hlen = 0;
	const char *data, *kind;
	size_t dlen, key, value;

	if ((kind = kind_of(f->map.p, f->map.n)))
		return err_set(e, ST_INPUT, "not safetensors, but %s", kind);
	if (f->map.n < 8)
		return err_set(e, ST_INPUT, "shorter than a safetensors header");
	for (int i = 0; i < 8; i++)
		hlen |= (uint64_t)p[i] << (8 * i);
	if (hlen > HEADER_MAX || hlen > f->map.n - 8)
		return err_set(e, ST_INPUT, "header of %llu bytes does not fit the file",
		    (unsigned long long)hlen);
	data = f->map.p + 8 + hlen;
	dlen = f->map.n - 8 - (size_t)hlen;
	if (json_parse(&f->j, f->map.p + 8, (size_t)hlen, &f->arena, e))
		return e->code;
	if (json_type(&f->j, 0) != JSON_OBJECT)
		return json_bad(&f->j, 0, e, "expected an object");
	if (!(f->t = arena_array(&f->arena, f->j.node[0].count, sizeof(*f->t))))
		return err_nomem(e);
	for (key = json_first(&f->j, 0); key; key = json_next(&f->j, 0, value)) {
		value = json_next(&f->j, 0, key);
		if (json_is(&f->j, key, "__metadata__")) {
			if (json_type(&f->j, value) != JSON_OBJECT)
				return json_bad(&f->j, value, e, "__metadata__: expected an object");
			f->meta = value;
		} else if (read_tensor(&f->j, key, value, &f->t[f->n++], data, dlen, e)) {
			return e->code;
		}
	}
	qsort(f->t, f->n, sizeof(*f->t), by_name);
	return check_places(f, data, dlen, e);
}

enum status
st_open(struct st_file **out, const char *path, struct err *e)
{
	struct st_file *f = calloc(1, sizeof(*f));
	enum status st;

	*out = NULL;
	if (!f)
		return err_nomem(e);
	if (!(st = file_map(&f->map, path, e)) && (st = read_header(f, e))) {
		/* a place inside the header counts from the header's start */
		if (e->byte)
			e->byte += 8;
		err_file(e, path);
	}
	if (st)
		st_close(f);
	else
		*out = f;
	return st;
}

void
st_close(struct st_file *f)
{
	if (!f)
		return;
	file_unmap(&f->map);
	arena_free(&f->arena);
	free(f);
}

void
st_forget(const struct st_file *f, const void *data, size_t n)
{
	file_forget(&f->map, data, n);
}

bool
st_same(const struct st_file *f, const void *data, const struct st_file *g, const void *other)
{
	uintptr_t a = (uintptr_t)data - (uintptr_t)f->map.p, b = (uintptr_t)other - (uintptr_t)g->map.p;

	return a == b && a < f->map.n && file_same(&f->map, &g->map);
}

size_t
st_count(const struct st_file *f)
{
	return f->n;
}

const struct st_tensor *
st_at(const struct st_file *f, size_t i)
{
	return &f->t[i];
}

const struct st_tensor *
st_find(const struct st_file *f, const char *name)
{
	const struct st_tensor key = { .name = name };

	return f->n ? bsearch(&key, f->t, f->n, sizeof(*f->t), by_name) : NULL;
}

const char *
st_meta(const struct st_file *f, const char *key)
{
	size_t at = f->meta ? json_get(&f->j, f->meta, key) : 0, n;

	return at && json_type(&f->j, at) == JSON_STRING ? json_str(&f->j, at, &n) : NULL;
}
