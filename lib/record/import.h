/* Records of other projects' layouts to this project's. */
#ifndef RECORD_IMPORT_H
#define RECORD_IMPORT_H

#include "chat/chat.h"
#include "record/items.h"
#include "record/record.h"

enum import_from {
	IMPORT_HH, IMPORT_TRL, IMPORT_ALPACAFARM, IMPORT_ULTRAFEEDBACK, IMPORT_QA_FEEDBACK,
	IMPORT_PAIRS, IMPORT_ALPACA,
	IMPORT_M2,              /* a paragraph of the file as `text` */
	IMPORT_LABEL_STUDIO, IMPORT_ARGILLA,
	IMPORT_CSV              /* a row as fields of its columns' names */
};

struct import_opt {
	enum import_from from;
	struct chat *chat;                      /* borrowed; NULL: the layout's usual one */
	/* pairs; NULL or 0 where not given: the header is looked at */
	const char *rejected, *prompt, *by, *label, *chosen_is, *text;
	const char *const *chosen;
	size_t nchosen;
};

struct import;

/* emit gets each record made (borrowed for the call).  opt is borrowed.  Owned. */
enum status import_new(struct import **im, const struct import_opt *opt,
    enum status (*emit)(struct record *out, void *ctx, struct err *e), void *ctx, struct err *e);
void import_free(struct import *im);

/* The first row of a table (IMPORT_PAIRS): the columns that options name are there, and none
 * twice.  ST_USAGE, ST_INPUT. */
enum status import_header(struct import *im, const struct row *head, struct err *e);

/* Turn one source record into none, one or several.  ST_INPUT, placed at the record:
 * it cannot be used, and nothing was emitted.  ST_EOF: it is well and has nothing to be
 * learned from, a tie or a sentence that nobody corrected. */
enum status import_record(struct import *im, struct record *in, struct err *e);

/* Rows of --by that found no partner, one a call, with ST_INPUT; ST_EOF after the
 * last.  in becomes the row. */
enum status import_left(struct import *im, struct record *in, struct err *e);

#endif
