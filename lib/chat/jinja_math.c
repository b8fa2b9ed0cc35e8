#include <math.h>
#include <string.h>

#include "chat/jinja_int.h"

/* Operators between two values. */

static bool
join_lists(struct ev *v, struct jv x, struct jv y, struct jv *out)
{
	if (!jv_seq(v, x.seq->kind, x.seq->n + y.seq->n, out) || !ev_step(v, out->seq->n))
		return false;
	if (x.seq->n)
		memcpy(out->seq->v, x.seq->v, x.seq->n * sizeof(x));
	if (y.seq->n)
		memcpy(out->seq->v + x.seq->n, y.seq->v, y.seq->n * sizeof(y));
	return true;
}

static bool
overflow(struct ev *v)
{
	return ev_unknown(v, "an integer beyond 64 bits is not known");
}

/* x ** y of integers, y not negative */
static bool
int_power(struct ev *v, int64_t x, int64_t y, struct jv *out)
{
	int64_t r = 1;

	for (; y > 0; y >>= 1) {
		if (y & 1 && __builtin_mul_overflow(r, x, &r))
			return overflow(v);
		if (y > 1 && __builtin_mul_overflow(x, x, &x))
			return overflow(v);
	}
	*out = jv_int(r);
	return true;
}

static bool
int_arith(struct ev *v, int op, int64_t x, int64_t y, struct jv *out)
{
	int64_t r = 0;
	bool over = false;

	switch (op) {
	case '+':
		over = __builtin_add_overflow(x, y, &r);
		break;
	case '-':
		over = __builtin_sub_overflow(x, y, &r);
		break;
	case '*':
		over = __builtin_mul_overflow(x, y, &r);
		break;
	case OP_POW:
		if (y >= 0)
			return int_power(v, x, y, out);
		if (!x)
			return ev_fail(v, "0.0 cannot be raised to a negative power");
		*out = jv_float(pow((double)x, (double)y));
		return true;
	default:
		if (!y)
			return ev_fail(v, op == '%' ? "integer modulo by zero" : "division by zero");
		if (op == '/') {
			*out = jv_float((double)x / (double)y);
			return true;
		}
		if (x == INT64_MIN && y == -1) {
			over = op == OP_FLOORDIV;
			break;
		}
		r = x % y;
		if (op == '%')
			r += r && (r < 0) != (y < 0) ? y : 0;
		else
			r = x / y - (r && (r < 0) != (y < 0));
	}
	if (over)
		return overflow(v);
	*out = jv_int(r);
	return true;
}

static bool
float_arith(struct ev *v, int op, double x, double y, struct jv *out)
{
	double r;

	switch (op) {
	case '+':
		r = x + y;
		break;
	case '-':
		r = x - y;
		break;
	case '*':
		r = x * y;
		break;
	case OP_POW:
		if ((x == 0 && y < 0) || (x < 0 && y != floor(y)))
			return ev_unknown(v, "this power is not known");
		r = pow(x, y);
		break;
	default:
		if (y == 0)
			return ev_fail(v, "division by zero");
		r = op == '/' ? x / y : fmod(x, y);
		if (op != '/') {
			if (r != 0 && (r < 0) != (y < 0))
				r += y;
			if (op == OP_FLOORDIV)
				r = floor((x - r) / y + 0.5);
		}
	}
	*out = jv_float(r);
	return true;
}

/* Beside a |safe text a text that is not is escaped, as MarkupSafe does it. */
static void
add_text(struct buf *b, struct jv x, bool beside_safe)
{
	static const char from[] = "&<>'\"", *const to[] = { "&amp;", "&lt;", "&gt;", "&#39;", "&#34;" };
	const char *s = x.str.s, *end = s + x.str.n, *p;

	if (x.safe || !beside_safe) {
		buf_add(b, s, x.str.n);
		return;
	}
	for (; s < end; s++)
		if (*s && (p = strchr(from, *s)))
			buf_adds(b, to[p - from]);
		else
			buf_addc(b, *s);
}

bool
jv_binary(struct ev *v, int op, struct jv x, struct jv y, struct jv *out)
{
	struct buf b = BUF_INIT;
	int64_t i, k;
	char name[3] = { (char)op, 0, 0 };

	if (x.type == JV_UNDEF || y.type == JV_UNDEF)
		return ev_fail(v, "%.300s", x.type == JV_UNDEF ? x.str.s : y.str.s);
	if (op >= 256)
		name[0] = name[1] = op == OP_POW ? '*' : '/';
	if (jv_is_int(x, &i) && jv_is_int(y, &k))
		return int_arith(v, op, i, k, out);
	if (jv_is_number(x) && jv_is_number(y))
		return float_arith(v, op, jv_number(x), jv_number(y), out);
	if (op == '+' && x.type == JV_STR && y.type == JV_STR) {
		add_text(&b, x, y.safe);
		add_text(&b, y, x.safe);
		if (!ev_step(v, b.n / 16)) {
			buf_free(&b);
			return false;
		}
		if (!jv_from_buf(v, &b, out))
			return false;
		out->safe = x.safe || y.safe;
		return true;
	}
	if (op == '+' && x.type == JV_SEQ && y.type == JV_SEQ && x.seq->kind == y.seq->kind && x.seq->kind <= SEQ_TUPLE)
		return join_lists(v, x, y, out);
	if (op == '*' && ((x.type == JV_STR && jv_is_int(y, &k)) || (y.type == JV_STR && jv_is_int(x, &k))))
		return text_repeat(v, x.type == JV_STR ? x : y, k, out);
	if (op == '*' && (jv_is_list(x, SEQ_LIST) || jv_is_list(y, SEQ_LIST)))
		return ev_unknown(v, "a list times a number is not known");
	if (op == '%' && x.type == JV_STR) {
		if (y.type == JV_DICT)
			return ev_unknown(v, "%% with a dict is not known");
		return jv_is_list(y, SEQ_TUPLE) ? text_format(v, x, y.seq->v, y.seq->n, out) : text_format(v, x, &y, 1, out);
	}
	if (op == '+' && x.type == JV_STR)
		return ev_fail(v, "can only concatenate str (not \"%s\") to str", jv_type_name(y));
	return ev_fail(v, "unsupported operand type(s) for %s: '%s' and '%s'", name, jv_type_name(x), jv_type_name(y));
}
