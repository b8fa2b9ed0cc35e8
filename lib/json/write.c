#include <math.h>
#include <string.h>

#include "json/block.h"
#include "json/number.h"
#include "json/scan.h"
#include "json/write.h"

void
json_put_str(struct buf *b, const char *s, size_t n)
{
	static const char hex[] = "0123456789abcdef";
	const char *end = s + n, *run = s;
	size_t k;

	buf_addc(b, '"');
	while ((s = block_plain(s, end)) < end) {
		unsigned char c = (unsigned char)*s;

		if (c >= 0x20 && c < 0x80 && c != '"' && c != '\\') {
			s++;
			continue;
		}
		if (c >= 0x80 && (k = json_utf8(s, (size_t)(end - s)))) {
			s += k;
			continue;
		}
		buf_add(b, run, (size_t)(s - run));
		switch (c) {
		case '"': buf_add(b, "\\\"", 2); break;
		case '\\': buf_add(b, "\\\\", 2); break;
		case '\b': buf_add(b, "\\b", 2); break;
		case '\f': buf_add(b, "\\f", 2); break;
		case '\n': buf_add(b, "\\n", 2); break;
		case '\r': buf_add(b, "\\r", 2); break;
		case '\t': buf_add(b, "\\t", 2); break;
		default:
			if (c >= 0x80) {
				buf_add(b, "\xef\xbf\xbd", 3);
			} else {
				buf_add(b, "\\u00", 4);
				buf_addc(b, hex[c >> 4]);
				buf_addc(b, hex[c & 15]);
			}
		}
		run = ++s;
	}
	buf_add(b, run, (size_t)(s - run));
	buf_addc(b, '"');
}

enum status
json_put_f32(struct buf *b, float v, struct err *e)
{
	char *p;

	if (!isfinite(v))
		return err_set(e, ST_NUMERIC, "a number is not finite");
	if ((p = buf_reserve(b, NUMBER_MAX)))
		b->n += number_print_f32(p, v);
	return ST_OK;
}

enum status
json_put_f64(struct buf *b, double v, struct err *e)
{
	char *p;

	if (!isfinite(v))
		return err_set(e, ST_NUMERIC, "a number is not finite");
	if ((p = buf_reserve(b, NUMBER_MAX)))
		b->n += number_print_f64(p, v);
	return ST_OK;
}

void
json_put_number(struct buf *b, const char *name, double v)
{
	struct err none = { 0 };

	buf_addf(b, "%s\"%s\":", b->n && b->p[b->n - 1] == '{' ? "" : ",", name);
	if (json_put_f64(b, v, &none))
		buf_adds(b, "null");
}

void
json_put_i64(struct buf *b, int64_t v)
{
	char *p = buf_reserve(b, NUMBER_MAX);

	if (p)
		b->n += number_print_i64(p, v);
}

enum status
json_put_f32s(struct buf *b, const float *v, size_t n, struct err *e)
{
	enum { SOME = 64 };
	size_t i = 0, end;
	char *p, *from;

	buf_addc(b, '[');
	while (i < n) {
		if (!(from = p = buf_reserve(b, SOME * (NUMBER_MAX + 1))))
			return ST_OK;
		for (end = n - i > SOME ? i + SOME : n; i < end; i++) {
			if (!isfinite(v[i]))
				return err_set(e, ST_NUMERIC, "number %zu is not finite", i + 1);
			if (i)
				*p++ = ',';
			/* costs and the like; -0 has its sign */
			if (v[i] >= 1 && v[i] < 10 && v[i] == (float)(int)v[i])
				*p++ = (char)('0' + (int)v[i]);
			else
				p += number_print_f32(p, v[i]);
		}
		b->n += (size_t)(p - from);
	}
	buf_addc(b, ']');
	return ST_OK;
}

void
json_put_i32s(struct buf *b, const int32_t *v, size_t n)
{
	enum { SOME = 256, WIDEST = 12 };       /* with its comma */
	size_t i = 0, end;
	char *p, *from;

	buf_addc(b, '[');
	while (i < n) {
		if (!(from = p = buf_reserve(b, SOME * WIDEST + NUMBER_MAX)))
			return;
		for (end = n - i > SOME ? i + SOME : n; i < end; i++) {
			if (i)
				*p++ = ',';
			/* labels and the like */
			if ((uint32_t)v[i] < 10)
				*p++ = (char)('0' + v[i]);
			else
				p += number_print_i64(p, v[i]);
		}
		b->n += (size_t)(p - from);
	}
	buf_addc(b, ']');
}

void
json_line_key(struct buf *b, const char *name)
{
	buf_adds(b, b->n && b->p[b->n - 1] != '{' ? ",\n  " : "\n  ");
	json_put_str(b, name, strlen(name));
	buf_adds(b, ": ");
}

void
json_line_str(struct buf *b, const char *name, const char *v)
{
	json_line_key(b, name);
	json_put_str(b, v, strlen(v));
}

void
json_line_int(struct buf *b, const char *name, uint64_t v)
{
	json_line_key(b, name);
	json_put_i64(b, (int64_t)v);
}

void
json_line_bool(struct buf *b, const char *name, bool v)
{
	json_line_key(b, name);
	buf_adds(b, v ? "true" : "false");
}
