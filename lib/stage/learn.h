/* Records to the examples that fg-update learns from. */
#ifndef STAGE_LEARN_H
#define STAGE_LEARN_H

#include "base/spool.h"
#include "run/comm.h"
#include "run/objective.h"
#include "stage/ids.h"
#include "stage/stream.h"

struct learn {
	struct ids *ids;
	const struct objective_type *type;
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

/* Open the tokenizer and the shape of model for the records; max_length 0: the model's positions.
 * ST_USAGE when pack is longer than those. */
enum status learn_open(struct learn *l, const char *model, size_t max_length, struct err *e);

/* Append record r to s as an example.  ST_INPUT with the record's place, and s as it
 * was, when something is missing or does not fit. */
enum status learn_record(struct learn *l, struct record *r, struct spool *s, struct err *e);
/* With pack: append the last, shorter sequence. */
enum status learn_end(struct learn *l, struct spool *s, struct err *e);
void learn_free(struct learn *l);

/* All that a pass reads. */
struct learn_set {
	struct spool *train;            /* the stream */
	struct spool *eval;             /* held-out records, or NULL */
	struct spool *norm;             /* samples of the reference policy, or NULL */
};

/* Read the stream to its end, and the files that are not NULL; reject what cannot be used.  Of norm's
 * records l->field alone is read, as samples have no pairs.  ST_INPUT when expect is not 0 and not the
 * number of the stream's records.  learn_set_free, also after an error. */
enum status learn_read(struct learn *l, const struct stream *in, uint64_t expect, const char *eval,
    const char *norm, struct learn_set *s, struct err *e);
/* Send what rank 0 has read, and the policy that it found, to every rank; e has the error of reading, if any. */
enum status learn_share(struct learn *l, struct learn_set *s, struct comm *c, struct err *e);
void learn_set_free(struct learn_set *s);

/* The name of a pass: XXH3-128 of what it reads and of its options, in digits.  options is a text
 * that is the same for the same options; the digest's parts are appended to it. */
enum status learn_digest(const struct learn_set *s, struct buf *options, char out[HASH_HEX], struct err *e);

#endif
