#include <string.h>

#include "chat/jinja_int.h"

/* Statements, loops, macros, functions. */

static const char *const functions[FN_N] = { "range", "dict", "namespace", "raise_exception", "strftime_now" };

int
jinja_function(const char *name)
{
	int i;

	for (i = 0; i < FN_N && strcmp(functions[i], name); i++)
		;
	return i < FN_N ? i : -1;
}

static bool
push_scope(struct ev *v, struct scope *up)
{
	struct scope *s = ev_alloc(v, 1, sizeof(*s));

	if (!s)
		return false;
	*s = (struct scope){ .up = up };
	v->scope = s;
	return true;
}

static bool
body(struct ev *v, const struct node *n)
{
	for (; n && v->flow == FLOW_ON; n = n->next)
		if (!ev_exec(v, n))
			return false;
	return true;
}

/* What a body prints, in a scope of its own, as a value. */
static bool
capture(struct ev *v, const struct node *n, struct scope *up, struct jv *out)
{
	struct buf b = BUF_INIT, *was = v->out;
	struct scope *scope = v->scope;
	bool done;

	if (!push_scope(v, up))
		return false;
	v->out = &b;
	done = body(v, n);
	v->out = was;
	v->scope = scope;
	if (!done) {
		buf_free(&b);
		return false;
	}
	return jv_from_buf(v, &b, out);
}

/* ---- loops ---- */

bool
ev_loop_next(struct ev *v, struct loop *l, struct jv *out, bool *more)
{
	struct scope *scope = v->scope;
	struct jv x;

	for (*more = false; l->at < l->n && !*more; ) {
		*out = l->v[l->at++];
		*more = true;
		if (!l->cond)
			break;
		/* the condition sees the targets, and what is outside of the loop */
		if (!push_scope(v, l->outer) || !ev_assign(v, l->node->a, *out) || !ev_eval(v, l->cond, &x))
			return false;
		v->scope = scope;
		*more = jv_true(x);
	}
	return true;
}

/* Look at the value after the present one. */
static bool
peek(struct ev *v, struct loop *l)
{
	bool more;

	if (l->after.type != JV_MISSING || l->ended)
		return true;
	if (!ev_loop_next(v, l, &l->after, &more))
		return false;
	if (!more) {
		l->after = jv_missing;
		l->ended = true;
	}
	return true;
}

/* How many values are left after the present one. */
static bool
rest(struct ev *v, struct loop *l, int64_t *n)
{
	struct jv x, *kept;
	size_t count = 0;
	bool more;

	if (!peek(v, l))
		return false;
	*n = !l->ended;
	if (!l->cond) {
		*n += (int64_t)(l->n - l->at);
		return true;
	}
	/* the condition is evaluated once for each value */
	if (!(kept = ev_alloc(v, l->n - l->at, sizeof(*kept))))
		return false;
	for (;;) {
		if (!ev_loop_next(v, l, &x, &more))
			return false;
		if (!more)
			break;
		kept[count++] = x;
	}
	l->v = kept;
	l->n = count;
	l->at = 0;
	l->cond = NULL;
	*n += (int64_t)count;
	return true;
}

bool
ev_loop_attr(struct ev *v, struct loop *l, const char *name, struct jv *out)
{
	int64_t n;

	if (!strcmp(name, "index0") || !strcmp(name, "index")) {
		*out = jv_int(l->index0 + (name[5] == 0));
	} else if (!strcmp(name, "first")) {
		*out = jv_bool(l->index0 == 0);
	} else if (!strcmp(name, "last")) {
		if (!peek(v, l))
			return false;
		*out = jv_bool(l->ended);
	} else if (!strcmp(name, "length") || !strcmp(name, "revindex") || !strcmp(name, "revindex0")) {
		if (!rest(v, l, &n))
			return false;
		*out = jv_int(*name == 'l' ? l->index0 + 1 + n : name[8] ? n : n + 1);
	} else if (!strcmp(name, "previtem")) {
		*out = l->prev;
		return l->prev.type != JV_MISSING || ev_undef(v, out, "there is no previous item");
	} else if (!strcmp(name, "nextitem")) {
		if (!peek(v, l))
			return false;
		*out = l->after;
		return !l->ended || ev_undef(v, out, "there is no next item");
	} else if (!strcmp(name, "depth") || !strcmp(name, "depth0")) {
		/* it counts recursion, and recursive loops are not supported */
		*out = jv_int(name[5] == 0);
	} else if (!strcmp(name, "cycle") || !strcmp(name, "changed")) {
		struct method *m = ev_alloc(v, 1, sizeof(*m));

		if (!m)
			return false;
		*m = (struct method){ (struct jv){ .type = JV_LOOP, .loop = l }, name };
		*out = (struct jv){ .type = JV_METHOD, .method = m };
	} else {
		return ev_undef(v, out, "'LoopContext object' has no attribute '%.100s'", name);
	}
	return true;
}

bool
ev_loop_call(struct ev *v, struct loop *l, const char *name, const struct args *a, struct jv *out)
{
	struct jv now;
	bool same;
	size_t i;

	if (a->nkw)
		return ev_fail(v, "loop.%s takes no keywords", name);
	if (!strcmp(name, "cycle")) {
		if (!a->n)
			return ev_fail(v, "no items for cycling given");
		*out = a->pos[(size_t)l->index0 % a->n];
		return true;
	}
	if (!jv_seq(v, SEQ_TUPLE, a->n, &now))
		return false;
	for (i = 0; i < a->n; i++)
		now.seq->v[i] = a->pos[i];
	if (!jv_equal(v, now, l->changed, &same))
		return false;
	l->changed = now;
	*out = jv_bool(!same);
	return true;
}

/* A scope for each turn: what is set in one is not there in the next.  The memory of the last turn is
 * used again, but where a macro looks into it. */
static bool
turn_scope(struct ev *v, struct scope *outer, struct scope *last)
{
	struct binding *b;

	if (!last || last->kept)
		return push_scope(v, outer);
	while ((b = last->first)) {
		last->first = b->next;
		b->next = last->spare;
		last->spare = b;
	}
	v->scope = last;
	return true;
}

static bool
for_loop(struct ev *v, const struct node *n)
{
	struct loop *l = ev_alloc(v, 1, sizeof(*l));
	struct scope *scope = v->scope, *turn = NULL;
	struct jv list, x;
	bool more, any = false;

	if (!l || !ev_eval(v, n->b, &list))
		return false;
	*l = (struct loop){ .node = n, .cond = n->c, .outer = scope, .index0 = -1 };
	l->prev = l->cur = l->after = l->changed = jv_missing;
	v->line = n->line;
	if (!jv_each(v, list, &l->v, &l->n))
		return false;
	for (;;) {
		if (!turn_scope(v, scope, turn))
			return false;
		turn = v->scope;
		if (l->after.type != JV_MISSING) {
			x = l->after;
			l->after = jv_missing;
			more = true;
		} else if (l->ended) {
			more = false;
		} else if (!ev_loop_next(v, l, &x, &more)) {
			return false;
		}
		if (!more)
			break;
		any = true;
		l->prev = l->cur;
		l->cur = x;
		l->index0++;
		if (!ev_bind(v, "loop", (struct jv){ .type = JV_LOOP, .loop = l }) || !ev_assign(v, n->a, x) || !body(v, n->d))
			return false;
		if (v->flow == FLOW_BREAK)
			break;
		v->flow = FLOW_ON;
	}
	v->flow = FLOW_ON;
	if (!any && (!push_scope(v, scope) || !body(v, n->e)))
		return false;
	v->scope = scope;
	return true;
}

/* ---- macros and functions ---- */

bool
ev_call_macro(struct ev *v, const struct macro *m, const struct args *a, struct jv *out)
{
	struct scope *scope = v->scope;
	const struct node *p;
	size_t at = 0, i;
	bool *used, done;
	struct jv x, extra, keys, caller = m->caller;

	if (!ev_enter(v) || !push_scope(v, m->scope) || !(used = ev_alloc(v, a->nkw, sizeof(*used))))
		return false;
	memset(used, 0, a->nkw * sizeof(*used));
	for (p = m->node->a; p; p = p->next) {
		x = jv_missing;
		if (at < a->n)
			x = a->pos[at];
		for (i = 0; i < a->nkw; i++) {
			if (strcmp(a->kw[i].name, p->name))
				continue;
			if (at < a->n)
				return ev_fail(v, "macro %.100s got two values for %.100s", m->node->name, p->name);
			x = a->kw[i].value;
			used[i] = true;
		}
		at++;
		if (x.type == JV_MISSING && !(p->a ? ev_eval(v, p->a, &x) :
		    ev_undef(v, &x, "parameter '%.100s' was not provided", p->name)))
			return false;
		if (!ev_bind(v, p->name, x))
			return false;
	}
	if (!jv_seq(v, SEQ_TUPLE, a->n > at ? a->n - at : 0, &extra) || !jv_dict(v, &keys))
		return false;
	for (i = 0; i < extra.seq->n; i++)
		extra.seq->v[i] = a->pos[at + i];
	for (i = 0; i < a->nkw; i++) {
		if (used[i])
			continue;
		if (!strcmp(a->kw[i].name, "caller"))
			caller = a->kw[i].value;
		else if (!dict_set(v, keys.dict, jv_lit(a->kw[i].name), a->kw[i].value))
			return false;
	}
	if (extra.seq->n && !jinja_uses(v->j, "varargs"))
		return ev_fail(v, "macro %.100s takes not more than %zu arguments", m->node->name, at);
	if (keys.dict->n && !jinja_uses(v->j, "kwargs"))
		return ev_fail(v, "macro %.100s takes no keyword argument %.100s", m->node->name, keys.dict->p[0].key.str.s);
	if (!ev_bind(v, "varargs", extra) || !ev_bind(v, "kwargs", keys) ||
	    (caller.type != JV_MISSING && !ev_bind(v, "caller", caller)))
		return false;
	done = capture(v, m->node->d, v->scope, out);
	v->scope = scope;
	ev_leave(v);
	return done;
}

static bool
make_macro(struct ev *v, const struct node *n, struct jv *out)
{
	struct macro *m = ev_alloc(v, 1, sizeof(*m));
	struct scope *s;

	if (!m)
		return false;
	for (s = v->scope; s; s = s->up)
		s->kept = true;
	*m = (struct macro){ n, v->scope, jv_missing };
	*out = (struct jv){ .type = JV_MACRO, .macro = m };
	return true;
}

static bool
call_block(struct ev *v, const struct node *n)
{
	struct jv f, caller, x;
	struct args a;
	struct keyword *kw;

	if (!make_macro(v, n->a, &caller) || !ev_eval(v, n->b->a, &f) || !ev_args(v, n->b->b, &a) ||
	    !(kw = ev_alloc(v, a.nkw + 1, sizeof(*kw))))
		return false;
	if (a.nkw)
		memcpy(kw, a.kw, a.nkw * sizeof(*kw));
	kw[a.nkw] = (struct keyword){ "caller", caller };
	a.kw = kw;
	a.nkw++;
	v->line = n->line;
	return ev_call(v, f, &a, &x) && jv_print(v, x, v->out);
}

/* dict(...) and namespace(...): a dict or pairs, then keywords */
static bool
make_dict(struct ev *v, bool space, const struct args *a, struct jv *out)
{
	struct jv *at;
	size_t i, n;

	if (a->n > 1)
		return ev_fail(v, "%s expected at most 1 argument, got %zu", space ? "namespace" : "dict", a->n);
	if (!jv_dict(v, out))
		return false;
	if (a->n && a->pos[0].type == JV_DICT) {
		const struct dict *d = a->pos[0].dict;

		for (i = 0; i < d->n; i++)
			if (!dict_set(v, out->dict, d->p[i].key, d->p[i].value))
				return false;
	} else if (a->n) {
		if (!jv_each(v, a->pos[0], &at, &n))
			return false;
		for (i = 0; i < n; i++)
			if (at[i].type != JV_SEQ || at[i].seq->n != 2)
				return ev_fail(v, "dict: expected pairs");
			else if (!dict_set(v, out->dict, at[i].seq->v[0], at[i].seq->v[1]))
				return false;
	}
	for (i = 0; i < a->nkw; i++)
		if (!dict_set(v, out->dict, jv_lit(a->kw[i].name), a->kw[i].value))
			return false;
	for (i = 0; space && i < out->dict->n; i++)
		if (out->dict->p[i].key.type == JV_STR && out->dict->p[i].key.str.n && out->dict->p[i].key.str.s[0] == '_')
			return ev_fail(v, "namespace: a name that begins with an underscore");
	if (space)
		out->type = JV_NAMESPACE;
	return true;
}

static bool
make_range(struct ev *v, const struct args *a, struct jv *out)
{
	int64_t r[3] = { 0, 0, 1 };
	uint64_t n, i;

	if (!a->n || a->n > 3 || a->nkw)
		return ev_fail(v, "range takes one to three arguments");
	for (i = 0; i < a->n; i++)
		if (!jv_is_int(a->pos[i], &r[a->n == 1 ? 1 : i]))
			return a->pos[i].type == JV_UNDEF ? ev_fail(v, "%.300s", a->pos[i].str.s) :
			    ev_fail(v, "'%s' object cannot be interpreted as an integer", jv_type_name(a->pos[i]));
	if (!r[2])
		return ev_fail(v, "range() arg 3 must not be zero");
	n = r[2] > 0 ? r[0] < r[1] ? ((uint64_t)r[1] - (uint64_t)r[0] - 1) / (uint64_t)r[2] + 1 : 0 :
	    r[1] < r[0] ? ((uint64_t)r[0] - (uint64_t)r[1] - 1) / (0 - (uint64_t)r[2]) + 1 : 0;
	if (n > 100000)
		return ev_fail(v, "Range too big. The sandbox blocks ranges larger than MAX_RANGE (100000).");
	if (!jv_seq(v, SEQ_RANGE, n, out) || !ev_step(v, n))
		return false;
	for (i = 0; i < n; i++)
		out->seq->v[i] = jv_int((int64_t)((uint64_t)r[0] + i * (uint64_t)r[2]));
	memcpy(out->seq->range, r, sizeof(r));
	return true;
}

static bool
strftime_now(struct ev *v, struct jv format, struct jv *out)
{
	char s[1024];
	struct jv f;
	struct tm tm;
	size_t n;

	if (!jv_copy(v, format.str.s, format.str.n, &f))
		return false;
	v->world->asked_time = true;
	if (!localtime_r(&v->world->now, &tm))
		return ev_fail(v, "strftime_now: the time is not known");
	n = strftime(s, sizeof(s), f.str.s, &tm);
	return n || !format.str.n ? jv_copy(v, s, n, out) : ev_fail(v, "strftime_now: more than %zu bytes, or none", sizeof(s));
}

bool
ev_call_function(struct ev *v, int f, const struct args *a, struct jv *out)
{
	static const char *const message[] = { "message", NULL }, *const format[] = { "format", NULL };
	struct jv x;

	switch (f) {
	case FN_RANGE:
		return make_range(v, a, out);
	case FN_DICT:
	case FN_NAMESPACE:
		return make_dict(v, f == FN_NAMESPACE, a, out);
	case FN_RAISE:
		if (!ev_take(v, functions[f], a, message, 1, &x) || !jv_text(v, x, &x))
			return false;
		return ev_fail(v, "%.*s", x.type == JV_STR ? (int)(x.str.n < 300 ? x.str.n : 300) : 0, x.str.s);
	default:
		if (!ev_take(v, functions[f], a, format, 1, &x))
			return false;
		return x.type == JV_STR ? strftime_now(v, x, out) : ev_fail(v, "strftime_now: expected a format");
	}
}

/* ---- statements ---- */

static bool
with(struct ev *v, const struct node *n)
{
	struct scope *scope = v->scope, *inner;
	const struct node *k;
	struct jv x;

	if (!push_scope(v, scope))
		return false;
	inner = v->scope;
	for (k = n->a; k; k = k->next->next) {
		/* a value does not see the names that stand before it */
		v->scope = scope;
		if (!ev_eval(v, k->next, &x))
			return false;
		v->scope = inner;
		if (!ev_assign(v, k, x))
			return false;
	}
	if (!body(v, n->d))
		return false;
	v->scope = scope;
	return true;
}

static bool
statement(struct ev *v, const struct node *n)
{
	struct jv x;

	switch (n->kind) {
	case N_TEXT:
		buf_add(v->out, n->value.str.s, n->value.str.n);
		return ev_step(v, n->value.str.n / 16);
	case N_PRINT:
		return ev_eval(v, n->a, &x) && jv_print(v, x, v->out);
	case N_COND:
		return ev_eval(v, n->a, &x) && body(v, jv_true(x) ? n->b : n->c);
	case N_FOR:
		return for_loop(v, n);
	case N_SET:
		return ev_eval(v, n->b, &x) && ev_assign(v, n->a, x);
	case N_SET_BLOCK:
		return capture(v, n->d, v->scope, &x) && (!n->b || ev_filter(v, n->b, x, &x)) && ev_assign(v, n->a, x);
	case N_MACRO:
		return make_macro(v, n, &x) && ev_bind(v, n->name, x);
	case N_CALL_BLOCK:
		return call_block(v, n);
	case N_FILTER_BLOCK:
		return capture(v, n->d, v->scope, &x) && ev_filter(v, n->b, x, &x) && jv_print(v, x, v->out);
	case N_WITH:
		return with(v, n);
	case N_SCOPE:
		return capture(v, n->d, v->scope, &x) && jv_print(v, x, v->out);
	case N_BREAK:
		v->flow = FLOW_BREAK;
		return true;
	case N_CONTINUE:
		v->flow = FLOW_CONTINUE;
		return true;
	default:
		return ev_fail(v, "not a statement");
	}
}

bool
ev_exec(struct ev *v, const struct node *n)
{
	bool done;

	if (!ev_enter(v))
		return false;
	v->line = n->line;
	done = statement(v, n);
	ev_leave(v);
	return done;
}

enum status
jinja_render(const struct jinja *j, const struct json *vars, struct jinja_world *world, struct buf *out, struct err *e)
{
	struct arena mem = ARENA_INIT;
	struct err mine = {0};
	struct ev v = { .j = j, .world = world, .mem = &mem, .out = out, .e = &mine };
	struct jv all;
	size_t i;
	bool done;

	v.max_steps = (world->max_steps ? world->max_steps : JINJA_STEPS) + 64 * (uint64_t)vars->len;
	v.max_used = JINJA_MEMORY + 64 * (uint64_t)vars->len;
	done = push_scope(&v, NULL) && jv_from_json(&v, vars, 0, &all);
	if (done && all.type != JV_DICT)
		done = ev_fail(&v, "expected an object of variables");
	for (i = 0; done && i < all.dict->n; i++)
		done = ev_bind(&v, all.dict->p[i].key.str.s, all.dict->p[i].value);
	done = done && body(&v, j->body);
	if (done && !buf_ok(out)) {
		err_nomem(&mine);
		done = false;
	}
	arena_free(&mem);
	return done ? ST_OK : err_set(e, mine.code, "%s", mine.msg);
}
