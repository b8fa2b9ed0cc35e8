/* Hidden states of a batch, computed once for all models whose trunk is the same. */
#ifndef RUN_HIDDEN_H
#define RUN_HIDDEN_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "model/model.h"

struct hidden;
/* Owned; every model that is asked for is closed after the last question. */
enum status hidden_new(struct hidden **h, struct err *e);
void hidden_free(struct hidden *h);
/* What the last n (1 at first, 2 at the most) questions gave is kept. */
void hidden_keep(struct hidden *h, size_t n);
/* Those of m for batch b without a cache, whose prefix has these ids: (ntok, dim) in the context's memory, borrowed while
 * they are kept.  Computed, unless a model with the same trunk was asked for the same batch and that is kept. */
enum status hidden_get(struct hidden *h, struct model *m, const struct batch *b, const int32_t *prefix, const float **out,
    struct err *e);

#endif
