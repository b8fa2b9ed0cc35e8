/* Patterns of tokenizer.json, written for Oniguruma, as PCRE2 has them: what means another
 * thing there is rewritten, and what has no equivalent is refused. */
#include <ctype.h>
#include <string.h>

#include "token/regex_int.h"
#include "token/uniclass.h"
#include "token/utf8.h"

enum { REPEAT_MAX = 65535 };       /* of PCRE2 */

static bool
starts(const struct regex_trans *t, const char *word)
{
	size_t k = strlen(word);

	return t->n - t->i >= k && !memcmp(t->s + t->i, word, k);
}

/* ---- letters that fold together ---- */

/* Text that one character folds to, longest first. */
static const struct { const char *text, *chars; } folds[] = {
	{ "ffi", "\\x{fb03}" }, { "ffl", "\\x{fb04}" }, { "ff", "\\x{fb00}" }, { "fi", "\\x{fb01}" },
	{ "fl", "\\x{fb02}" }, { "ss", "\\x{df}\\x{1e9e}" }, { "st", "\\x{fb05}\\x{fb06}" }
};

/* May a be followed by b in one of them? */
static bool
folds_pair(uint32_t a, uint32_t b)
{
	const char *p;
	size_t i;

	for (i = 0; i < sizeof(folds) / sizeof(folds[0]); i++)
		for (p = folds[i].text; p[1]; p++)
			if ((unsigned char)p[0] == (a | 32) && (unsigned char)p[1] == (b | 32))
				return true;
	return false;
}

/* ---- groups, repetitions, the rest ---- */

/* (?i-m: or (?i), as far as both know it; *k is its length, 0 if it is not one of them. */
static void
options(const struct regex_trans *t, struct regex_level *l, size_t *k)
{
	bool on = true;

	for (*k = 2; strchr("im-", regex_peek(t, *k)) && regex_peek(t, *k); ++*k) {
		if (regex_peek(t, *k) == '-')
			on = false;
		else
			*(regex_peek(t, *k) == 'i' ? &l->nocase : &l->dot) = on;
	}
	if (*k > 2 && (regex_peek(t, *k) == ':' || regex_peek(t, *k) == ')'))
		++*k;
	else
		*k = 0;
}

static enum status
group(struct regex_trans *t)
{
	static const char *const plain[] = { "(?:", "(?=", "(?!", "(?<=", "(?<!", "(?>" };
	struct regex_level *was = &t->at[t->depth], l = *was;
	const char *end, *text = NULL;
	size_t i, k = 1;

	if (t->depth + 1 == REGEX_DEPTH)
		return regex_bad(t, t->i, "a group this deep");
	if (regex_peek(t, 1) == '?') {
		options(t, &l, &k);
		for (i = 0; !k && i < sizeof(plain) / sizeof(plain[0]); i++)
			if (starts(t, plain[i]))
				k = strlen(text = plain[i]);
		/* (?<name>, which nothing refers to */
		if (!k && starts(t, "(?<") && isalpha((unsigned char)regex_peek(t, 3)) &&
		    (end = memchr(t->s + t->i, '>', t->n - t->i)))
			k = (size_t)(end - (t->s + t->i)) + 1;
		if (!k)
			return regex_bad(t, t->i, "this group");
	}
	if (!text)
		text = l.nocase == was->nocase && l.dot == was->dot ? "(?:" :
		    l.nocase ? l.dot ? "(?is:" : "(?i-s:" : l.dot ? "(?s-i:" : "(?-is:";
	buf_adds(t->b, text);
	if (t->s[t->i + k - 1] == ')') {        /* options alone: up to the end of the group around */
		l.close++;
		*was = l;
	} else {
		l.close = 0;
		t->at[++t->depth] = l;
	}
	t->joined = true;
	t->i += k;
	return ST_OK;
}

static enum status
group_end(struct regex_trans *t)
{
	unsigned k;

	if (!t->depth)
		return regex_bad(t, t->i, "a group's end without a beginning");
	for (k = t->at[t->depth--].close + 1; k; k--)
		buf_addc(t->b, ')');
	t->joined = true;
	t->i++;
	return ST_OK;
}

static size_t
number(const struct regex_trans *t, size_t k, int *v)
{
	for (*v = -1; isdigit((unsigned char)regex_peek(t, k)); k++)
		if ((*v = (*v < 0 ? 0 : *v) * 10 + (regex_peek(t, k) - '0')) > REPEAT_MAX)
			*v = REPEAT_MAX + 1;
	return k;
}

/* {n}, {n,}, {,m} or {n,m}; else the sign itself. */
static enum status
interval(struct regex_trans *t)
{
	int lo, hi;
	size_t k = number(t, 1, &lo);
	bool comma = regex_peek(t, k) == ',';

	hi = lo;
	if (comma)
		k = number(t, k + 1, &hi);
	if (regex_peek(t, k) != '}' || (lo < 0 && hi < 0)) {
		buf_adds(t->b, "\\{");
		t->i++;
		return ST_OK;
	}
	k++;
	if (lo > REPEAT_MAX || hi > REPEAT_MAX || (comma && hi >= 0 && lo > hi))
		return regex_bad(t, t->i, "this interval");
	/* there a repetition of the repetition, here possessive; and {n}? may be nothing */
	if ((regex_peek(t, k) == '+' && !t->rust) || (regex_peek(t, k) == '?' && !comma))
		return regex_bad(t, t->i, regex_peek(t, k) == '+' ? "}+" : "{n}?");
	buf_addf(t->b, "{%d", lo < 0 ? 0 : lo);
	if (comma)
		buf_addc(t->b, ',');
	if (comma && hi >= 0)
		buf_addf(t->b, "%d", hi);
	buf_addc(t->b, '}');
	t->i += k;
	return ST_OK;
}

static bool
repeats(const struct regex_trans *t)
{
	char c = regex_peek(t, 0);

	return c == '*' || c == '+' || c == '?' || c == '{';
}

/* Does a character that stands for itself follow? */
static bool
is_literal(const struct regex_trans *t)
{
	char c = regex_peek(t, 0);

	if (c == '\\')
		return regex_peek(t, 1) && !strchr("sSwWdDhHbBAzZpP", regex_peek(t, 1));
	return c && !strchr("()[]|^$.*+?{", c);
}

/* Up to three literals from t->i, which stays; end[k] is where k + 1 of them end.  One at least
 * is there, or it is an error. */
static enum status
look(struct regex_trans *t, uint32_t c[3], size_t end[3], size_t *n)
{
	size_t at = t->i, k = 0;
	enum status st = ST_OK;

	for (*n = 0; *n < 3 && (!*n || is_literal(t)); ++*n) {
		if ((st = regex_char(t, false, &c[*n], &k)))
			break;
		end[*n] = t->i += k;
	}
	t->i = at;
	if (!*n)
		return st;
	t->e->code = ST_OK;     /* of what follows it is said in its turn */
	return ST_OK;
}

/* Which of folds the literals c[0..n) begin with, SIZE_MAX if none.  A repetition takes its
 * last letter away. */
static size_t
fold_at(struct regex_trans *t, const uint32_t c[3], const size_t end[3], size_t n)
{
	size_t i, k, j, at = t->i;
	bool repeated;

	for (i = 0; i < sizeof(folds) / sizeof(folds[0]); i++) {
		k = strlen(folds[i].text);
		for (j = 0; j < k && j < n && (c[j] | 32) == (unsigned char)folds[i].text[j]; j++)
			;
		if (j < k)
			continue;
		t->i = end[k - 1];
		repeated = repeats(t);
		t->i = at;
		if (!repeated)
			return i;
	}
	return SIZE_MAX;
}

/* The next character as a literal; without regard to case, two or three may be one. */
static enum status
literal(struct regex_trans *t)
{
	bool nocase = t->at[t->depth].nocase && !t->rust;
	uint32_t c[3] = {0};
	size_t end[3] = {0}, n, f, k, len = 1;

	if (look(t, c, end, &n))
		return t->e->code;
	if (nocase && ((c[0] >= 0x80 && regex_folds_wide(c[0])) || (t->joined && folds_pair(t->before, c[0]))))
		return regex_bad(t, t->i, "this letter without regard to case");
	f = nocase ? fold_at(t, c, end, n) : SIZE_MAX;
	if (f != SIZE_MAX) {
		len = strlen(folds[f].text);
		buf_adds(t->b, "(?:");
	}
	for (k = 0; k < len; k++)
		regex_put_char(t->b, c[k]);
	if (f != SIZE_MAX)
		buf_addf(t->b, "|[%s])", folds[f].chars);
	t->before = c[len - 1];
	t->joined = false;
	t->i = end[len - 1];
	return ST_OK;
}

static enum status
escape(struct regex_trans *t)
{
	static const char *const edge[] = {
		"(?:(?<=[%s])(?![%s])|(?<![%s])(?=[%s]))", "(?:(?<=[%s])(?=[%s])|(?<![%s])(?![%s]))"
	};
	const char *word = regex_word(t);
	char c = regex_peek(t, 1);
	bool is;

	if (c == 'b' || c == 'B') {
		buf_addf(t->b, edge[c == 'B'], word, word, word, word);
	} else if (c == 'A' || c == 'z' || c == 'Z') {
		buf_add(t->b, t->s + t->i, 2);
	} else {
		if (regex_escape_set(t, &is))
			return t->e->code;
		if (!is)
			return literal(t);
		t->before = 0;
		return ST_OK;
	}
	t->before = 0;
	t->i += 2;
	return ST_OK;
}

static enum status
one(struct regex_trans *t)
{
	char c = t->s[t->i];

	switch (c) {
	case '\\':
		return escape(t);
	case '[':
		t->before = 0;
		return regex_class(t);
	case '(':
		return group(t);
	case ')':
		return group_end(t);
	case '{':
		if (interval(t))
			return t->e->code;
		t->before = 0;
		return ST_OK;
	case '^':
	case '$':
		buf_adds(t->b, !t->rust ? (char[]){c, 0} : c == '$' ? "\\z" : "\\A");
		break;
	case '.': case '|': case '*': case '+': case '?':
		buf_addc(t->b, c);
		break;
	default:
		return literal(t);
	}
	t->before = 0;
	t->i++;
	return ST_OK;
}

enum status
regex_text(const char *s, size_t n, bool rust, struct buf *b, struct err *e)
{
	struct regex_trans t = { .s = s, .n = n, .rust = rust, .b = b, .e = e };

	e->code = ST_OK;
	if (utf8_invalid(s, n) != n)
		return err_set(e, ST_INPUT, "the regular expression is not UTF-8");
	while (t.i < n)
		if (one(&t))
			return e->code;
	if (t.depth)
		return regex_bad(&t, n, "a group without an end");
	while (t.at[0].close--)
		buf_addc(b, ')');
	return buf_ok(b) ? ST_OK : err_nomem(e);
}
