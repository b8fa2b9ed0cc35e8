/* The grammar of RFC 8259 as functions that step over one piece of text.  They build
 * nothing; json.c makes its node table and lib/record its members with them. */
#ifndef JSON_SCAN_H
#define JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>

/* Where the text breaks the grammar, and how (a constant string). */
struct json_fault {
	const char *at;
	const char *what;
};

/* All return the first byte after the piece; NULL fills f.  end: end of the text. */
const char *json_scan_space(const char *s, const char *end);
/* s at the opening quote; escaped: whether the string holds a backslash. */
const char *json_scan_string(const char *s, const char *end, bool *escaped, struct json_fault *f);
const char *json_scan_number(const char *s, const char *end, struct json_fault *f);
/* true, false or null, by its first letter */
const char *json_scan_word(const char *s, const char *end, struct json_fault *f);
/* Any value, s at its first byte; arrays and objects nest to JSON_DEPTH - depth.
 * Duplicate keys inside are not looked for. */
const char *json_scan_value(const char *s, const char *end, unsigned depth, struct json_fault *f);

/* Decode the string between its quotes, s[0..n) already scanned, into out (n bytes
 * suffice); returns the length. */
size_t json_unescape(char *out, const char *s, size_t n);

/* Length of the well-formed UTF-8 sequence at s (at most n bytes), 0 if none. */
size_t json_utf8(const char *s, size_t n);
bool json_is_utf8(const char *s, size_t n);

#endif
