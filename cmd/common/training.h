/* What programs that train share: the options of objectives, the ranks that run one program together, and what a
 * person sees of the run. */
#ifndef COMMON_TRAINING_H
#define COMMON_TRAINING_H

#include "common/app.h"
#include "run/comm.h"
#include "run/train.h"

/* rows: a row for each parameter of each objective (run/objective.h), at most OBJECTIVE_COUNT * OBJECTIVE_PARAMS, of
 * the objective's kind, with its default in param; words: the names of those that have one, each standing for its
 * place among objectives, and the end.  Returns how many rows there are. */
size_t objective_rows(struct opt *rows, double param[OBJECTIVE_COUNT][OBJECTIVE_PARAMS],
    struct opt_word words[OBJECTIVE_COUNT + 1]);

/* Open the ranks (run/comm.h), or die; from then on death ends all of them. */
struct comm *ranks_open(double timeout);
/* die, on every rank: what all of them know is said by rank 0, and they leave by themselves. */
_Noreturn void ranks_die(const struct err *e);
/* Leave together. */
void ranks_close(void);

/* Rank 0's hooks; from here a signal stops the run, which saves. */
struct train_hooks training_hooks(void);

#endif
