/* A micro-batch: the sides of some examples as one ragged batch, and the rows of its
 * hidden states at which their response tokens are read.  What a side has in common with an
 * earlier one of its group is there once. */
#ifndef RUN_MICRO_H
#define RUN_MICRO_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"
#include "model/model.h"
#include "run/example.h"

enum micro_rows {
	MICRO_NEXT,     /* action t at position P-1+t, before y_t is seen (policy, value) */
	MICRO_AT        /* token t at position P+t, after y_t is seen (token reward) */
};

struct micro {
	struct arena mem;
	struct batch b;
	size_t prefix;          /* tokens that every side begins with and that are computed already */
	size_t n;               /* rows: response tokens of all sides, in order */
	size_t *row;            /* (n) of the batch's tokens */
	int32_t *target;        /* (n) the token at stake */
	float *invtemp;         /* (n) */
	float *out, *aux;       /* (n) results: log-probability or scalar; entropy */
	float *g, *h;           /* (n) their gradients */
	float *dhidden;         /* (ntok, dim) in tc's memory, owned, kept between batches */
	size_t dbytes;
	struct tc *tc;          /* of dhidden, borrowed */
};

#define MICRO_INIT { .mem = ARENA_INIT }

/* Lay out x[0..n).  MICRO_NEXT leaves the last token of a side out: nothing is read
 * after it.  Valid until the next call. */
enum status micro_build(struct micro *m, const struct example *x, size_t n, enum micro_rows rows,
    struct err *e);
/* dhidden for the batch, zeroed, in tc's memory: the same one at every call. */
enum status micro_dhidden(struct micro *m, struct tc *tc, size_t dim, struct err *e);
void micro_free(struct micro *m);

#endif
