/* Between winrate.c and winrate_stat.c: the length-controlled rate and its draws. */
#ifndef STAT_WINRATE_INT_H
#define STAT_WINRATE_INT_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* Verdicts with lengths: win and length difference over its sd; place in the weights. */
struct length_cells {
	double *win, *x;        /* (n), owned */
	uint32_t *r, *q;        /* (n), owned */
	size_t n;
};

/* The fit of the sample, and of a draw by one Newton step from it (the one-step
 * bootstrap): a draw is five weighted sums. */
struct length_boot {
	double rate;            /* sigmoid(theta) of the sample */
	double theta, phi;
	double *part;           /* (n,5): gradient and Hessian of a verdict, owned */
	double sum[5];
};

/* x: differences over their sd, not yet squashed */
enum status length_boot_open(struct length_boot *b, const double *win, const double *x, size_t n, struct err *e);
void length_boot_start(struct length_boot *b);
void length_boot_add(struct length_boot *b, size_t i, double weight);
double length_boot_rate(const struct length_boot *b);
void length_boot_close(struct length_boot *b);

#endif
