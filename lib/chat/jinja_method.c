#include <string.h>

#include <utf8proc.h>

#include "chat/jinja_int.h"

/* Methods of texts, dicts and lists. */

enum {
	M_STRIP, M_LSTRIP, M_RSTRIP, M_SPLIT, M_RSPLIT, M_SPLITLINES, M_STARTSWITH, M_ENDSWITH, M_REPLACE, M_UPPER, M_LOWER,
	M_TITLE, M_CAPITALIZE, M_FIND, M_RFIND, M_COUNT, M_JOIN, M_ISDIGIT, M_ISSPACE, M_REMOVEPREFIX, M_REMOVESUFFIX,
	M_PARTITION, M_RPARTITION, M_GET, M_ITEMS, M_KEYS, M_VALUES, M_COPY, M_INDEX
};

struct known { const char *name; int method; };

static const struct known str_known[] = {
	{ "strip", M_STRIP }, { "lstrip", M_LSTRIP }, { "rstrip", M_RSTRIP }, { "split", M_SPLIT }, { "rsplit", M_RSPLIT },
	{ "splitlines", M_SPLITLINES }, { "startswith", M_STARTSWITH }, { "endswith", M_ENDSWITH }, { "replace", M_REPLACE },
	{ "upper", M_UPPER }, { "lower", M_LOWER }, { "title", M_TITLE }, { "capitalize", M_CAPITALIZE }, { "find", M_FIND },
	{ "rfind", M_RFIND }, { "count", M_COUNT }, { "join", M_JOIN }, { "isdigit", M_ISDIGIT }, { "isspace", M_ISSPACE },
	{ "removeprefix", M_REMOVEPREFIX }, { "removesuffix", M_REMOVESUFFIX }, { "partition", M_PARTITION },
	{ "rpartition", M_RPARTITION }
}, dict_known[] = {
	{ "get", M_GET }, { "items", M_ITEMS }, { "keys", M_KEYS }, { "values", M_VALUES }, { "copy", M_COPY }
}, list_known[] = {
	{ "count", M_COUNT }, { "index", M_INDEX }, { "copy", M_COPY }
};

static const char *const str_other[] = { "casefold", "center", "encode", "expandtabs", "format", "format_map", "index",
    "isalnum", "isalpha", "isascii", "isdecimal", "isidentifier", "islower", "isnumeric", "isprintable", "istitle", "isupper",
    "ljust", "maketrans", "rindex", "rjust", "swapcase", "translate", "zfill", NULL };
static const char *const dict_no[] = { "clear", "pop", "popitem", "setdefault", "update", NULL };
static const char *const dict_other[] = { "fromkeys", NULL };
static const char *const list_no[] = { "append", "clear", "extend", "insert", "pop", "remove", "reverse", "sort", NULL };
static const char *const range_other[] = { "start", "stop", "step", "count", "index", NULL };
static const char *const view_other[] = { "isdisjoint", "mapping", NULL };
static const char *const number_other[] = { "real", "imag", "numerator", "denominator", "is_integer", "bit_length", "bit_count",
    "conjugate", "as_integer_ratio", "hex", "to_bytes", "from_bytes", "fromhex", NULL };

static bool
listed(const char *const *list, const char *name)
{
	for (; *list; list++)
		if (!strcmp(*list, name))
			return true;
	return false;
}

#define LOOK_UP(table, name) look_up(table, sizeof(table) / sizeof(*(table)), name)
static int
look_up(const struct known *t, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(t[i].name, name))
			return t[i].method;
	return -1;
}

enum method_is
jinja_method(struct jv of, const char *name)
{
	switch (of.type) {
	case JV_STR:
		return LOOK_UP(str_known, name) >= 0 ? METHOD_KNOWN : listed(str_other, name) ? METHOD_UNKNOWN : METHOD_NONE;
	case JV_DICT:
		return LOOK_UP(dict_known, name) >= 0 ? METHOD_KNOWN : listed(dict_no, name) ? METHOD_FORBIDDEN :
		    listed(dict_other, name) ? METHOD_UNKNOWN : METHOD_NONE;
	case JV_SEQ:
		if (of.seq->kind == SEQ_RANGE || of.seq->kind > SEQ_RANGE)
			return listed(of.seq->kind == SEQ_RANGE ? range_other : view_other, name) ? METHOD_UNKNOWN : METHOD_NONE;
		if (of.seq->kind == SEQ_TUPLE)
			return !strcmp(name, "count") || !strcmp(name, "index") ? METHOD_KNOWN : METHOD_NONE;
		return LOOK_UP(list_known, name) >= 0 ? METHOD_KNOWN : listed(list_no, name) ? METHOD_FORBIDDEN : METHOD_NONE;
	case JV_BOOL:
	case JV_INT:
	case JV_FLOAT:
		return listed(number_other, name) ? METHOD_UNKNOWN : METHOD_NONE;
	default:
		return METHOD_NONE;
	}
}

static bool
need_str(struct ev *v, const char *what, struct jv x)
{
	if (x.type == JV_STR)
		return true;
	return x.type == JV_UNDEF ? ev_fail(v, "%.300s", x.str.s) :
	    ev_fail(v, "%s: expected a str, got %s", what, jv_type_name(x));
}

static bool
need_int(struct ev *v, const char *what, struct jv x, int64_t *i)
{
	return x.type == JV_MISSING || jv_is_int(x, i) ? true :
	    ev_fail(v, "%s: '%s' object cannot be interpreted as an integer", what, jv_type_name(x));
}

/* The bytes of s between code points from and to, as Python cuts a text. */
static bool
window(struct ev *v, const char *what, struct jv *s, struct jv from, struct jv to)
{
	struct jv part[3] = { from, to, jv_none };
	int64_t at, step;
	size_t n, count;

	if (from.type == JV_MISSING && to.type == JV_MISSING)
		return true;
	(void)what;
	return jv_length(v, *s, &n) && slice_range(v, part, n, &at, &step, &count) && text_slice(v, *s, at, 1, count, s);
}

static bool
has_fix(struct jv s, struct jv fix, bool end)
{
	return fix.str.n <= s.str.n && !memcmp(end ? s.str.s + s.str.n - fix.str.n : s.str.s, fix.str.s, fix.str.n);
}

static bool
starts(struct ev *v, struct jv s, const struct args *a, bool end, struct jv *out)
{
	static const char *const names[] = { "prefix", "start", "end", NULL };
	const char *what = end ? "endswith" : "startswith";
	struct jv arg[3];
	bool yes = false;
	size_t i;

	if (!ev_take(v, what, a, names, 1, arg) || !window(v, what, &s, arg[1], arg[2]))
		return false;
	if (jv_is_list(arg[0], SEQ_TUPLE)) {
		for (i = 0; !yes && i < arg[0].seq->n; i++) {
			if (!need_str(v, what, arg[0].seq->v[i]))
				return false;
			yes = has_fix(s, arg[0].seq->v[i], end);
		}
	} else {
		if (!need_str(v, what, arg[0]))
			return false;
		yes = has_fix(s, arg[0], end);
	}
	*out = jv_bool(yes);
	return true;
}

static bool
strip(struct ev *v, const char *what, struct jv s, const struct args *a, char which, struct jv *out)
{
	static const char *const names[] = { "chars", NULL };
	const char *p = s.str.s;
	size_t n = s.str.n;
	struct jv c;

	if (!ev_take(v, what, a, names, 0, &c))
		return false;
	if (c.type <= JV_NONE && c.type != JV_UNDEF)
		text_strip(&p, &n, NULL, 0, which);
	else if (!need_str(v, what, c) || (c.str.n && !ev_step(v, n / 16 * (1 + c.str.n / 16))))
		return false;
	else
		text_strip(&p, &n, c.str.s, c.str.n, which);
	return jv_copy(v, p, n, out);
}

static bool
split(struct ev *v, struct jv s, const struct args *a, bool right, struct jv *out)
{
	static const char *const names[] = { "sep", "maxsplit", NULL };
	struct jv arg[2];
	int64_t max = -1;

	if (!ev_take(v, "split", a, names, 0, arg) || !need_int(v, "split", arg[1], &max))
		return false;
	if (arg[0].type <= JV_NONE && arg[0].type != JV_UNDEF)
		return text_split(v, s, NULL, max < 0 ? -1 : max, right, out);
	return need_str(v, "split", arg[0]) && text_split(v, s, &arg[0], max < 0 ? -1 : max, right, out);
}

static bool
replace(struct ev *v, struct jv s, const struct args *a, struct jv *out)
{
	static const char *const names[] = { "old", "new", "count", NULL };
	struct jv arg[3];
	int64_t count = -1;

	return ev_take(v, "replace", a, names, 2, arg) && need_str(v, "replace", arg[0]) && need_str(v, "replace", arg[1]) &&
	    need_int(v, "replace", arg[2], &count) && text_replace(v, s, arg[0], arg[1], count < 0 ? -1 : count, out);
}

/* find, rfind, count */
static bool
find(struct ev *v, int which, struct jv s, const struct args *a, struct jv *out)
{
	static const char *const names[] = { "sub", "start", "end", NULL };
	const char *p, *hit = NULL, *end;
	struct jv arg[3];
	int64_t n = 0;

	if (!ev_take(v, "find", a, names, 1, arg) || !need_str(v, "find", arg[0]))
		return false;
	if (arg[1].type != JV_MISSING || arg[2].type != JV_MISSING)
		return ev_unknown(v, "find and count from a place on are not known");
	if (!ev_step(v, s.str.n / 16))
		return false;
	if (which == M_COUNT && !arg[0].str.n) {
		*out = jv_int((int64_t)text_length(s.str.s, s.str.n) + 1);
		return true;
	}
	end = s.str.s + s.str.n;
	for (p = s.str.s; (p = memmem(p, (size_t)(end - p), arg[0].str.s, arg[0].str.n)); ) {
		hit = p;
		n++;
		if (which == M_FIND)
			break;
		if (!arg[0].str.n) {
			hit = end;
			break;
		}
		p += which == M_COUNT ? arg[0].str.n : 1;
	}
	*out = jv_int(which == M_COUNT ? n : hit ? (int64_t)text_length(s.str.s, (size_t)(hit - s.str.s)) : -1);
	return true;
}

static bool
partition(struct ev *v, struct jv s, const struct args *a, bool right, struct jv *out)
{
	static const char *const names[] = { "sep", NULL };
	struct jv sep, list;

	if (!ev_take(v, "partition", a, names, 1, &sep) || !need_str(v, "partition", sep) ||
	    !text_split(v, s, &sep, 1, right, &list) || !jv_seq(v, SEQ_TUPLE, 3, out))
		return false;
	out->seq->v[0] = out->seq->v[1] = out->seq->v[2] = jv_lit("");
	if (list.seq->n == 2) {
		out->seq->v[0] = list.seq->v[0];
		out->seq->v[1] = sep;
		out->seq->v[2] = list.seq->v[1];
	} else {
		out->seq->v[right ? 2 : 0] = s;
	}
	return true;
}

/* isdigit, isspace: of all, and not of nothing */
static bool
all_are(struct ev *v, struct jv s, bool space, struct jv *out)
{
	utf8proc_int32_t c;
	bool yes = s.str.n > 0;
	size_t i, k;

	for (i = 0; yes && i < s.str.n; i += k) {
		k = text_offset(s.str.s + i, s.str.n - i, 1);
		utf8proc_iterate((const utf8proc_uint8_t *)s.str.s + i, (utf8proc_ssize_t)k, &c);
		if (!space && c >= 128)
			return ev_unknown(v, "isdigit beyond ASCII is not known");
		yes = space ? text_space((uint32_t)c) : c >= '0' && c <= '9';
	}
	*out = jv_bool(yes);
	return ev_step(v, s.str.n / 16);
}

static bool
of_str(struct ev *v, int m, const char *name, struct jv s, const struct args *a, struct jv *out)
{
	static const char *const none[] = { NULL }, *const one[] = { "prefix", NULL }, *const iterable[] = { "iterable", NULL },
	    *const keep[] = { "keepends", NULL };
	struct jv x, *at;
	size_t n;

	switch (m) {
	case M_STRIP:
	case M_LSTRIP:
	case M_RSTRIP:
		return strip(v, name, s, a, m == M_STRIP ? 'b' : m == M_LSTRIP ? 'l' : 'r', out);
	case M_SPLIT:
	case M_RSPLIT:
		return split(v, s, a, m == M_RSPLIT, out);
	case M_SPLITLINES:
		return ev_take(v, name, a, keep, 0, &x) && ev_step(v, s.str.n / 4) && text_lines(v, s, jv_true(x), out);
	case M_STARTSWITH:
	case M_ENDSWITH:
		return starts(v, s, a, m == M_ENDSWITH, out);
	case M_REPLACE:
		return replace(v, s, a, out);
	case M_UPPER:
	case M_LOWER:
	case M_TITLE:
	case M_CAPITALIZE:
		return ev_take(v, name, a, none, 0, &x) && text_case(v, s, m == M_UPPER ? TEXT_UPPER : m == M_LOWER ? TEXT_LOWER :
		    m == M_TITLE ? TEXT_TITLE : TEXT_CAPITALIZE, out);
	case M_FIND:
	case M_RFIND:
	case M_COUNT:
		return find(v, m, s, a, out);
	case M_JOIN:
		return ev_take(v, name, a, iterable, 1, &x) && jv_each(v, x, &at, &n) && text_join(v, s, at, n, false, out);
	case M_ISDIGIT:
	case M_ISSPACE:
		return ev_take(v, name, a, none, 0, &x) && all_are(v, s, m == M_ISSPACE, out);
	case M_REMOVEPREFIX:
	case M_REMOVESUFFIX:
		if (!ev_take(v, name, a, one, 1, &x) || !need_str(v, name, x))
			return false;
		*out = s;
		if (has_fix(s, x, m == M_REMOVESUFFIX))
			return jv_copy(v, m == M_REMOVEPREFIX ? s.str.s + x.str.n : s.str.s, s.str.n - x.str.n, out);
		return true;
	default:
		return partition(v, s, a, m == M_RPARTITION, out);
	}
}

static bool
of_dict(struct ev *v, int m, const char *name, const struct dict *d, const struct args *a, struct jv *out)
{
	static const char *const none[] = { NULL }, *const get[] = { "key", "default", NULL };
	static const enum seq_kind kind[] = { SEQ_ITEMS, SEQ_KEYS, SEQ_VALUES };
	struct jv arg[2], pair;
	bool found;
	size_t i;

	if (m == M_GET) {
		if (!ev_take(v, name, a, get, 1, arg) || !dict_get(v, d, arg[0], out, &found))
			return false;
		if (!found)
			*out = arg[1].type == JV_MISSING ? jv_none : arg[1];
		return true;
	}
	if (!ev_take(v, name, a, none, 0, arg) || !ev_step(v, d->n))
		return false;
	if (m == M_COPY) {
		if (!jv_dict(v, out))
			return false;
		for (i = 0; i < d->n; i++)
			if (!dict_set(v, out->dict, d->p[i].key, d->p[i].value))
				return false;
		return true;
	}
	if (!jv_seq(v, kind[m - M_ITEMS], d->n, out))
		return false;
	for (i = 0; i < d->n; i++) {
		if (m == M_ITEMS) {
			if (!jv_seq(v, SEQ_TUPLE, 2, &pair))
				return false;
			pair.seq->v[0] = d->p[i].key;
			pair.seq->v[1] = d->p[i].value;
		} else {
			pair = m == M_KEYS ? d->p[i].key : d->p[i].value;
		}
		out->seq->v[i] = pair;
	}
	return true;
}

static bool
of_list(struct ev *v, int m, const char *name, struct jv of, const struct args *a, struct jv *out)
{
	static const char *const none[] = { NULL }, *const value[] = { "value", NULL };
	const struct seq *q = of.seq;
	int64_t n = 0;
	struct jv x;
	bool same;
	size_t i;

	if (m == M_COPY) {
		if (!ev_take(v, name, a, none, 0, &x) || !jv_seq(v, SEQ_LIST, q->n, out) || !ev_step(v, q->n))
			return false;
		if (q->n)
			memcpy(out->seq->v, q->v, q->n * sizeof(x));
		return true;
	}
	if (!ev_take(v, name, a, value, 1, &x))
		return false;
	for (i = 0; i < q->n; i++) {
		if (!jv_equal(v, q->v[i], x, &same))
			return false;
		n += same;
		if (same && m == M_INDEX) {
			*out = jv_int((int64_t)i);
			return true;
		}
	}
	*out = jv_int(n);
	return m == M_COUNT ? true : ev_fail(v, "the value is not in the list");
}

bool
ev_call_method(struct ev *v, const struct method *m, const struct args *a, struct jv *out)
{
	switch (m->self.type) {
	case JV_STR:
		if (m->self.safe)
			return ev_unknown(v, "%s of a |safe text is not known", m->name);
		return of_str(v, LOOK_UP(str_known, m->name), m->name, m->self, a, out);
	case JV_DICT:
		return of_dict(v, LOOK_UP(dict_known, m->name), m->name, m->self.dict, a, out);
	default:
		return of_list(v, LOOK_UP(list_known, m->name), m->name, m->self, a, out);
	}
}
