/* Learning rate over optimizer steps. */
#ifndef OPTIM_SCHEDULE_H
#define OPTIM_SCHEDULE_H

#include <stdint.h>

enum schedule_kind { SCHEDULE_CONSTANT, SCHEDULE_LINEAR, SCHEDULE_COSINE };

/* Of a warm-up: a tenth of the steps in all. */
#define SCHEDULE_TENTH UINT64_MAX

struct schedule {
	enum schedule_kind kind;
	double lr;              /* the peak */
	double floor;           /* the last step's rate as a part of the peak, [0,1] */
	uint64_t warmup;        /* steps of linear warm-up; the first has lr / warmup; or SCHEDULE_TENTH */
	uint64_t total;         /* steps in all; after them the floor holds */
};

/* The rate of step (from 0). */
double schedule_lr(const struct schedule *s, uint64_t step);

#endif
