/* References from another file: what somebody else answered to the same prompt. */
#ifndef STAGE_AGAINST_H
#define STAGE_AGAINST_H

#include "stage/stream.h"

struct against;

/* Read the field `response` of each record of file; ST_INPUT if a record has no response.  Owned. */
enum status against_open(struct against **a, const char *file, const struct stream *io, struct err *e);
void against_close(struct against *a);

/* Set r's `reference`: the response of the record of file with r's id, else of the one with its prompt; of
 * several of these the one with r's sample, else the first.  ST_INPUT if nothing matches.  Safe on several
 * threads. */
enum status against_set(const struct against *a, struct record *r, struct err *e);

/* How many records of file have the same id (or, without one, the same prompt) and sample as an earlier record.  They
 * are not used. */
uint64_t against_twice(const struct against *a);

#endif
