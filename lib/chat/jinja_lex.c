#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

#include "chat/jinja_int.h"
#include "json/number.h"
#include "json/scan.h"

struct lexer {
	struct arena *a;
	const char *name, *s, *end;
	uint32_t line;
	struct tok *tok;
	size_t n, cap;
	bool line_starting;     /* nothing but a line end came before s */
	struct err *e;
};

static bool
bad(struct lexer *x, const char *what)
{
	err_at(x->e, ST_INPUT, x->name, x->line, 0, "%s", what);
	return false;
}

static struct tok *
push(struct lexer *x, enum tok_type type)
{
	struct tok *grown;

	if (x->n == x->cap) {
		x->cap = x->cap ? 2 * x->cap : 64;
		if (!(grown = arena_array(x->a, x->cap, sizeof(*grown)))) {
			err_nomem(x->e);
			return NULL;
		}
		if (x->n)
			memcpy(grown, x->tok, x->n * sizeof(*grown));
		x->tok = grown;
	}
	x->tok[x->n] = (struct tok){ .type = type, .line = x->line, .s = "" };
	return &x->tok[x->n++];
}

static bool
push_text(struct lexer *x, enum tok_type type, const char *s, size_t n)
{
	struct tok *t = push(x, type);

	if (t && !(t->s = arena_str(x->a, s, n))) {
		err_nomem(x->e);
		return false;
	}
	if (t)
		t->n = n;
	return t != NULL;
}

/* Step over bytes and count their lines. */
static void
go(struct lexer *x, size_t n)
{
	for (; n; n--)
		x->line += *x->s++ == '\n';
}

static size_t
left(const struct lexer *x)
{
	return (size_t)(x->end - x->s);
}

static bool
at(const struct lexer *x, const char *s)
{
	size_t n = strlen(s);

	return left(x) >= n && !memcmp(x->s, s, n);
}

static void
spaces(struct lexer *x)
{
	size_t n;

	while ((n = text_space_at(x->s, left(x))))
		go(x, n);
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || is_digit(c);
}

/* digits of a base with single underscores between them, into word[]; returns how many bytes */
static size_t
digits(const char *s, size_t n, const char *set, char *word, size_t room)
{
	size_t i = 0, k = 0;

	while (i < n && k + 1 < room) {
		if (s[i] == '_' && i && s[i - 1] != '_' && i + 1 < n && s[i + 1] && strchr(set, s[i + 1]))
			i++;
		else if (s[i] && strchr(set, s[i]))
			word[k++] = s[i++];
		else
			break;
	}
	word[k] = 0;
	return i;
}

static bool
number(struct lexer *x)
{
	static const char dec[] = "0123456789";
	char word[400];
	size_t n = left(x), k, m;
	struct tok *t;
	int base = 10;

	if (!(t = push(x, TOK_INT)))
		return false;
	if (n > 2 && x->s[0] == '0' && strchr("xXbBoO", x->s[1]) && x->s[1]) {
		base = strchr("xX", x->s[1]) ? 16 : strchr("bB", x->s[1]) ? 2 : 8;
		k = 2 + digits(x->s + 2, n - 2, base == 16 ? "0123456789abcdefABCDEF" : base == 8 ? "01234567" : "01", word,
		    sizeof(word));
		if (k == 2)
			return bad(x, "unexpected number");
	} else {
		k = digits(x->s, n, dec, word, sizeof(word));
		m = strlen(word);
		if (k + 1 < n && x->s[k] == '.' && is_digit(x->s[k + 1])) {
			t->type = TOK_FLOAT;
			word[m++] = '.';
			k++;
			k += digits(x->s + k, n - k, dec, word + m, sizeof(word) - m - 2);
			m += strlen(word + m);
		}
		if (k + 1 < n && (x->s[k] == 'e' || x->s[k] == 'E') && (is_digit(x->s[k + 1]) ||
		    (k + 2 < n && strchr("+-", x->s[k + 1]) && is_digit(x->s[k + 2]))) && m + 8 < sizeof(word)) {
			t->type = TOK_FLOAT;
			word[m++] = 'e';
			if (!is_digit(x->s[++k]))
				word[m++] = x->s[k++];
			k += digits(x->s + k, n - k, dec, word + m, sizeof(word) - m);
			m += strlen(word + m);
		}
		/* JSON's numbers have no zeros in front */
		if (t->type == TOK_FLOAT) {
			char *w = word;

			while (w[0] == '0' && is_digit(w[1]))
				w++;
			if (number_parse_f64(w, strlen(w), &t->f) != strlen(w))
				return bad(x, "unexpected number");
		}
	}
	if (k < n && is_digit(x->s[k]))
		return bad(x, "a number is too long");
	if (t->type == TOK_INT && !text_to_int(word, strlen(word), base, &t->i))
		return bad(x, "an integer is beyond 64 bits");
	go(x, k);
	return true;
}

/* The escape at s, after its backslash: its code point; returns its bytes, 0 if it is not one. */
static size_t
escape(const char *s, const char *end, uint32_t *c)
{
	static const char from[] = "\\'\"abfnrtv", to[] = "\\'\"\a\b\f\n\r\t\v";
	size_t n = 0, want = *s == 'x' ? 2 : *s == 'u' ? 4 : *s == 'U' ? 8 : 0;
	const char *p = *s ? strchr(from, *s) : NULL;
	char word[9];

	*c = 0;
	if (p) {
		*c = (unsigned char)to[p - from];
		return 1;
	}
	if (*s >= '0' && *s <= '7') {
		while (n < 3 && s + n < end && s[n] >= '0' && s[n] <= '7')
			*c = *c * 8 + (uint32_t)(s[n++] - '0');
		return n;
	}
	if (!want || (size_t)(end - s) < want + 1)
		return 0;
	memcpy(word, s + 1, want);
	word[want] = 0;
	if (strspn(word, "0123456789abcdefABCDEF") != want)
		return 0;
	*c = (uint32_t)strtoul(word, NULL, 16);
	return want + 1;
}

static bool
string(struct lexer *x)
{
	const char quote = *x->s, *p = x->s + 1, *end = p;
	struct tok *t;
	uint32_t c;
	size_t n;
	char *out;

	while (end < x->end && *end != quote)
		end += *end == '\\' && end + 1 < x->end ? 2 : 1;
	if (end >= x->end)
		return bad(x, "a string has no end");
	if (!(t = push(x, TOK_STR)) || !(out = arena_alloc(x->a, (size_t)(end - p) * 2 + 1))) {
		err_nomem(x->e);
		return false;
	}
	t->s = out;
	while (p < end) {
		if (*p != '\\' || p + 1 == end) {
			*out++ = *p++;
		} else if (p[1] == '\n') {
			p += 2;
		} else if ((n = escape(p + 1, end, &c))) {
			if (c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
				return bad(x, "an escape in a string is no character");
			out += utf8proc_encode_char((utf8proc_int32_t)c, (utf8proc_uint8_t *)out);
			p += 1 + n;
		} else if (strchr("xuUN", p[1])) {
			return bad(x, "an escape in a string is not known");
		} else {
			*out++ = *p++;
		}
	}
	*out = 0;
	t->n = (size_t)(out - t->s);
	go(x, (size_t)(end + 1 - x->s));
	return true;
}

static bool
operator(struct lexer *x)
{
	static const struct { char s[3]; int op; } two[] = {
		{ "==", OP_EQ }, { "!=", OP_NE }, { ">=", OP_GE }, { "<=", OP_LE }, { "//", OP_FLOORDIV }, { "**", OP_POW }
	};
	struct tok *t = push(x, TOK_OP);
	size_t i;

	if (!t)
		return false;
	for (i = 0; i < sizeof(two) / sizeof(*two); i++)
		if (at(x, two[i].s)) {
			t->op = two[i].op;
			go(x, 2);
			return true;
		}
	if (!*x->s || !strchr("+-/*%~[](){}><=.:|,;", *x->s))
		return bad(x, "unexpected character");
	t->op = (unsigned char)*x->s;
	go(x, 1);
	return true;
}

/* The end of a tag at s, with its sign, white space or line end. */
static bool
tag_end(struct lexer *x, const char *close)
{
	bool block = close[0] != '}';

	if (block && *x->s == '+' && left(x) > 2 && !memcmp(x->s + 1, close, 2)) {
		go(x, 3);
	} else if (*x->s == '-' && left(x) > 2 && !memcmp(x->s + 1, close, 2)) {
		go(x, 3);
		spaces(x);
	} else if (at(x, close)) {
		go(x, 2);
		if (block && x->s < x->end && *x->s == '\n')
			go(x, 1);
	} else {
		return false;
	}
	x->line_starting = x->s[-1] == '\n';
	return true;
}

/* What stands between {{ and }}, or {% and %}. */
static bool
inside(struct lexer *x, enum tok_type type)
{
	char open[JINJA_NEST];
	size_t depth = 0;
	const char *close = type == TOK_PRINT ? "}}" : "%}";
	bool done = true;

	if (!push(x, type))
		return false;
	while (done) {
		spaces(x);
		if (x->s >= x->end)
			return bad(x, type == TOK_PRINT ? "a {{ has no end" : "a {% has no end");
		if (!depth && tag_end(x, close))
			return push(x, type == TOK_PRINT ? TOK_PRINT_END : TOK_BLOCK_END);
		if (*x->s == '"' || *x->s == '\'') {
			done = string(x);
		} else if (is_digit(*x->s)) {
			done = number(x);
		} else if (is_word(*x->s)) {
			const char *p = x->s;

			while (p < x->end && is_word(*p))
				p++;
			done = push_text(x, TOK_NAME, x->s, (size_t)(p - x->s));
			go(x, (size_t)(p - x->s));
		} else {
			if (strchr("([{", *x->s) && *x->s) {
				if (depth == sizeof(open))
					return bad(x, "brackets nest too deep");
				open[depth++] = *x->s == '(' ? ')' : *x->s == '[' ? ']' : '}';
			} else if (strchr(")]}", *x->s) && *x->s && (!depth || open[--depth] != *x->s)) {
				return bad(x, "a bracket is closed that was not opened");
			}
			done = operator(x);
		}
	}
	return false;
}

/* At {% with a sign: whether it is `raw` (or `endraw`), and its bytes up to the end of the tag. */
static bool
is_tag(const struct lexer *from, const char *word, struct lexer *after)
{
	struct lexer x = *from;

	if (!at(&x, "{%"))
		return false;
	go(&x, 2);
	if (x.s < x.end && strchr("+-", *x.s) && *x.s)
		go(&x, 1);
	spaces(&x);
	if (!at(&x, word))
		return false;
	go(&x, strlen(word));
	spaces(&x);
	if (x.s >= x.end || !tag_end(&x, "%}"))
		return false;
	*after = x;
	return true;
}

/* The text s[0..n) before a tag with its sign: what is left of it. */
static size_t
before_tag(const struct lexer *x, const char *s, size_t n, char sign, bool print)
{
	const char *line = s + n;

	if (sign == '-') {
		text_strip(&s, &n, NULL, 0, 'r');
		return n;
	}
	if (sign == '+' || print)
		return n;
	while (line > s && line[-1] != '\n')
		line--;
	if (line > s || x->line_starting) {
		const char *p = line;
		size_t k;

		while ((k = text_space_at(p, (size_t)(s + n - p))))
			p += k;
		if (p == s + n)
			return (size_t)(line - s);
	}
	return n;
}

/* Text up to the next tag, and the tag. */
static bool
outside(struct lexer *x)
{
	const char *s = x->s, *tag = s;
	struct lexer after, end;
	size_t n;
	char sign;

	while (tag + 1 < x->end && !(tag[0] == '{' && (tag[1] == '{' || tag[1] == '%' || tag[1] == '#')))
		tag++;
	if (tag + 1 >= x->end) {
		n = left(x);
		if (n && !push_text(x, TOK_DATA, s, n))
			return false;
		go(x, n);
		return true;
	}
	sign = tag + 2 < x->end && (tag[2] == '-' || tag[2] == '+') ? tag[2] : 0;
	n = before_tag(x, s, (size_t)(tag - s), sign, tag[1] == '{');
	if (n && !push_text(x, TOK_DATA, s, n))
		return false;
	go(x, (size_t)(tag - s));
	if (is_tag(x, "raw", &after)) {
		*x = after;
		for (s = x->s; ; go(x, 1)) {
			if (x->s >= x->end)
				return bad(x, "a {% raw %} has no end");
			if (is_tag(x, "endraw", &end))
				break;
		}
		sign = x->s[2] == '-' || x->s[2] == '+' ? x->s[2] : 0;
		n = before_tag(x, s, (size_t)(x->s - s), sign, false);
		*x = end;
		return !n || push_text(x, TOK_DATA, s, n);
	}
	go(x, sign ? 3 : 2);
	if (tag[1] != '#')
		return inside(x, tag[1] == '{' ? TOK_PRINT : TOK_BLOCK);
	for (; ; go(x, 1)) {
		if (x->s >= x->end)
			return bad(x, "a {# has no end");
		if (tag_end(x, "#}"))
			return true;
	}
}

enum status
jinja_lex(struct arena *a, const char *name, const char *text, size_t n, struct tok **tok, struct err *e)
{
	struct lexer x = { .a = a, .name = name, .line = 1, .line_starting = true, .e = e };
	char *s;
	size_t i, k = 0;

	if (n > JINJA_SOURCE)
		return err_at(e, ST_INPUT, name, 0, 0, "a template of %zu bytes, more than %d", n, JINJA_SOURCE);
	if (!json_is_utf8(text, n))
		return err_at(e, ST_INPUT, name, 0, 0, "invalid UTF-8");
	if (!(s = arena_alloc(a, n + 1)))
		return err_nomem(e);
	/* line ends become "\n", and the last one does not count */
	for (i = 0; i < n; i++) {
		if (text[i] == '\r' && i + 1 < n && text[i + 1] == '\n')
			continue;
		s[k++] = text[i] == '\r' ? '\n' : text[i];
	}
	if (k && s[k - 1] == '\n')
		k--;
	s[k] = 0;
	x.s = s;
	x.end = s + k;
	while (x.s < x.end)
		if (!outside(&x))
			return e->code;
	if (!push(&x, TOK_EOF))
		return e->code;
	*tok = x.tok;
	return ST_OK;
}
