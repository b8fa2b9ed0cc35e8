/* Patterns of tokenizer.json through PCRE2.  The files are written for Oniguruma (or
 * Rust's regex): what means another thing there is rewritten, and what has no
 * equivalent is refused. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

#include "token/token_int.h"
#include "token/utf8.h"

enum { MATCH_LIMIT = 10000000, HEAP_KIB = 65536, STACK_MIN = 32 << 10, STACK_MAX = 1 << 20 };

struct regex {
	pcre2_code *code;       /* owned */
	const uint8_t *first;   /* code's: the bytes that may begin a match, as bits; NULL: any */
	bool jit;
};

struct regex_scratch {
	pcre2_match_data *md;   /* owned, all three */
	pcre2_match_context *mc;
	pcre2_jit_stack *stack;
};

static const char SPACE[] = "\\x{9}-\\x{d} \\x{85}\\x{a0}\\x{1680}\\x{2000}-\\x{200a}"
    "\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}";
static const char WORD[] = "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}";
/* Oniguruma's \w outside of a class has Latin-1's other numbers too */
static const char LATIN[] = "\\x{b2}\\x{b3}\\x{b9}\\x{bc}-\\x{be}";

/* \s, \S, \w and \d by the properties that Oniguruma and Rust use. */
static bool
put_escape(struct buf *b, char c, bool in_class, bool rust)
{
	const char *set = c == 's' || c == 'S' ? SPACE : c == 'w' || c == 'W' ? WORD : "\\p{Nd}";
	bool neg = c == 'S' || c == 'W' || c == 'D';

	if (in_class) {
		if (c == 'D')
			buf_adds(b, "\\P{Nd}");
		else if (neg)
			return false;
		else
			buf_adds(b, set);
		return true;
	}
	buf_adds(b, neg ? "[^" : "[");
	buf_adds(b, set);
	if (set == WORD && !rust)
		buf_adds(b, LATIN);
	buf_addc(b, ']');
	return true;
}

/* A group's opening that means the same everywhere; its length. */
static size_t
group_open(const char *s, size_t n)
{
	static const char *const ok[] = {
		"(?:", "(?=", "(?!", "(?<=", "(?<!", "(?>", "(?i:", "(?-i:", "(?i)"
	};
	size_t i, k;

	if (n < 2 || s[1] != '?')
		return 1;
	for (i = 0; i < sizeof(ok) / sizeof(ok[0]); i++) {
		k = strlen(ok[i]);
		if (n >= k && !memcmp(s, ok[i], k))
			return k;
	}
	return 0;
}

static enum status
bad(struct err *e, size_t at, const char *what)
{
	return err_set(e, ST_INPUT, "at character %zu of the regular expression: %s: not supported",
	    at + 1, what);
}

static enum status
translate(const char *s, size_t n, bool rust, struct buf *b, struct err *e)
{
	bool in_class = false;
	size_t i, k;
	char c;

	for (i = 0; i < n; i += k) {
		c = s[i];
		k = 1;
		if (c == '\\') {
			if (i + 1 == n)
				return bad(e, i, "a final backslash");
			c = s[i + 1];
			k = 2;
			if (strchr("sSwWdD", c) && c) {
				if (!put_escape(b, c, in_class, rust))
					return bad(e, i, "a negated class inside a class");
			} else if (c == 'p' || c == 'P') {
				const char *end = i + 2 < n && s[i + 2] == '{' ?
				    memchr(s + i, '}', n - i) : NULL;

				if (!end)
					return bad(e, i, "a property without braces");
				k = (size_t)(end - (s + i)) + 1;
				buf_add(b, s + i, k);
			} else if (c == 'x' || c == 'u') {
				/* \x{...} and \xHH alike; \uHHHH is Oniguruma's */
				if (c == 'x') {
					buf_adds(b, "\\x");
				} else {
					if (n - i < 6)
						return bad(e, i, "a short \\u");
					buf_adds(b, "\\x{");
					buf_add(b, s + i + 2, 4);
					buf_addc(b, '}');
					k = 6;
				}
			} else if (c == 'A' || c == 'z' || strchr("ntrfv", c)) {
				if (c == 'v')
					buf_adds(b, "\\x{b}");
				else
					buf_add(b, s + i, 2);
			} else if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			    (c >= '0' && c <= '9')) {
				return bad(e, i, "this escape");
			} else {
				k = 1 + utf8_len((unsigned char)c);
				buf_add(b, s + i, k);
			}
		} else if (in_class) {
			if (c == '[' || (c == '&' && i + 1 < n && s[i + 1] == '&'))
				return bad(e, i, "a set operation");
			in_class = c != ']';
			buf_addc(b, c);
		} else if (c == '[') {
			in_class = true;
			buf_addc(b, c);
			if (i + 1 < n && s[i + 1] == '^') {
				buf_addc(b, '^');
				k = 2;
			}
			if (i + k < n && s[i + k] == ']')
				return bad(e, i, "a class that starts with ]");
		} else if (c == '(') {
			if (!(k = group_open(s + i, n - i)))
				return bad(e, i, "this group");
			if (k == 1)
				buf_adds(b, "(?:");
			else
				buf_add(b, s + i, k);
		} else if (c == '}' && !rust && i + 1 < n && s[i + 1] == '+') {
			/* there a repetition of the repetition, here possessive */
			return bad(e, i, "}+");
		} else if (c == '$' && rust) {
			buf_adds(b, "\\z");
		} else if (c == '^' && rust) {
			buf_adds(b, "\\A");
		} else {
			buf_addc(b, c);
		}
	}
	return ST_OK;
}

enum status
regex_open(struct regex **out, const char *pattern, size_t n, bool rust, struct err *e)
{
	uint32_t opt = PCRE2_UTF | PCRE2_UCP | PCRE2_NO_UTF_CHECK | PCRE2_NEVER_BACKSLASH_C;
	struct buf b = BUF_INIT;
	pcre2_compile_context *cc;
	struct regex *r;
	PCRE2_SIZE at;
	int code;
	PCRE2_UCHAR msg[128];

	*out = NULL;
	if (translate(pattern, n, rust, &b, e)) {
		buf_free(&b);
		return e->code;
	}
	if (!rust)
		opt |= PCRE2_MULTILINE;         /* Ruby's ^ and $ always are */
	r = calloc(1, sizeof(*r));
	cc = pcre2_compile_context_create(NULL);
	if (!r || !cc || !buf_ok(&b)) {
		free(r);
		pcre2_compile_context_free(cc);
		buf_free(&b);
		return err_nomem(e);
	}
	pcre2_set_newline(cc, PCRE2_NEWLINE_LF);
	pcre2_set_parens_nest_limit(cc, 100);
	pcre2_set_max_pattern_length(cc, 1 << 16);
	r->code = pcre2_compile((PCRE2_SPTR)(b.p ? b.p : ""), b.n, opt, &code, &at, cc);
	pcre2_compile_context_free(cc);
	buf_free(&b);
	if (!r->code) {
		free(r);
		pcre2_get_error_message(code, msg, sizeof(msg));
		return err_set(e, ST_INPUT, "the regular expression: %s", (char *)msg);
	}
	r->jit = !pcre2_jit_compile(r->code, PCRE2_JIT_COMPLETE);
	pcre2_pattern_info(r->code, PCRE2_INFO_FIRSTBITMAP, &r->first);
	*out = r;
	return ST_OK;
}

void
regex_close(struct regex *r)
{
	if (!r)
		return;
	pcre2_code_free(r->code);
	free(r);
}

void
regex_scratch_free(struct regex_scratch *s)
{
	if (!s)
		return;
	pcre2_match_data_free(s->md);
	pcre2_match_context_free(s->mc);
	pcre2_jit_stack_free(s->stack);
	free(s);
}

static enum status
scratch(struct regex_scratch **out, struct err *e)
{
	struct regex_scratch *s = calloc(1, sizeof(*s));

	if (!s)
		return err_nomem(e);
	s->md = pcre2_match_data_create(1, NULL);
	s->mc = pcre2_match_context_create(NULL);
	s->stack = pcre2_jit_stack_create(STACK_MIN, STACK_MAX, NULL);
	if (!s->md || !s->mc || !s->stack) {
		regex_scratch_free(s);
		return err_nomem(e);
	}
	pcre2_set_match_limit(s->mc, MATCH_LIMIT);
	pcre2_set_depth_limit(s->mc, MATCH_LIMIT);
	pcre2_set_heap_limit(s->mc, HEAP_KIB);
	pcre2_jit_stack_assign(s->mc, NULL, s->stack);
	*out = s;
	return ST_OK;
}

enum status
regex_find(const struct regex *r, struct regex_scratch **s, const char *text, size_t n, size_t from,
    bool *found, size_t *start, size_t *end, struct err *e)
{
	PCRE2_SIZE *o;
	size_t i;
	PCRE2_UCHAR msg[128];
	int rc;

	*found = false;
	if (r->first) {         /* a word without such a byte is not worth a call */
		for (i = from; i < n && !(r->first[(unsigned char)text[i] >> 3] >> (text[i] & 7) & 1); i++)
			;
		if (i == n)
			return ST_OK;
	}
	if (!*s && scratch(s, e))
		return e->code;
	while (from < n) {
		if (r->jit)
			rc = pcre2_jit_match(r->code, (PCRE2_SPTR)text, n, from, 0, (*s)->md, (*s)->mc);
		else
			rc = pcre2_match(r->code, (PCRE2_SPTR)text, n, from, PCRE2_NO_UTF_CHECK, (*s)->md,
			    (*s)->mc);
		if (rc == PCRE2_ERROR_NOMATCH)
			return ST_OK;
		if (rc < 0) {
			pcre2_get_error_message(rc, msg, sizeof(msg));
			return err_set(e, ST_INPUT, "the tokenizer's regular expression gave up on this text: %s",
			    (char *)msg);
		}
		o = pcre2_get_ovector_pointer((*s)->md);
		if (o[1] > o[0] && o[0] >= from) {
			*found = true;
			*start = o[0];
			*end = o[1];
			return ST_OK;
		}
		/* empty: on with the next character behind it */
		from = o[1] > from ? o[1] : from;
		if (from < n)
			from += utf8_len((unsigned char)text[from]);
	}
	return ST_OK;
}
