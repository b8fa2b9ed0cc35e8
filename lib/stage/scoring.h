/* Score the texts of records: gather a batch of them, run the model, write the records. */
#ifndef STAGE_SCORING_H
#define STAGE_SCORING_H

#include "run/score.h"
#include "stage/ids.h"
#include "stage/stream.h"

struct scoring {
	/* set by the caller */
	const struct stream *io;
	struct ids *ids;
	const char *const *field;       /* (nfield); none: response, else chosen and rejected */
	size_t nfield;
	const char *as;                 /* suffix in place of the usual one, or NULL */
	double temperature;             /* 0: the record's, else 1 */
	bool entropy, kl;

	struct record **record;         /* (cap), owned: n of the batch, then spare ones */
	size_t n, cap;
	struct scoring_part *part;      /* owned */
	struct score_seq *seq;          /* owned, beside part */
	size_t parts, cappart, tokens;
};

/* The next spare record: read into it. */
enum status scoring_next(struct scoring *s, struct record **r, struct err *e);
/* Add the texts of that record to the batch: all of them, or, with ST_INPUT, none. */
enum status scoring_add(struct scoring *s, struct err *e);
/* Score the batch, set the results, write the records; the batch is then empty. */
enum status scoring_run(struct scoring *s, struct scorer *scorer, struct err *e);
void scoring_free(struct scoring *s);

#endif
