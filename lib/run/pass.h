/* A pass from the decision what to do to its end, on one rank or many: rank 0 holds the output
 * folder and decides, and all ranks do it. */
#ifndef RUN_PASS_H
#define RUN_PASS_H

#include "run/train.h"

struct pass {
	const struct train_opt *o;
	struct tc *tc;
	struct comm *comm;
	const char *out;                /* the output folder */
	const char *digest;             /* rank 0: of options and input */
	bool fresh;
	uint64_t loop;                  /* the number of the pass in a loop, so that it is run once; 0: no loop */
	const char *kind;               /* of training, for loop */
	struct spool *data, *eval;
	const struct train_hooks *h;
	bool *stopped;                  /* as in struct train_run */
};

/* All ranks together. */
enum status pass_run(const struct pass *p, struct err *e);

#endif
