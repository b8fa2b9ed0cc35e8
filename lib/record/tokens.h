/* What records count in tokens, and whose tokens they are. */
#ifndef RECORD_TOKENS_H
#define RECORD_TOKENS_H

#include <stdbool.h>

#include "record/record.h"

/* Suffixes of arrays with a number for each of F's tokens, NULL behind the last. */
extern const char *const record_per_token[];

/* Are the record's ids those of another tokenizer than that with fingerprint print? */
enum status record_other_tokenizer(struct record *r, const char *print, bool *other, struct err *e);

/* Before ids of this tokenizer are set, and its fingerprint with them: those of another go,
 * with all that is counted in its tokens. */
enum status record_drop_other(struct record *r, const char *print, struct err *e);

#endif
