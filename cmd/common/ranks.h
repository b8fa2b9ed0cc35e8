/* A program that several processes run together (run/comm.h): one of them speaks, and they end
 * together. */
#ifndef COMMON_RANKS_H
#define COMMON_RANKS_H

#include "common/app.h"
#include "run/comm.h"

/* Open the ranks, or die; from then on death ends all of them. */
struct comm *ranks_open(double timeout);
/* die, on every rank: what all of them know is said by rank 0, and they leave by themselves. */
_Noreturn void ranks_die(const struct err *e);
/* Leave together. */
void ranks_close(void);

#endif
