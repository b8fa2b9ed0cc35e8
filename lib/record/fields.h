/* The fields that records of the suite may have: fg-record(5) explains each, fg-check holds
 * records to this table, fg-show paints what it says can be painted. */
#ifndef RECORD_FIELDS_H
#define RECORD_FIELDS_H

#include <stdbool.h>
#include <stddef.h>

#include "record/record.h"

enum field_of {
	FIELD_TOKENS,           /* a companion F_name: a number for each token of F */
	FIELD_TEXT,             /* a companion F_name: one value for the whole of F */
	FIELD_RECORD            /* a field of the record */
};
enum field_is {
	FIELD_REAL,             /* a number in lo..hi */
	FIELD_WHOLE,            /* an integer in lo..hi */
	FIELD_WORD,             /* one of words, "a|b|c" */
	FIELD_PRINT,            /* a fingerprint */
	FIELD_NAME,             /* a string or a number: an id */
	FIELD_STRING,
	FIELD_ARRAY
};

struct record_field {
	const char *name;
	enum field_of of;
	enum field_is is;
	double lo, hi;          /* equal: any number */
	const char *words;
	bool painted;           /* a word of fg-show --by */
};

/* All but ids, ends, spans, hunks and the texts themselves, whose checks need more than one field;
 * ends with a NULL name. */
extern const struct record_field record_fields[];

/* Is key F_ids, F_ends or another companion that is counted in the tokens of F? */
bool record_in_tokens(const char *key);
/* Check key's value; n: the elements that it must have (SIZE_MAX: any number).  Absent: ST_OK. */
enum status record_check_field(struct record *r, const struct record_field *f, const char *key, size_t n,
    struct err *e);

#endif
