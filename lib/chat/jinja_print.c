#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

#include "chat/jinja_int.h"
#include "json/number.h"
#include "json/scan.h"

/* repr of a float: the shortest digits that read back, an exponent below 1e-4 and from 1e16 on. */
static void
put_float(struct buf *b, double f)
{
	char s[NUMBER_MAX], d[NUMBER_MAX];
	size_t n, i, k = 0, point;
	long exp = 0;

	if (!isfinite(f)) {
		buf_adds(b, isnan(f) ? "nan" : f > 0 ? "inf" : "-inf");
		return;
	}
	n = number_print_f64(s, fabs(f));
	s[n] = 0;
	if (signbit(f))
		buf_addc(b, '-');
	/* digits d[0..k), of which `point` stand before the point */
	point = strcspn(s, ".e");
	for (i = 0; i < n && s[i] != 'e'; i++)
		if (s[i] != '.')
			d[k++] = s[i];
	if (i < n)
		exp = strtol(s + i + 1, NULL, 10);
	exp += (long)point - 1;
	for (i = 0; i + 1 < k && d[i] == '0'; i++)
		exp--;
	memmove(d, d + i, k -= i);
	while (k > 1 && d[k - 1] == '0')
		k--;
	if (d[0] == '0') {
		buf_adds(b, "0.0");
	} else if (exp < -4 || exp >= 16) {
		buf_addc(b, d[0]);
		if (k > 1)
			buf_addc(b, '.');
		buf_add(b, d + 1, k - 1);
		buf_addf(b, "e%c%02ld", exp < 0 ? '-' : '+', labs(exp));
	} else if (exp < 0) {
		buf_adds(b, "0.");
		for (; exp < -1; exp++)
			buf_addc(b, '0');
		buf_add(b, d, k);
	} else {
		for (i = 0; i <= (size_t)exp; i++)
			buf_addc(b, i < k ? d[i] : '0');
		buf_addc(b, '.');
		if (k > i)
			buf_add(b, d + i, k - i);
		else
			buf_addc(b, '0');
	}
}

/* str.isprintable */
static bool
printable(uint32_t c)
{
	switch (utf8proc_category((utf8proc_int32_t)c)) {
	case UTF8PROC_CATEGORY_CN:
	case UTF8PROC_CATEGORY_CC:
	case UTF8PROC_CATEGORY_CF:
	case UTF8PROC_CATEGORY_CS:
	case UTF8PROC_CATEGORY_CO:
	case UTF8PROC_CATEGORY_ZL:
	case UTF8PROC_CATEGORY_ZP:
		return false;
	case UTF8PROC_CATEGORY_ZS:
		return c == ' ';
	default:
		return true;
	}
}

static void
repr_text(struct buf *b, const char *s, size_t n)
{
	const char quote = memchr(s, '\'', n) && !memchr(s, '"', n) ? '"' : '\'';
	utf8proc_int32_t c;
	utf8proc_ssize_t k;

	buf_addc(b, quote);
	for (; n; s += k, n -= (size_t)k) {
		if ((k = utf8proc_iterate((const utf8proc_uint8_t *)s, (utf8proc_ssize_t)n, &c)) <= 0)
			k = 1, c = (unsigned char)*s;
		if (c == quote || c == '\\')
			buf_addc(b, '\\');
		if (c == '\n' || c == '\r' || c == '\t')
			buf_addf(b, "\\%c", c == '\n' ? 'n' : c == '\r' ? 'r' : 't');
		else if (printable((uint32_t)c))
			buf_add(b, s, (size_t)k);
		else
			buf_addf(b, c < 0x100 ? "\\x%02x" : c < 0x10000 ? "\\u%04x" : "\\U%08x", (unsigned)c);
	}
	buf_addc(b, quote);
}

static bool
repr_seq(struct ev *v, const struct seq *q, struct buf *b)
{
	static const char *const open[] = { "[", "(", "range(", "dict_items([", "dict_keys([", "dict_values([" };
	static const char *const close[] = { "]", ")", ")", "])", "])", "])" };
	size_t i;

	if (q->kind == SEQ_GENERATOR)
		return ev_fail(v, "a generator is printed; |list is missing");
	buf_adds(b, open[q->kind]);
	if (q->kind == SEQ_RANGE) {
		buf_addf(b, "%lld, %lld", (long long)q->range[0], (long long)q->range[1]);
		if (q->range[2] != 1)
			buf_addf(b, ", %lld", (long long)q->range[2]);
	} else {
		for (i = 0; i < q->n; i++) {
			if (i)
				buf_adds(b, ", ");
			if (!jv_repr(v, q->v[i], b))
				return false;
		}
		if (q->kind == SEQ_TUPLE && q->n == 1)
			buf_addc(b, ',');
	}
	buf_adds(b, close[q->kind]);
	return true;
}

static bool
repr_dict(struct ev *v, const struct dict *d, struct buf *b)
{
	size_t i;

	buf_addc(b, '{');
	for (i = 0; i < d->n; i++) {
		if (i)
			buf_adds(b, ", ");
		if (!jv_repr(v, d->p[i].key, b))
			return false;
		buf_adds(b, ": ");
		if (!jv_repr(v, d->p[i].value, b))
			return false;
	}
	buf_addc(b, '}');
	return true;
}

bool
jv_repr(struct ev *v, struct jv x, struct buf *b)
{
	bool done = true;

	if (!ev_enter(v))
		return false;
	switch (x.type) {
	case JV_UNDEF:
		buf_adds(b, "Undefined");
		break;
	case JV_STR:
		if (x.safe)
			done = ev_unknown(v, "the repr of a |safe text is not known");
		else if ((done = ev_step(v, x.str.n / 16)))
			repr_text(b, x.str.s, x.str.n);
		break;
	case JV_NONE:
		buf_adds(b, "None");
		break;
	case JV_BOOL:
		buf_adds(b, x.b ? "True" : "False");
		break;
	case JV_INT:
		buf_addf(b, "%lld", (long long)x.i);
		break;
	case JV_FLOAT:
		put_float(b, x.f);
		break;
	case JV_SEQ:
		done = repr_seq(v, x.seq, b);
		break;
	case JV_DICT:
		done = repr_dict(v, x.dict, b);
		break;
	case JV_NAMESPACE:
		buf_adds(b, "<Namespace ");
		done = repr_dict(v, x.dict, b);
		buf_addc(b, '>');
		break;
	default:
		done = ev_fail(v, "a %s is printed", jv_type_name(x));
	}
	ev_leave(v);
	return done;
}

bool
jv_print(struct ev *v, struct jv x, struct buf *b)
{
	if (x.type == JV_UNDEF)
		return true;
	if (x.type != JV_STR)
		return jv_repr(v, x, b);
	buf_add(b, x.str.s, x.str.n);
	return ev_step(v, x.str.n / 16);
}

bool
jv_text(struct ev *v, struct jv x, struct jv *out)
{
	struct buf b = BUF_INIT;

	if (x.type == JV_STR) {
		*out = x;
		return true;
	}
	if (!jv_print(v, x, &b)) {
		buf_free(&b);
		return false;
	}
	return jv_from_buf(v, &b, out);
}

/* ---- json.dumps ---- */

static void
dumps_text(struct buf *b, const char *s, size_t n, bool ascii)
{
	static const char from[] = "\"\\\n\r\t\b\f", to[] = "\"\\nrtbf";
	utf8proc_int32_t c;
	utf8proc_ssize_t k;
	const char *p;

	buf_addc(b, '"');
	for (; n; s += k, n -= (size_t)k) {
		if ((k = utf8proc_iterate((const utf8proc_uint8_t *)s, (utf8proc_ssize_t)n, &c)) <= 0)
			k = 1, c = (unsigned char)*s;
		if (c && c < 128 && (p = strchr(from, c)))
			buf_addf(b, "\\%c", to[p - from]);
		else if (c < 32 || (ascii && c > 126 && c < 0x10000))
			buf_addf(b, "\\u%04x", (unsigned)c);
		else if (ascii && c >= 0x10000)
			buf_addf(b, "\\u%04x\\u%04x", 0xd800 + (unsigned)((c - 0x10000) >> 10), 0xdc00 + (unsigned)((c - 0x10000) & 0x3ff));
		else
			buf_add(b, s, (size_t)k);
	}
	buf_addc(b, '"');
}

static void
dumps_line(struct buf *b, const struct dumps *o, size_t depth)
{
	if (!o->pretty)
		return;
	buf_addc(b, '\n');
	for (; depth; depth--)
		buf_add(b, o->indent, o->nindent);
}

static bool
dumps_float(struct ev *v, double f, struct buf *b)
{
	(void)v;
	if (isfinite(f))
		put_float(b, f);
	else
		buf_adds(b, isnan(f) ? "NaN" : f > 0 ? "Infinity" : "-Infinity");
	return true;
}

static bool
dumps_key(struct ev *v, struct jv key, const struct dumps *o, struct buf *b)
{
	bool done = true;

	if (key.type == JV_STR) {
		dumps_text(b, key.str.s, key.str.n, o->ascii);
		return ev_step(v, key.str.n / 16);
	}
	buf_addc(b, '"');
	if (key.type == JV_FLOAT)
		done = dumps_float(v, key.f, b);
	else if (key.type == JV_INT)
		done = jv_repr(v, key, b);
	else if (key.type == JV_BOOL || key.type == JV_NONE)
		buf_adds(b, key.type == JV_NONE ? "null" : key.b ? "true" : "false");
	else
		return ev_fail(v, "keys must be str, int, float, bool or None, not %s", jv_type_name(key));
	buf_addc(b, '"');
	return done;
}

static int
by_key(const void *x, const void *y)
{
	const struct pair *const *p = x, *const *q = y;
	const struct jv a = (*p)->key, b = (*q)->key;
	size_t n = a.str.n < b.str.n ? a.str.n : b.str.n;
	int c = n ? memcmp(a.str.s, b.str.s, n) : 0;

	return c ? c : (a.str.n > b.str.n) - (a.str.n < b.str.n);
}

static bool
dumps(struct ev *v, struct jv x, const struct dumps *o, size_t depth, struct buf *b)
{
	const struct pair **p;
	size_t i;

	if (!ev_enter(v))
		return false;
	switch (x.type) {
	case JV_NONE:
		buf_adds(b, "null");
		break;
	case JV_BOOL:
		buf_adds(b, x.b ? "true" : "false");
		break;
	case JV_INT:
		if (!jv_repr(v, x, b))
			return false;
		break;
	case JV_FLOAT:
		dumps_float(v, x.f, b);
		break;
	case JV_STR:
		if (!ev_step(v, x.str.n / 16))
			return false;
		dumps_text(b, x.str.s, x.str.n, o->ascii);
		break;
	case JV_SEQ:
		if (x.seq->kind > SEQ_TUPLE)
			return ev_fail(v, "Object of type %s is not JSON serializable", jv_type_name(x));
		buf_addc(b, '[');
		for (i = 0; i < x.seq->n; i++) {
			if (i)
				buf_add(b, o->item.str.s, o->item.str.n);
			dumps_line(b, o, depth + 1);
			if (!dumps(v, x.seq->v[i], o, depth + 1, b))
				return false;
		}
		if (x.seq->n)
			dumps_line(b, o, depth);
		buf_addc(b, ']');
		break;
	case JV_DICT:
		if (!(p = ev_alloc(v, x.dict->n, sizeof(*p))))
			return false;
		for (i = 0; i < x.dict->n; i++) {
			p[i] = &x.dict->p[i];
			if (o->sort && p[i]->key.type != JV_STR)
				return ev_unknown(v, "sort_keys of keys that are not texts is not known");
		}
		if (o->sort && x.dict->n)
			qsort(p, x.dict->n, sizeof(*p), by_key);
		buf_addc(b, '{');
		for (i = 0; i < x.dict->n; i++) {
			if (i)
				buf_add(b, o->item.str.s, o->item.str.n);
			dumps_line(b, o, depth + 1);
			if (!dumps_key(v, p[i]->key, o, b))
				return false;
			buf_add(b, o->key.str.s, o->key.str.n);
			if (!dumps(v, p[i]->value, o, depth + 1, b))
				return false;
		}
		if (x.dict->n)
			dumps_line(b, o, depth);
		buf_addc(b, '}');
		break;
	default:
		return ev_fail(v, "Object of type %s is not JSON serializable", jv_type_name(x));
	}
	ev_leave(v);
	return ev_step(v, o->pretty ? (depth * o->nindent) / 64 : 0);
}

bool
jv_dumps(struct ev *v, struct jv x, const struct dumps *o, struct buf *b)
{
	return dumps(v, x, o, 0, b);
}
