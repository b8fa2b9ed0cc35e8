/* What records count in tokens, and whose tokens they are. */
#ifndef RECORD_TOKENS_H
#define RECORD_TOKENS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/record.h"

/* Are the record's ids those of another tokenizer than that with fingerprint print? */
enum status record_other_tokenizer(struct record *r, const char *print, bool *other, struct err *e);

/* Before ids of this tokenizer are set, and its fingerprint with them: those of another go,
 * with all that is counted in its tokens. */
enum status record_drop_other(struct record *r, const char *print, struct err *e);

/* Set F_ids and F_ends, n of each; the pointers may be NULL when n is 0.  An end that does not
 * fit an int32_t is ST_INPUT. */
enum status record_set_tokens(struct record *r, const char *field, const int32_t *id, const size_t *end, size_t n,
    struct err *e);
/* The same for F_ends alone: the ids stay. */
enum status record_set_ends(struct record *r, const char *field, const size_t *end, size_t n, struct err *e);

/* A complaint about field that knows no place (a tokenizer's) gets the record's: ST_INPUT in
 * e->code; another code stays as it is. Returns e->code. */
enum status record_complain(const struct record *r, const char *field, struct err *e);

#endif
