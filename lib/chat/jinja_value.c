#include <math.h>
#include <string.h>

#include "base/hash.h"
#include "chat/jinja_int.h"

const struct jv jv_none = { .type = JV_NONE }, jv_missing = { .type = JV_MISSING };

struct jv
jv_bool(bool b)
{
	return (struct jv){ .type = JV_BOOL, .b = b };
}

struct jv
jv_int(int64_t i)
{
	return (struct jv){ .type = JV_INT, .i = i };
}

struct jv
jv_float(double f)
{
	return (struct jv){ .type = JV_FLOAT, .f = f };
}

struct jv
jv_span(const char *s, size_t n)
{
	return (struct jv){ .type = JV_STR, .str = { s, n } };
}

struct jv
jv_lit(const char *s)
{
	return jv_span(s, strlen(s));
}

struct jv
jv_undef(const char *why)
{
	return (struct jv){ .type = JV_UNDEF, .str = { why, strlen(why) } };
}

bool
jv_copy(struct ev *v, const char *s, size_t n, struct jv *out)
{
	char *p = ev_alloc(v, n + 1, 1);

	if (!p || !ev_step(v, n / 16))
		return false;
	if (n)
		memcpy(p, s, n);
	p[n] = 0;
	*out = jv_span(p, n);
	return true;
}

bool
jv_from_buf(struct ev *v, struct buf *b, struct jv *out)
{
	bool done = buf_ok(b) && jv_copy(v, b->p, b->n, out);

	if (!buf_ok(b))
		err_nomem(v->e);
	buf_free(b);
	return done;
}

bool
jv_seq(struct ev *v, enum seq_kind kind, size_t n, struct jv *out)
{
	struct seq *q = ev_alloc(v, 1, sizeof(*q));

	if (!q)
		return false;
	*q = (struct seq){ .kind = kind, .n = n };
	if (!(q->v = ev_alloc(v, n, sizeof(*q->v))))
		return false;
	*out = (struct jv){ .type = JV_SEQ, .seq = q };
	return true;
}

bool
jv_dict(struct ev *v, struct jv *out)
{
	struct dict *d = ev_alloc(v, 1, sizeof(*d));

	if (!d)
		return false;
	*d = (struct dict){0};
	*out = (struct jv){ .type = JV_DICT, .dict = d };
	return true;
}

/* Equal keys have equal hashes: 1, 1.0 and True are one key. */
static bool
key_hash(struct ev *v, struct jv key, uint64_t *h)
{
	double f;
	size_t i;

	switch (key.type) {
	case JV_STR:
		*h = hash64(key.str.s, key.str.n, 0);
		return ev_step(v, key.str.n / 64);
	case JV_NONE:
		*h = 1;
		return true;
	case JV_BOOL:
	case JV_INT:
	case JV_FLOAT:
		f = jv_number(key) + 0.0;
		*h = hash64(&f, sizeof(f), 1);
		return true;
	case JV_SEQ:
		if (key.seq->kind != SEQ_TUPLE)
			break;
		*h = 2;
		for (i = 0; i < key.seq->n; i++) {
			uint64_t one;

			if (!ev_enter(v) || !key_hash(v, key.seq->v[i], &one))
				return false;
			ev_leave(v);
			*h = hash64(&one, sizeof(one), *h);
		}
		return true;
	default:
		break;
	}
	return ev_fail(v, "unhashable type: '%s'", jv_type_name(key));
}

static bool
find(struct ev *v, const struct dict *d, struct jv key, struct pair **at, uint32_t **slot)
{
	uint64_t h;
	size_t i;
	bool same;

	*at = NULL;
	*slot = NULL;
	if (!key_hash(v, key, &h))
		return false;
	if (!d->nslot) {
		for (i = 0; i < d->n; i++) {
			if (!jv_equal(v, d->p[i].key, key, &same))
				return false;
			if (same) {
				*at = &d->p[i];
				return true;
			}
		}
		return true;
	}
	for (i = h & (d->nslot - 1); d->slot[i]; i = (i + 1) & (d->nslot - 1)) {
		if (!jv_equal(v, d->p[d->slot[i] - 1].key, key, &same))
			return false;
		if (same) {
			*at = &d->p[d->slot[i] - 1];
			return true;
		}
	}
	*slot = &d->slot[i];
	return true;
}

static bool
grow(struct ev *v, struct dict *d)
{
	size_t cap = d->cap ? 2 * d->cap : 4, i, k;
	struct pair *p = ev_alloc(v, cap, sizeof(*p));
	uint64_t h;

	if (!p)
		return false;
	if (cap > UINT32_MAX / 4)
		return ev_fail(v, "a dict has too many keys");
	if (d->n)
		memcpy(p, d->p, d->n * sizeof(*p));
	d->p = p;
	d->cap = cap;
	if (cap <= 8)
		return true;
	if (!(d->slot = ev_alloc(v, 2 * cap, sizeof(*d->slot))))
		return false;
	memset(d->slot, 0, 2 * cap * sizeof(*d->slot));
	d->nslot = 2 * cap;
	for (i = 0; i < d->n; i++) {
		if (!key_hash(v, d->p[i].key, &h))
			return false;
		for (k = h & (d->nslot - 1); d->slot[k]; k = (k + 1) & (d->nslot - 1))
			;
		d->slot[k] = (uint32_t)i + 1;
	}
	return true;
}

bool
dict_set(struct ev *v, struct dict *d, struct jv key, struct jv value)
{
	uint32_t *slot;
	struct pair *at;

	if (!find(v, d, key, &at, &slot))
		return false;
	if (at) {
		at->value = value;
		return true;
	}
	if (d->n == d->cap && (!grow(v, d) || !find(v, d, key, &at, &slot)))
		return false;
	d->p[d->n++] = (struct pair){ key, value };
	if (slot)
		*slot = (uint32_t)d->n;
	return true;
}

bool
dict_get(struct ev *v, const struct dict *d, struct jv key, struct jv *out, bool *found)
{
	uint32_t *slot;
	struct pair *at;

	if (!find(v, d, key, &at, &slot))
		return false;
	*found = at != NULL;
	if (at)
		*out = at->value;
	return true;
}

bool
jv_from_json(struct ev *v, const struct json *j, size_t node, struct jv *out)
{
	struct err none = {0};
	const char *s;
	size_t k, n, i = 0;
	struct jv key, value;

	if (!ev_step(v, 1))
		return false;
	switch (json_type(j, node)) {
	case JSON_NULL:
		*out = jv_none;
		return true;
	case JSON_TRUE:
	case JSON_FALSE:
		*out = jv_bool(json_type(j, node) == JSON_TRUE);
		return true;
	case JSON_STRING:
		if (!(s = json_str(j, node, &n))) {
			err_nomem(v->e);
			return false;
		}
		*out = jv_span(s, n);
		return true;
	case JSON_NUMBER:
		s = j->text + j->node[node].at;
		n = j->node[node].len;
		if (memchr(s, '.', n) || memchr(s, 'e', n) || memchr(s, 'E', n)) {
			*out = jv_float(0);
			return !json_f64(j, node, "", &out->f, &none);
		}
		*out = jv_int(0);
		return text_to_int(s, n, 10, &out->i) ? true : ev_unknown(v, "an integer beyond 64 bits is not known");
	case JSON_ARRAY:
		if (!ev_enter(v) || !jv_seq(v, SEQ_LIST, j->node[node].count, out))
			return false;
		for (k = json_first(j, node); k; k = json_next(j, node, k))
			if (!jv_from_json(v, j, k, &out->seq->v[i++]))
				return false;
		ev_leave(v);
		return true;
	default:
		if (!ev_enter(v) || !jv_dict(v, out))
			return false;
		for (k = json_first(j, node); k; k = json_next(j, node, k + 1))
			if (!jv_from_json(v, j, k, &key) || !jv_from_json(v, j, k + 1, &value) ||
			    !dict_set(v, out->dict, key, value))
				return false;
		ev_leave(v);
		return true;
	}
}

bool
jv_true(struct jv x)
{
	switch (x.type) {
	case JV_MISSING:
	case JV_UNDEF:
	case JV_NONE:
		return false;
	case JV_BOOL:
		return x.b;
	case JV_INT:
		return x.i != 0;
	case JV_FLOAT:
		return x.f != 0;
	case JV_STR:
		return x.str.n > 0;
	case JV_SEQ:
		return x.seq->kind == SEQ_GENERATOR || x.seq->n;
	case JV_DICT:
		return x.dict->n > 0;
	default:
		return true;
	}
}

bool
jv_given(struct jv x)
{
	return x.type != JV_MISSING;
}

bool
jv_is_list(struct jv x, enum seq_kind kind)
{
	return x.type == JV_SEQ && x.seq->kind == kind;
}

bool
jv_is_number(struct jv x)
{
	return x.type == JV_BOOL || x.type == JV_INT || x.type == JV_FLOAT;
}

double
jv_number(struct jv x)
{
	return x.type == JV_BOOL ? x.b : x.type == JV_INT ? (double)x.i : x.f;
}

bool
jv_is_int(struct jv x, int64_t *i)
{
	if (x.type != JV_BOOL && x.type != JV_INT)
		return false;
	*i = x.type == JV_BOOL ? x.b : x.i;
	return true;
}

bool
jv_str_is(struct jv x, const char *s)
{
	return x.type == JV_STR && x.str.n == strlen(s) && !memcmp(x.str.s, s, x.str.n);
}

const char *
jv_type_name(struct jv x)
{
	static const char *const seq[] = { "list", "tuple", "range", "dict_items", "dict_keys", "dict_values", "generator" };
	static const char *const type[] = { "missing", "Undefined", "NoneType", "bool", "int", "float", "str", "", "dict",
	    "Namespace", "Macro", "method", "function", "LoopContext" };

	return x.type == JV_SEQ ? seq[x.seq->kind] : type[x.type];
}

/* Two numbers: -1, 0, 1, or 2 when one of them is not a number. */
static int
number_order(struct jv x, struct jv y)
{
	int64_t i, k;
	double f, g;

	if (jv_is_int(x, &i) && jv_is_int(y, &k))
		return (i > k) - (i < k);
	f = jv_number(x);
	g = jv_number(y);
	return isnan(f) || isnan(g) ? 2 : (f > g) - (f < g);
}

static bool
seq_equal(struct ev *v, const struct seq *x, const struct seq *y, bool *out)
{
	size_t i;

	*out = x->n == y->n;
	for (i = 0; *out && i < x->n; i++)
		if (!jv_equal(v, x->v[i], y->v[i], out))
			return false;
	return true;
}

static bool
dict_equal(struct ev *v, const struct dict *x, const struct dict *y, bool *out)
{
	struct jv other;
	size_t i;

	*out = x->n == y->n;
	for (i = 0; *out && i < x->n; i++) {
		if (!dict_get(v, y, x->p[i].key, &other, out))
			return false;
		if (*out && !jv_equal(v, x->p[i].value, other, out))
			return false;
	}
	return true;
}

bool
jv_equal(struct ev *v, struct jv x, struct jv y, bool *out)
{
	bool done = true;

	if (!ev_enter(v))
		return false;
	if (jv_is_number(x) && jv_is_number(y)) {
		*out = number_order(x, y) == 0;
	} else if (x.type != y.type) {
		*out = false;
	} else if (x.type == JV_STR) {
		*out = x.str.n == y.str.n && !memcmp(x.str.s, y.str.s, x.str.n);
		done = ev_step(v, x.str.n / 64);
	} else if (x.type == JV_SEQ) {
		if (x.seq == y.seq)
			*out = true;
		else if (x.seq->kind != y.seq->kind || x.seq->kind > SEQ_RANGE)
			*out = false;
		else
			done = seq_equal(v, x.seq, y.seq, out);
	} else if (x.type == JV_DICT) {
		done = dict_equal(v, x.dict, y.dict, out);
	} else {
		*out = x.type <= JV_NONE || (x.type != JV_FUNCTION ? x.dict == y.dict : x.i == y.i);
	}
	ev_leave(v);
	return done;
}

bool
jv_order(struct ev *v, struct jv x, struct jv y, const char *op, int *out)
{
	size_t n, i;
	bool same;

	if (jv_is_number(x) && jv_is_number(y)) {
		*out = number_order(x, y);
		return true;
	}
	if (x.type == JV_STR && y.type == JV_STR) {
		/* UTF-8 sorts as its code points do */
		n = x.str.n < y.str.n ? x.str.n : y.str.n;
		*out = n ? memcmp(x.str.s, y.str.s, n) : 0;
		if (!*out)
			*out = (x.str.n > y.str.n) - (x.str.n < y.str.n);
		return ev_step(v, n / 64);
	}
	if (x.type == JV_SEQ && y.type == JV_SEQ && x.seq->kind == y.seq->kind && x.seq->kind <= SEQ_TUPLE) {
		for (i = 0; i < x.seq->n && i < y.seq->n; i++) {
			if (!jv_equal(v, x.seq->v[i], y.seq->v[i], &same))
				return false;
			if (!same) {
				bool done;

				if (!ev_enter(v))
					return false;
				done = jv_order(v, x.seq->v[i], y.seq->v[i], op, out);
				ev_leave(v);
				return done;
			}
		}
		*out = (x.seq->n > y.seq->n) - (x.seq->n < y.seq->n);
		return true;
	}
	if (x.type == JV_UNDEF || y.type == JV_UNDEF)
		return ev_fail(v, "%.300s", x.type == JV_UNDEF ? x.str.s : y.str.s);
	return ev_fail(v, "'%s' not supported between instances of '%s' and '%s'", op, jv_type_name(x), jv_type_name(y));
}

bool
jv_in(struct ev *v, struct jv x, struct jv set, bool *out)
{
	struct jv *at, none;
	size_t i, n;

	if (set.type == JV_STR) {
		if (x.type == JV_UNDEF)
			return ev_fail(v, "'in <string>' requires string as left operand, not Undefined");
		if (x.type != JV_STR)
			return ev_fail(v, "'in <string>' requires string as left operand, not %s", jv_type_name(x));
		*out = memmem(set.str.s, set.str.n, x.str.s, x.str.n) != NULL;
		return ev_step(v, set.str.n / 16);
	}
	if (set.type == JV_DICT)
		return dict_get(v, set.dict, x, &none, out);
	*out = false;
	if (set.type == JV_UNDEF)
		return true;
	if (set.type != JV_SEQ)
		return ev_fail(v, "argument of type '%s' is not iterable", jv_type_name(set));
	if (!jv_each(v, set, &at, &n))
		return false;
	for (i = 0; !*out && i < n; i++)
		if (!jv_equal(v, at[i], x, out))
			return false;
	return true;
}

bool
jv_length(struct ev *v, struct jv x, size_t *n)
{
	if (x.type == JV_STR) {
		*n = text_length(x.str.s, x.str.n);
		return ev_step(v, x.str.n / 64);
	}
	if (x.type == JV_SEQ && x.seq->kind != SEQ_GENERATOR) {
		*n = x.seq->n;
		return true;
	}
	*n = x.type == JV_DICT ? x.dict->n : 0;
	return x.type == JV_DICT || x.type == JV_UNDEF ? true : ev_fail(v, "object of type '%s' has no len()", jv_type_name(x));
}

bool
jv_each(struct ev *v, struct jv x, struct jv **at, size_t *n)
{
	size_t i, k;

	*n = 0;
	*at = NULL;
	switch (x.type) {
	case JV_UNDEF:
		return true;
	case JV_SEQ:
		*at = x.seq->v;
		*n = x.seq->n;
		if (x.seq->kind == SEQ_GENERATOR) {
			if (x.seq->read)
				*n = 0;
			x.seq->read = true;
		}
		return ev_step(v, *n);
	case JV_DICT:
		*n = x.dict->n;
		if (!(*at = ev_alloc(v, *n, sizeof(**at))))
			return false;
		for (i = 0; i < *n; i++)
			(*at)[i] = x.dict->p[i].key;
		return ev_step(v, *n);
	case JV_STR:
		if (!(*at = ev_alloc(v, text_length(x.str.s, x.str.n), sizeof(**at))))
			return false;
		for (i = 0; i < x.str.n; i += k) {
			k = text_offset(x.str.s + i, x.str.n - i, 1);
			(*at)[(*n)++] = jv_span(x.str.s + i, k);
		}
		return ev_step(v, *n);
	default:
		return ev_fail(v, "'%s' object is not iterable", jv_type_name(x));
	}
}
