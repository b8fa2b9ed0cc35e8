/* Two versions of a text aligned, and their tokens labelled. */
#ifndef STAGE_DIFFLABEL_H
#define STAGE_DIFFLABEL_H

#include "edit/label.h"
#include "record/record.h"
#include "token/token.h"

struct difflabel_opt {
	const char *worse, *better;     /* the two text fields */
	struct edit_label_opts edit;    /* bounded */
	const struct tokenizer *t;      /* for texts without ids, or with those of another; NULL: refuse them */
};

/* What one thread needs. */
struct difflabel;

/* Owned; o is borrowed. */
enum status difflabel_new(struct difflabel **w, const struct difflabel_opt *o, struct err *e);
void difflabel_free(struct difflabel *w);

/* Set both fields' labels, costs where they are asked for (all 0 for the better side), hunks and
 * edit_ratio of r, and ids where they are made.  *ratio is the edit ratio;
 * ST_EOF when it is above max_ratio: then *ratio may be too small, and no labels are set. */
enum status difflabel_record(struct difflabel *w, struct record *r, double *ratio, struct err *e);

/* Add to *bos and *eos how many of the sequences that were made begin with two BOS and end with two EOS. */
void difflabel_twice(const struct difflabel *w, uint64_t *bos, uint64_t *eos);

#endif
