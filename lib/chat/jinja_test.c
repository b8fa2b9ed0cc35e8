#include <string.h>

#include "chat/jinja_int.h"

/* Tests: x is NAME. */

enum {
	T_BOOLEAN, T_CALLABLE, T_DEFINED, T_DIVISIBLEBY, T_EVEN, T_FALSE, T_FILTER, T_FLOAT, T_IN, T_INTEGER, T_ITERABLE,
	T_LOWER, T_MAPPING, T_NONE, T_NUMBER, T_ODD, T_SAMEAS, T_SEQUENCE, T_STRING, T_TEST, T_TRUE, T_UNDEFINED, T_UPPER,
	T_EQ, T_NE, T_GE, T_GT, T_LE, T_LT
};

static const struct { const char *name; int test; bool arg; } tests[] = {
	{ "boolean", T_BOOLEAN, false }, { "callable", T_CALLABLE, false }, { "defined", T_DEFINED, false },
	{ "divisibleby", T_DIVISIBLEBY, true }, { "even", T_EVEN, false }, { "false", T_FALSE, false },
	{ "filter", T_FILTER, false }, { "float", T_FLOAT, false }, { "in", T_IN, true }, { "integer", T_INTEGER, false },
	{ "iterable", T_ITERABLE, false }, { "lower", T_LOWER, false }, { "mapping", T_MAPPING, false },
	{ "none", T_NONE, false }, { "number", T_NUMBER, false }, { "odd", T_ODD, false }, { "sameas", T_SAMEAS, true },
	{ "sequence", T_SEQUENCE, false }, { "string", T_STRING, false }, { "test", T_TEST, false }, { "true", T_TRUE, false },
	{ "undefined", T_UNDEFINED, false }, { "upper", T_UPPER, false }, { "eq", T_EQ, true }, { "equalto", T_EQ, true },
	{ "ne", T_NE, true }, { "ge", T_GE, true }, { "gt", T_GT, true }, { "greaterthan", T_GT, true }, { "le", T_LE, true },
	{ "lt", T_LT, true }, { "lessthan", T_LT, true }, { "==", T_EQ, true }, { "!=", T_NE, true }, { ">=", T_GE, true },
	{ ">", T_GT, true }, { "<=", T_LE, true }, { "<", T_LT, true }
};

int
jinja_test(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(tests) / sizeof(*tests); i++)
		if (!strcmp(tests[i].name, name))
			return (int)i;
	return -1;
}

static bool
integer_of(struct ev *v, const char *name, struct jv x, int64_t *i)
{
	if (jv_is_int(x, i))
		return true;
	if (x.type == JV_FLOAT)
		return ev_unknown(v, "the test %s of a float is not known", name);
	return x.type == JV_UNDEF ? ev_fail(v, "%.300s", x.str.s) :
	    ev_fail(v, "not all arguments converted during string formatting, or unsupported operand type(s) for %%: '%s' and 'int'",
	    jv_type_name(x));
}

/* str(x).islower() or isupper() */
static bool
is_case(struct ev *v, struct jv x, bool upper, bool *out)
{
	struct jv s, same, other;

	if (!jv_text(v, x, &s))
		return false;
	if (s.type != JV_STR) {
		*out = false;
		return true;
	}
	if (!text_case(v, s, upper ? TEXT_UPPER : TEXT_LOWER, &same) || !text_case(v, s, upper ? TEXT_LOWER : TEXT_UPPER, &other))
		return false;
	*out = same.str.n == s.str.n && !memcmp(same.str.s, s.str.s, s.str.n) &&
	    !(other.str.n == s.str.n && !memcmp(other.str.s, s.str.s, s.str.n));
	return true;
}

bool
ev_apply_test(struct ev *v, int t, struct jv x, const struct args *a, bool *out)
{
	const char *name = tests[t].name;
	struct jv y = jv_missing;
	int64_t i, k = 2;
	int c;

	if (a->nkw || a->n != tests[t].arg)
		return ev_fail(v, "the test %s takes %s argument", name, tests[t].arg ? "one" : "no");
	if (a->n)
		y = a->pos[0];
	switch (tests[t].test) {
	case T_BOOLEAN:
		*out = x.type == JV_BOOL;
		return true;
	case T_CALLABLE:
		*out = x.type >= JV_MACRO && x.type != JV_LOOP;
		return true;
	case T_DEFINED:
	case T_UNDEFINED:
		*out = (x.type != JV_UNDEF) == (tests[t].test == T_DEFINED);
		return true;
	case T_DIVISIBLEBY:
		if (!integer_of(v, name, x, &i) || !integer_of(v, name, y, &k))
			return false;
		if (!k)
			return ev_fail(v, "integer modulo by zero");
		*out = k == -1 || i % k == 0;
		return true;
	case T_EVEN:
	case T_ODD:
		if (!integer_of(v, name, x, &i))
			return false;
		*out = (i % 2 == 0) == (tests[t].test == T_EVEN);
		return true;
	case T_FALSE:
	case T_TRUE:
		*out = x.type == JV_BOOL && x.b == (tests[t].test == T_TRUE);
		return true;
	case T_FILTER:
	case T_TEST:
		/* the names are literals of the template, with a NUL after them */
		*out = x.type == JV_STR && strlen(x.str.s) == x.str.n &&
		    (tests[t].test == T_FILTER ? jinja_filter(x.str.s) : jinja_test(x.str.s)) >= 0;
		return true;
	case T_FLOAT:
		*out = x.type == JV_FLOAT;
		return true;
	case T_IN:
		return jv_in(v, x, y, out);
	case T_INTEGER:
		*out = x.type == JV_INT;
		return true;
	case T_ITERABLE:
		*out = x.type == JV_UNDEF || x.type == JV_STR || x.type == JV_SEQ || x.type == JV_DICT || x.type == JV_LOOP;
		return true;
	case T_LOWER:
	case T_UPPER:
		return is_case(v, x, tests[t].test == T_UPPER, out);
	case T_MAPPING:
		*out = x.type == JV_DICT;
		return true;
	case T_NONE:
		*out = x.type == JV_NONE;
		return true;
	case T_NUMBER:
		*out = jv_is_number(x);
		return true;
	case T_SAMEAS:
		if (x.type == y.type && x.type > JV_BOOL)
			return ev_unknown(v, "the test sameas of a %s is not known", jv_type_name(x));
		*out = x.type == y.type && (x.type != JV_BOOL || x.b == y.b);
		return true;
	case T_SEQUENCE:
		*out = x.type == JV_UNDEF || x.type == JV_STR || x.type == JV_DICT || (x.type == JV_SEQ && x.seq->kind <= SEQ_RANGE);
		return true;
	case T_STRING:
		*out = x.type == JV_STR;
		return true;
	case T_EQ:
	case T_NE:
		if (!jv_equal(v, x, y, out))
			return false;
		*out = *out == (tests[t].test == T_EQ);
		return true;
	default:
		if (!jv_order(v, x, y, tests[t].test == T_GE ? ">=" : tests[t].test == T_GT ? ">" : tests[t].test == T_LE ? "<=" : "<", &c))
			return false;
		*out = c != 2 && (tests[t].test == T_GE ? c >= 0 : tests[t].test == T_GT ? c > 0 : tests[t].test == T_LE ? c <= 0 : c < 0);
		return true;
	}
}
