/* Inside winrate*.c: the table of verdicts, mixtures of its points, and the length-controlled rate
 * with its draws. */
#ifndef STAT_WINRATE_INT_H
#define STAT_WINRATE_INT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/index.h"
#include "base/status.h"

/* Means over the verdicts of a candidate, point, run and prompt. */
struct cell {
	double win, kl, diff;   /* NAN where unknown */
	uint32_t n;
};

struct last {
	size_t t, verdicts, ties;
	double kl, length;
	size_t nkl, nlength;
};

struct winrate {
	struct index cand, run, prompt;
	char **name;            /* (cand.n) */
	size_t capname;
	struct raw *raw;        /* (nraw) verdicts, of winrate_cells.c */
	size_t nraw, capraw;
	double *point;          /* sorted, (T) */
	size_t np;
	struct cell *cell;      /* (C,T,R,Q) */
	struct last *last;      /* (C) */
	uint32_t *rank_run;     /* (R) places of the runs as they came */
	double **controlled;    /* (C) of (draws), made when first asked for */
	double *controlled_at;  /* (C) */
	uint64_t draws, seed;
	uint16_t *cache;        /* (draws,Q) prompts' weights, NULL: made anew each time */
	uint32_t *wq, *wr;      /* (Q), (R) scratch */
	const uint16_t *row;    /* the draw's weights in cache; NULL: they are in wq */
	uint32_t *has;          /* (Q) scratch: the prompts of what is compared */
	size_t nhas;
	double *rep;            /* (draws) scratch */
};

static inline struct cell *
cell_at(const struct winrate *w, size_t c, size_t t, size_t r, size_t q)
{
	return &w->cell[((c * w->np + t) * w->run.n + r) * w->prompt.n + q];
}

/* A candidate's win rate at a KL is a fixed mixture of two of its points, or of one
 * and the reference's one half. */
struct mixture { double share[2], half; size_t t[2]; };

/* winrate_kl.c: c's mixture at a KL, of the points nearest to it on both sides; false where it has
 * none that far */
bool mixture_at(const struct winrate *w, size_t c, double kl, struct mixture *m);
/* c's last point alone */
struct mixture mixture_last(const struct winrate *w, size_t c);

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
