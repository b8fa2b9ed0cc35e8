/* What one record gives to training: token sequences with numbers beside their
 * response tokens, as bytes that a spool holds. */
#ifndef RUN_EXAMPLE_H
#define RUN_EXAMPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/status.h"

/* Room for numbers beside response tokens, and for numbers of the record.  What each is, the
 * objective says (objective.h). */
enum { EX_FIELDS = 8, EX_NUMS = 4 };

struct ex_side {
	const int32_t *id;              /* (n): prompt, then response */
	size_t n, prompt;
	const float *f[EX_FIELDS];      /* (n - prompt) each; NULL: absent */
};

struct example {
	const char *name;               /* the record's id */
	float invtemp;                  /* 1 / temperature */
	uint32_t has;                   /* bit k: num[k] is set */
	double num[EX_NUMS];
	size_t nside;                   /* 1, or 2: worse, better */
	bool joins;                     /* of a step: it shares beginnings with the example before (group.h) */
	struct ex_side side[2];
};

/* Every side has prompt >= 1 and n > prompt. */
void example_pack(const struct example *x, struct buf *b);

/* A view into p, which is 8-aligned and stays; p must come from example_pack. */
void example_view(struct example *x, const void *p);

static inline size_t
example_tokens(const struct example *x)
{
	return x->side[0].n + (x->nside > 1 ? x->side[1].n : 0);
}

#endif
