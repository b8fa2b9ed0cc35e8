/* Sets of characters in a pattern: classes, with classes and && in them, and properties. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "token/regex_int.h"

static const char SPACE[] = "\\x{9}-\\x{d}\\x{20}\\x{85}\\x{a0}\\x{1680}\\x{2000}-\\x{200a}"
    "\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}";
static const char WORD[] = "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}";
/* Oniguruma's \w outside of a class has Latin-1's other numbers too */
static const char WORD_ALONE[] = "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\x{b2}\\x{b3}\\x{b9}\\x{bc}-\\x{be}";
static const char HEX[] = "0-9A-Fa-f";

/* A set: simple is what stands in one bracket, other what does not: "|" and a pattern for one
 * character, any number of times. */
struct set { struct buf simple, other; };

static void
set_free(struct set *s)
{
	buf_free(&s->simple);
	buf_free(&s->other);
}

/* Another pattern for one character; negated: for any that is not in simple. */
static void
set_other(struct set *s, const char *before, const struct buf *simple, const char *after)
{
	buf_addc(&s->other, '|');
	buf_adds(&s->other, before);
	buf_add(&s->other, simple->p, simple->n);
	buf_adds(&s->other, after);
}

static void
set_add(struct set *s, const char *simple, bool negated)
{
	struct buf b = { .p = (char *)(uintptr_t)simple, .n = strlen(simple) };

	if (negated)
		set_other(s, "[^", &b, "]");
	else
		buf_adds(&s->simple, simple);
}

/* The whole as a pattern for one character. */
static void
set_put(const struct set *s, bool negated, struct buf *b)
{
	if (!s->other.n) {
		buf_adds(b, negated ? "[^" : "[");
		buf_add(b, s->simple.p, s->simple.n);
		buf_addc(b, ']');
		return;
	}
	buf_adds(b, negated ? "(?:(?!" : "(?:");
	if (s->simple.n) {
		buf_addc(b, '[');
		buf_add(b, s->simple.p, s->simple.n);
		buf_addc(b, ']');
	}
	buf_add(b, s->other.p + !s->simple.n, s->other.n - !s->simple.n);
	buf_adds(b, negated ? ")(?s:.))" : ")");
}

/* Properties whose names PCRE2 does not have, or has for another set. */
static const struct { const char *name, *set; } named[] = {
	{ "alnum", "\\p{Alphabetic}\\p{Nd}" }, { "alpha", "\\p{Alphabetic}" }, { "ascii", "\\x{0}-\\x{7f}" },
	{ "blank", "\\x{9}\\p{Zs}" }, { "cntrl", "\\p{Cc}" }, { "digit", "\\p{Nd}" }, { "lower", "\\p{Lowercase}" },
	{ "punct", "\\p{P}" }, { "space", SPACE }, { "upper", "\\p{Uppercase}" },
	{ "word", WORD }, { "xdigit", HEX }, { "any", "\\x{0}-\\x{10ffff}" }, { "assigned", "\\P{Cn}" },
	{ "alphabetic", "\\p{Alphabetic}" }, { "lowercase", "\\p{Lowercase}" }, { "uppercase", "\\p{Uppercase}" },
	{ "whitespace", SPACE }, { "lc", "\\p{L&}" }, { "casedletter", "\\p{L&}" },
	{ "letter", "\\p{L}" }, { "uppercaseletter", "\\p{Lu}" }, { "lowercaseletter", "\\p{Ll}" },
	{ "titlecaseletter", "\\p{Lt}" }, { "modifierletter", "\\p{Lm}" }, { "otherletter", "\\p{Lo}" },
	{ "mark", "\\p{M}" }, { "combiningmark", "\\p{M}" }, { "nonspacingmark", "\\p{Mn}" },
	{ "spacingmark", "\\p{Mc}" }, { "enclosingmark", "\\p{Me}" }, { "number", "\\p{N}" },
	{ "decimalnumber", "\\p{Nd}" }, { "letternumber", "\\p{Nl}" }, { "othernumber", "\\p{No}" },
	{ "punctuation", "\\p{P}" }, { "connectorpunctuation", "\\p{Pc}" }, { "dashpunctuation", "\\p{Pd}" },
	{ "openpunctuation", "\\p{Ps}" }, { "closepunctuation", "\\p{Pe}" }, { "initialpunctuation", "\\p{Pi}" },
	{ "finalpunctuation", "\\p{Pf}" }, { "otherpunctuation", "\\p{Po}" }, { "symbol", "\\p{S}" },
	{ "mathsymbol", "\\p{Sm}" }, { "currencysymbol", "\\p{Sc}" }, { "modifiersymbol", "\\p{Sk}" },
	{ "othersymbol", "\\p{So}" }, { "separator", "\\p{Z}" }, { "spaceseparator", "\\p{Zs}" },
	{ "lineseparator", "\\p{Zl}" }, { "paragraphseparator", "\\p{Zp}" }, { "other", "\\p{C}" },
	{ "control", "\\p{Cc}" }, { "format", "\\p{Cf}" }, { "surrogate", "\\p{Cs}" }, { "privateuse", "\\p{Co}" },
	{ "unassigned", "\\p{Cn}" }
};

/* What PCRE2 calls by the same name. */
static const char *const same[] = {
	"l", "lu", "ll", "lt", "lm", "lo", "m", "mn", "mc", "me", "n", "nd", "nl", "no", "p", "pc", "pd", "ps", "pe",
	"pi", "pf", "po", "s", "sm", "sc", "sk", "so", "z", "zs", "zl", "zp", "c", "cc", "cf", "cn", "co", "cs",
	"emoji", "emojipresentation", "emojimodifier", "emojimodifierbase", "extendedpictographic", "idstart",
	"idcontinue", "ideographic", "math", "dash", "diacritic", "extender", "asciihexdigit", "hexdigit"
};

/* Can PCRE2 read it? */
static bool
compiles(const char *pattern)
{
	PCRE2_SIZE at;
	int code;
	pcre2_code *c = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, PCRE2_UTF, &code, &at, NULL);

	pcre2_code_free(c);
	return c;
}

/* The set of a name, in out; false if there is none.  A script is a script there, and with its
 * extensions here. */
static bool
property(const char *name, char out[96])
{
	size_t i;

	for (i = 0; i < sizeof(named) / sizeof(named[0]); i++) {
		if (!strcmp(named[i].name, name)) {
			snprintf(out, 96, "%s", named[i].set);
			return true;
		}
	}
	for (i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		if (!strcmp(same[i], name)) {
			snprintf(out, 96, "\\p{%c%s}", toupper((unsigned char)*name), name + 1);
			return true;
		}
	}
	snprintf(out, 96, "\\p{sc:%s}", name);
	return compiles(out);
}

/* Does the set change when letters of either case count?  Of what is asked for, these do not. */
static bool
any_case(const char *set)
{
	static const char *const closed[] = {
		"\\p{N}", "\\p{Nd}", "\\p{P}", "\\p{S}", "\\p{Z}", "\\p{Zs}", "\\p{L}", SPACE, WORD, WORD_ALONE, HEX,
		"\\p{P}\\p{S}", "\\p{Alphabetic}", "\\p{Alphabetic}\\p{Nd}", "\\x{0}-\\x{10ffff}"
	};
	size_t i;

	for (i = 0; i < sizeof(closed) / sizeof(closed[0]); i++)
		if (!strcmp(closed[i], set))
			return true;
	return false;
}

/* Add a set by name; its place is t->i.  The characters of a class stand for both cases, a set
 * alone does not. */
static enum status
add_set(struct regex_trans *t, const char *set, bool in_class, bool negated, struct set *s)
{
	if (in_class && t->at[t->depth].nocase && !t->rust) {
		if (!any_case(set) || (negated && !strcmp(set, "\\p{L}")))
			return regex_bad(t, t->i, "this set without regard to case");
		if (!strcmp(set, "\\p{L}"))
			set = "\\p{L}\\x{345}"; /* which folds to a letter */
	}
	set_add(s, set, negated);
	return ST_OK;
}

/* \p{Name}, \p{^Name}, \P{Name} at t->i, or [:name:]. */
static enum status
add_property(struct regex_trans *t, const char *from, const char *to, bool in_class, bool negated, struct set *s)
{
	char name[40], set[96];
	size_t k = 0;

	if (from < to && *from == '^') {
		negated = !negated;
		from++;
	}
	for (; from < to; from++) {
		if (*from == ' ' || *from == '_' || *from == '-')
			continue;
		if (k + 1 == sizeof(name) || !isalpha((unsigned char)*from))
			return regex_bad(t, t->i, "this property");
		name[k++] = (char)tolower((unsigned char)*from);
	}
	name[k] = 0;
	if (!k || !property(name, set))
		return regex_bad(t, t->i, "this property");
	if (!in_class && !strcmp(set, WORD))
		return add_set(t, WORD_ALONE, in_class, negated, s);
	return add_set(t, set, in_class, negated, s);
}

/* An escape that stands for a set, at t->i; *is says whether it is one.  t->i goes on. */
static enum status
escape_set(struct regex_trans *t, bool in_class, struct set *s, bool *is)
{
	const char *set = NULL, *end;
	char c = regex_peek(t, 1);

	*is = true;
	switch (c) {
	case 's': case 'S':
		set = SPACE;
		break;
	case 'w': case 'W':
		set = in_class || t->rust ? WORD : WORD_ALONE;
		break;
	case 'd': case 'D':
		set = "\\p{Nd}";
		break;
	case 'h': case 'H':
		set = HEX;
		break;
	case 'p': case 'P':
		if (regex_peek(t, 2) != '{')
			break;
		if (!(end = memchr(t->s + t->i, '}', t->n - t->i)))
			return regex_bad(t, t->i, "a property without an end");
		if (add_property(t, t->s + t->i + 3, end, in_class, c == 'P', s))
			return t->e->code;
		t->i = (size_t)(end - t->s) + 1;
		return ST_OK;
	}
	if (!set) {
		*is = false;
		return ST_OK;
	}
	if (add_set(t, set, in_class, isupper((unsigned char)c), s))
		return t->e->code;
	t->i += 2;
	return ST_OK;
}

static enum status class(struct regex_trans *t, size_t depth, struct set *out);

/* [:name:] at t->i, if it is such. */
static enum status
posix(struct regex_trans *t, struct set *s, bool *is)
{
	size_t k = 2;
	bool negated;

	*is = false;
	while (isalpha((unsigned char)regex_peek(t, k)) || (k == 2 && regex_peek(t, k) == '^'))
		k++;
	if (regex_peek(t, k) != ':' || regex_peek(t, k + 1) != ']')
		return ST_OK;
	*is = true;
	negated = regex_peek(t, 2) == '^';
	/* this one is more than the property */
	if (k - negated == 7 && !memcmp(t->s + t->i + 2 + negated, "punct", 5)) {
		if (add_set(t, "\\p{P}\\p{S}", true, negated, s))
			return t->e->code;
	} else if (add_property(t, t->s + t->i + 2, t->s + t->i + k, true, false, s)) {
		return t->e->code;
	}
	t->i += k + 2;
	return ST_OK;
}

/* One character or range of a class. */
static enum status
class_range(struct regex_trans *t, struct set *s)
{
	bool nocase = t->at[t->depth].nocase && !t->rust;
	uint32_t lo, hi, c;
	size_t k, at = t->i;

	if (regex_char(t, true, &lo, &k))
		return t->e->code;
	t->i += k;
	hi = lo;
	if (regex_peek(t, 0) == '-' && regex_peek(t, 1) && regex_peek(t, 1) != ']') {
		t->i++;
		if (regex_peek(t, 0) == '[' || (regex_peek(t, 0) == '&' && regex_peek(t, 1) == '&') ||
		    (regex_peek(t, 0) == '\\' && regex_peek(t, 1) && strchr("sSwWdDhH", regex_peek(t, 1))) ||
		    (regex_peek(t, 0) == '\\' && (regex_peek(t, 1) | 32) == 'p' && regex_peek(t, 2) == '{'))
			return regex_bad(t, t->i, "a range to a set");
		if (regex_char(t, true, &hi, &k))
			return t->e->code;
		t->i += k;
		if (hi < lo)
			return regex_bad(t, at, "an empty range");
	}
	for (c = lo < 0x80 ? 0x80 : lo; nocase && c <= hi; c++)
		if (regex_folds_wide(c))
			return regex_bad(t, at, "this letter without regard to case");
	regex_put_char(&s->simple, lo);
	if (hi > lo) {
		buf_addc(&s->simple, '-');
		regex_put_char(&s->simple, hi);
	}
	return ST_OK;
}

/* A class in a class: of a simple one the characters are the outer's too. */
static enum status
class_inside(struct regex_trans *t, size_t depth, struct set *s)
{
	struct set in = {0};

	if (depth == REGEX_DEPTH)
		return regex_bad(t, t->i, "a class this deep");
	if (!class(t, depth + 1, &in)) {
		buf_add(&s->simple, in.simple.p, in.simple.n);
		buf_add(&s->other, in.other.p, in.other.n);
	}
	set_free(&in);
	return t->e->code;
}

/* An operand of &&, after the ones before it. */
static enum status
operand(struct regex_trans *t, struct set *s, struct buf *all, bool last)
{
	if (!s->simple.n && !s->other.n)
		return regex_bad(t, t->i, "a class of nothing");
	if (!last)
		buf_adds(all, "(?=");
	set_put(s, false, all);
	if (!last)
		buf_addc(all, ')');
	buf_clear(&s->simple);
	buf_clear(&s->other);
	return ST_OK;
}

/* What stands between the brackets; s is the last operand of &&, all those before it. */
static enum status
class_items(struct regex_trans *t, size_t depth, struct set *s, struct buf *all)
{
	size_t from = t->i;
	bool is = false, set = false;

	while (t->i < t->n && (t->s[t->i] != ']' || t->i == from)) {
		if (t->s[t->i] == ']')
			return regex_bad(t, t->i, "a class that starts with ]");
		if (set && regex_peek(t, 0) == '-' && regex_peek(t, 1) != ']')
			return regex_bad(t, t->i, "a range from a set");
		set = is = false;
		if (regex_peek(t, 0) == '[') {
			if (regex_peek(t, 1) == ':' && posix(t, s, &is))
				return t->e->code;
			if (!is && class_inside(t, depth, s))
				return t->e->code;
			set = true;
		} else if (regex_peek(t, 0) == '&' && regex_peek(t, 1) == '&') {
			if (operand(t, s, all, false))
				return t->e->code;
			t->i += 2;
		} else {
			if (regex_peek(t, 0) == '\\' && escape_set(t, true, s, &is))
				return t->e->code;
			if (!is && class_range(t, s))
				return t->e->code;
			set = is;
		}
	}
	return t->i < t->n ? ST_OK : regex_bad(t, from - 1, "a class without an end");
}

/* The class at t->i, which is [, added to out. */
static enum status
class(struct regex_trans *t, size_t depth, struct set *out)
{
	struct set s = {0};
	struct buf all = BUF_INIT, whole = BUF_INIT;
	bool negated;

	t->i++;
	if ((negated = regex_peek(t, 0) == '^'))
		t->i++;
	if (class_items(t, depth, &s, &all))
		goto out;
	if (all.n) {
		if (operand(t, &s, &all, true))
			goto out;
		set_other(&s, "(?:", &all, ")");
	} else if (!s.simple.n && !s.other.n) {
		regex_bad(t, t->i, "a class of nothing");
		goto out;
	}
	t->i++;
	if (!negated) {
		buf_add(&out->simple, s.simple.p, s.simple.n);
		buf_add(&out->other, s.other.p, s.other.n);
	} else {
		set_put(&s, true, &whole);
		set_other(out, "", &whole, "");
	}
	t->e->code = buf_ok(&s.simple) && buf_ok(&s.other) && buf_ok(&all) && buf_ok(&whole) ? ST_OK : err_nomem(t->e);
out:
	set_free(&s);
	buf_free(&all);
	buf_free(&whole);
	return t->e->code;
}

/* A class as the pattern of one character. */
static void
put_set(struct regex_trans *t, const struct set *s)
{
	/* a negated class alone is one bracket */
	if (!s->simple.n && s->other.n > 2 && s->other.p[1] == '[' && !memchr(s->other.p + 1, '|', s->other.n - 1) &&
	    memchr(s->other.p, ']', s->other.n) == s->other.p + s->other.n - 1)
		buf_add(t->b, s->other.p + 1, s->other.n - 1);
	else
		set_put(s, false, t->b);
}

const char *
regex_word(const struct regex_trans *t)
{
	return t->rust ? WORD : WORD_ALONE;
}

enum status
regex_class(struct regex_trans *t)
{
	struct set s = {0};

	if (!class(t, 0, &s))
		put_set(t, &s);
	set_free(&s);
	return t->e->code;
}

enum status
regex_escape_set(struct regex_trans *t, bool *is)
{
	struct set s = {0};

	if (!escape_set(t, false, &s, is) && *is)
		put_set(t, &s);
	set_free(&s);
	return t->e->code;
}
