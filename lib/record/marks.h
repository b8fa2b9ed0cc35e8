/* What an annotator adds to a record, for import and export. */
#ifndef RECORD_MARKS_H
#define RECORD_MARKS_H

#include <stdbool.h>
#include <stddef.h>

#include "record/record.h"

enum mark {
	MARK_NONE,      /* a member of the task, not of an annotation */
	MARK_TEXT,      /* chosen, reason, note */
	MARK_CHOICE,    /* edit, verdict */
	MARK_WIN,       /* win: response, reference, tie, or a number */
	MARK_SPANS,     /* F_spans */
	MARK_WHO,       /* annotator */
	MARK_TIME       /* seconds */
};

enum mark mark_of(const char *key);
/* The text field that the mark is about: of F_spans F, of chosen and edit rejected, else response. */
const char *mark_field(const char *key, char *field, size_t cap);

/* "response", "reference", "tie" of 1, 0 and 0.5; NULL for others.  And back: -1 for others. */
const char *mark_win(double win);
double mark_win_value(const char *word, size_t n);

/* Byte `at` of s[0..n) in characters, and character `at` in bytes; n and beyond for what is past
 * the end. */
size_t mark_chars(const char *s, size_t n, size_t at);
size_t mark_bytes(const char *s, size_t n, size_t at);

/* The spans of r's member key, called one by one in bytes of the text s[0..n): label NULL for a
 * span of no name.  ST_INPUT where it is not a list of spans within the text. */
enum status mark_spans(struct record *r, const char *key, const char **s, size_t *n,
    void (*each)(void *ctx, size_t from, size_t to, const char *label, size_t nlabel), void *ctx, struct err *e);

#endif
