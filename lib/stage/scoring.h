/* Score the texts of records: gather a batch of them, run every model over it, write the records. */
#ifndef STAGE_SCORING_H
#define STAGE_SCORING_H

#include "run/score.h"
#include "stage/ids.h"
#include "stage/stream.h"

/* A model and what it adds.  Set by the caller; borrowed. */
struct scoring_model {
	struct ids *ids;
	struct scorer *scorer;          /* until scoring_run may be NULL */
	const char *as;                 /* suffix in place of the usual one, or NULL */
	bool entropy, kl;
};

struct scoring {
	/* set by the caller */
	const struct stream *io;
	const struct scoring_model *model;      /* (nmodel), at least 1 */
	size_t nmodel;
	const char *const *field;       /* (nfield); none: response, else chosen and rejected */
	size_t nfield;
	double temperature;             /* 0: the record's, else 1 */
	size_t limit;                   /* tokens from which a batch is full */

	struct record **record;         /* (cap), owned: n of the batch, then spare ones */
	size_t n, cap;
	/* the texts of the batch, as one model reads them */
	struct scoring_part *part;      /* owned */
	struct score_seq *seq;          /* owned, beside part */
	size_t parts, cappart, tokens;
	/* so far: records written, sequences and tokens computed, by all models */
	uint64_t records, sequences, computed;
};

/* The next spare record: read into it. */
enum status scoring_next(struct scoring *s, struct record **r, struct err *e);
/* Add the texts of that record to the batch, as the first model reads them: all of them, or, with ST_INPUT, none. */
enum status scoring_add(struct scoring *s, struct err *e);
/* Score the batch, set the results, write the records; the batch is then empty.  Each model sees what those before it
 * have set, as if they were one after the other in a pipeline: a record that a later model cannot read is rejected with
 * it; and when something fails, the records before are written. */
enum status scoring_run(struct scoring *s, struct err *e);
void scoring_free(struct scoring *s);

#endif
