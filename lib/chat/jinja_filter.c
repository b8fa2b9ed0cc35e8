#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chat/jinja_int.h"

/* Filters: x | NAME(...). */

typedef bool raw_fn(struct ev *, struct jv in, const struct args *a, struct jv *out);

/* str(x) of any value; an undefined value gives "" */
static bool
soft(struct ev *v, struct jv x, struct jv *s)
{
	if (x.type == JV_UNDEF) {
		*s = jv_lit("");
		return true;
	}
	return jv_text(v, x, s);
}

/* As Jinja's make_attrgetter has it. */
bool
ev_path(struct ev *v, struct jv item, struct jv path, struct jv *out)
{
	const char *s, *end, *dot;
	struct jv key;
	int64_t i;

	*out = item;
	if (jv_is_int(path, &i))
		return ev_item(v, item, path, out);
	if (path.type != JV_STR)
		return ev_fail(v, "an attribute is a str, not %s", jv_type_name(path));
	for (s = path.str.s, end = s + path.str.n; ; s = dot + 1) {
		dot = memchr(s, '.', (size_t)(end - s));
		key = jv_span(s, (size_t)((dot ? dot : end) - s));
		if (key.str.n && strspn(s, "0123456789") >= key.str.n && text_to_int(s, key.str.n, 10, &i))
			key = jv_int(i);
		if (!ev_item(v, *out, key, out))
			return false;
		if (!dot)
			return true;
	}
}

static bool
f_trim(struct ev *v, struct jv in, const struct jv *arg, struct jv *out)
{
	struct jv s;

	if (!soft(v, in, &s))
		return false;
	if (jv_given(arg[0]) && arg[0].type != JV_NONE) {
		if (arg[0].type != JV_STR)
			return ev_fail(v, "trim: expected chars");
		if (!ev_step(v, s.str.n / 16 * (1 + arg[0].str.n / 16)))
			return false;
		text_strip(&s.str.s, &s.str.n, arg[0].str.s, arg[0].str.n, 'b');
	} else {
		text_strip(&s.str.s, &s.str.n, NULL, 0, 'b');
	}
	return jv_copy(v, s.str.s, s.str.n, out);
}

static bool
f_tojson(struct ev *v, struct jv in, const struct jv *arg, struct jv *out)
{
	struct dumps o = { .item = jv_lit(", "), .key = jv_lit(": ") };
	struct buf b = BUF_INIT;
	struct jv pad;
	int64_t n;

	o.ascii = jv_given(arg[0]) && jv_true(arg[0]);
	o.sort = jv_given(arg[3]) && jv_true(arg[3]);
	if (jv_given(arg[1]) && arg[1].type != JV_NONE) {
		o.pretty = true;
		o.item = jv_lit(",");
		if (arg[1].type == JV_STR)
			pad = arg[1];
		else if (!jv_is_int(arg[1], &n))
			return ev_fail(v, "tojson: indent is a number or a str, not %s", jv_type_name(arg[1]));
		else if (!text_repeat(v, jv_lit(" "), n, &pad))
			return false;
		o.indent = pad.str.s;
		o.nindent = pad.str.n;
	}
	if (jv_given(arg[2]) && arg[2].type != JV_NONE) {
		if (arg[2].type != JV_SEQ || arg[2].seq->n != 2 || arg[2].seq->v[0].type != JV_STR || arg[2].seq->v[1].type != JV_STR)
			return ev_fail(v, "tojson: separators are two texts");
		o.item = arg[2].seq->v[0];
		o.key = arg[2].seq->v[1];
	}
	if (!jv_dumps(v, in, &o, &b)) {
		buf_free(&b);
		return false;
	}
	return jv_from_buf(v, &b, out);
}

static bool
f_default(struct ev *v, struct jv in, const struct jv *arg, struct jv *out)
{
	(void)v;
	*out = in;
	if (in.type == JV_UNDEF || (jv_given(arg[1]) && jv_true(arg[1]) && !jv_true(in)))
		*out = jv_given(arg[0]) ? arg[0] : jv_lit("");
	return true;
}

static bool
f_length(struct ev *v, struct jv in, const struct jv *arg, struct jv *out)
{
	size_t n;

	(void)arg;
	if (!jv_length(v, in, &n))
		return false;
	*out = jv_int((int64_t)n);
	return true;
}

static bool
f_join(struct ev *v, struct jv in, const struct jv *arg, struct jv *out)
{
	struct jv *at, *part, sep = jv_lit("");
	size_t n, i;

	if (jv_given(arg[0]) && !soft(v, arg[0], &sep))
		return false;
	if (!jv_each(v, in, &at, &n))
		return false;
	if (jv_given(arg[1]) && arg[1].type != JV_NONE) {
		if (!(part = ev_alloc(v, n, sizeof(*part))))
			return false;
		for (i = 0; i < n; i++)
			if (!ev_path(v, at[i], arg[1], &part[i]))
				return false;
		at = part;
	}
	return text_join(v, sep, at, n, true, out);
}

static bool
change_case(struct ev *v, struct jv in, enum text_case how, struct jv *out)
{
	struct jv s;

	return soft(v, in, &s) && text_case(v, s, how, out);
}

static bool
f_lower(struct ev *v, struct jv in, const struct jv *arg, struct jv *out)
{
	(void)arg;
	return change_case(v, in, TEXT_LOWER, out);
}

static bool
f_upper(struct ev *v, struct jv in, const struct jv *arg, struct jv *out)
{
	(void)arg;
	return change_case(v, in, TEXT_UPPER, out);
}

static bool
f_title(struct ev *v, struct jv in, const struct jv *arg, struct jv *out)
{
	(void)arg;
	return change_case(v, in, TEXT_WORDS, out);
}

static bool
f_capitalize(struct ev *v, struct jv in, const struct jv *arg, struct jv *out)
{
	(void)arg;
	return change_case(v, in, TEXT_CAPITALIZE, out);
}

static bool
f_replace(struct ev *v, struct jv in, const struct jv *arg, struct jv *out)
{
	struct jv s, old, new_;
	int64_t count = -1;

	if (jv_given(arg[2]) && arg[2].type != JV_NONE && !jv_is_int(arg[2], &count))
		return ev_fail(v, "replace: expected a count");
	return soft(v, in, &s) && soft(v, arg[0], &old) && soft(v, arg[1], &new_) &&
	    text_replace(v, s, old, new_, count < 0 ? -1 : count, out);
}

static bool
f_list(struct ev *v, struct jv in, const struct jv *arg, struct jv *out)
{
	struct jv *at;
	size_t n;

	(void)arg;
	if (!jv_each(v, in, &at, &n) || !jv_seq(v, SEQ_LIST, n, out))
		return false;
	if (n)
		memcpy(out->seq->v, at, n * sizeof(*at));
	return true;
}

bool
filter_items(struct ev *v, struct jv in, const struct jv *arg, struct jv *out)
{
	const struct args none = {0};
	const struct method m = { in, "items" };

	(void)arg;
	if (in.type == JV_UNDEF)
		return jv_seq(v, SEQ_GENERATOR, 0, out);
	if (in.type != JV_DICT)
		return ev_fail(v, "Can only get item pairs from a mapping.");
	if (!ev_call_method(v, &m, &none, out))
		return false;
	out->seq->kind = SEQ_GENERATOR;
	return true;
}

static bool
f_first(struct ev *v, struct jv in, const struct jv *arg, struct jv *out)
{
	struct jv *at;
	size_t n;

	(void)arg;
	if (!jv_each(v, in, &at, &n))
		return false;
	if (!n)
		return ev_undef(v, out, "No first item, sequence was empty.");
	*out = at[0];
	return true;
}

static bool
f_last(struct ev *v, struct jv in, const struct jv *arg, struct jv *out)
{
	struct jv *at;
	size_t n;

	(void)arg;
	if (jv_is_list(in, SEQ_GENERATOR))
		return ev_fail(v, "'generator' object is not reversible");
	if (in.type == JV_UNDEF)
		return ev_fail(v, "%.300s", in.str.s);
	if (!jv_each(v, in, &at, &n))
		return false;
	if (!n)
		return ev_undef(v, out, "No last item, sequence was empty.");
	*out = at[n - 1];
	return true;
}

static bool
f_reverse(struct ev *v, struct jv in, const struct jv *arg, struct jv *out)
{
	struct jv *at;
	size_t n, i;

	(void)arg;
	if (!jv_each(v, in, &at, &n) || !jv_seq(v, SEQ_GENERATOR, n, out))
		return false;
	for (i = 0; i < n; i++)
		out->seq->v[i] = at[n - 1 - i];
	return in.type != JV_STR || text_join(v, jv_lit(""), out->seq->v, n, false, out);
}

static bool
f_string(struct ev *v, struct jv in, const struct jv *arg, struct jv *out)
{
	(void)arg;
	return soft(v, in, out);
}

static bool
f_safe(struct ev *v, struct jv in, const struct jv *arg, struct jv *out)
{
	(void)arg;
	if (!soft(v, in, out))
		return false;
	out->safe = true;
	return true;
}

static bool
f_int(struct ev *v, struct jv in, const struct jv *arg, struct jv *out)
{
	int64_t base = 10, i;
	double f = NAN;

	if (jv_given(arg[1]) && (!jv_is_int(arg[1], &base) || base < 2 || base > 36))
		return ev_fail(v, "int: expected a base");
	*out = jv_given(arg[0]) ? arg[0] : jv_int(0);
	if (in.type == JV_UNDEF)
		return ev_fail(v, "%.300s", in.str.s);
	if (jv_is_int(in, &i) || (in.type == JV_STR && text_to_int(in.str.s, in.str.n, (int)base, &i))) {
		*out = jv_int(i);
		return true;
	}
	if (in.type == JV_FLOAT)
		f = in.f;
	else if (in.type != JV_STR || !text_to_float(in.str.s, in.str.n, &f))
		return true;
	if (!isfinite(f))
		return true;
	if (fabs(f) >= 0x1p63)
		return ev_unknown(v, "an integer beyond 64 bits is not known");
	*out = jv_int((int64_t)f);
	return true;
}

static bool
f_float(struct ev *v, struct jv in, const struct jv *arg, struct jv *out)
{
	double f;

	if (in.type == JV_UNDEF)
		return ev_fail(v, "%.300s", in.str.s);
	if (jv_is_number(in))
		*out = jv_float(jv_number(in));
	else if (in.type == JV_STR && text_to_float(in.str.s, in.str.n, &f))
		*out = jv_float(f);
	else
		*out = jv_given(arg[0]) ? arg[0] : jv_float(0);
	return true;
}

static bool
f_abs(struct ev *v, struct jv in, const struct jv *arg, struct jv *out)
{
	int64_t i;

	(void)arg;
	if (jv_is_int(in, &i)) {
		if (i == INT64_MIN)
			return ev_unknown(v, "an integer beyond 64 bits is not known");
		*out = jv_int(i < 0 ? -i : i);
		return true;
	}
	if (in.type != JV_FLOAT)
		return ev_fail(v, "bad operand type for abs(): '%s'", jv_type_name(in));
	*out = jv_float(fabs(in.f));
	return true;
}

static bool
f_round(struct ev *v, struct jv in, const struct jv *arg, struct jv *out)
{
	int64_t digits = 0, i;
	double scale, f;
	char s[400];

	if ((jv_given(arg[0]) && (!jv_is_int(arg[0], &digits) || digits < 0 || digits > 15)) ||
	    (jv_given(arg[1]) && !jv_str_is(arg[1], "common") && !jv_str_is(arg[1], "ceil") && !jv_str_is(arg[1], "floor")))
		return ev_unknown(v, "this rounding is not known");
	if (!jv_is_number(in))
		return ev_fail(v, "type %s doesn't define __round__ method", jv_type_name(in));
	if (!jv_given(arg[1]) || jv_str_is(arg[1], "common")) {
		if (jv_is_int(in, &i)) {
			*out = jv_int(i);
			return true;
		}
		/* the decimal digits of the exact value, rounded to even */
		snprintf(s, sizeof(s), "%.*f", (int)digits, in.f);
		f = isfinite(in.f) ? strtod(s, NULL) : in.f;
	} else {
		scale = pow(10, (double)digits);
		f = jv_str_is(arg[1], "ceil") ? ceil(jv_number(in) * scale) / scale : floor(jv_number(in) * scale) / scale;
	}
	*out = jv_float(f);
	return true;
}

static bool
f_indent(struct ev *v, struct jv in, const struct jv *arg, struct jv *out)
{
	if (in.type != JV_STR)
		return in.type == JV_UNDEF ? ev_fail(v, "%.300s", in.str.s) : ev_fail(v, "indent: expected a str, got %s", jv_type_name(in));
	return text_indent(v, in, jv_given(arg[0]) ? arg[0] : jv_int(4), jv_given(arg[1]) && jv_true(arg[1]),
	    jv_given(arg[2]) && jv_true(arg[2]), out);
}

static bool
f_sum(struct ev *v, struct jv in, const struct jv *arg, struct jv *out)
{
	struct jv *at, x;
	double f = 0;
	int64_t total = 0, i;
	size_t n, k;
	bool real = false;

	if (jv_given(arg[1]) && !jv_is_int(arg[1], &total))
		return ev_unknown(v, "sum: a start that is not an integer is not known");
	if (!jv_each(v, in, &at, &n))
		return false;
	for (k = 0; k < n; k++) {
		x = at[k];
		if (jv_given(arg[0]) && arg[0].type != JV_NONE && !ev_path(v, x, arg[0], &x))
			return false;
		if (!jv_is_number(x))
			return ev_fail(v, "unsupported operand type(s) for +: 'int' and '%s'", jv_type_name(x));
		if (!real && x.type == JV_FLOAT) {
			real = true;
			f = (double)total;
		}
		if (real)
			f += jv_number(x);
		else if (!jv_is_int(x, &i) || __builtin_add_overflow(total, i, &total))
			return ev_unknown(v, "an integer beyond 64 bits is not known");
	}
	*out = real ? jv_float(f) : jv_int(total);
	return true;
}

/* ---- filters that call filters and tests ---- */

static bool
f_format(struct ev *v, struct jv in, const struct args *a, struct jv *out)
{
	struct jv s;

	if (a->nkw)
		return ev_unknown(v, "format with keywords is not known");
	return soft(v, in, &s) && text_format(v, s, a->pos, a->n, out);
}

/* The filter or test that an argument names. */
static bool
named(struct ev *v, struct jv name, int (*look)(const char *), const char *what, int *id)
{
	struct jv s;

	if (name.type != JV_STR)
		return ev_fail(v, "expected the name of a %s, got %s", what, jv_type_name(name));
	if (!jv_copy(v, name.str.s, name.str.n, &s))
		return false;
	return (*id = look(s.str.s)) >= 0 ? true : ev_unknown(v, "the %s %.100s is not known", what, s.str.s);
}

/* As in Jinja, a value that is false, such as none, is not looped over. */
static bool
each_true(struct ev *v, struct jv in, struct jv **at, size_t *n)
{
	*n = 0;
	return !jv_true(in) || jv_each(v, in, at, n);
}

static bool
f_map(struct ev *v, struct jv in, const struct args *a, struct jv *out)
{
	static const char *const names[] = { "attribute", "default", NULL };
	struct args rest = *a;
	struct jv *at = NULL, arg[2];
	size_t n, i;
	int f = 0;

	if (a->n) {
		rest.pos++;
		rest.n--;
		if (!named(v, a->pos[0], jinja_filter, "filter", &f))
			return false;
	} else if (!ev_take(v, "map", a, names, 1, arg)) {
		return false;
	}
	if (!each_true(v, in, &at, &n) || !jv_seq(v, SEQ_GENERATOR, n, out))
		return false;
	for (i = 0; i < n; i++) {
		struct jv x;

		if (a->n ? !ev_apply_filter(v, f, at[i], &rest, &x) : !ev_path(v, at[i], arg[0], &x))
			return false;
		if (!a->n && x.type == JV_UNDEF && jv_given(arg[1]))
			x = arg[1];
		out->seq->v[i] = x;
	}
	return true;
}

/* select, reject; with attr of an attribute */
static bool
choose(struct ev *v, struct jv in, const struct args *a, bool keep, bool attr, struct jv *out)
{
	struct args rest = *a;
	struct jv *at = NULL, x;
	size_t n, i, count = 0, skip = attr;
	int t = -1;
	bool yes;

	if (a->n < skip)
		return ev_fail(v, "Missing parameter for attribute name");
	if (a->n > skip && !named(v, a->pos[skip++], jinja_test, "test", &t))
		return false;
	rest.pos += skip;
	rest.n -= skip;
	if (!each_true(v, in, &at, &n) || !jv_seq(v, SEQ_GENERATOR, n, out))
		return false;
	for (i = 0; i < n; i++) {
		x = at[i];
		if (attr && !ev_path(v, at[i], a->pos[0], &x))
			return false;
		yes = jv_true(x);
		if (t >= 0 && !ev_apply_test(v, t, x, &rest, &yes))
			return false;
		if (yes == keep)
			out->seq->v[count++] = at[i];
	}
	out->seq->n = count;
	return true;
}

static bool
f_select(struct ev *v, struct jv in, const struct args *a, struct jv *out)
{
	return choose(v, in, a, true, false, out);
}

static bool
f_reject(struct ev *v, struct jv in, const struct args *a, struct jv *out)
{
	return choose(v, in, a, false, false, out);
}

static bool
f_selectattr(struct ev *v, struct jv in, const struct args *a, struct jv *out)
{
	return choose(v, in, a, true, true, out);
}

static bool
f_rejectattr(struct ev *v, struct jv in, const struct args *a, struct jv *out)
{
	return choose(v, in, a, false, true, out);
}

enum { FILTER_ARGS = 4 };

static const struct filter {
	const char *name;
	filter_fn *fn;
	raw_fn *raw;
	size_t min;
	const char *arg[FILTER_ARGS + 1];
} filters[] = {
	{ "abs", f_abs, NULL, 0, { NULL } },
	{ "capitalize", f_capitalize, NULL, 0, { NULL } },
	{ "count", f_length, NULL, 0, { NULL } },
	{ "d", f_default, NULL, 0, { "default_value", "boolean", NULL } },
	{ "default", f_default, NULL, 0, { "default_value", "boolean", NULL } },
	{ "dictsort", filter_dictsort, NULL, 0, { "case_sensitive", "by", "reverse", NULL } },
	{ "first", f_first, NULL, 0, { NULL } },
	{ "float", f_float, NULL, 0, { "default", NULL } },
	{ "format", NULL, f_format, 0, { NULL } },
	{ "indent", f_indent, NULL, 0, { "width", "first", "blank", NULL } },
	{ "int", f_int, NULL, 0, { "default", "base", NULL } },
	{ "items", filter_items, NULL, 0, { NULL } },
	{ "join", f_join, NULL, 0, { "d", "attribute", NULL } },
	{ "last", f_last, NULL, 0, { NULL } },
	{ "length", f_length, NULL, 0, { NULL } },
	{ "list", f_list, NULL, 0, { NULL } },
	{ "lower", f_lower, NULL, 0, { NULL } },
	{ "map", NULL, f_map, 0, { NULL } },
	{ "max", filter_max, NULL, 0, { "case_sensitive", "attribute", NULL } },
	{ "min", filter_min, NULL, 0, { "case_sensitive", "attribute", NULL } },
	{ "reject", NULL, f_reject, 0, { NULL } },
	{ "rejectattr", NULL, f_rejectattr, 0, { NULL } },
	{ "replace", f_replace, NULL, 2, { "old", "new", "count", NULL } },
	{ "reverse", f_reverse, NULL, 0, { NULL } },
	{ "round", f_round, NULL, 0, { "precision", "method", NULL } },
	{ "safe", f_safe, NULL, 0, { NULL } },
	{ "select", NULL, f_select, 0, { NULL } },
	{ "selectattr", NULL, f_selectattr, 0, { NULL } },
	{ "sort", filter_sort, NULL, 0, { "reverse", "case_sensitive", "attribute", NULL } },
	{ "string", f_string, NULL, 0, { NULL } },
	{ "sum", f_sum, NULL, 0, { "attribute", "start", NULL } },
	{ "title", f_title, NULL, 0, { NULL } },
	{ "tojson", f_tojson, NULL, 0, { "ensure_ascii", "indent", "separators", "sort_keys", NULL } },
	{ "trim", f_trim, NULL, 0, { "chars", NULL } },
	{ "unique", filter_unique, NULL, 0, { "case_sensitive", "attribute", NULL } },
	{ "upper", f_upper, NULL, 0, { NULL } }
};

int
jinja_filter(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(filters) / sizeof(*filters); i++)
		if (!strcmp(filters[i].name, name))
			return (int)i;
	return -1;
}

bool
ev_apply_filter(struct ev *v, int f, struct jv in, const struct args *a, struct jv *out)
{
	const struct filter *k = &filters[f];
	struct jv arg[FILTER_ARGS], x = in;
	bool done;

	if (in.type == JV_STR && in.safe && k->fn != f_safe && k->fn != f_length)
		return ev_unknown(v, "the filter %s of a |safe text is not known", k->name);
	if (!ev_enter(v) || (!k->raw && !ev_take(v, k->name, a, k->arg, k->min, arg)))
		return false;
	/* out may be where in came from */
	done = k->raw ? k->raw(v, in, a, &x) : k->fn(v, in, arg, &x);
	ev_leave(v);
	*out = x;
	return done;
}
