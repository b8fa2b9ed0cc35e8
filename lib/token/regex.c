/* Patterns of tokenizer.json through PCRE2. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

#include "token/regex_int.h"
#include "token/token_int.h"
#include "token/utf8.h"

/* A pattern, as it is given and as PCRE2 has it. */
enum { PATTERN_MAX = 1 << 16, TEXT_MAX = 1 << 20, NEST_MAX = 250 };
enum { HEAP_KIB = 65536, STACK_MIN = 32 << 10, STACK_MAX = 1 << 20 };
/* Steps of a text: in all, and for each byte of it; at one place before it counts, and how many
 * places are tried at once. */
enum { STEPS = 100000000, STEPS_BYTE = 1000, STEPS_FEW = 1000, PLACES = 1000 };

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

enum status
regex_open(struct regex **out, const char *pattern, size_t n, bool rust, struct err *e)
{
	uint32_t opt = PCRE2_USE_OFFSET_LIMIT | PCRE2_UTF | PCRE2_UCP | PCRE2_NO_UTF_CHECK | PCRE2_NEVER_BACKSLASH_C;
	struct buf b = BUF_INIT;
	pcre2_compile_context *cc;
	struct regex *r;
	PCRE2_SIZE at;
	int code;
	PCRE2_UCHAR msg[128];

	*out = NULL;
	if (n > PATTERN_MAX)
		return err_set(e, ST_INPUT, "a regular expression of %zu bytes is too long", n);
	if (regex_text(pattern, n, rust, &b, e)) {
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
	pcre2_set_parens_nest_limit(cc, NEST_MAX);
	pcre2_set_max_pattern_length(cc, TEXT_MAX);
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
	pcre2_set_depth_limit(s->mc, STEPS);
	pcre2_set_heap_limit(s->mc, HEAP_KIB);
	pcre2_jit_stack_assign(s->mc, NULL, s->stack);
	*out = s;
	return ST_OK;
}

uint64_t
regex_steps(size_t n)
{
	return STEPS + STEPS_BYTE * (uint64_t)n;
}

/* One search for a match that starts in [from, to], each place at most limit steps. */
static int
search(const struct regex *r, struct regex_scratch *s, const char *text, size_t n, size_t from, size_t to,
    uint32_t limit)
{
	pcre2_set_match_limit(s->mc, limit);
	pcre2_set_offset_limit(s->mc, to);
	if (r->jit)
		return pcre2_jit_match(r->code, (PCRE2_SPTR)text, n, from, 0, s->md, s->mc);
	return pcre2_match(r->code, (PCRE2_SPTR)text, n, from, PCRE2_NO_UTF_CHECK, s->md, s->mc);
}

/* Is there a match that starts at `from`?  With more and more steps, of what *left allows. */
static int
match_here(const struct regex *r, struct regex_scratch *s, const char *text, size_t n, size_t from, uint64_t *left)
{
	uint64_t limit = STEPS_FEW;
	int rc;

	while ((rc = search(r, s, text, n, from, from, (uint32_t)limit)) == PCRE2_ERROR_MATCHLIMIT && limit < *left) {
		*left -= limit;
		limit = 4 * limit < *left ? 4 * limit : *left;
		if (limit > UINT32_MAX)
			limit = UINT32_MAX;
	}
	return rc;
}

/* The first match from `from` on.  PCRE2 counts its steps anew at each place where a match may
 * start: many places are tried at once with few steps each, and where that is not enough one by
 * one. */
static int
first_match(const struct regex *r, struct regex_scratch *s, const char *text, size_t n, size_t from, uint64_t *left)
{
	size_t to, slow = from; /* places before this are tried alone */
	int rc;

	for (;;) {
		if (from < slow) {
			to = from;
			rc = match_here(r, s, text, n, from, left);
		} else {
			to = n - from > PLACES ? from + PLACES : n;
			rc = search(r, s, text, n, from, to, STEPS_FEW);
			if (rc == PCRE2_ERROR_MATCHLIMIT) {
				slow = to + 1;
				continue;
			}
		}
		if (rc != PCRE2_ERROR_NOMATCH || to >= n)
			return rc;
		for (from = to + 1; from < n && ((unsigned char)text[from] & 0xc0) == 0x80; from++)
			;
	}
}

enum status
regex_find(const struct regex *r, struct regex_scratch **s, uint64_t *left, const char *text, size_t n,
    size_t from, bool again, bool *found, size_t *start, size_t *end, struct err *e)
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
	for (;;) {
		rc = first_match(r, *s, text, n, from, left);
		if (rc == PCRE2_ERROR_NOMATCH)
			return ST_OK;
		if (rc < 0) {
			pcre2_get_error_message(rc, msg, sizeof(msg));
			return err_set(e, ST_INPUT, "the tokenizer's regular expression gave up on this text: %s",
			    (char *)msg);
		}
		o = pcre2_get_ovector_pointer((*s)->md);
		if (!again || o[1] > o[0] || o[0] != from)
			break;
		/* empty where the last one ended: on with the next character */
		if (from == n)
			return ST_OK;
		from += utf8_len((unsigned char)text[from]);
		again = false;
	}
	*found = true;
	*start = o[0];
	*end = o[1];
	return ST_OK;
}
