/* Strict RFC 8259 JSON: a reader that indexes the text in place. */
#ifndef JSON_JSON_H
#define JSON_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"

enum json_type {
	JSON_NULL, JSON_FALSE, JSON_TRUE, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT
};

/* One value.  text[at .. at + len) is its bytes, quotes and brackets included.
 * Children of an array or object follow it in the table; next is the index of the
 * value after this one and all its children.  An object's children are key, value,
 * key, value. */
struct json_node {
	uint8_t type;
	bool escaped;           /* a string that holds a backslash */
	uint32_t count;         /* elements of an array, members of an object */
	size_t at, len;
	size_t next;
};

struct json {
	const char *text;       /* borrowed */
	size_t len;
	struct json_node *node; /* node[0] is the root */
	size_t n;
	struct arena *arena;
};

enum { JSON_DEPTH = 512 };

/* Index text[0..n), one value with white space around it.  Nodes live in a.
 * ST_INPUT sets e->line and e->byte (both from 1; byte counts from the start of the
 * text). Duplicate keys are errors, as are invalid UTF-8 and lone surrogates. */
enum status json_parse(struct json *j, const char *text, size_t n, struct arena *a,
    struct err *e);

/* Node indices below; 0 is the root, and 0 as a result means "not there" (the root
 * is nobody's child). */
size_t json_get(const struct json *j, size_t object, const char *key);
size_t json_first(const struct json *j, size_t parent);        /* key or element */
size_t json_next(const struct json *j, size_t parent, size_t child);   /* 0 at the end */
enum json_type json_type(const struct json *j, size_t node);
bool json_is(const struct json *j, size_t node, const char *literal);  /* a string equal to it */

/* The decoded string, NUL-terminated too (a decoded NUL is kept: use *n).  Borrowed
 * from the arena.  NULL when memory is out or node is not a string. */
const char *json_str(const struct json *j, size_t node, size_t *n);

/* Numbers with ranges; ST_INPUT with the node's place and "name: expected ..." */
enum status json_i64(const struct json *j, size_t node, const char *name, int64_t lo,
    int64_t hi, int64_t *v, struct err *e);
enum status json_f64(const struct json *j, size_t node, const char *name, double *v,
    struct err *e);

/* An ST_INPUT error placed at node. */
enum status json_bad(const struct json *j, size_t node, struct err *e, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

#endif
