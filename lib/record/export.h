/* Records to the layouts of tools in which people annotate. */
#ifndef RECORD_EXPORT_H
#define RECORD_EXPORT_H

#include "record/record.h"

enum export_to { EXPORT_LABEL_STUDIO, EXPORT_ARGILLA, EXPORT_CSV };

struct export_opt {
	enum export_to to;
	const char *const *field;       /* the columns of a table; n 0: the usual ones */
	size_t n;
};

struct export;

/* opt is borrowed.  Owned. */
enum status export_new(struct export **x, const struct export_opt *opt, struct err *e);
void export_free(struct export *x);

/* Append what stands before all records, one more record, and the end.  Records of one id that
 * follow each other are annotations of one task.  ST_INPUT: r cannot be written, and nothing
 * was. */
enum status export_begin(struct export *x, struct buf *out, struct err *e);
enum status export_record(struct export *x, struct record *r, struct buf *out, struct err *e);
enum status export_end(struct export *x, struct buf *out, struct err *e);

#endif
