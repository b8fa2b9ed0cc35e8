#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "chat/jinja_int.h"

/* Expressions. */

bool
ev_fail(struct ev *v, const char *fmt, ...)
{
	char msg[400];
	va_list ap;

	if (v->e->code)
		return false;
	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	err_set(v->e, ST_INPUT, "%.90s:%u: %s", v->j->name, (unsigned)v->line, msg);
	return false;
}

bool
ev_unknown(struct ev *v, const char *fmt, ...)
{
	char msg[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	if (!ev_fail(v, "%s", msg) && v->e->code == ST_INPUT)
		v->e->code = ST_USAGE;
	return false;
}

bool
ev_undef(struct ev *v, struct jv *out, const char *fmt, ...)
{
	char msg[300];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	if (!jv_copy(v, msg, strlen(msg), out))
		return false;
	out->type = JV_UNDEF;
	return true;
}

bool
ev_step(struct ev *v, size_t n)
{
	v->steps += n;
	return v->steps <= v->max_steps ? true : ev_fail(v, "more than %ju steps", (uintmax_t)v->max_steps);
}

bool
ev_enter(struct ev *v)
{
	if (!ev_step(v, 1))
		return false;
	return ++v->depth <= JINJA_DEPTH ? true : ev_fail(v, "more than %d levels deep", JINJA_DEPTH);
}

void
ev_leave(struct ev *v)
{
	v->depth--;
}

void *
ev_alloc(struct ev *v, size_t n, size_t size)
{
	void *p;

	if (n > SIZE_MAX / size || n * size > v->max_used - v->used) {
		ev_fail(v, "more than %ju bytes of memory", (uintmax_t)v->max_used);
		return NULL;
	}
	v->used += n * size;
	if (!(p = arena_array(v->mem, n, size)))
		err_nomem(v->e);
	return p;
}

bool
ev_lookup(struct ev *v, const char *name, struct jv *out)
{
	static const char *const other[] = { "lipsum", "cycler", "joiner" };
	const struct scope *s;
	const struct binding *b;
	size_t i;
	int f;

	for (s = v->scope; s; s = s->up)
		for (b = s->first; b; b = b->next) {
			if (!ev_step(v, 1))
				return false;
			if (!strcmp(b->name, name)) {
				*out = b->value;
				return true;
			}
		}
	if ((f = jinja_function(name)) >= 0) {
		*out = (struct jv){ .type = JV_FUNCTION, .i = f };
		return true;
	}
	for (i = 0; i < sizeof(other) / sizeof(*other); i++)
		if (!strcmp(name, other[i]))
			return ev_unknown(v, "%s is not known", name);
	return ev_undef(v, out, "'%.100s' is undefined", name);
}

bool
ev_bind(struct ev *v, const char *name, struct jv value)
{
	struct binding *b;

	for (b = v->scope->first; b; b = b->next) {
		if (!ev_step(v, 1))
			return false;
		if (!strcmp(b->name, name)) {
			b->value = value;
			return true;
		}
	}
	if ((b = v->scope->spare))
		v->scope->spare = b->next;
	else if (!(b = ev_alloc(v, 1, sizeof(*b))))
		return false;
	*b = (struct binding){ name, value, v->scope->first };
	v->scope->first = b;
	return true;
}

bool
ev_assign(struct ev *v, const struct node *target, struct jv value)
{
	const struct node *n;
	struct jv of, *at;
	size_t want = 0, have;

	if (target->kind == N_NAME)
		return ev_bind(v, target->name, value);
	if (target->kind == N_ATTR) {
		if (!ev_lookup(v, target->a->name, &of))
			return false;
		if (of.type != JV_NAMESPACE)
			return ev_fail(v, "cannot assign attribute on non-namespace object");
		if (target->name[0] == '_')
			return ev_fail(v, "%.100s: a name that begins with an underscore", target->name);
		return dict_set(v, of.dict, jv_lit(target->name), value);
	}
	for (n = target->a; n; n = n->next)
		want++;
	if (value.type == JV_UNDEF)
		return ev_fail(v, "%.300s", value.str.s);
	if (!jv_each(v, value, &at, &have))
		return false;
	if (have != want)
		return ev_fail(v, "expected %zu values to unpack, got %zu", want, have);
	for (n = target->a; n; n = n->next)
		if (!ev_assign(v, n, *at++))
			return false;
	return true;
}

/* A method of a value, or undefined; found tells whether it is one. */
static bool
method(struct ev *v, struct jv of, const char *name, struct jv *out, bool *found)
{
	struct method *m;

	*found = true;
	switch (jinja_method(of, name)) {
	case METHOD_KNOWN:
		if (!(m = ev_alloc(v, 1, sizeof(*m))))
			return false;
		*m = (struct method){ of, name };
		*out = (struct jv){ .type = JV_METHOD, .method = m };
		return true;
	case METHOD_UNKNOWN:
		return ev_unknown(v, "the attribute %.100s of a %s is not known", name, jv_type_name(of));
	case METHOD_FORBIDDEN:
		return ev_undef(v, out, "access to attribute '%.100s' of '%s' object is unsafe", name, jv_type_name(of));
	default:
		*found = false;
		return ev_undef(v, out, "'%s object' has no attribute '%.100s'", jv_type_name(of), name);
	}
}

bool
ev_attr(struct ev *v, struct jv of, const char *name, struct jv *out)
{
	bool found;

	switch (of.type) {
	case JV_UNDEF:
		return ev_fail(v, "%.300s", of.str.s);
	case JV_LOOP:
		return ev_loop_attr(v, of.loop, name, out);
	case JV_NAMESPACE:
		if (!dict_get(v, of.dict, jv_lit(name), out, &found))
			return false;
		return found || ev_undef(v, out, "'Namespace object' has no attribute '%.100s'", name);
	case JV_MACRO:
		if (strcmp(name, "name"))
			return ev_unknown(v, "the attribute %.100s of a macro is not known", name);
		*out = jv_lit(of.macro->node->name);
		return true;
	default:
		break;
	}
	if (name[0] == '_' && of.type != JV_DICT)
		return ev_undef(v, out, "access to attribute '%.100s' of '%s' object is unsafe", name, jv_type_name(of));
	if (!method(v, of, name, out, &found))
		return false;
	if (!found && of.type == JV_DICT && dict_get(v, of.dict, jv_lit(name), out, &found) && !found)
		return ev_undef(v, out, "'dict object' has no attribute '%.100s'", name);
	return !v->e->code;
}

bool
ev_item(struct ev *v, struct jv of, struct jv key, struct jv *out)
{
	bool found = false;
	char *name;
	int64_t i;
	size_t n, at;

	if (of.type == JV_UNDEF)
		return ev_fail(v, "%.300s", of.str.s);
	if (of.type == JV_DICT && key.type <= JV_STR && key.type != JV_UNDEF) {
		if (!dict_get(v, of.dict, key, out, &found))
			return false;
		if (found)
			return true;
	} else if ((of.type == JV_STR || (of.type == JV_SEQ && of.seq->kind <= SEQ_RANGE)) && jv_is_int(key, &i)) {
		if (!jv_length(v, of, &n))
			return false;
		i = i < 0 ? i + (int64_t)n : i;
		if (i >= 0 && (uint64_t)i < n) {
			if (of.type == JV_SEQ) {
				*out = of.seq->v[i];
				return true;
			}
			at = text_offset(of.str.s, of.str.n, (size_t)i);
			*out = jv_span(of.str.s + at, text_offset(of.str.s + at, of.str.n - at, 1));
			return ev_step(v, at / 16);
		}
	}
	if (key.type != JV_STR)
		return ev_undef(v, out, "'%s object' has no element of that %s", jv_type_name(of), jv_type_name(key));
	if (of.type == JV_LOOP || of.type == JV_NAMESPACE || of.type == JV_MACRO)
		return (name = ev_alloc(v, key.str.n + 1, 1)) && (memcpy(name, key.str.s, key.str.n), name[key.str.n] = 0, true) &&
		    ev_attr(v, of, name, out);
	if (!(name = ev_alloc(v, key.str.n + 1, 1)))
		return false;
	memcpy(name, key.str.s, key.str.n);
	name[key.str.n] = 0;
	return method(v, of, name, out, &found);
}

static bool
slice(struct ev *v, const struct node *n, struct jv *out)
{
	const struct node *const part[3] = { n->b, n->c, n->d };
	struct jv of, p[3];
	int64_t from, step;
	size_t len, count, i;

	if (!ev_eval(v, n->a, &of))
		return false;
	for (i = 0; i < 3; i++) {
		p[i] = jv_none;
		if (part[i] && !ev_eval(v, part[i], &p[i]))
			return false;
		if (p[i].type == JV_UNDEF)
			return ev_fail(v, "%.300s", p[i].str.s);
	}
	v->line = n->line;
	if (of.type == JV_UNDEF)
		return ev_fail(v, "%.300s", of.str.s);
	if (of.type != JV_STR && !(of.type == JV_SEQ && of.seq->kind <= SEQ_RANGE))
		return ev_undef(v, out, "'%s object' cannot be sliced", jv_type_name(of));
	if (jv_is_list(of, SEQ_RANGE))
		return ev_unknown(v, "a slice of a range is not known");
	if (!jv_length(v, of, &len) || !slice_range(v, p, len, &from, &step, &count))
		return false;
	if (of.type == JV_STR)
		return text_slice(v, of, from, step, count, out);
	if (!jv_seq(v, of.seq->kind, count, out) || !ev_step(v, count))
		return false;
	for (i = 0; i < count; i++, from += i < count ? step : 0)
		out->seq->v[i] = of.seq->v[from];
	return true;
}

static bool
many(struct ev *v, const struct node *n, struct jv *out)
{
	const struct node *k;
	size_t count = 0;

	for (k = n->a; k; k = k->next)
		count++;
	if (!jv_seq(v, n->kind == N_TUPLE ? SEQ_TUPLE : SEQ_LIST, count, out))
		return false;
	for (count = 0, k = n->a; k; k = k->next)
		if (!ev_eval(v, k, &out->seq->v[count++]))
			return false;
	return true;
}

static bool
dict(struct ev *v, const struct node *n, struct jv *out)
{
	const struct node *k;
	struct jv key, value;

	if (!jv_dict(v, out))
		return false;
	for (k = n->a; k; k = k->next->next)
		if (!ev_eval(v, k, &key) || !ev_eval(v, k->next, &value) || !dict_set(v, out->dict, key, value))
			return false;
	return true;
}

static bool
compare(struct ev *v, int op, struct jv x, struct jv y, bool *out)
{
	int c;

	switch (op) {
	case OP_EQ:
	case OP_NE:
		if (!jv_equal(v, x, y, out))
			return false;
		*out = *out == (op == OP_EQ);
		return true;
	case OP_IN:
	case OP_NOT_IN:
		if (!jv_in(v, x, y, out))
			return false;
		*out = *out == (op == OP_IN);
		return true;
	default:
		if (!jv_order(v, x, y, op == '<' ? "<" : op == '>' ? ">" : op == OP_LE ? "<=" : ">=", &c))
			return false;
		/* 2: one of them is not a number */
		*out = c != 2 && (op == '<' ? c < 0 : op == '>' ? c > 0 : op == OP_LE ? c <= 0 : c >= 0);
		return true;
	}
}

static bool
chain(struct ev *v, const struct node *n, struct jv *out)
{
	struct jv x, y;
	bool yes = true;

	if (!ev_eval(v, n->a, &x))
		return false;
	for (n = n->b; n && yes; n = n->next, x = y) {
		if (!ev_eval(v, n->a, &y))
			return false;
		v->line = n->line;
		if (!compare(v, n->op, x, y, &yes))
			return false;
	}
	*out = jv_bool(yes);
	return true;
}

static bool
concat(struct ev *v, const struct node *n, struct jv *out)
{
	struct buf b = BUF_INIT;
	struct jv x;

	for (n = n->a; n; n = n->next)
		if (!ev_eval(v, n, &x) || !jv_print(v, x, &b)) {
			buf_free(&b);
			return false;
		}
	return jv_from_buf(v, &b, out);
}

static bool
negate(struct ev *v, const struct node *n, struct jv *out)
{
	struct jv x;
	int64_t i;

	if (!ev_eval(v, n->a, &x))
		return false;
	v->line = n->line;
	if (x.type == JV_FLOAT) {
		*out = jv_float(n->kind == N_NEG ? -x.f : x.f);
		return true;
	}
	if (!jv_is_int(x, &i))
		return x.type == JV_UNDEF ? ev_fail(v, "%.300s", x.str.s) :
		    ev_fail(v, "bad operand type for unary %c: '%s'", n->kind == N_NEG ? '-' : '+', jv_type_name(x));
	return jv_binary(v, n->kind == N_NEG ? '-' : '+', jv_int(0), jv_int(i), out);
}

bool
ev_args(struct ev *v, const struct node *list, struct args *a)
{
	const struct node *n;
	size_t cap = 0, kcap = 0, count, i;
	struct jv x, *at;

	*a = (struct args){0};
	/* spread ones are counted when they are known */
	for (n = list; n; n = n->next)
		cap++;
	kcap = cap;
	if (!(a->pos = ev_alloc(v, cap, sizeof(*a->pos))) || !(a->kw = ev_alloc(v, kcap, sizeof(*a->kw))))
		return false;
	for (n = list; n; n = n->next) {
		if (!ev_eval(v, n->kind == N_KEYWORD || n->kind == N_SPREAD || n->kind == N_SPREAD_KEYS ? n->a : n, &x))
			return false;
		if (n->kind == N_KEYWORD) {
			a->kw[a->nkw++] = (struct keyword){ n->name, x };
		} else if (n->kind == N_SPREAD) {
			if (!jv_each(v, x, &at, &count))
				return false;
			struct jv *grown = ev_alloc(v, cap += count, sizeof(*grown));

			if (!grown)
				return false;
			if (a->n)
				memcpy(grown, a->pos, a->n * sizeof(*grown));
			if (count)
				memcpy(grown + a->n, at, count * sizeof(*grown));
			a->pos = grown;
			a->n += count;
		} else if (n->kind == N_SPREAD_KEYS) {
			if (x.type != JV_DICT)
				return ev_fail(v, "argument after ** must be a mapping, not %s", jv_type_name(x));
			struct keyword *grown = ev_alloc(v, kcap += x.dict->n, sizeof(*grown));

			if (!grown)
				return false;
			if (a->nkw)
				memcpy(grown, a->kw, a->nkw * sizeof(*grown));
			a->kw = grown;
			for (i = 0; i < x.dict->n; i++) {
				struct jv key;

				if (x.dict->p[i].key.type != JV_STR)
					return ev_fail(v, "keywords must be strings");
				if (!jv_copy(v, x.dict->p[i].key.str.s, x.dict->p[i].key.str.n, &key))
					return false;
				a->kw[a->nkw++] = (struct keyword){ key.str.s, x.dict->p[i].value };
			}
		} else {
			a->pos[a->n++] = x;
		}
	}
	return true;
}

bool
ev_take(struct ev *v, const char *what, const struct args *a, const char *const *names, size_t min, struct jv *to)
{
	size_t max = 0, i, k;

	while (names[max])
		to[max++] = jv_missing;
	if (a->n > max)
		return ev_fail(v, "%s takes at most %zu arguments, got %zu", what, max, a->n);
	for (i = 0; i < a->n; i++)
		to[i] = a->pos[i];
	for (i = 0; i < a->nkw; i++) {
		for (k = 0; k < max && strcmp(names[k], a->kw[i].name); k++)
			;
		if (k == max)
			return ev_fail(v, "%s has no argument %.100s", what, a->kw[i].name);
		if (to[k].type != JV_MISSING)
			return ev_fail(v, "%s got two values for %s", what, names[k]);
		to[k] = a->kw[i].value;
	}
	for (i = 0; i < min; i++)
		if (to[i].type == JV_MISSING)
			return ev_fail(v, "%s needs the argument %s", what, names[i]);
	return true;
}

bool
ev_call(struct ev *v, struct jv f, const struct args *a, struct jv *out)
{
	switch (f.type) {
	case JV_MACRO:
		return ev_call_macro(v, f.macro, a, out);
	case JV_METHOD:
		if (f.method->self.type == JV_LOOP)
			return ev_loop_call(v, f.method->self.loop, f.method->name, a, out);
		return ev_call_method(v, f.method, a, out);
	case JV_FUNCTION:
		return ev_call_function(v, (int)f.i, a, out);
	case JV_UNDEF:
		return ev_fail(v, "%.300s", f.str.s);
	default:
		return ev_fail(v, "'%s' object is not callable", jv_type_name(f));
	}
}

bool
ev_filter(struct ev *v, const struct node *n, struct jv in, struct jv *out)
{
	struct args a;

	if (!ev_enter(v))
		return false;
	/* the innermost filter of a block takes what the block gives */
	if (n->a && !(n->a->kind == N_FILTER ? ev_filter(v, n->a, in, &in) : ev_eval(v, n->a, &in)))
		return false;
	if (!ev_args(v, n->b, &a))
		return false;
	v->line = n->line;
	ev_leave(v);
	return ev_apply_filter(v, n->op, in, &a, out);
}

static bool
node(struct ev *v, const struct node *n, struct jv *out)
{
	struct jv x, y;
	struct args a;
	bool yes;

	switch (n->kind) {
	case N_CONST:
		*out = n->value;
		return true;
	case N_NAME:
		return ev_lookup(v, n->name, out);
	case N_LIST:
	case N_TUPLE:
		return many(v, n, out);
	case N_DICT:
		return dict(v, n, out);
	case N_ATTR:
		if (!ev_eval(v, n->a, &x))
			return false;
		v->line = n->line;
		return ev_attr(v, x, n->name, out);
	case N_ITEM:
		if (!ev_eval(v, n->a, &x) || !ev_eval(v, n->b, &y))
			return false;
		v->line = n->line;
		return ev_item(v, x, y, out);
	case N_SLICE:
		return slice(v, n, out);
	case N_CALL:
		if (!ev_eval(v, n->a, &x) || !ev_args(v, n->b, &a))
			return false;
		v->line = n->line;
		return ev_call(v, x, &a, out);
	case N_FILTER:
		return ev_filter(v, n, jv_missing, out);
	case N_TEST:
		if (!ev_eval(v, n->a, &x) || !ev_args(v, n->b, &a))
			return false;
		v->line = n->line;
		if (!ev_apply_test(v, n->op, x, &a, &yes))
			return false;
		*out = jv_bool(yes);
		return true;
	case N_NOT:
		if (!ev_eval(v, n->a, &x))
			return false;
		*out = jv_bool(!jv_true(x));
		return true;
	case N_NEG:
	case N_POS:
		return negate(v, n, out);
	case N_AND:
	case N_OR:
		if (!ev_eval(v, n->a, out))
			return false;
		return jv_true(*out) == (n->kind == N_OR) || ev_eval(v, n->b, out);
	case N_IF:
		if (!ev_eval(v, n->a, &x))
			return false;
		if (jv_true(x) || n->c)
			return ev_eval(v, jv_true(x) ? n->b : n->c, out);
		return ev_undef(v, out, "the inline if-expression evaluated to false and no else section was defined");
	case N_COMPARE:
		return chain(v, n, out);
	case N_BINARY:
		if (!ev_eval(v, n->a, &x) || !ev_eval(v, n->b, &y))
			return false;
		v->line = n->line;
		return jv_binary(v, n->op, x, y, out);
	case N_CONCAT:
		return concat(v, n, out);
	default:
		return ev_fail(v, "not an expression");
	}
}

bool
ev_eval(struct ev *v, const struct node *n, struct jv *out)
{
	bool done;

	if (!ev_enter(v))
		return false;
	v->line = n->line;
	done = node(v, n, out);
	ev_leave(v);
	return done;
}
