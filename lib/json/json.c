#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "base/kind.h"
#include "json/json.h"
#include "json/number.h"
#include "json/scan.h"

static enum status
place(const struct json *j, const char *at, enum status code, struct err *e)
{
	const char *p;
	uint64_t line = 1;

	for (p = j->text; (p = memchr(p, '\n', (size_t)(at - p))); p++)
		line++;
	e->line = line;
	e->byte = (uint64_t)(at - j->text) + 1;
	return e->code = code;
}

static struct json_node *
push(struct json *j, size_t *cap)
{
	struct json_node *grown;

	if (j->n == *cap) {
		/* few texts have a value in less than eight bytes; what is not used is not touched */
		*cap = *cap ? 2 * *cap : j->len / 8 + 16;
		if (!(grown = arena_array(j->arena, *cap, sizeof(*grown))))
			return NULL;
		if (j->n)
			memcpy(grown, j->node, j->n * sizeof(*grown));
		j->node = grown;
	}
	return &j->node[j->n++];
}

/* the bytes of a key, decoded when it has escapes */
static const char *
key_text(const struct json *j, size_t key, size_t *n)
{
	const struct json_node *k = &j->node[key];

	if (k->escaped)
		return json_str(j, key, n);
	*n = k->len - 2;
	return j->text + k->at + 1;
}

/* ST_INPUT at the second of two equal keys of the object. */
static enum status
check_keys(const struct json *j, size_t object, struct err *e)
{
	size_t count = j->node[object].count, cap = 4, i, k, n, m, *slot;
	struct arena_mark mark = arena_mark(j->arena);
	enum status st = ST_OK;
	const char *s, *t;

	if (count < 2)
		return ST_OK;
	while (cap < 2 * count)
		cap *= 2;
	if (!(slot = arena_array(j->arena, cap, sizeof(*slot))))
		return err_nomem(e);
	memset(slot, 0, cap * sizeof(*slot));
	for (k = object + 1; k < j->node[object].next; k = j->node[k + 1].next) {
		if (!(s = key_text(j, k, &n))) {
			st = err_nomem(e);
			break;
		}
		for (i = hash64(s, n, 0) & (cap - 1); slot[i]; i = (i + 1) & (cap - 1)) {
			t = key_text(j, slot[i], &m);
			if (t && n == m && !memcmp(s, t, n)) {
				st = json_bad(j, k, e, "key \"%.*s\" appears twice",
				    (int)(n < 200 ? n : 200), s);
				goto out;
			}
		}
		slot[i] = k;
	}
out:
	arena_release(j->arena, mark);
	return st;
}

enum status
json_parse(struct json *j, const char *text, size_t n, struct arena *a, struct err *e)
{
	const char *s = text, *end = text + n;
	struct json_fault f = { 0 };
	size_t stack[JSON_DEPTH], depth = 0, cap = 0;
	struct json_node *v, *up;
	bool in_object = false, key;
	const char *kind;

	*j = (struct json){ .text = text, .len = n, .arena = a };
	s = json_scan_space(s, end);
	for (;;) {
		/* a value or key starts at s */
		key = in_object && !(j->node[stack[depth - 1]].count & 1);
		if (s >= end || (key && *s != '"')) {
			f.at = s;
			f.what = key ? "expected a key" : "the text ends where a value should be";
			goto fault;
		}
		if (!(v = push(j, &cap)))
			return err_nomem(e);
		*v = (struct json_node){ .at = (size_t)(s - text) };
		if (depth) {
			up = &j->node[stack[depth - 1]];
			if (++up->count == UINT32_MAX) {
				f = (struct json_fault){ s, "too many elements" };
				goto fault;
			}
		}
		switch (*s) {
		case '{':
		case '[':
			if (depth == JSON_DEPTH) {
				f = (struct json_fault){ s, "nested more than 512 levels deep" };
				goto fault;
			}
			in_object = *s == '{';
			v->type = in_object ? JSON_OBJECT : JSON_ARRAY;
			stack[depth++] = j->n - 1;
			s = json_scan_space(s + 1, end);
			if (s < end && *s == (in_object ? '}' : ']'))
				goto close;
			continue;
		case '"':
			v->type = JSON_STRING;
			s = json_scan_string(s, end, &v->escaped, &f);
			break;
		case 't': case 'f': case 'n':
			v->type = *s == 't' ? JSON_TRUE : *s == 'f' ? JSON_FALSE : JSON_NULL;
			s = json_scan_word(s, end, &f);
			break;
		case '-': case '0': case '1': case '2': case '3': case '4':
		case '5': case '6': case '7': case '8': case '9':
			v->type = JSON_NUMBER;
			s = json_scan_number(s, end, &f);
			break;
		default:
			f = (struct json_fault){ s, "expected a value" };
			goto fault;
		}
		if (!s)
			goto fault;
		v->len = (size_t)(s - text) - v->at;
		v->next = j->n;
after_value:
		s = json_scan_space(s, end);
		if (!depth)
			break;
		if (key) {
			if (s >= end || *s != ':') {
				f = (struct json_fault){ s, "expected ':'" };
				goto fault;
			}
			s = json_scan_space(s + 1, end);
			continue;
		}
		if (s < end && *s == ',') {
			s = json_scan_space(s + 1, end);
			continue;
		}
		if (s >= end || *s != (in_object ? '}' : ']')) {
			f = (struct json_fault){ s, s >= end ? "the text ends in an array or object" :
			    in_object ? "expected ',' or '}'" : "expected ',' or ']'" };
			goto fault;
		}
close:
		s++;
		depth--;
		up = &j->node[stack[depth]];
		up->len = (size_t)(s - text) - up->at;
		up->next = j->n;
		if (up->type == JSON_OBJECT) {
			up->count /= 2;
			if (check_keys(j, stack[depth], e))
				return e->code;
		}
		in_object = depth && j->node[stack[depth - 1]].type == JSON_OBJECT;
		key = false;
		goto after_value;
	}
	if (s == end)
		return ST_OK;
	f = (struct json_fault){ s, "more text after the value" };
fault:
	place(j, f.at, ST_INPUT, e);
	if (f.at == text && (kind = kind_of(text, n)))
		return err_set(e, ST_INPUT, "not JSON, but %s", kind);
	return err_set(e, ST_INPUT, "%s", f.what);
}

size_t
json_first(const struct json *j, size_t parent)
{
	const struct json_node *p = &j->node[parent];

	return (p->type == JSON_ARRAY || p->type == JSON_OBJECT) && p->count ? parent + 1 : 0;
}

size_t
json_next(const struct json *j, size_t parent, size_t child)
{
	size_t next = j->node[child].next;

	return next < j->node[parent].next ? next : 0;
}

enum json_type
json_type(const struct json *j, size_t node)
{
	return (enum json_type)j->node[node].type;
}

bool
json_is(const struct json *j, size_t node, const char *literal)
{
	const struct json_node *v = &j->node[node];
	struct arena_mark mark;
	const char *s;
	size_t n;
	bool same;

	if (v->type != JSON_STRING)
		return false;
	mark = arena_mark(j->arena);
	s = key_text(j, node, &n);
	same = s && n == strlen(literal) && !memcmp(s, literal, n);
	arena_release(j->arena, mark);
	return same;
}

size_t
json_get(const struct json *j, size_t object, const char *key)
{
	size_t k;

	if (j->node[object].type != JSON_OBJECT)
		return 0;
	for (k = object + 1; k < j->node[object].next; k = j->node[k + 1].next)
		if (json_is(j, k, key))
			return k + 1;
	return 0;
}

const char *
json_str(const struct json *j, size_t node, size_t *n)
{
	const struct json_node *v = &j->node[node];
	char *s;

	if (v->type != JSON_STRING)
		return NULL;
	if (!v->escaped) {
		*n = v->len - 2;
		return arena_str(j->arena, j->text + v->at + 1, *n);
	}
	if (!(s = arena_alloc(j->arena, v->len)))
		return NULL;
	*n = json_unescape(s, j->text + v->at + 1, v->len - 2);
	s[*n] = 0;
	return s;
}

enum status
json_bad(const struct json *j, size_t node, struct err *e, const char *fmt, ...)
{
	va_list ap;

	place(j, j->text + j->node[node].at, ST_INPUT, e);
	va_start(ap, fmt);
	vsnprintf(e->msg, sizeof(e->msg), fmt, ap);
	va_end(ap);
	return ST_INPUT;
}

enum status
json_i64(const struct json *j, size_t node, const char *name, int64_t lo, int64_t hi,
    int64_t *v, struct err *e)
{
	const struct json_node *p = &j->node[node];
	int len = (int)(p->len < 40 ? p->len : 40);

	if (p->type != JSON_NUMBER || number_parse_i64(j->text + p->at, p->len, v) != p->len ||
	    *v < lo || *v > hi)
		return json_bad(j, node, e, "%s: expected an integer in %lld..%lld, got %.*s", name,
		    (long long)lo, (long long)hi, len, j->text + p->at);
	return ST_OK;
}

enum status
json_f64(const struct json *j, size_t node, const char *name, double *v, struct err *e)
{
	const struct json_node *p = &j->node[node];

	if (p->type != JSON_NUMBER)
		return json_bad(j, node, e, "%s: expected a number", name);
	number_parse_f64(j->text + p->at, p->len, v);
	return ST_OK;
}
