#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

#include "chat/jinja_int.h"
#include "json/number.h"

/* Texts are valid UTF-8 here; the code point at s. */
static uint32_t
get(const char *s, size_t n, size_t *k)
{
	utf8proc_int32_t c;
	utf8proc_ssize_t len = utf8proc_iterate((const utf8proc_uint8_t *)s, (utf8proc_ssize_t)n, &c);

	if (len <= 0) {
		*k = 1;
		return (unsigned char)*s;
	}
	*k = (size_t)len;
	return (uint32_t)c;
}

static uint32_t
last(const char *s, size_t n, size_t *k)
{
	size_t i = n - 1;

	while (i && ((unsigned char)s[i] & 0xc0) == 0x80)
		i--;
	return get(s + i, n - i, k);
}

bool
text_space(uint32_t c)
{
	return (c >= 9 && c <= 13) || (c >= 0x1c && c <= 0x20) || c == 0x85 || c == 0xa0 || c == 0x1680 ||
	    (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
}

size_t
text_space_at(const char *s, size_t n)
{
	size_t k;

	return n && text_space(get(s, n, &k)) ? k : 0;
}

size_t
text_length(const char *s, size_t n)
{
	size_t count = 0, i;

	for (i = 0; i < n; i++)
		count += ((unsigned char)s[i] & 0xc0) != 0x80;
	return count;
}

size_t
text_offset(const char *s, size_t n, size_t i)
{
	size_t at = 0, k;

	for (; i && at < n; i--, at += k)
		get(s + at, n - at, &k);
	return at;
}

static bool
in_set(uint32_t c, const char *chars, size_t n)
{
	size_t i, k;

	if (!chars)
		return text_space(c);
	for (i = 0; i < n; i += k)
		if (get(chars + i, n - i, &k) == c)
			return true;
	return false;
}

void
text_strip(const char **s, size_t *n, const char *chars, size_t nchars, char which)
{
	size_t k;

	while (which != 'r' && *n && in_set(get(*s, *n, &k), chars, nchars))
		*s += k, *n -= k;
	while (which != 'l' && *n && in_set(last(*s, *n, &k), chars, nchars))
		*n -= k;
}

/* A letter whose other case is several letters, or depends on its place. */
static bool
odd_case(uint32_t c, bool upper)
{
	if (!upper)
		return c == 0x130 || c == 0x3a3;
	return c == 0xdf || c == 0x149 || c == 0x1f0 || c == 0x390 || c == 0x3b0 || c == 0x587 || (c >= 0x1c4 && c <= 0x1cc) ||
	    (c >= 0x1f1 && c <= 0x1f3) || (c >= 0x10d0 && c <= 0x10ff) || (c >= 0x1e96 && c <= 0x1e9a) ||
	    (c >= 0x1f50 && c <= 0x1fff) || (c >= 0xfb00 && c <= 0xfb17);
}

static bool
cased(uint32_t c)
{
	utf8proc_category_t cat = utf8proc_category((utf8proc_int32_t)c);

	return cat == UTF8PROC_CATEGORY_LU || cat == UTF8PROC_CATEGORY_LL || cat == UTF8PROC_CATEGORY_LT;
}

bool
text_case(struct ev *v, struct jv s, enum text_case how, struct jv *out)
{
	struct buf b = BUF_INIT;
	bool begin = true, upper;
	size_t i, k;
	uint32_t c;
	char u[4];

	if (!ev_step(v, s.str.n / 4))
		return false;
	for (i = 0; i < s.str.n; i += k) {
		c = get(s.str.s + i, s.str.n - i, &k);
		upper = how == TEXT_UPPER || (how != TEXT_LOWER && begin);
		if (odd_case(c, upper)) {
			buf_free(&b);
			return ev_unknown(v, "the other case of U+%04X is not known", (unsigned)c);
		}
		begin = how == TEXT_TITLE ? !cased(c) :
		    how == TEXT_WORDS && (text_space(c) || c == '-' || c == '(' || c == '{' || c == '[' || c == '<');
		c = (uint32_t)(upper ? utf8proc_toupper((utf8proc_int32_t)c) : utf8proc_tolower((utf8proc_int32_t)c));
		buf_add(&b, u, (size_t)utf8proc_encode_char((utf8proc_int32_t)c, (utf8proc_uint8_t *)u));
	}
	return jv_from_buf(v, &b, out);
}

bool
text_replace(struct ev *v, struct jv s, struct jv old, struct jv new_, int64_t count, struct jv *out)
{
	const char *p = s.str.s, *end = p + s.str.n, *hit;
	struct buf b = BUF_INIT;
	size_t k;

	for (; count; count -= count > 0) {
		if (!ev_step(v, 1 + new_.str.n / 16)) {
			buf_free(&b);
			return false;
		}
		if (!old.str.n) {
			/* before each character, and at the end */
			buf_add(&b, new_.str.s, new_.str.n);
			if (p == end)
				break;
			get(p, (size_t)(end - p), &k);
			buf_add(&b, p, k);
			p += k;
			continue;
		}
		if (!(hit = memmem(p, (size_t)(end - p), old.str.s, old.str.n)))
			break;
		buf_add(&b, p, (size_t)(hit - p));
		buf_add(&b, new_.str.s, new_.str.n);
		p = hit + old.str.n;
	}
	buf_add(&b, p, (size_t)(end - p));
	return ev_step(v, s.str.n / 16) ? jv_from_buf(v, &b, out) : (buf_free(&b), false);
}

struct pieces { struct jv *v; size_t n, cap; };

static bool
piece(struct ev *v, struct pieces *l, const char *s, size_t n)
{
	struct jv *grown;

	if (l->n == l->cap) {
		l->cap = l->cap ? 2 * l->cap : 8;
		if (!(grown = ev_alloc(v, l->cap, sizeof(*grown))))
			return false;
		if (l->n)
			memcpy(grown, l->v, l->n * sizeof(*grown));
		l->v = grown;
	}
	return jv_copy(v, s, n, &l->v[l->n++]) && ev_step(v, 1);
}

static bool
as_list(struct ev *v, struct pieces *l, struct jv *out)
{
	if (!jv_seq(v, SEQ_LIST, 0, out))
		return false;
	out->seq->v = l->v;
	out->seq->n = l->n;
	return true;
}

/* By white space: runs of it are one separator, none at the ends. */
static bool
split_space(struct ev *v, const char *s, size_t n, int64_t max, bool right, struct pieces *l)
{
	size_t i, k;

	for (;;) {
		text_strip(&s, &n, NULL, 0, right ? 'r' : 'l');
		if (!n)
			return true;
		if (!max--)
			return piece(v, l, s, n);
		if (right) {
			for (i = n; i && !text_space(last(s, i, &k)); i -= k)
				;
			if (!piece(v, l, s + i, n - i))
				return false;
			n = i;
		} else {
			for (i = 0; i < n && !text_space(get(s + i, n - i, &k)); i += k)
				;
			if (!piece(v, l, s, i))
				return false;
			s += i;
			n -= i;
		}
	}
}

/* The last place of sep in s[0..n); NULL when there is none. */
static const char *
find_last(const char *s, size_t n, const char *sep, size_t nsep)
{
	for (size_t i = n + 1; i-- > nsep; )
		if (!memcmp(s + i - nsep, sep, nsep))
			return s + i - nsep;
	return NULL;
}

bool
text_split(struct ev *v, struct jv s, const struct jv *sep, int64_t max, bool right, struct jv *out)
{
	const char *p = s.str.s, *end = p + s.str.n, *hit;
	struct pieces l = {0};
	struct jv swap;
	size_t i;

	if (!ev_step(v, s.str.n / 16))
		return false;
	if (!sep) {
		if (!split_space(v, p, s.str.n, max, right, &l))
			return false;
	} else {
		if (!sep->str.n)
			return ev_fail(v, "empty separator");
		while (max-- && (hit = right ? find_last(p, (size_t)(end - p), sep->str.s, sep->str.n) :
		    memmem(p, (size_t)(end - p), sep->str.s, sep->str.n))) {
			if (!(right ? piece(v, &l, hit + sep->str.n, (size_t)(end - hit) - sep->str.n) :
			    piece(v, &l, p, (size_t)(hit - p))))
				return false;
			if (right)
				end = hit;
			else
				p = hit + sep->str.n;
		}
		if (!piece(v, &l, p, (size_t)(end - p)))
			return false;
	}
	for (i = 0; right && i < l.n / 2; i++) {
		swap = l.v[i];
		l.v[i] = l.v[l.n - 1 - i];
		l.v[l.n - 1 - i] = swap;
	}
	return as_list(v, &l, out);
}

bool
text_lines(struct ev *v, struct jv s, bool keep, struct jv *out)
{
	struct pieces l = {0};
	size_t i, k, begin = 0;
	uint32_t c;

	for (i = 0; i < s.str.n; i += k) {
		c = get(s.str.s + i, s.str.n - i, &k);
		if (!((c >= 10 && c <= 13) || (c >= 0x1c && c <= 0x1e) || c == 0x85 || c == 0x2028 || c == 0x2029))
			continue;
		if (c == '\r' && i + 1 < s.str.n && s.str.s[i + 1] == '\n')
			k = 2;
		if (!piece(v, &l, s.str.s + begin, i - begin + (keep ? k : 0)))
			return false;
		begin = i + k;
	}
	if (begin < s.str.n && !piece(v, &l, s.str.s + begin, s.str.n - begin))
		return false;
	return as_list(v, &l, out);
}

bool
text_join(struct ev *v, struct jv sep, const struct jv *x, size_t n, bool print, struct jv *out)
{
	struct buf b = BUF_INIT;
	size_t i;

	for (i = 0; i < n; i++) {
		if (i)
			buf_add(&b, sep.str.s, sep.str.n);
		if (!print && x[i].type != JV_STR) {
			buf_free(&b);
			return ev_fail(v, "sequence item %zu: expected str instance, %s found", i, jv_type_name(x[i]));
		}
		if (!jv_print(v, x[i], &b) || !ev_step(v, 1 + sep.str.n / 16)) {
			buf_free(&b);
			return false;
		}
	}
	return jv_from_buf(v, &b, out);
}

bool
text_repeat(struct ev *v, struct jv s, int64_t times, struct jv *out)
{
	size_t n = times > 0 ? (size_t)times : 0, i;
	char *p;

	if (!s.str.n)
		n = 0;
	if (n && n > v->max_used / s.str.n)
		return ev_fail(v, "more than %ju bytes of memory", (uintmax_t)v->max_used);
	if (!(p = ev_alloc(v, n * s.str.n + 1, 1)) || !ev_step(v, n))
		return false;
	for (i = 0; i < n; i++)
		memcpy(p + i * s.str.n, s.str.s, s.str.n);
	p[n * s.str.n] = 0;
	*out = jv_span(p, n * s.str.n);
	return true;
}

bool
text_indent(struct ev *v, struct jv s, struct jv width, bool first, bool blank, struct jv *out)
{
	struct jv pad = width, lines, space = jv_lit(" "), more;
	struct buf b = BUF_INIT;
	size_t i;
	int64_t n;

	if (width.type != JV_STR && (!jv_is_int(width, &n) || !text_repeat(v, space, n, &pad)))
		return v->e->code ? false : ev_fail(v, "indent: expected a width");
	/* as Jinja does it: a line end more, then the lines of that */
	buf_add(&b, s.str.s, s.str.n);
	buf_addc(&b, '\n');
	if (!jv_from_buf(v, &b, &more) || !text_lines(v, more, false, &lines))
		return false;
	b = (struct buf)BUF_INIT;
	for (i = 0; i < lines.seq->n; i++) {
		const struct jv *l = &lines.seq->v[i];

		if (i)
			buf_addc(&b, '\n');
		if (i ? l->str.n || blank : first)
			buf_add(&b, pad.str.s, pad.str.n);
		buf_add(&b, l->str.s, l->str.n);
		if (!ev_step(v, 1 + pad.str.n / 16)) {
			buf_free(&b);
			return false;
		}
	}
	return jv_from_buf(v, &b, out);
}

bool
text_format(struct ev *v, struct jv s, const struct jv *arg, size_t n, struct jv *out)
{
	const char *p = s.str.s, *end = p + s.str.n;
	struct buf b = BUF_INIT;
	size_t used = 0;
	int64_t i;
	bool done = ev_step(v, s.str.n / 16);

	for (; done && p < end; p++) {
		if (*p != '%') {
			buf_addc(&b, *p);
			continue;
		}
		if (++p < end && *p == '%') {
			buf_addc(&b, '%');
			continue;
		}
		if (p == end || !strchr("sdr", *p) || !*p) {
			done = ev_unknown(v, "a format other than %%s, %%d and %%r is not known");
		} else if (used == n) {
			done = ev_fail(v, "not enough arguments for format string");
		} else if (*p == 'd' && !jv_is_int(arg[used], &i)) {
			done = arg[used].type == JV_FLOAT ? ev_unknown(v, "%%d of a float is not known") :
			    ev_fail(v, "%%d format: a real number is required, not %s", jv_type_name(arg[used]));
		} else if (*p == 'd') {
			buf_addf(&b, "%lld", (long long)i);
		} else {
			done = *p == 's' ? jv_print(v, arg[used], &b) : jv_repr(v, arg[used], &b);
		}
		used++;
	}
	if (done && used < n)
		done = ev_fail(v, "not all arguments converted during string formatting");
	if (!done) {
		buf_free(&b);
		return false;
	}
	return jv_from_buf(v, &b, out);
}

bool
slice_range(struct ev *v, const struct jv part[3], size_t n, int64_t *from, int64_t *step, size_t *count)
{
	int64_t len = (int64_t)n, lo, hi, to[3] = { 0, 0, 1 };
	int i;

	for (i = 0; i < 3; i++)
		if (part[i].type > JV_NONE && !jv_is_int(part[i], &to[i]))
			return ev_fail(v, "slice indices must be integers or None");
	*step = to[2];
	if (!*step)
		return ev_fail(v, "slice step cannot be zero");
	lo = *step > 0 ? 0 : -1;
	hi = *step > 0 ? len : len - 1;
	for (i = 0; i < 2; i++) {
		if (part[i].type <= JV_NONE)
			to[i] = (i == 0) == (*step > 0) ? lo : hi;
		else if (to[i] < 0)
			to[i] = to[i] < -len ? lo : to[i] + len < lo ? lo : to[i] + len;
		else if (to[i] > hi)
			to[i] = hi;
	}
	*from = to[0];
	if (*step > 0)
		*count = to[0] < to[1] ? (size_t)((to[1] - to[0] - 1) / *step + 1) : 0;
	else
		*count = to[1] < to[0] ? (size_t)(to[0] - to[1] - 1) / (0 - (uint64_t)*step) + 1 : 0;
	return true;
}

bool
text_slice(struct ev *v, struct jv s, int64_t from, int64_t step, size_t count, struct jv *out)
{
	struct buf b = BUF_INIT;
	size_t at, k, i;
	struct jv *c;

	if (!ev_step(v, s.str.n / 16))
		return false;
	if (step == 1 || !count) {
		at = count ? text_offset(s.str.s, s.str.n, (size_t)from) : 0;
		k = text_offset(s.str.s + at, s.str.n - at, count);
		return jv_copy(v, s.str.s + at, k, out);
	}
	if (!jv_each(v, s, &c, &k))
		return false;
	for (i = 0; i < count; i++, from += i < count ? step : 0)
		buf_add(&b, c[from].str.s, c[from].str.n);
	return jv_from_buf(v, &b, out);
}

bool
text_to_int(const char *s, size_t n, int base, int64_t *i)
{
	uint64_t x = 0, most;
	bool minus = false;
	unsigned digit;

	text_strip(&s, &n, NULL, 0, 'b');
	if (n && (*s == '-' || *s == '+')) {
		minus = *s == '-';
		s++;
		n--;
	}
	if (!n)
		return false;
	most = minus ? (uint64_t)INT64_MAX + 1 : INT64_MAX;
	for (; n; s++, n--) {
		digit = *s >= '0' && *s <= '9' ? (unsigned)(*s - '0') : *s >= 'a' && *s <= 'z' ? (unsigned)(*s - 'a') + 10 :
		    *s >= 'A' && *s <= 'Z' ? (unsigned)(*s - 'A') + 10 : 99;
		if (digit >= (unsigned)base || x > (most - digit) / (unsigned)base)
			return false;
		x = x * (unsigned)base + digit;
	}
	*i = minus ? (int64_t)(0 - x) : (int64_t)x;
	return true;
}

bool
text_to_float(const char *s, size_t n, double *f)
{
	bool minus = false;

	text_strip(&s, &n, NULL, 0, 'b');
	if (n && (*s == '-' || *s == '+')) {
		minus = *s == '-';
		s++;
		n--;
	}
	while (n > 1 && s[0] == '0' && s[1] >= '0' && s[1] <= '9')
		s++, n--;
	if (!n || *s < '0' || *s > '9' || number_parse_f64(s, n, f) != n)
		return false;
	if (minus)
		*f = -*f;
	return true;
}
