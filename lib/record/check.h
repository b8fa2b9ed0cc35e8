/* The rules of fg-record(5). */
#ifndef RECORD_CHECK_H
#define RECORD_CHECK_H

#include <stdint.h>

#include "record/record.h"

struct check_opt {
	int32_t vocab;          /* ids are below it; 0: unknown */
	bool strict;            /* id and, where there are ids, tokenizer must be there */
};

/* ST_INPUT with the place and the first rule that is broken: companions as long as
 * F_ids, ends that ascend within the text, labels of -1, 0 and 1, scalars in range,
 * hunks that turn rejected into chosen. */
enum status check_record(struct record *r, const struct check_opt *o, struct err *e);

#endif
