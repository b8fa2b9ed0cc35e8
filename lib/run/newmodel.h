/* A new model for a tokenizer. */
#ifndef RUN_NEWMODEL_H
#define RUN_NEWMODEL_H

#include "model/config.h"

struct tc;

/* Random weights for configuration c in folder dir, with generation_config.json and the tokenizer's files.
 * What c leaves open (vocab 0, bos below 0, no eos) is the tokenizer's (a file or folder, or NULL) and is set
 * in c.  ST_USAGE when c does not fit together, or not with the tokenizer. */
enum status newmodel_make(struct tc *tc, struct model_config *c, const char *tokenizer, uint64_t seed,
    const char *dir, struct err *e);

#endif
