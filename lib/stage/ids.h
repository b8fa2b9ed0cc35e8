/* What a model reads of a record: prompt_ids ++ F_ids, as fg-record(5) has it. */
#ifndef STAGE_IDS_H
#define STAGE_IDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/model.h"
#include "record/record.h"
#include "token/token.h"

/* A model folder's tokenizer and configuration. */
struct ids;

/* longest: tokens of a sequence; 0: what the model's positions allow.  workers: how many
 * threads may read at once.  A folder without a tokenizer serves records that have ids.
 * Owned; dir is borrowed. */
enum status ids_open(struct ids **d, const char *dir, uint64_t longest, unsigned workers, struct err *e);
void ids_close(struct ids *d);
/* How many sequences so far began with BOS twice, and ended with EOS twice; d may be NULL. */
void ids_twice(const struct ids *d, uint64_t *bos, uint64_t *eos);
size_t ids_longest(const struct ids *d);
const struct model_config *ids_config(const struct ids *d);
const struct tokenizer *ids_tokenizer(const struct ids *d);    /* NULL: none */

struct ids_seq {
	const int32_t *id;      /* (n): prompt, then field; borrowed from the record */
	size_t n, prompt;
	const size_t *end;      /* (n - prompt): made by tokenizing, else NULL */
	size_t made;            /* tokens of prompt_ids that the record has not: tokenized, or the bos */
	/* the record's ids are another tokenizer's, and these were made from the text */
	bool foreign;
};

/* Field F of record r.  Ids of the model's own tokenizer are carried as they are; without
 * them, and where they are another tokenizer's, the text is tokenized.  A text is
 * complete unless finish is "length".  An empty prompt becomes the model's bos. ST_INPUT
 * when there is none, when an id is outside the vocabulary, when the sequence is longer
 * than it may be, or when nothing follows the prompt. */
enum status ids_read(struct ids *d, struct record *r, const char *field, unsigned worker,
    struct ids_seq *s, struct err *e);
/* The prompt alone (n == prompt), which has to be there. */
enum status ids_read_prompt(struct ids *d, struct record *r, unsigned worker, struct ids_seq *s,
    struct err *e);

/* Set F_ids, F_ends and tokenizer, and prompt_ids where there are none, as far as
 * ids_read made them. */
enum status ids_store(const struct ids *d, struct record *r, const char *field, const struct ids_seq *s,
    struct err *e);

/* F_suffix: n numbers, one a token. */
enum status ids_floats(struct record *r, const char *field, const char *suffix, size_t n, const float **v,
    struct err *e);

#endif
