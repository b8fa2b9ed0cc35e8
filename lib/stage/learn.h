/* Records to the examples that fg-update learns from. */
#ifndef STAGE_LEARN_H
#define STAGE_LEARN_H

#include "base/spool.h"
#include "run/objective.h"
#include "stage/ids.h"
#include "stage/stream.h"

struct learn {
	struct ids *ids;
	enum objective_kind kind;
	bool labels;            /* reward: F_label is needed */
	bool prompts;           /* sft: the prompt's tokens are learned too */
	bool critic;            /* ppo: response_value and response_return are needed */
	bool kl;                /* ppo: response_kl and beta are needed */
	const char *field, *worse, *better;
	size_t pack;            /* sft: sequences of this many tokens, documents end to end; 0: no */

	char policy[HASH_HEX];  /* ppo: that sampled the records; "" as long as none says */
	int32_t *stream;        /* of pack, owned */
	size_t nstream, cap;
	struct buf bytes;
};

/* Turn record r into an example behind s.  ST_INPUT with the record's place, and s as it
 * was, when something is missing or does not fit. */
enum status learn_record(struct learn *l, struct record *r, struct spool *s, struct err *e);
/* What pack has left over. */
enum status learn_end(struct learn *l, struct spool *s, struct err *e);
void learn_free(struct learn *l);

/* The stream to its end; what cannot be used is rejected.  ST_INPUT when expect
 * is not 0 and not the number of records. */
enum status learn_input(struct learn *l, const struct stream *in, uint64_t expect, struct spool *s, struct err *e);

/* All records of another file as examples of their own, in a new spool; the first bad one
 * is an error.  responses: read l->field alone, for samples that have no pairs.  path NULL:
 * *s is NULL. */
enum status learn_beside(const struct learn *l, const struct stream *in, const char *path, bool responses,
    struct spool **s, struct err *e);

#endif
