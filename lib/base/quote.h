/* Make text from files, headers and servers safe to print: nothing in the result moves the
 * cursor, changes a colour or reverses the direction of the text that follows. */
#ifndef BASE_QUOTE_H
#define BASE_QUOTE_H

#include <stddef.h>

#include "base/buf.h"

enum quote {
	QUOTE_LINE,     /* one line: a newline or a tab becomes a space */
	QUOTE_TEXT      /* newlines and tabs stay */
};

/* Append s[0..n).  Control characters (C0, DEL, C1), the marks that change the direction of
 * text, line and paragraph separators, and bytes that are not UTF-8 become U+FFFD. */
void quote_put(struct buf *b, const char *s, size_t n, enum quote how);

/* The same into to[0..cap), NUL at the end, cut off between two characters; cap > 0.  Returns to. */
char *quote_into(char *to, size_t cap, const char *s, size_t n);

/* Bytes of the harmless character at s[0..n), n > 0; 0: its *bad bytes are to be replaced. */
size_t quote_char(const char *s, size_t n, size_t *bad);

/* Replace each occurrence of secret in text[0..n) by as many '*'; an empty secret has none. */
void quote_strike(char *text, size_t n, const char *secret, size_t len);

#endif
