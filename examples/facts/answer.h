/* Questions about a country, and answers of four sentences, one for each fact: how they
 * are read, marked and edited. */
#ifndef FACTS_ANSWER_H
#define FACTS_ANSWER_H

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "countries.h"

enum { WORDINGS = 10, TRAIN_WORDINGS = 6 };

/* % is the country.  The first TRAIN_WORDINGS are those of training. */
static const char *const ask[WORDINGS] = {
	"Tell me about %.", "What should I know about %?", "Give me a few facts about %.",
	"Describe % in four sentences.", "I am going to %. What are the basics?",
	"Write four sentences on %.",
	"Please introduce % to me.", "Facts about %, please.", "What can you tell me about %?",
	"A short profile of %."
};

/* A fact's sentence: what stands before the value.  @ is the country. */
static const struct { const char *name, *before, *sign; } sentence[FACTS] = {
	[CONTINENT] = { "continent", "@ lies in ", " lies in " },
	[CAPITAL] = { "capital", "Its capital is ", " capital is " },
	[CURRENCY] = { "currency", "People pay with the ", "eople pay with " },
	[LANGUAGE] = { "language", "The main language is ", " main language is " }
};

/* The first of the answers that are right. */
static inline int
first_of(const char *alternatives)
{
	return (int)strcspn(alternatives, "|");
}

static inline char *
tell(char *o, const struct country *c, int fact)
{
	const char *before = sentence[fact].before, *v = c->fact[fact];

	return o + (*before == '@' ? sprintf(o, "%s%s%.*s.", c->name, before + 1, first_of(v), v) :
	    sprintf(o, "%s%.*s.", before, first_of(v), v));
}

/* The country that a prompt asks about: the last name in it, the longest of those that
 * end there.  NULL if there is none. */
static inline const struct country *
question_read(const char *prompt)
{
	const struct country *best = NULL;
	const char *s, *end = prompt;
	size_t n;
	int i;

	for (i = 0; i < COUNTRIES; i++) {
		n = strlen(countries[i].name);
		for (s = prompt; (s = strstr(s, countries[i].name)); s += n)
			if (!isalpha((unsigned char)s[n]) && s + n >= end &&
			    (s + n > end || !best || n > strlen(best->name))) {
				best = &countries[i];
				end = s + n;
			}
	}
	return best;
}

/* One sentence of an answer: s[0..n) with the white space before it.  fact: the first
 * whose sign it has, or -1; value: s[from..to). */
struct piece { const char *s; size_t n, from, to; int fact; bool right; };

/* s[0..n) in small letters, without Latin-1's accents and without apostrophes, hyphens as
 * spaces; out has room for n + 1 bytes. */
static inline void
fold(char *out, const char *s, size_t n)
{
	/* U+00C0 .. U+00FF */
	static const char plain[] = "aaaaaaaceeeeiiiidnooooo*ouuuuyts"
	    "aaaaaaaceeeeiiiidnooooo/ouuuuyty";
	size_t i;
	unsigned char c;

	for (i = 0; i < n; i++) {
		c = (unsigned char)s[i];
		if (c == 0xc3 && i + 1 < n)
			*out++ = plain[(unsigned char)s[++i] & 63];
		else if (c == '-')
			*out++ = ' ';
		else if (c != '\'')
			*out++ = (char)tolower(c);
	}
	*out = 0;
}

/* Does s end with a word of its own that is end? */
static inline bool
ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n > m && s[n - m - 1] == ' ' && !strcmp(s + n - m, end);
}

/* "Western Europe" is Europe, "the Kenyan shillings" is the shilling; "South America" is not
 * America's north. */
static inline bool
value_right(const struct country *c, int fact, const char *value, size_t n)
{
	char v[128], want[64];
	const char *a, *s = v;

	if (n >= sizeof(v))
		return false;
	fold(v, value, n);
	if (!strncmp(s, "the ", 4))
		s += 4;
	if (fact == CURRENCY && strlen(s) > 2 && s[strlen(s) - 1] == 's')
		v[strlen(v) - 1] = 0;
	for (a = c->fact[fact]; ; a += first_of(a) + 1) {
		fold(want, a, (size_t)first_of(a));
		if (!strcmp(s, want) || (fact != CAPITAL && ends_with(s, want)))
			return true;
		if (!a[first_of(a)])
			return false;
	}
}

/* The next sentence of *s; false at the end.  A full stop inside of "U.S. dollar" ends
 * none: what follows begins in small letters. */
static inline bool
piece_next(const char **s, const struct country *c, struct piece *p)
{
	const char *at = *s, *start, *found;
	char *copy;
	size_t n, len, name = strlen(c->name);
	int i;

	while (isspace((unsigned char)*at))
		at++;
	if (!*at)
		return false;
	start = at;
	for (; *at && *at != '\n'; at++)
		if (strchr(".!?", *at) && (!at[1] || (isspace((unsigned char)at[1]) &&
		    !islower((unsigned char)at[2])))) {
			at++;
			break;
		}
	*p = (struct piece){ .s = *s, .n = (size_t)(at - *s), .fact = -1 };
	*s = at;
	if (!(copy = strndup(start, (size_t)(at - start)))) {
		perror("facts");
		exit(3);
	}
	for (i = 0; i < FACTS && p->fact < 0; i++) {
		if (!(found = strstr(copy, sentence[i].sign)))
			continue;
		n = (size_t)(found - copy) + strlen(sentence[i].sign);
		for (len = strlen(copy); len > n && strchr(".!? ", copy[len - 1]); len--)
			;
		if (!strncmp(copy + n, "the ", 4))
			n += 4;
		if (len <= n)
			continue;
		p->fact = i;
		p->from = n + (size_t)(start - p->s);
		p->to = len + (size_t)(start - p->s);
		p->right = value_right(c, i, copy + n, len - n);
		/* another country lies there */
		if (i == CONTINENT && strncmp(copy, "It ", 3) && strncmp(copy, "The country ", 12) &&
		    (strncmp(copy, c->name, name) || copy[name] != ' '))
			p->right = false;
	}
	free(copy);
	return true;
}

struct marks { int right, wrong, junk, told[FACTS]; };

/* Each fact counts once; what is said again, or is no fact's sentence, is junk. */
static inline struct marks
mark(const struct country *c, const char *s)
{
	struct marks m = {0};
	struct piece p;

	while (piece_next(&s, c, &p)) {
		if (p.fact < 0 || m.told[p.fact]) {
			m.junk++;
			continue;
		}
		m.told[p.fact] = p.right ? 1 : -1;
		m.right += p.right;
		m.wrong += !p.right;
	}
	return m;
}

static inline int
marks_score(const struct marks *m)
{
	return m->right - m->wrong - m->junk;
}

/* The facts that are missing and follow fact f, told one after another. */
static inline char *
tell_missing(char *o, char *start, const struct country *c, int f, const struct marks *m)
{
	for (f++; f < FACTS && !m->told[f]; f++) {
		if (o > start)
			*o++ = ' ';
		o = tell(o, c, f);
	}
	return o;
}

/* The minimal edit: a wrong value replaced, junk deleted, a missing fact told at its place.
 * out has room for strlen(s) + EDIT_ROOM bytes. */
enum { EDIT_ROOM = FACTS * 160 };
static inline void
edit(char *out, const struct country *c, const char *s)
{
	struct marks m = mark(c, s);
	bool done[FACTS] = { false };
	const char *v, *start = s;
	struct piece p;
	char *o;

	o = tell_missing(out, out, c, -1, &m);
	for (; piece_next(&s, c, &p); start = NULL) {
		if (p.fact < 0 || done[p.fact])
			continue;
		done[p.fact] = true;
		/* the white space before a sentence stays, but for one that now comes first */
		for (; isspace((unsigned char)*p.s); p.s++, p.n--, p.from--, p.to--)
			if (o > out || start)
				*o++ = *p.s;
		if (o > out && !isspace((unsigned char)o[-1]))
			*o++ = ' ';
		if (p.right) {
			o += sprintf(o, "%.*s", (int)p.n, p.s);
		} else if (p.fact == CONTINENT) {
			o = tell(o, c, CONTINENT) - 1;
			o += sprintf(o, "%.*s", (int)(p.n - p.to), p.s + p.to);
		} else {
			v = c->fact[p.fact];
			o += sprintf(o, "%.*s%.*s%.*s", (int)p.from, p.s, first_of(v), v,
			    (int)(p.n - p.to), p.s + p.to);
		}
		if (!strchr(".!?", o[-1]))
			*o++ = '.';
		o = tell_missing(o, out, c, p.fact, &m);
	}
	*o = 0;
}

#endif
