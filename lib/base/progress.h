/* The text of a progress line: how much is done, how fast, and the time left. */
#ifndef BASE_PROGRESS_H
#define BASE_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

enum { PROGRESS_LINE = 160 };

struct progress {
	double start, last, now;        /* seconds; zero before the first call */
	uint64_t from;                  /* done at the first call: the rate is of what came after */
};

/* True once in so many seconds, the first time that long after the first call. now: seconds
 * of a clock that does not go back; done: as below. */
bool progress_due(struct progress *p, double now, double every, uint64_t done);

/* "read 1.2 GB of 3.4 GB, 310 MB/s, 0:07 to go"; total 0: unknown.  unit "B" gets
 * K, M, G as a prefix; so does any other count from 10,000 on. Returns line. */
char *progress_text(const struct progress *p, char line[PROGRESS_LINE], const char *what,
    const char *unit, uint64_t done, uint64_t total);

#endif
