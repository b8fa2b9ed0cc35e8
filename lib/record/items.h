/* Read a file of another layout, one item at a time: the objects of a JSON
 * array or of JSON lines, the rows of a table, the paragraphs of a text. */
#ifndef RECORD_ITEMS_H
#define RECORD_ITEMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/status.h"

enum items_kind {
	ITEMS_JSON,             /* an array of objects, objects one after the other, or a line each */
	/* CSV (RFC 4180): lines, but not inside a quoted field; over lines, at most a mebibyte */
	ITEMS_ROWS,
	ITEMS_PARAGRAPHS        /* lines up to an empty line */
};

struct items;

/* Read fd from now on; name (borrowed) is for messages.  delim: of ITEMS_ROWS, 0 to
 * take a tab if the first line holds one, else a comma.  No more than about max bytes of an item
 * are kept in memory.  Owned. */
enum status items_new(struct items **it, enum items_kind kind, int fd, const char *name,
    char delim, size_t max, struct err *e);
void items_free(struct items *it);
/* The item that was handed out last spans lines and is not an item: it is the first of them, *n
 * bytes, and the others are read again.  False, and nothing is done, when it is one line. */
bool items_first_line(struct items *it, size_t *n);
char items_delim(const struct items *it);

/* The next item without its line end, and the line it begins on; borrowed until the
 * next call.  A broken object ends with its line, or where the next one begins.  ST_EOF at
 * the end; ST_INPUT with its place where no item can begin, where one is too long, and where an array cannot be
 * followed after a broken object: then its rest is not read. */
enum status items_next(struct items *it, const char **s, size_t *n, uint64_t *line,
    struct err *e);
/* items_next failed because a line was too long: the next call goes on after it, and its beginning
 * is in s. */
bool items_cut(const struct items *it, const char **s, size_t *n);

/* The fields of a row, unquoted into text one after the other; end[i] is where field
 * i ends (arrays grow and are owned by the caller).  ST_INPUT on a quote that is not
 * closed or has text after it. */
struct row { struct buf text; size_t *end, n, cap; };
enum status row_split(struct row *r, const char *s, size_t n, char delim, struct err *e);
void row_free(struct row *r);

/* The item as one line of JSON in place of what is in b: a row as an object of its columns, a
 * paragraph as an object with a text, an object of several lines.  ST_INPUT, without a place:
 * another number of fields than the header has, invalid UTF-8. */
enum status row_object(const struct row *head, const struct row *row, struct buf *b, struct err *e);
enum status paragraph_object(const char *s, size_t n, struct buf *b, struct err *e);
enum status object_line(const char *s, size_t n, struct buf *b, struct err *e);

#endif
