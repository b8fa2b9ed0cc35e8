/* JSON text into a buffer. */
#ifndef JSON_WRITE_H
#define JSON_WRITE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/status.h"

/* A quoted string; s must be UTF-8 (a byte that is not prints as U+FFFD).  Escapes
 * only what RFC 8259 demands. */
void json_put_str(struct buf *b, const char *s, size_t n);
/* ST_NUMERIC when a value is not finite (nothing useful is then in b). */
enum status json_put_f32(struct buf *b, float v, struct err *e);
enum status json_put_f64(struct buf *b, double v, struct err *e);
/* A member of an object: `"name":v`, after a comma unless it is the first; null when v is not finite. */
void json_put_number(struct buf *b, const char *name, double v);
void json_put_i64(struct buf *b, int64_t v);
enum status json_put_f32s(struct buf *b, const float *v, size_t n, struct err *e);
void json_put_i32s(struct buf *b, const int32_t *v, size_t n);

/* Members of a file for people: each begins a line, after a comma unless b ends in '{'. */
void json_line_key(struct buf *b, const char *name);
void json_line_str(struct buf *b, const char *name, const char *v);
void json_line_int(struct buf *b, const char *name, uint64_t v);        /* v <= INT64_MAX */
void json_line_bool(struct buf *b, const char *name, bool v);

#endif
