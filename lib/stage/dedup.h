/* Records that repeat others: exact duplicates, and stretches of text that other records have too. */
#ifndef STAGE_DEDUP_H
#define STAGE_DEDUP_H

#include "stage/stream.h"

enum { DEDUP_FIELDS = 64 };     /* most fields */

struct dedup_opt {
	const char *const *field;       /* (nfield <= DEDUP_FIELDS); none: record_text, those that are there */
	size_t nfield;
	const char *against;            /* compare with these records in place of earlier ones, or NULL */
	uint64_t min;                   /* bytes of the shortest stretch that counts; 0: exact duplicates alone */
	bool drop;                      /* leave such records out */
};

struct dedup_count { uint64_t records, dups, overlaps; };

/* Read the stream to its end, then write every record: `dup` has the id of the first record with the same fields,
 * `overlap` the stretches and where else they are; marks of an earlier run are removed.  Records are
 * rejected before any is written. */
enum status dedup_run(const struct dedup_opt *o, const struct stream *io, struct dedup_count *n, struct err *e);

#endif
