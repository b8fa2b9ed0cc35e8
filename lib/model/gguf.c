#include <stdlib.h>
#include <string.h>

#include "model/gguf_int.h"

enum { MIN_KEY = 13, MIN_TENSOR = 24, DIMS = 4 };

struct cursor { const char *p; size_t n; struct err *e; };

static enum status
get(struct cursor *c, void *v, size_t size)
{
	if (size > c->n)
		return err_set(c->e, ST_INPUT, "the file ends in its header");
	memcpy(v, c->p, size);
	c->p += size;
	c->n -= size;
	return ST_OK;
}

static enum status
get_text(struct cursor *c, struct gguf_text *t)
{
	uint64_t n = 0;

	if (get(c, &n, sizeof(n)))
		return c->e->code;
	if (n > c->n)
		return err_set(c->e, ST_INPUT, "the file ends in a text");
	t->s = c->p;
	t->n = (size_t)n;
	c->p += t->n;
	c->n -= t->n;
	return ST_OK;
}

static size_t
kind_size(enum gguf_kind k)
{
	static const unsigned char size[GGUF_KINDS] = {
		[GGUF_U8] = 1, [GGUF_I8] = 1, [GGUF_U16] = 2, [GGUF_I16] = 2, [GGUF_U32] = 4, [GGUF_I32] = 4,
		[GGUF_F32] = 4, [GGUF_BOOL] = 1, [GGUF_U64] = 8, [GGUF_I64] = 8, [GGUF_F64] = 8
	};

	return size[k];
}

/* Over k's n elements. */
static enum status
skip_values(struct cursor *c, struct gguf_key *k)
{
	struct gguf_text t;
	size_t size = kind_size(k->kind), i;

	k->p = c->p;
	if (k->kind == GGUF_STR) {
		for (i = 0; i < k->n; i++)
			if (get_text(c, &t))
				return c->e->code;
		return ST_OK;
	}
	if (k->n > c->n / size)
		return err_set(c->e, ST_INPUT, "the file ends in an array");
	c->p += k->n * size;
	c->n -= k->n * size;
	return ST_OK;
}

static int
printed(struct gguf_text t)
{
	return t.n < 64 ? (int)t.n : 64;
}

static enum status
get_key(struct cursor *c, struct gguf_key *k)
{
	uint32_t kind = 0;
	uint64_t n = 1;

	if (get_text(c, &k->name) || get(c, &kind, sizeof(kind)))
		return c->e->code;
	if ((k->array = kind == GGUF_ARRAY) && (get(c, &kind, sizeof(kind)) || get(c, &n, sizeof(n))))
		return c->e->code;
	if (kind >= GGUF_KINDS || kind == GGUF_ARRAY || n > SIZE_MAX)
		return err_set(c->e, ST_INPUT, "%.*s: a value of type %lu is not supported", printed(k->name), k->name.s,
		    (unsigned long)kind);
	k->kind = (enum gguf_kind)kind;
	k->n = (size_t)n;
	return skip_values(c, k);
}

static enum status
get_tensor(struct cursor *c, struct gguf_tensor *t, uint64_t *at)
{
	uint32_t dims = 0, i;
	uint64_t dim = 0;

	if (get_text(c, &t->name) || get(c, &dims, sizeof(dims)))
		return c->e->code;
	if (!dims || dims > DIMS)
		return err_set(c->e, ST_INPUT, "%.*s: %lu dimensions", printed(t->name), t->name.s, (unsigned long)dims);
	t->rows = t->cols = 1;
	for (i = 0; i < dims; i++) {
		if (get(c, &dim, sizeof(dim)))
			return c->e->code;
		if (!i)
			t->cols = dim > SIZE_MAX ? SIZE_MAX : (size_t)dim;
		else
			t->rows = mul_sat(t->rows, dim > SIZE_MAX ? SIZE_MAX : (size_t)dim);
	}
	t->used = false;
	return get(c, &t->type, sizeof(t->type)) ? c->e->code : get(c, at, sizeof(*at));
}

/* Where t's numbers are, at bytes after the first of n bytes of data. */
static enum status
place(struct gguf_tensor *t, const char *data, size_t n, uint64_t at, struct err *e)
{
	const struct gguf_block *b = gguf_block(t->type);
	size_t bytes;

	if (!b)
		return err_set(e, ST_INPUT, "%.*s: numbers of type %lu are not supported", printed(t->name), t->name.s,
		    (unsigned long)t->type);
	if (!t->rows || !t->cols || t->cols % b->len)
		return err_set(e, ST_INPUT, "%.*s: rows of %zu numbers are not whole blocks of %s", printed(t->name), t->name.s,
		    t->cols, b->name);
	bytes = mul_sat(mul_sat(t->cols / b->len, b->bytes), t->rows);
	if (at > n || bytes > n - at)
		return err_set(e, ST_INPUT, "%.*s: its numbers are beyond the end of the file", printed(t->name), t->name.s);
	t->data = data + at;
	return ST_OK;
}

int
gguf_compare(struct gguf_text a, struct gguf_text b)
{
	int c = memcmp(a.s, b.s, a.n < b.n ? a.n : b.n);

	return c ? c : (a.n > b.n) - (a.n < b.n);
}

static int
by_key(const void *a, const void *b)
{
	return gguf_compare(((const struct gguf_key *)a)->name, ((const struct gguf_key *)b)->name);
}

static int
by_tensor(const void *a, const void *b)
{
	return gguf_compare(((const struct gguf_tensor *)a)->name, ((const struct gguf_tensor *)b)->name);
}

static enum status
check_twice(struct gguf *g, struct err *e)
{
	size_t i;

	if (g->nkey)
		qsort(g->key, g->nkey, sizeof(*g->key), by_key);
	if (g->ntensor)
		qsort(g->tensor, g->ntensor, sizeof(*g->tensor), by_tensor);
	for (i = 1; i < g->nkey; i++)
		if (!by_key(&g->key[i - 1], &g->key[i]))
			return err_set(e, ST_INPUT, "%.*s: twice", printed(g->key[i].name), g->key[i].name.s);
	for (i = 1; i < g->ntensor; i++)
		if (!by_tensor(&g->tensor[i - 1], &g->tensor[i]))
			return err_set(e, ST_INPUT, "%.*s: twice", printed(g->tensor[i].name), g->tensor[i].name.s);
	return ST_OK;
}

/* The tensors' table and, from the next multiple of the alignment on, their numbers. */
static enum status
get_tensors(struct gguf *g, struct cursor *c, size_t whole, struct arena *a)
{
	uint64_t *at = arena_array(a, g->ntensor, sizeof(*at));
	size_t align = 32, i, pad;

	g->tensor = arena_array(a, g->ntensor, sizeof(*g->tensor));
	if (!at || !g->tensor)
		return err_nomem(c->e);
	for (i = 0; i < g->ntensor; i++)
		if (get_tensor(c, &g->tensor[i], &at[i]))
			return c->e->code;
	if (gguf_uint(g, "general.alignment", 1 << 20, false, &align, c->e))
		return c->e->code;
	if (!align)
		return err_set(c->e, ST_INPUT, "general.alignment: 0");
	pad = (align - (whole - c->n) % align) % align;
	if (pad > c->n)
		pad = c->n;
	for (i = 0; i < g->ntensor; i++)
		if (place(&g->tensor[i], c->p + pad, c->n - pad, at[i], c->e))
			return c->e->code;
	return ST_OK;
}

enum status
gguf_parse(struct gguf *g, const char *p, size_t n, struct arena *a, struct err *e)
{
	struct cursor c = { p, n, e };
	uint32_t magic = 0, version = 0;
	uint64_t tensors = 0, keys = 0;
	size_t i;

	*g = (struct gguf){0};
	e->code = ST_OK;
	if (get(&c, &magic, 4) || magic != 0x46554747)
		return err_set(e, ST_INPUT, "not a GGUF file");
	if (get(&c, &version, 4))
		return e->code;
	if (version != 2 && version != 3)
		return err_set(e, ST_INPUT, "version %lu of GGUF is not supported", (unsigned long)version);
	if (get(&c, &tensors, 8) || get(&c, &keys, 8))
		return e->code;
	if (keys > c.n / MIN_KEY || tensors > c.n / MIN_TENSOR)
		return err_set(e, ST_INPUT, "the file ends in its header");
	g->nkey = (size_t)keys;
	if (!(g->key = arena_array(a, g->nkey, sizeof(*g->key))))
		return err_nomem(e);
	for (i = 0; i < g->nkey; i++)
		if (get_key(&c, &g->key[i]))
			return e->code;
	/* in order, so that the alignment is found */
	if (check_twice(g, e))
		return e->code;
	g->ntensor = (size_t)tensors;
	return get_tensors(g, &c, n, a) ? e->code : check_twice(g, e);
}

const struct gguf_key *
gguf_find(const struct gguf *g, const char *name)
{
	struct gguf_key k = { .name = { name, strlen(name) } };

	return g->nkey ? bsearch(&k, g->key, g->nkey, sizeof(k), by_key) : NULL;
}

struct gguf_tensor *
gguf_tensor(const struct gguf *g, const char *name)
{
	struct gguf_tensor t = { .name = { name, strlen(name) } };

	return g->ntensor ? bsearch(&t, g->tensor, g->ntensor, sizeof(t), by_tensor) : NULL;
}

bool
gguf_is(struct gguf_text t, const char *s)
{
	return t.n == strlen(s) && !memcmp(t.s, s, t.n);
}

/* Of type T, unaligned, as a double. */
#define NUMBER(T) do { T v; memcpy(&v, k->p + i * sizeof(v), sizeof(v)); return (double)v; } while (0)

double
gguf_number(const struct gguf_key *k, size_t i)
{
	switch (k->kind) {
	case GGUF_U8: NUMBER(uint8_t);
	case GGUF_BOOL: NUMBER(uint8_t);
	case GGUF_I8: NUMBER(int8_t);
	case GGUF_U16: NUMBER(uint16_t);
	case GGUF_I16: NUMBER(int16_t);
	case GGUF_U32: NUMBER(uint32_t);
	case GGUF_I32: NUMBER(int32_t);
	case GGUF_F32: NUMBER(float);
	case GGUF_U64: NUMBER(uint64_t);
	case GGUF_I64: NUMBER(int64_t);
	case GGUF_F64: NUMBER(double);
	case GGUF_STR:
	case GGUF_ARRAY:
	case GGUF_KINDS:
		break;
	}
	return 0;
}

/* The key, if it holds numbers all of which are the same (a number for each layer); *k NULL if absent. */
static enum status
numbers(const struct gguf *g, const char *name, const struct gguf_key **k, struct err *e)
{
	size_t i;

	e->code = ST_OK;
	if (!(*k = gguf_find(g, name)))
		return ST_OK;
	if ((*k)->kind == GGUF_STR || (*k)->kind == GGUF_BOOL || !(*k)->n)
		return err_set(e, ST_INPUT, "%s: expected a number", name);
	for (i = 1; i < (*k)->n; i++)
		if (gguf_number(*k, i) != gguf_number(*k, 0))
			return err_set(e, ST_INPUT, "%s: layers that differ are not supported", name);
	return ST_OK;
}

enum status
gguf_real(const struct gguf *g, const char *name, double lo, double hi, double *v, struct err *e)
{
	const struct gguf_key *k;
	double x;

	if (numbers(g, name, &k, e) || !k)
		return e->code;
	x = gguf_number(k, 0);
	if (!(x >= lo && x <= hi))
		return err_set(e, ST_INPUT, "%s: expected a number from %g to %g, got %g", name, lo, hi, x);
	*v = x;
	return ST_OK;
}

enum status
gguf_uint(const struct gguf *g, const char *name, uint64_t hi, bool need, size_t *v, struct err *e)
{
	const struct gguf_key *k;
	double x;

	if (numbers(g, name, &k, e))
		return e->code;
	if (!k)
		return need ? err_set(e, ST_INPUT, "%s: missing", name) : ST_OK;
	x = gguf_number(k, 0);
	if (k->kind == GGUF_F32 || k->kind == GGUF_F64 || !(x >= 0 && x <= (double)hi))
		return err_set(e, ST_INPUT, "%s: expected an integer from 0 to %llu", name, (unsigned long long)hi);
	*v = (size_t)x;
	return ST_OK;
}

enum status
gguf_bool(const struct gguf *g, const char *name, bool *v, struct err *e)
{
	const struct gguf_key *k = gguf_find(g, name);

	if (k && (k->kind != GGUF_BOOL || k->array))
		return err_set(e, ST_INPUT, "%s: expected a truth value", name);
	if (k)
		*v = *k->p;
	return ST_OK;
}

enum status
gguf_str(const struct gguf *g, const char *name, struct gguf_text *v, struct err *e)
{
	const struct gguf_key *k = gguf_find(g, name);
	struct cursor c = { .e = e };

	if (!k)
		return ST_OK;
	if (k->kind != GGUF_STR || k->array)
		return err_set(e, ST_INPUT, "%s: expected a text", name);
	/* its length was checked when the file was read */
	c.p = k->p;
	c.n = SIZE_MAX;
	return get_text(&c, v);
}

enum status
gguf_texts(const struct gguf *g, const char *name, struct arena *a, struct gguf_text **v, size_t *n, struct err *e)
{
	const struct gguf_key *k = gguf_find(g, name);
	struct cursor c = { .n = SIZE_MAX, .e = e };
	size_t i;

	*v = NULL;
	*n = 0;
	if (!k)
		return ST_OK;
	if (k->kind != GGUF_STR || !k->array)
		return err_set(e, ST_INPUT, "%s: expected an array of texts", name);
	if (!(*v = arena_array(a, k->n, sizeof(**v))))
		return err_nomem(e);
	c.p = k->p;
	for (i = 0; i < k->n; i++)
		if (get_text(&c, &(*v)[i]))
			return e->code;
	*n = k->n;
	return ST_OK;
}
