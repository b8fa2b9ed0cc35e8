#include <stdlib.h>
#include <string.h>

#include "chat/jinja_int.h"

/* Statements. */

static bool parse_body(struct parser *p, const char *const *until, struct node **out);

static bool
block_end(struct parser *p)
{
	if (p->t->type != TOK_BLOCK_END)
		return parse_fail(p, p->t->line, ST_INPUT, "expected %%}%s%.100s", p->t->type == TOK_NAME ? ", got " : "",
		    p->t->type == TOK_NAME ? p->t->s : "");
	p->t++;
	return true;
}

/* The name that ends a body, at {% name: step over both. */
static bool
skip_end(struct parser *p, const char *name)
{
	if (!parse_is_name(p, name))
		return false;
	p->t++;
	return true;
}

/* body up to {% END %}, which is stepped over */
static bool
body_to(struct parser *p, const char *end, struct node **out)
{
	const char *const until[] = { end, NULL };

	if (!block_end(p) || !parse_body(p, until, out))
		return false;
	p->t++;
	return block_end(p);
}

static bool
parse_if(struct parser *p, struct node *n)
{
	static const char *const until[] = { "elif", "else", "endif", NULL };

	if (!parse_tuple(p, true, &n->a) || !block_end(p) || !parse_body(p, until, &n->b))
		return false;
	if (parse_is_name(p, "elif")) {
		if (!(n->c = parse_node(p, N_COND, p->t->line)) || !parse_enter(p))
			return false;
		p->t++;
		if (!parse_if(p, n->c))
			return false;
		parse_leave(p);
		return true;
	}
	if (skip_end(p, "else"))
		return body_to(p, "endif", &n->c);
	p->t++;
	return block_end(p);
}

static bool
parse_for(struct parser *p, struct node *n)
{
	static const char *const until[] = { "else", "endfor", NULL };
	unsigned loops = p->loops;

	if (!parse_target(p, false, &n->a))
		return false;
	if (!parse_is_name(p, "in"))
		return parse_fail(p, p->t->line, ST_INPUT, "expected in");
	p->t++;
	/* an `if` here belongs to the loop */
	if (!parse_tuple(p, false, &n->b))
		return false;
	if (parse_is_name(p, "if")) {
		p->t++;
		if (!parse_expr(p, &n->c))
			return false;
	}
	if (parse_is_name(p, "recursive"))
		return parse_fail(p, p->t->line, ST_USAGE, "recursive loops are not known");
	p->loops++;
	if (!block_end(p) || !parse_body(p, until, &n->d))
		return false;
	p->loops = loops;
	if (skip_end(p, "else"))
		return body_to(p, "endfor", &n->e);
	p->t++;
	return block_end(p);
}

static bool
parse_set(struct parser *p, struct node *n)
{
	if (!parse_target(p, true, &n->a))
		return false;
	if (parse_is_op(p, '=')) {
		p->t++;
		return parse_tuple(p, true, &n->b) && block_end(p);
	}
	n->kind = N_SET_BLOCK;
	return parse_filters(p, NULL, false, &n->b) && body_to(p, "endset", &n->d);
}

/* (name, name=default ...) */
static bool
parse_parameters(struct parser *p, struct node **list)
{
	struct node **end = list, *n;
	bool optional = false;

	if (!parse_op(p, '(', "'('"))
		return false;
	while (!parse_is_op(p, ')')) {
		if (*list && !parse_op(p, ',', "','"))
			return false;
		if (parse_is_op(p, ')'))
			break;
		if (p->t->type != TOK_NAME)
			return parse_fail(p, p->t->line, ST_INPUT, "expected the name of a parameter");
		if (!(n = parse_node(p, N_KEYWORD, p->t->line)))
			return false;
		n->name = p->t->s;
		p->t++;
		if (parse_is_op(p, '=')) {
			p->t++;
			optional = true;
			if (!parse_expr(p, &n->a))
				return false;
		} else if (optional) {
			return parse_fail(p, n->line, ST_INPUT, "a parameter without a default follows one with a default");
		}
		*end = n;
		end = &n->next;
	}
	p->t++;
	return true;
}

static bool
parse_macro(struct parser *p, struct node *n)
{
	unsigned loops = p->loops;
	bool done;

	if (p->t->type != TOK_NAME)
		return parse_fail(p, p->t->line, ST_INPUT, "expected the name of a macro");
	n->name = p->t->s;
	p->t++;
	p->loops = 0;
	done = parse_parameters(p, &n->a) && body_to(p, "endmacro", &n->d);
	p->loops = loops;
	return done;
}

static bool
parse_call_block(struct parser *p, struct node *n)
{
	unsigned loops = p->loops;
	bool done;

	if (!(n->a = parse_node(p, N_MACRO, n->line)))
		return false;
	n->a->name = "caller";
	if (parse_is_op(p, '(') && !parse_parameters(p, &n->a->a))
		return false;
	if (!parse_expr(p, &n->b))
		return false;
	if (n->b->kind != N_CALL)
		return parse_fail(p, n->line, ST_INPUT, "expected a call");
	p->loops = 0;
	done = body_to(p, "endcall", &n->a->d);
	p->loops = loops;
	return done;
}

static bool
parse_with(struct parser *p, struct node *n)
{
	struct node **end = &n->a, *target, *value;

	while (p->t->type != TOK_BLOCK_END) {
		if (n->a && !parse_op(p, ',', "','"))
			return false;
		if (p->t->type != TOK_NAME)
			return parse_fail(p, p->t->line, ST_INPUT, "expected a name to assign to");
		if (!(target = parse_node(p, N_NAME, p->t->line)))
			return false;
		target->name = p->t->s;
		p->t++;
		if (!parse_op(p, '=', "'='") || !parse_expr(p, &value))
			return false;
		*end = target;
		target->next = value;
		end = &value->next;
	}
	return body_to(p, "endwith", &n->d);
}

static bool
parse_statement(struct parser *p, struct node **out)
{
	static const struct { const char *name; enum node_kind kind; } known[] = {
		{ "if", N_COND }, { "for", N_FOR }, { "set", N_SET }, { "macro", N_MACRO }, { "call", N_CALL_BLOCK },
		{ "filter", N_FILTER_BLOCK }, { "with", N_WITH }, { "generation", N_SCOPE }, { "break", N_BREAK },
		{ "continue", N_CONTINUE }, { "print", N_PRINT }
	};
	static const char *const other[] = { "block", "extends", "include", "import", "from", "autoescape", "trans", "do", "debug" };
	const struct tok *t = p->t;
	struct node *n;
	size_t i;
	bool done = false;

	if (t->type != TOK_NAME)
		return parse_fail(p, t->line, ST_INPUT, "expected the name of a tag");
	for (i = 0; i < sizeof(known) / sizeof(*known) && strcmp(known[i].name, t->s); i++)
		;
	if (i == sizeof(known) / sizeof(*known)) {
		for (i = 0; i < sizeof(other) / sizeof(*other); i++)
			if (!strcmp(other[i], t->s))
				return parse_fail(p, t->line, ST_USAGE, "the tag %s is not known", t->s);
		return parse_fail(p, t->line, ST_INPUT, "unexpected tag %.100s", t->s);
	}
	if (!(n = *out = parse_node(p, known[i].kind, t->line)) || !parse_enter(p))
		return false;
	p->t++;
	switch (n->kind) {
	case N_COND:
		done = parse_if(p, n);
		break;
	case N_FOR:
		done = parse_for(p, n);
		break;
	case N_SET:
		done = parse_set(p, n);
		break;
	case N_MACRO:
		done = parse_macro(p, n);
		break;
	case N_CALL_BLOCK:
		done = parse_call_block(p, n);
		break;
	case N_FILTER_BLOCK:
		done = parse_filters(p, NULL, true, &n->b) && body_to(p, "endfilter", &n->d);
		break;
	case N_WITH:
		done = parse_with(p, n);
		break;
	case N_SCOPE:
		done = body_to(p, "endgeneration", &n->d);
		break;
	case N_PRINT:
		done = parse_tuple(p, true, &n->a) && block_end(p);
		break;
	default:        /* break, continue */
		done = p->loops ? block_end(p) : parse_fail(p, t->line, ST_INPUT, "%s outside of a loop", t->s);
	}
	parse_leave(p);
	return done;
}

/* Text, prints and statements up to a tag of until[], whose name is then the current token; up to
 * the end when until is NULL. */
static bool
parse_body(struct parser *p, const char *const *until, struct node **out)
{
	uint32_t line = p->t->line;
	struct node *n = NULL;

	*out = NULL;
	for (;;) {
		switch (p->t->type) {
		case TOK_DATA:
			if (!(n = parse_node(p, N_TEXT, p->t->line)))
				return false;
			n->value = jv_span(p->t->s, p->t->n);
			p->t++;
			break;
		case TOK_PRINT:
			if (!(n = parse_node(p, N_PRINT, p->t->line)))
				return false;
			p->t++;
			if (!parse_tuple(p, true, &n->a))
				return false;
			if (p->t->type != TOK_PRINT_END)
				return parse_fail(p, p->t->line, ST_INPUT, "expected }}%s%.100s", p->t->type == TOK_NAME ? ", got " : "",
				    p->t->type == TOK_NAME ? p->t->s : "");
			p->t++;
			break;
		case TOK_BLOCK:
			p->t++;
			for (size_t i = 0; until && until[i]; i++)
				if (parse_is_name(p, until[i]))
					return true;
			if (!parse_statement(p, &n))
				return false;
			break;
		default:
			if (until) {
				size_t last = 0;

				while (until[last + 1])
					last++;
				return parse_fail(p, line, ST_INPUT, "no %s for what begins here", until[last]);
			}
			return true;
		}
		*out = n;
		out = &n->next;
	}
}

enum status
jinja_parse(struct jinja **out, const char *name, const char *text, size_t n, struct err *e)
{
	struct jinja *j = calloc(1, sizeof(*j));
	struct parser p = { .j = j, .e = e };

	*out = NULL;
	if (!j || !(j->name = arena_str(&j->mem, name, strlen(name)))) {
		jinja_free(j);
		return err_nomem(e);
	}
	if (jinja_lex(&j->mem, j->name, text, n, &p.t, e) || !parse_body(&p, NULL, &j->body)) {
		jinja_free(j);
		return e->code;
	}
	*out = j;
	return ST_OK;
}

void
jinja_free(struct jinja *j)
{
	if (!j)
		return;
	arena_free(&j->mem);
	free(j);
}

bool
jinja_uses(const struct jinja *j, const char *name)
{
	const struct name *n;

	for (n = j->names; n && strcmp(n->s, name); n = n->next)
		;
	return n != NULL;
}
