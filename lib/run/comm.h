/* The ranks of a training run: processes, on one machine or on many, that compute one step
 * together.  A run of one process is the rank 0 of one; under MPI there are as many as
 * mpirun or srun started.
 *
 * Every call is collective: each rank makes the same calls in the same order.  What comes
 * back is ST_IO when a rank is gone, or has not answered within the time limit; then nothing
 * more can be said to the others, and the process should end with comm_abort. */
#ifndef RUN_COMM_H
#define RUN_COMM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/spool.h"
#include "base/status.h"

struct comm {
	unsigned rank, size;
	const struct comm_ops *ops;
	bool patient;           /* calls wait for ever, whatever the time limit: a rank reads its input */
	bool agreed;            /* every rank has the error that comm_agree gave */
	uint64_t sent;          /* bytes that this rank has sent to others; a broadcast counts once, at its root */
	double waited;          /* seconds in calls */
};

/* Open the ranks that a launcher has started: MPI where this build has it, else the one
 * process.  timeout: seconds that a call may wait for the others; 0: for ever.  ST_USAGE under a
 * launcher of several processes when the build has no MPI, or its MPI does not see them.  Owned. */
enum status comm_open(struct comm **c, double timeout, struct err *e);
/* The rank 0 of one.  Owned. */
enum status comm_alone(struct comm **c, struct err *e);
/* Leave together: every rank waits for the last one.  NULL is allowed. */
void comm_close(struct comm *c);
/* End all ranks with this exit status; returns where there is but one. */
void comm_abort(struct comm *c, int status);

/* p[0..n) of rank root to all. */
enum status comm_bcast(struct comm *c, unsigned root, void *p, size_t n, struct err *e);
/* Rank r's bytes at[r]..at[r+1) of p to all; in place.  at: (size + 1). */
enum status comm_gather(struct comm *c, void *p, const size_t *at, struct err *e);
/* Send bytes to[r]..to[r+1) of from to rank r, and take what it sends into bytes
 * got[r]..got[r+1) of into.  Both (size + 1). */
enum status comm_exchange(struct comm *c, const void *from, const size_t *to, void *into, const size_t *got,
    struct err *e);

/* Has any rank failed?  e: this rank's own result; afterwards that of the first rank that
 * has failed, on every rank. */
enum status comm_agree(struct comm *c, struct err *e);
/* The items of rank 0's spool to the others, whose *s is made here; NULL stays NULL. */
enum status comm_spool(struct comm *c, struct spool **s, struct err *e);

/* Where rank r's share of n begins (r = size: n); a multiple of unit. */
static inline size_t
comm_share(const struct comm *c, size_t n, size_t unit, size_t r)
{
	return r >= c->size ? n : n / unit * r / c->size * unit;
}

/* ---- an implementation ---- */
struct comm_ops {
	enum status (*bcast)(struct comm *c, unsigned root, void *p, size_t n, struct err *e);
	enum status (*gather)(struct comm *c, void *p, const size_t *at, struct err *e);
	enum status (*exchange)(struct comm *c, const void *from, const size_t *to, void *into,
	    const size_t *got, struct err *e);
	void (*stop)(struct comm *c, int status);
	void (*close)(struct comm *c);
};
/* MPI's; *c stays NULL where the process was started by itself. */
enum status comm_open_mpi(struct comm **c, double timeout, struct err *e);

#endif
