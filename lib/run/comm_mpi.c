/* Ranks over MPI (Open MPI, MPICH).  A rank that waits sleeps: it shares processors with
 * those that compute. */
#ifdef HAVE_MPI
#include <limits.h>
#include <mpi.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "run/comm.h"

struct mpi {
	struct comm c;
	double timeout;
	int *count;             /* (4, size): counts and places of sends and of receipts */
};

static enum status
say(struct err *e, int code, const char *what)
{
	char text[MPI_MAX_ERROR_STRING + 1];
	int n = 0;

	if (MPI_Error_string(code, text, &n))
		n = 0;
	text[n] = 0;
	return err_set(e, ST_IO, "MPI: %s: %.300s", what, text);
}

/* Wait for a call that has begun: looks are far apart when it takes long. */
static enum status
finish(struct mpi *m, MPI_Request *q, double start, struct err *e)
{
	struct timespec nap = { 0, 1000 };
	double spent;
	int done = 0, rc;

	for (;;) {
		if ((rc = MPI_Test(q, &done, MPI_STATUS_IGNORE)))
			return say(e, rc, "waiting for the other ranks");
		spent = clock_now() - start;
		if (done) {
			m->c.waited += spent;
			return ST_OK;
		}
		if (m->timeout > 0 && spent > m->timeout)
			return err_set(e, ST_IO, "rank %u of %u: the other ranks have not answered for %.0f seconds",
			    m->c.rank, m->c.size, m->timeout);
		if (spent > 1e-4) {
			nap.tv_nsec = spent > 0.1 ? 2000000 : 50000;
			nanosleep(&nap, NULL);
		}
	}
}

/* MPI counts in int: long arrays go in pieces. */
static enum status
mpi_bcast(struct comm *c, unsigned root, void *p, size_t n, struct err *e)
{
	struct mpi *m = (struct mpi *)c;
	MPI_Request q;
	size_t at, len;
	int rc;

	for (at = 0; at < n; at += len) {
		len = n - at < INT_MAX ? n - at : INT_MAX;
		if ((rc = MPI_Ibcast((char *)p + at, (int)len, MPI_BYTE, (int)root, MPI_COMM_WORLD, &q)))
			return say(e, rc, "broadcast");
		if (finish(m, &q, clock_now(), e))
			return e->code;
		c->sent += c->rank == root ? len : 0;
	}
	return ST_OK;
}

/* In units of 4 bytes where all places are multiples: 8 GiB a call. */
static enum status
scale(const struct comm *c, const size_t *at, int *count, int *place, size_t unit, struct err *e)
{
	unsigned r;

	if (at[c->size] / unit > INT_MAX)
		return err_set(e, ST_USAGE, "%zu bytes are more than MPI sends at once: train an adapter "
		    "(LoRA), or fewer parameters", at[c->size]);
	for (r = 0; r < c->size; r++) {
		place[r] = (int)(at[r] / unit);
		count[r] = (int)((at[r + 1] - at[r]) / unit);
	}
	return ST_OK;
}

static size_t
unit_of(const struct comm *c, const size_t *at, const size_t *also)
{
	unsigned r;

	for (r = 0; r <= c->size; r++)
		if (at[r] % 4 || (also && also[r] % 4))
			return 1;
	return 4;
}

static enum status
mpi_gather(struct comm *c, void *p, const size_t *at, struct err *e)
{
	struct mpi *m = (struct mpi *)c;
	size_t unit = unit_of(c, at, NULL);
	int *count = m->count, *place = count + c->size, rc;
	MPI_Request q;

	if (scale(c, at, count, place, unit, e))
		return e->code;
	if ((rc = MPI_Iallgatherv(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, p, count, place,
	    unit == 4 ? MPI_INT32_T : MPI_BYTE, MPI_COMM_WORLD, &q)))
		return say(e, rc, "gather");
	c->sent += at[c->rank + 1] - at[c->rank];
	return finish(m, &q, clock_now(), e);
}

static enum status
mpi_exchange(struct comm *c, const void *from, const size_t *to, void *into, const size_t *got, struct err *e)
{
	struct mpi *m = (struct mpi *)c;
	size_t unit = unit_of(c, to, got);
	int *n1 = m->count, *p1 = n1 + c->size, *n2 = p1 + c->size, *p2 = n2 + c->size, rc;
	MPI_Datatype type = unit == 4 ? MPI_INT32_T : MPI_BYTE;
	MPI_Request q;

	if (scale(c, to, n1, p1, unit, e) || scale(c, got, n2, p2, unit, e))
		return e->code;
	if ((rc = MPI_Ialltoallv(from, n1, p1, type, into, n2, p2, type, MPI_COMM_WORLD, &q)))
		return say(e, rc, "exchange");
	c->sent += to[c->size] - to[0] - (to[c->rank + 1] - to[c->rank]);
	return finish(m, &q, clock_now(), e);
}

static void
mpi_abort(struct comm *c, int status)
{
	(void)c;
	MPI_Abort(MPI_COMM_WORLD, status);
}

static void
mpi_close(struct comm *c)
{
	struct mpi *m = (struct mpi *)c;

	MPI_Finalize();
	free(m->count);
	free(m);
}

static const struct comm_ops ops = { mpi_bcast, mpi_gather, mpi_exchange, mpi_abort, mpi_close };

enum status
comm_open_mpi(struct comm **c, double timeout, struct err *e)
{
	struct mpi *m = calloc(1, sizeof(*m));
	int rank, size, have, rc;

	if (!m)
		return err_nomem(e);
	/* calls come from one thread */
	if ((rc = MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &have))) {
		free(m);
		return say(e, rc, "start");
	}
	MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
	MPI_Comm_rank(MPI_COMM_WORLD, &rank);
	MPI_Comm_size(MPI_COMM_WORLD, &size);
	*m = (struct mpi){ { .rank = (unsigned)rank, .size = (unsigned)size, .ops = &ops }, timeout, NULL };
	if (!(m->count = calloc((size_t)size, 4 * sizeof(*m->count)))) {
		MPI_Finalize();
		free(m);
		return err_nomem(e);
	}
	*c = &m->c;
	return ST_OK;
}
#else
/* an empty translation unit is not ISO C */
typedef int comm_mpi_is_not_built;
#endif
