/* The inside of the template interpreter: tokens, the tree, values, the state of a rendering. */
#ifndef CHAT_JINJA_INT_H
#define CHAT_JINJA_INT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "chat/jinja.h"

/* ---- values, as Python has them ---- */

enum jv_type {
	JV_MISSING,             /* an argument that was not given */
	JV_UNDEF,               /* str is what using it says */
	JV_NONE, JV_BOOL, JV_INT, JV_FLOAT, JV_STR, JV_SEQ, JV_DICT, JV_NAMESPACE,
	JV_MACRO, JV_METHOD, JV_FUNCTION, JV_LOOP
};

struct jv {
	uint8_t type;
	bool safe;              /* JV_STR: went through |safe */
	union {
		bool b;
		int64_t i;
		double f;
		struct { const char *s; size_t n; } str;
		struct seq *seq;
		struct dict *dict;              /* JV_NAMESPACE too */
		struct macro *macro;
		struct method *method;
		struct loop *loop;
	};
};

/* GENERATOR: the result of map, select and the like, which can be read once and has no length. */
enum seq_kind { SEQ_LIST, SEQ_TUPLE, SEQ_RANGE, SEQ_ITEMS, SEQ_KEYS, SEQ_VALUES, SEQ_GENERATOR };
struct seq { enum seq_kind kind; struct jv *v; size_t n; bool read; int64_t range[3]; };

/* In order of insertion; slot is a hash table of indices + 1 when there are many. */
struct pair { struct jv key, value; };
struct dict { struct pair *p; size_t n, cap; uint32_t *slot; size_t nslot; };

struct method { struct jv self; const char *name; };

/* ---- tokens ---- */

enum tok_type {
	TOK_EOF, TOK_DATA, TOK_PRINT, TOK_PRINT_END, TOK_BLOCK, TOK_BLOCK_END,
	TOK_NAME, TOK_STR, TOK_INT, TOK_FLOAT, TOK_OP
};
/* operators of two characters; the others are their character */
enum { OP_EQ = 256, OP_NE, OP_GE, OP_LE, OP_FLOORDIV, OP_POW, OP_IN, OP_NOT_IN };

struct tok {
	enum tok_type type;
	int op;
	uint32_t line;
	const char *s;          /* a NUL follows */
	size_t n;
	int64_t i;
	double f;
};

/* Cut text into tokens, owned by a; the last is TOK_EOF. */
enum status jinja_lex(struct arena *a, const char *name, const char *text, size_t n, struct tok **tok,
    struct err *e);

/* ---- the tree ---- */

enum node_kind {
	/* expressions */
	N_CONST,                /* value */
	N_NAME,                 /* name */
	N_LIST, N_TUPLE,        /* a...: elements */
	N_DICT,                 /* a...: key, value, key, value */
	N_ATTR,                 /* a.name */
	N_ITEM,                 /* a[b] */
	N_SLICE,                /* a[b:c:d], each may be NULL */
	N_CALL,                 /* a(b...) */
	N_FILTER,               /* a | op(b...); a is NULL in a filter block */
	N_TEST,                 /* a is op(b...) */
	N_NOT, N_NEG, N_POS,    /* a */
	N_AND, N_OR,            /* a, b */
	N_IF,                   /* a if b else c, c may be NULL */
	N_COMPARE,              /* a, then operands b... of N_OPERAND */
	N_OPERAND,              /* op a */
	N_BINARY,               /* a op b */
	N_CONCAT,               /* a... */
	N_KEYWORD,              /* name = a */
	N_SPREAD, N_SPREAD_KEYS,/* *a, **a */
	/* statements */
	N_TEXT,                 /* value */
	N_PRINT,                /* a */
	N_COND,                 /* if a: b... else c... */
	N_FOR,                  /* target a in b if c: d..., else e... */
	N_SET,                  /* target a = b */
	N_SET_BLOCK,            /* target a, filters b, body d... */
	N_MACRO,                /* name, parameters a... (N_KEYWORD, default a or NULL), body d... */
	N_CALL_BLOCK,           /* call b with a body that is N_MACRO a */
	N_FILTER_BLOCK,         /* filters b, body d... */
	N_WITH,                 /* a...: target, value, target, value; body d... */
	N_SCOPE,                /* d... */
	N_BREAK, N_CONTINUE
};

struct node {
	enum node_kind kind;
	int op;
	uint32_t line;
	struct node *next;      /* in a list */
	struct node *a, *b, *c, *d, *e;
	const char *name;
	struct jv value;
};

struct jinja {
	struct arena mem;
	char *name;
	struct node *body;
	struct name { const char *s; struct name *next; } *names;
};

/* The parser's state; expressions and statements are a file each. */
struct parser {
	struct jinja *j;
	struct tok *t;          /* the current token */
	struct err *e;
	unsigned depth, loops;
};

bool parse_fail(struct parser *p, uint32_t line, enum status st, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
struct node *parse_node(struct parser *p, enum node_kind kind, uint32_t line);
bool parse_enter(struct parser *p);
void parse_leave(struct parser *p);
bool parse_is_op(const struct parser *p, int op);
bool parse_is_name(const struct parser *p, const char *name);
bool parse_op(struct parser *p, int op, const char *what);
bool parse_expr(struct parser *p, struct node **out);
/* Expressions with commas between them are a tuple; cond: they may be x if y. */
bool parse_tuple(struct parser *p, bool cond, struct node **out);
bool parse_call_args(struct parser *p, struct node **out);
/* Filters at the current token: in | name, or name without a bar when inline_ is set. */
bool parse_filters(struct parser *p, struct node *in, bool inline_, struct node **out);
/* a name, names in parentheses or with commas, and with attr an attribute of one */
bool parse_target(struct parser *p, bool attr, struct node **out);

/* ---- a rendering ---- */

struct binding { const char *name; struct jv value; struct binding *next; };
/* spare: bindings of an earlier turn of a loop; kept: a macro may look into the scope later. */
struct scope { struct scope *up; struct binding *first, *spare; bool kept; };

struct macro { const struct node *node; struct scope *scope; struct jv caller; };

struct loop {
	const struct node *node, *cond; /* cond: NULL also when all of v has passed it */
	struct scope *outer;
	struct jv *v;           /* what is looped over */
	size_t n, at;           /* at: the next of v to look at */
	int64_t index0;
	struct jv prev, cur, after;     /* MISSING where there is none, or for after: not looked for */
	struct jv changed;
	bool ended;             /* nothing comes after cur */
};

enum flow { FLOW_ON, FLOW_BREAK, FLOW_CONTINUE };

struct ev {
	const struct jinja *j;
	struct jinja_world *world;
	struct arena *mem;
	struct buf *out;
	struct scope *scope;
	uint64_t steps, max_steps, used, max_used;
	unsigned depth;
	uint32_t line;
	enum flow flow;
	struct err *e;
};

/* All that can fail returns false with v->e filled. */
bool ev_fail(struct ev *v, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
bool ev_unknown(struct ev *v, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* An undefined value; the text is what using it says. */
bool ev_undef(struct ev *v, struct jv *out, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
bool ev_step(struct ev *v, size_t n);           /* n bytes or elements of work */
bool ev_enter(struct ev *v);
void ev_leave(struct ev *v);
void *ev_alloc(struct ev *v, size_t n, size_t size);    /* NULL: failed */
bool ev_eval(struct ev *v, const struct node *n, struct jv *out);
bool ev_filter(struct ev *v, const struct node *n, struct jv in, struct jv *out);
bool ev_exec(struct ev *v, const struct node *n);
/* Bind what stands in target to a value: names to names of this scope. */
bool ev_assign(struct ev *v, const struct node *target, struct jv value);
bool ev_bind(struct ev *v, const char *name, struct jv value);
bool ev_lookup(struct ev *v, const char *name, struct jv *out);
bool ev_attr(struct ev *v, struct jv of, const char *name, struct jv *out);
bool ev_item(struct ev *v, struct jv of, struct jv key, struct jv *out);

struct keyword { const char *name; struct jv value; };
struct args { struct jv *pos; size_t n; struct keyword *kw; size_t nkw; };
bool ev_args(struct ev *v, const struct node *list, struct args *a);
/* Arguments by place or name into to[0..max), names[] ends with NULL; MISSING where not given. */
bool ev_take(struct ev *v, const char *what, const struct args *a, const char *const *names, size_t min,
    struct jv *to);
bool ev_call(struct ev *v, struct jv f, const struct args *a, struct jv *out);
bool ev_call_macro(struct ev *v, const struct macro *m, const struct args *a, struct jv *out);
bool ev_call_method(struct ev *v, const struct method *m, const struct args *a, struct jv *out);
bool ev_loop_attr(struct ev *v, struct loop *l, const char *name, struct jv *out);
bool ev_loop_call(struct ev *v, struct loop *l, const char *name, const struct args *a, struct jv *out);
/* The next value that the loop's condition lets through; *more is false after the last. */
bool ev_loop_next(struct ev *v, struct loop *l, struct jv *out, bool *more);

/* functions of the world, by name */
enum { FN_RANGE, FN_DICT, FN_NAMESPACE, FN_RAISE, FN_STRFTIME, FN_N };
int jinja_function(const char *name);           /* -1: none */
bool ev_call_function(struct ev *v, int f, const struct args *a, struct jv *out);

int jinja_filter(const char *name);             /* -1: none */
int jinja_test(const char *name);
/* A filter with its arguments, MISSING where they are not given. */
typedef bool filter_fn(struct ev *, struct jv in, const struct jv *arg, struct jv *out);
filter_fn filter_sort, filter_dictsort, filter_unique, filter_min, filter_max, filter_items;
/* item by item's path "a.b.0" */
bool ev_path(struct ev *v, struct jv item, struct jv path, struct jv *out);
bool ev_apply_filter(struct ev *v, int f, struct jv in, const struct args *a, struct jv *out);
bool ev_apply_test(struct ev *v, int t, struct jv in, const struct args *a, bool *out);
/* KNOWN: it can be called; FORBIDDEN: the sandbox says no; UNKNOWN: Python has it, and it is
 * not known here. */
enum method_is { METHOD_NONE, METHOD_KNOWN, METHOD_FORBIDDEN, METHOD_UNKNOWN };
enum method_is jinja_method(struct jv of, const char *name);

/* ---- making and reading values ---- */

extern const struct jv jv_none, jv_missing;
struct jv jv_bool(bool b);
struct jv jv_int(int64_t i);
struct jv jv_float(double f);
struct jv jv_lit(const char *s);                /* a text that outlives the rendering */
struct jv jv_span(const char *s, size_t n);     /* the same */
struct jv jv_undef(const char *why);           /* the same: what using it says */
bool jv_copy(struct ev *v, const char *s, size_t n, struct jv *out);
bool jv_from_buf(struct ev *v, struct buf *b, struct jv *out);  /* frees b, also on failure */
bool jv_seq(struct ev *v, enum seq_kind kind, size_t n, struct jv *out); /* n values that are not set */
bool jv_dict(struct ev *v, struct jv *out);
bool dict_set(struct ev *v, struct dict *d, struct jv key, struct jv value);
bool dict_get(struct ev *v, const struct dict *d, struct jv key, struct jv *out, bool *found);
bool jv_from_json(struct ev *v, const struct json *j, size_t node, struct jv *out);

bool jv_true(struct jv x);
bool jv_given(struct jv x);                     /* not MISSING */
bool jv_is_list(struct jv x, enum seq_kind kind);
bool jv_is_number(struct jv x);                 /* a bool too */
double jv_number(struct jv x);
bool jv_is_int(struct jv x, int64_t *i);        /* a bool too */
bool jv_str_is(struct jv x, const char *s);
const char *jv_type_name(struct jv x);          /* Python's */
bool jv_equal(struct ev *v, struct jv x, struct jv y, bool *out);
bool jv_order(struct ev *v, struct jv x, struct jv y, const char *op, int *out);
/* x op y: + - * / % OP_FLOORDIV OP_POW */
bool jv_binary(struct ev *v, int op, struct jv x, struct jv y, struct jv *out);
bool jv_in(struct ev *v, struct jv x, struct jv set, bool *out);
bool jv_length(struct ev *v, struct jv x, size_t *n);
/* The values of whatever can be looped over; a generator is then read. */
bool jv_each(struct ev *v, struct jv x, struct jv **at, size_t *n);

/* str() and repr() of Python, and json.dumps, appended to b */
bool jv_print(struct ev *v, struct jv x, struct buf *b);
bool jv_repr(struct ev *v, struct jv x, struct buf *b);
bool jv_text(struct ev *v, struct jv x, struct jv *out);        /* str(x) as a value */
struct dumps { const char *indent; size_t nindent; bool pretty, ascii, sort; struct jv item, key; };
bool jv_dumps(struct ev *v, struct jv x, const struct dumps *o, struct buf *b);

/* ---- text, counted in code points ---- */

bool text_space(uint32_t c);                    /* str.isspace */
size_t text_space_at(const char *s, size_t n);  /* bytes of white space at s, 0 if none */
size_t text_length(const char *s, size_t n);
size_t text_offset(const char *s, size_t n, size_t i);  /* of code point i */
/* which: 'l'eft, 'r'ight, 'b'oth; chars NULL for white space */
void text_strip(const char **s, size_t *n, const char *chars, size_t nchars, char which);
enum text_case { TEXT_LOWER, TEXT_UPPER, TEXT_TITLE, TEXT_CAPITALIZE, TEXT_WORDS /* the filter title */ };
bool text_case(struct ev *v, struct jv s, enum text_case how, struct jv *out);
bool text_replace(struct ev *v, struct jv s, struct jv old, struct jv new_, int64_t count, struct jv *out);
bool text_split(struct ev *v, struct jv s, const struct jv *sep, int64_t max, bool right, struct jv *out);
bool text_lines(struct ev *v, struct jv s, bool keep, struct jv *out);
bool text_join(struct ev *v, struct jv sep, const struct jv *x, size_t n, bool print, struct jv *out);
bool text_repeat(struct ev *v, struct jv s, int64_t times, struct jv *out);
bool text_indent(struct ev *v, struct jv s, struct jv width, bool first, bool blank, struct jv *out);
bool text_format(struct ev *v, struct jv s, const struct jv *arg, size_t n, struct jv *out);
/* Python's slice of 0..n: the first index, the step and how many. */
bool slice_range(struct ev *v, const struct jv part[3], size_t n, int64_t *from, int64_t *step, size_t *count);
/* s[from], s[from + step] ... count code points */
bool text_slice(struct ev *v, struct jv s, int64_t from, int64_t step, size_t count, struct jv *out);
/* int() and float() of a text; false when it is not a number */
bool text_to_int(const char *s, size_t n, int base, int64_t *i);
bool text_to_float(const char *s, size_t n, double *f);

#endif
