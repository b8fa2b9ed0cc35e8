/* Between the translation of a pattern and the matcher. */
#ifndef TOKEN_REGEX_INT_H
#define TOKEN_REGEX_INT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/status.h"

/* Append Oniguruma's (or, with rust, Rust's) pattern s[0..n) as PCRE2's.  What it cannot be is
 * ST_INPUT, without a place. */
enum status regex_text(const char *s, size_t n, bool rust, struct buf *b, struct err *e);

/* ---- a translation in progress ---- */

/* Groups and classes in one another. */
enum { REGEX_DEPTH = 64 };

struct regex_level {
	bool nocase, dot;       /* (?i), (?m) */
	unsigned close;         /* groups opened by options alone, which end here too */
};

struct regex_trans {
	const char *s;
	size_t n, i;
	bool rust;
	struct buf *b;
	struct err *e;
	struct regex_level at[REGEX_DEPTH];
	size_t depth;
	/* The last literal, for letters that fold together; joined: a group's edge is between. */
	uint32_t before;
	bool joined;
};

/* ST_INPUT: what, at that offset, is not supported. */
enum status regex_bad(const struct regex_trans *t, size_t at, const char *what);

/* The byte k after t->i, 0 past the end. */
static inline char
regex_peek(const struct regex_trans *t, size_t k)
{
	return k < t->n - t->i ? t->s[t->i + k] : 0;
}

/* The character at t->i, an escape or itself, and its length. */
enum status regex_char(const struct regex_trans *t, bool in_class, uint32_t *c, size_t *k);
/* Print a character that stands for itself, in a class too. */
void regex_put_char(struct buf *b, uint32_t c);
/* Is c, not ASCII, of those that fold to several characters, or are a part of what others
 * fold to?  More than these are. */
bool regex_folds_wide(uint32_t c);

/* ---- sets of characters (regex_set.c) ---- */

/* What \w is outside of a class, as the inside of a bracket. */
const char *regex_word(const struct regex_trans *t);
/* The class at t->i, which is [, as a pattern for one character; t->i goes on. */
enum status regex_class(struct regex_trans *t);
/* The same for an escape at t->i if it stands for a set; *is says so. */
enum status regex_escape_set(struct regex_trans *t, bool *is);

#endif
