#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "chat/jinja_int.h"

/* Expressions, level by level as Jinja's own grammar has them. */

static bool parse_unary(struct parser *p, bool with_filter, struct node **out);

bool
parse_fail(struct parser *p, uint32_t line, enum status st, const char *fmt, ...)
{
	char msg[sizeof(p->e->msg)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	err_at(p->e, st, p->j->name, line, 0, "%s", msg);
	return false;
}

struct node *
parse_node(struct parser *p, enum node_kind kind, uint32_t line)
{
	struct node *n = arena_alloc(&p->j->mem, sizeof(*n));

	if (!n) {
		err_nomem(p->e);
		return NULL;
	}
	*n = (struct node){ .kind = kind, .line = line };
	return n;
}

bool
parse_enter(struct parser *p)
{
	return ++p->depth <= JINJA_NEST ? true :
	    parse_fail(p, p->t->line, ST_INPUT, "nested more than %d levels deep", JINJA_NEST);
}

void
parse_leave(struct parser *p)
{
	p->depth--;
}

bool
parse_is_op(const struct parser *p, int op)
{
	return p->t->type == TOK_OP && p->t->op == op;
}

bool
parse_is_name(const struct parser *p, const char *name)
{
	return p->t->type == TOK_NAME && !strcmp(p->t->s, name);
}

bool
parse_op(struct parser *p, int op, const char *what)
{
	if (!parse_is_op(p, op))
		return parse_fail(p, p->t->line, ST_INPUT, "expected %s", what);
	p->t++;
	return true;
}

static bool
unexpected(struct parser *p)
{
	const struct tok *t = p->t;

	if (t->type == TOK_NAME)
		return parse_fail(p, t->line, ST_INPUT, "unexpected %.100s", t->s);
	if (t->type == TOK_OP && t->op < 256)
		return parse_fail(p, t->line, ST_INPUT, "unexpected '%c'", t->op);
	return parse_fail(p, t->line, ST_INPUT, "unexpected %s", t->type == TOK_EOF ? "end of the template" :
	    t->type == TOK_PRINT_END ? "}}" : t->type == TOK_BLOCK_END ? "%}" : "token");
}

/* Make n the last of a list. */
static void
append(struct node ***end, struct node *n)
{
	**end = n;
	*end = &n->next;
}

/* elements up to close, with a comma that may be left at the end */
static bool
elements(struct parser *p, int close, struct node **list, bool *comma)
{
	struct node **end = list, *n;

	*comma = false;
	while (!parse_is_op(p, close)) {
		if (*list && !parse_op(p, ',', "','"))
			return false;
		*comma = *comma || *list;
		if (parse_is_op(p, close))
			break;
		if (!parse_expr(p, &n))
			return false;
		append(&end, n);
	}
	p->t++;
	return true;
}

static bool
dict(struct parser *p, struct node **list)
{
	struct node **end = list, *k, *v;

	while (!parse_is_op(p, '}')) {
		if (*list && !parse_op(p, ',', "','"))
			return false;
		if (parse_is_op(p, '}'))
			break;
		if (!parse_expr(p, &k) || !parse_op(p, ':', "':'") || !parse_expr(p, &v))
			return false;
		append(&end, k);
		append(&end, v);
	}
	p->t++;
	return true;
}

static bool
constant(struct parser *p, struct node **out, struct jv value)
{
	if (!(*out = parse_node(p, N_CONST, p->t->line)))
		return false;
	(*out)->value = value;
	return true;
}

static bool
strings(struct parser *p, struct node **out)
{
	const struct tok *first = p->t;
	size_t n = 0;
	char *s;

	if (p->t[1].type != TOK_STR) {
		p->t++;
		return constant(p, out, jv_span(first->s, first->n));
	}
	for (; p->t->type == TOK_STR; p->t++)
		n += p->t->n;
	if (!(s = arena_alloc(&p->j->mem, n + 1))) {
		err_nomem(p->e);
		return false;
	}
	for (n = 0; first < p->t; n += first++->n)
		memcpy(s + n, first->s, first->n);
	s[n] = 0;
	return constant(p, out, jv_span(s, n));
}

static bool
name(struct parser *p, struct node **out)
{
	const char *s = p->t->s;
	struct node *n;
	struct name *used;
	bool is_true = !strcmp(s, "true") || !strcmp(s, "True");

	p->t++;
	if (is_true || !strcmp(s, "false") || !strcmp(s, "False"))
		return constant(p, out, jv_bool(is_true));
	if (!strcmp(s, "none") || !strcmp(s, "None"))
		return constant(p, out, jv_none);
	if (!(n = *out = parse_node(p, N_NAME, p->t[-1].line)))
		return false;
	n->name = s;
	if (!(used = arena_alloc(&p->j->mem, sizeof(*used)))) {
		err_nomem(p->e);
		return false;
	}
	*used = (struct name){ s, p->j->names };
	p->j->names = used;
	return true;
}

static bool
parse_primary(struct parser *p, struct node **out)
{
	uint32_t line = p->t->line;
	bool comma, done;
	struct node *list = NULL;
	int op;

	switch (p->t->type) {
	case TOK_NAME:
		return name(p, out);
	case TOK_STR:
		return strings(p, out);
	case TOK_INT:
		return constant(p, out, jv_int(p->t++->i));
	case TOK_FLOAT:
		return constant(p, out, jv_float(p->t++->f));
	default:
		break;
	}
	op = p->t->type == TOK_OP ? p->t->op : 0;
	if (op != '(' && op != '[' && op != '{')
		return unexpected(p);
	if (!parse_enter(p))
		return false;
	p->t++;
	done = op == '{' ? dict(p, &list) : elements(p, op == '(' ? ')' : ']', &list, &comma);
	parse_leave(p);
	if (!done)
		return false;
	/* (x) is x */
	if (op == '(' && list && !comma) {
		*out = list;
		return true;
	}
	if (!(*out = parse_node(p, op == '{' ? N_DICT : op == '[' ? N_LIST : N_TUPLE, line)))
		return false;
	(*out)->a = list;
	return true;
}

static bool
slice(struct parser *p, struct node *of, struct node **out)
{
	struct node *part[3] = { NULL, NULL, NULL }, *n;
	uint32_t line = p->t->line;
	int i = 0;

	p->t++;
	for (;;) {
		if (parse_is_op(p, ':') && i < 2) {
			i++;
			p->t++;
		} else if (parse_is_op(p, ']')) {
			break;
		} else if (part[i]) {
			return unexpected(p);
		} else if (!parse_expr(p, &part[i])) {
			return false;
		}
	}
	p->t++;
	if (!i && !part[0])
		return parse_fail(p, line, ST_INPUT, "expected an index");
	if (!(n = *out = parse_node(p, i ? N_SLICE : N_ITEM, line)))
		return false;
	n->a = of;
	n->b = part[0];
	n->c = part[1];
	n->d = part[2];
	return true;
}

static bool
parse_call(struct parser *p, struct node *of, struct node **out)
{
	struct node *n = parse_node(p, N_CALL, p->t->line);

	if (!n)
		return false;
	n->a = of;
	*out = n;
	return parse_call_args(p, &n->b);
}

static bool
parse_postfix(struct parser *p, struct node **out)
{
	struct node *n;

	for (;;) {
		if (parse_is_op(p, '.')) {
			p->t++;
			if (p->t->type != TOK_NAME && p->t->type != TOK_INT)
				return parse_fail(p, p->t->line, ST_INPUT, "expected a name after '.'");
			if (!(n = parse_node(p, p->t->type == TOK_NAME ? N_ATTR : N_ITEM, p->t->line)))
				return false;
			n->a = *out;
			n->name = p->t->s;
			if (n->kind == N_ITEM) {
				if (!constant(p, &n->b, jv_int(p->t->i)))
					return false;
			}
			p->t++;
			*out = n;
		} else if (parse_is_op(p, '[')) {
			if (!parse_enter(p) || !slice(p, *out, out))
				return false;
			parse_leave(p);
		} else if (parse_is_op(p, '(')) {
			if (!parse_call(p, *out, out))
				return false;
		} else {
			return true;
		}
	}
}

bool
parse_call_args(struct parser *p, struct node **list)
{
	struct node **end = list, *n;
	enum node_kind kind;
	const char *key;
	bool keys = false, stars = false;

	*list = NULL;
	if (!parse_enter(p) || !parse_op(p, '(', "'('"))
		return false;
	while (!parse_is_op(p, ')')) {
		uint32_t line = p->t->line;

		if (*list && !parse_op(p, ',', "','"))
			return false;
		if (parse_is_op(p, ')'))
			break;
		key = NULL;
		kind = parse_is_op(p, '*') ? N_SPREAD : parse_is_op(p, OP_POW) ? N_SPREAD_KEYS : N_CONST;
		if (kind != N_CONST) {
			p->t++;
		} else if (p->t->type == TOK_NAME && p->t[1].type == TOK_OP && p->t[1].op == '=') {
			kind = N_KEYWORD;
			key = p->t->s;
			p->t += 2;
		}
		if ((keys && kind == N_CONST) || (stars && kind != N_SPREAD_KEYS && kind != N_KEYWORD))
			return parse_fail(p, line, ST_INPUT, "invalid arguments of a call");
		keys = keys || kind == N_KEYWORD || kind == N_SPREAD_KEYS;
		stars = stars || kind == N_SPREAD;
		if (!parse_expr(p, &n))
			return false;
		if (kind != N_CONST) {
			struct node *value = n;

			if (!(n = parse_node(p, kind, line)))
				return false;
			n->a = value;
			n->name = key;
		}
		append(&end, n);
	}
	p->t++;
	parse_leave(p);
	return true;
}

bool
parse_filters(struct parser *p, struct node *in, bool inline_, struct node **out)
{
	struct node *n;

	*out = in;
	while (inline_ || parse_is_op(p, '|')) {
		if (!inline_)
			p->t++;
		inline_ = false;
		if (p->t->type != TOK_NAME)
			return parse_fail(p, p->t->line, ST_INPUT, "expected the name of a filter");
		if (!(n = parse_node(p, N_FILTER, p->t->line)))
			return false;
		if ((n->op = jinja_filter(p->t->s)) < 0)
			return parse_fail(p, p->t->line, ST_USAGE, "the filter %.100s is not known", p->t->s);
		n->name = p->t->s;
		n->a = *out;
		p->t++;
		if (parse_is_op(p, '(') && !parse_call_args(p, &n->b))
			return false;
		*out = n;
	}
	return true;
}

static bool
parse_test(struct parser *p, struct node *of, struct node **out)
{
	struct node *n, *not_;
	bool negated;

	p->t++;
	negated = parse_is_name(p, "not");
	if (negated)
		p->t++;
	if (p->t->type != TOK_NAME)
		return parse_fail(p, p->t->line, ST_INPUT, "expected the name of a test");
	if (!(n = parse_node(p, N_TEST, p->t->line)))
		return false;
	if ((n->op = jinja_test(p->t->s)) < 0)
		return parse_fail(p, p->t->line, ST_USAGE, "the test %.100s is not known", p->t->s);
	n->name = p->t->s;
	n->a = of;
	p->t++;
	if (parse_is_op(p, '(')) {
		if (!parse_call_args(p, &n->b))
			return false;
	} else if (((p->t->type == TOK_NAME && !parse_is_name(p, "else") && !parse_is_name(p, "or") &&
	    !parse_is_name(p, "and")) || p->t->type == TOK_STR || p->t->type == TOK_INT || p->t->type == TOK_FLOAT ||
	    parse_is_op(p, '[') || parse_is_op(p, '{'))) {
		if (parse_is_name(p, "is"))
			return parse_fail(p, p->t->line, ST_INPUT, "two tests with is in a row");
		if (!parse_primary(p, &n->b) || !parse_postfix(p, &n->b))
			return false;
	}
	if (negated) {
		if (!(not_ = parse_node(p, N_NOT, n->line)))
			return false;
		not_->a = n;
		n = not_;
	}
	*out = n;
	return true;
}

static bool
parse_unary(struct parser *p, bool with_filter, struct node **out)
{
	struct node *n;

	if (!parse_enter(p))
		return false;
	if (parse_is_op(p, '-') || parse_is_op(p, '+')) {
		if (!(n = parse_node(p, parse_is_op(p, '-') ? N_NEG : N_POS, p->t->line)))
			return false;
		p->t++;
		if (!parse_unary(p, false, &n->a))
			return false;
		*out = n;
	} else if (!parse_primary(p, out)) {
		return false;
	}
	if (!parse_postfix(p, out))
		return false;
	while (with_filter) {
		if (parse_is_op(p, '|')) {
			if (!parse_filters(p, *out, false, out))
				return false;
		} else if (parse_is_name(p, "is")) {
			if (!parse_test(p, *out, out))
				return false;
		} else if (parse_is_op(p, '(')) {
			if (!parse_call(p, *out, out))
				return false;
		} else {
			break;
		}
	}
	parse_leave(p);
	return true;
}

/* Operators that group to the left, from the weakest level on. */
static bool
parse_binary(struct parser *p, int level, struct node **out)
{
	enum { CONCAT = 1, UNARY = 4 };
	static const int op[UNARY][4] = { { '+', '-' }, { '~' }, { '*', '/', OP_FLOORDIV, '%' }, { OP_POW } };
	struct node *n, **end = NULL;
	int i;

	if (level == UNARY)
		return parse_unary(p, true, out);
	if (!parse_binary(p, level + 1, out))
		return false;
	for (;;) {
		for (i = 0; i < 4 && op[level][i] && !parse_is_op(p, op[level][i]); i++)
			;
		if (i == 4 || !op[level][i])
			return true;
		if (end) {
			/* a ~ b ~ c is one list */
			p->t++;
			if (!parse_binary(p, level + 1, &n))
				return false;
			append(&end, n);
			continue;
		}
		if (!(n = parse_node(p, level == CONCAT ? N_CONCAT : N_BINARY, p->t->line)))
			return false;
		n->op = p->t->op;
		n->a = *out;
		p->t++;
		if (!parse_binary(p, level + 1, &n->b))
			return false;
		if (level == CONCAT) {
			n->a->next = n->b;
			end = &n->b->next;
		}
		*out = n;
	}
}

static bool
parse_compare(struct parser *p, struct node **out)
{
	struct node **end = NULL, *n, *operand;
	int op, words;

	if (!parse_binary(p, 0, out))
		return false;
	for (;;) {
		words = 1;
		if (p->t->type == TOK_OP && (p->t->op == '<' || p->t->op == '>' || p->t->op == OP_EQ || p->t->op == OP_NE ||
		    p->t->op == OP_LE || p->t->op == OP_GE)) {
			op = p->t->op;
		} else if (parse_is_name(p, "in")) {
			op = OP_IN;
		} else if (parse_is_name(p, "not") && p->t[1].type == TOK_NAME && !strcmp(p->t[1].s, "in")) {
			op = OP_NOT_IN;
			words = 2;
		} else {
			return true;
		}
		if (!(operand = parse_node(p, N_OPERAND, p->t->line)))
			return false;
		operand->op = op;
		p->t += words;
		if (!parse_binary(p, 0, &operand->a))
			return false;
		if (!end) {
			if (!(n = parse_node(p, N_COMPARE, operand->line)))
				return false;
			n->a = *out;
			end = &n->b;
			*out = n;
		}
		append(&end, operand);
	}
}

static bool
parse_not(struct parser *p, struct node **out)
{
	struct node *n;
	bool done;

	if (!parse_is_name(p, "not"))
		return parse_compare(p, out);
	if (!(n = *out = parse_node(p, N_NOT, p->t->line)) || !parse_enter(p))
		return false;
	p->t++;
	done = parse_not(p, &n->a);
	parse_leave(p);
	return done;
}

/* and, or: op is the weaker one of them first */
static bool
parse_logic(struct parser *p, bool or_, struct node **out)
{
	struct node *n;

	if (!(or_ ? parse_logic(p, false, out) : parse_not(p, out)))
		return false;
	while (parse_is_name(p, or_ ? "or" : "and")) {
		if (!(n = parse_node(p, or_ ? N_OR : N_AND, p->t->line)))
			return false;
		n->a = *out;
		p->t++;
		if (!(or_ ? parse_logic(p, false, &n->b) : parse_not(p, &n->b)))
			return false;
		*out = n;
	}
	return true;
}

bool
parse_expr(struct parser *p, struct node **out)
{
	struct node *n;
	bool done;

	if (!parse_enter(p))
		return false;
	done = parse_logic(p, true, out);
	while (done && parse_is_name(p, "if")) {
		if (!(n = parse_node(p, N_IF, p->t->line)))
			return false;
		n->b = *out;
		p->t++;
		done = parse_logic(p, true, &n->a);
		if (done && parse_is_name(p, "else")) {
			p->t++;
			done = parse_expr(p, &n->c);
		}
		*out = n;
	}
	parse_leave(p);
	return done;
}

bool
parse_tuple(struct parser *p, bool cond, struct node **out)
{
	struct node *n, **end, *list;

	if (!(cond ? parse_expr(p, &list) : parse_logic(p, true, &list)))
		return false;
	*out = list;
	if (!parse_is_op(p, ','))
		return true;
	if (!(*out = parse_node(p, N_TUPLE, list->line)))
		return false;
	(*out)->a = list;
	for (end = &list->next; parse_is_op(p, ','); append(&end, n)) {
		p->t++;
		if (p->t->type == TOK_PRINT_END || p->t->type == TOK_BLOCK_END)
			return true;
		if (!(cond ? parse_expr(p, &n) : parse_logic(p, true, &n)))
			return false;
	}
	return true;
}

bool
parse_target(struct parser *p, bool attr, struct node **out)
{
	struct node *list = NULL, **end = &list, *n;
	uint32_t line = p->t->line;
	bool tuple = false;

	if (!parse_enter(p))
		return false;
	do {
		if (list) {
			p->t++;
			tuple = true;
			/* a comma at the end */
			if (parse_is_op(p, '=') || parse_is_op(p, ')') || parse_is_name(p, "in"))
				break;
		}
		if (parse_is_op(p, '(')) {
			p->t++;
			if (!parse_target(p, false, &n) || !parse_op(p, ')', "')'"))
				return false;
		} else {
			static const char *const no[] = { "true", "false", "none", "True", "False", "None", "in", "if", "not" };
			size_t i;

			if (p->t->type != TOK_NAME)
				return parse_fail(p, p->t->line, ST_INPUT, "expected a name to assign to");
			for (i = 0; i < sizeof(no) / sizeof(*no); i++)
				if (!strcmp(no[i], p->t->s))
					return parse_fail(p, p->t->line, ST_INPUT, "%s cannot be assigned to", no[i]);
			if (!(n = parse_node(p, N_NAME, p->t->line)))
				return false;
			n->name = p->t->s;
			p->t++;
			if (attr && parse_is_op(p, '.')) {
				struct node *of = n;

				p->t++;
				if (p->t->type != TOK_NAME)
					return parse_fail(p, p->t->line, ST_INPUT, "expected a name after '.'");
				if (!(n = parse_node(p, N_ATTR, p->t->line)))
					return false;
				n->a = of;
				n->name = p->t->s;
				p->t++;
			}
		}
		append(&end, n);
	} while (parse_is_op(p, ','));
	parse_leave(p);
	*out = list;
	if (tuple) {
		if (!(*out = parse_node(p, N_TUPLE, line)))
			return false;
		(*out)->a = list;
	}
	return true;
}
