/* One record: a line that holds a JSON object.  Fields are read by name and type;
 * what is not touched is written back byte for byte, in order; a field that is set
 * replaces the old one in place or is added at the end. */
#ifndef RECORD_RECORD_H
#define RECORD_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/hash.h"
#include "base/status.h"

struct record;

/* A reusable record; owned. */
enum status record_new(struct record **r, struct err *e);
void record_free(struct record *r);

/* Parse line[0..n) (no newline).  The line is copied, so r stands alone; the whole
 * line is validated now.  file and line number are kept for messages (file borrowed).
 * ST_INPUT sets the place. */
enum status record_parse(struct record *r, const char *line, size_t n,
    const char *file, uint64_t lineno, struct err *e);

/* The same without the copy: line is borrowed until the next of either, and the record
 * with it. */
enum status record_borrow(struct record *r, const char *line, size_t n,
    const char *file, uint64_t lineno, struct err *e);

/* Everything read or set through r lives here until the next record_parse. */
struct arena *record_arena(struct record *r);

bool record_has(const struct record *r, const char *key);       /* null counts as absent */

/* Readers: absent or of the wrong type is ST_INPUT with the place and "key: ...".
 * Results are borrowed from r. Strings are decoded, with a NUL after them. */
enum status record_str(struct record *r, const char *key, const char **s, size_t *n, struct err *e);
enum status record_i64(struct record *r, const char *key, int64_t lo, int64_t hi, int64_t *v, struct err *e);
enum status record_f64(struct record *r, const char *key, double *v, struct err *e);
enum status record_i32s(struct record *r, const char *key, int32_t lo, int32_t hi, const int32_t **v, size_t *n, struct err *e);
enum status record_f32s(struct record *r, const char *key, const float **v, size_t *n, struct err *e);
/* A value as JSON, in r's arena. */
struct json;
enum status record_json(struct record *r, const char *key, struct json *j, struct err *e);
/* The raw JSON bytes of a value; false when absent. */
bool record_raw(const struct record *r, const char *key, const char **s, size_t *n);
/* Walk the members in order; i from 0; false at the end. */
bool record_member(const struct record *r, size_t i, const char **key, const char **raw, size_t *n);

/* Writers: the value is printed at once.  ST_NUMERIC on a value that is not finite. */
enum status record_set_str(struct record *r, const char *key, const char *s, size_t n, struct err *e);
enum status record_set_i64(struct record *r, const char *key, int64_t v, struct err *e);
enum status record_set_f64(struct record *r, const char *key, double v, struct err *e);
enum status record_set_f32(struct record *r, const char *key, float v, struct err *e);
enum status record_set_i32s(struct record *r, const char *key, const int32_t *v, size_t n, struct err *e);
enum status record_set_f32s(struct record *r, const char *key, const float *v, size_t n, struct err *e);
enum status record_set_raw(struct record *r, const char *key, const char *json, size_t n, struct err *e);
void record_remove(struct record *r, const char *key);
/* Remove every F_suffix: what was said of another text in field F. */
void record_forget(struct record *r, const char *field);

/* "F_suffix" in r's arena (NULL when memory is out): companion(r, "response", "ids"). */
const char *record_companion(struct record *r, const char *field, const char *suffix);

/* The usual text fields, with a NULL after them: prompt, response, chosen,
 * rejected, text. */
extern const char *const record_text[];
bool record_has_text(const struct record *r);

/* The record's id; where absent it is computed (XXH3-128 over the length-prefixed fields of
 * record_text that are present, in that order; without one, over the line) and set.
 * key: hash128 of the id's text, for random keys. */
enum status record_id(struct record *r, const char **id, struct hash128 *key, struct err *e);

/* An error at this record's place: "key: what". */
enum status record_bad(const struct record *r, const char *key, struct err *e, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* Append the line with its newline. */
enum status record_print(const struct record *r, struct buf *b, struct err *e);

#endif
