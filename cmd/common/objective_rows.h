/* The options of objectives, read off their descriptors (run/objective.h). */
#ifndef COMMON_OBJECTIVE_ROWS_H
#define COMMON_OBJECTIVE_ROWS_H

#include "conf/opt.h"
#include "run/objective.h"

/* rows: a row for each parameter of each objective, at most OBJECTIVE_COUNT * OBJECTIVE_PARAMS, of the
 * objective's kind, with its default in param; words: the names of those that have one, each standing
 * for its place among objectives, and the end.  Returns how many rows there are. */
size_t objective_rows(struct opt *rows, double param[OBJECTIVE_COUNT][OBJECTIVE_PARAMS],
    struct opt_word words[OBJECTIVE_COUNT + 1]);

#endif
