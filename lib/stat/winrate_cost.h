/* Expected against actual costs of editing: is a cost model calibrated, and does it rank? */
#ifndef STAT_WINRATE_COST_H
#define STAT_WINRATE_COST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "stat/winrate.h"

struct coststat;

enum status coststat_open(struct coststat **s, struct err *e);  /* owned */
void coststat_close(struct coststat *s);

/* A side's tokens: rewards, which are minus the expected costs, and costs (n each).  edited: its
 * sums take part in the rank correlation. */
enum status coststat_add(struct coststat *s, const float *reward, const float *cost, size_t n, bool edited,
    struct err *e);

enum { COST_PARTS = 10 };

struct coststat_result {
	size_t tokens, texts;
	double expected, actual;        /* mean a token */
	/* the tokens in tenths by what was expected of them: means; fewer than ten tokens: NAN */
	struct { double expected, actual; } part[COST_PARTS];
	/* Spearman's rank correlation of the edited sides' summed costs, expected with actual;
	 * interval: bootstrap over texts */
	struct interval rank;
};

/* The result does not depend on the order of what was added.  What cannot be had is NAN. */
enum status coststat_run(struct coststat *s, uint64_t draws, uint64_t seed, struct coststat_result *o,
    struct err *e);

#endif
