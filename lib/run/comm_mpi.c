/* Ranks over MPI (Open MPI, MPICH).  A rank that waits sleeps: it shares processors with
 * those that compute. */
#ifdef HAVE_MPI
#include <mpi.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "run/comm.h"

struct mpi {
	struct comm c;
	double timeout;
	int *count;             /* (2, size): counts and places */
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

/* Wait for n calls that have begun.  MPI moves data when it is asked: looks are close together
 * at first, and farther apart when it takes long. */
static enum status
finish(struct mpi *m, MPI_Request *q, int n, struct err *e)
{
	struct timespec nap = { 0, 1000 };
	double start = clock_now(), spent;
	int done = 0, rc;

	for (;;) {
		if ((rc = MPI_Testall(n, q, &done, MPI_STATUSES_IGNORE)))
			return say(e, rc, "waiting for the other ranks");
		spent = clock_now() - start;
		if (done) {
			m->c.waited += spent;
			return ST_OK;
		}
		if (m->timeout > 0 && spent > m->timeout && !m->c.patient)
			return err_set(e, ST_IO, "rank %u of %u: the other ranks have not answered for %.0f seconds",
			    m->c.rank, m->c.size, m->timeout);
		if (spent > 1e-4) {
			nap.tv_nsec = spent > 1 ? 500000 : 50000;
			nanosleep(&nap, NULL);
		}
	}
}

/* MPI counts in int: long arrays are sent in pieces. */
enum { PIECE = 1 << 30, TAG = 1 };

static enum status
mpi_bcast(struct comm *c, unsigned root, void *p, size_t n, struct err *e)
{
	struct mpi *m = (struct mpi *)c;
	MPI_Request q;
	size_t at, len;
	int rc;

	for (at = 0; at < n; at += len) {
		len = n - at < PIECE ? n - at : PIECE;
		if ((rc = MPI_Ibcast((char *)p + at, (int)len, MPI_BYTE, (int)root, MPI_COMM_WORLD, &q)))
			return say(e, rc, "broadcast");
		if (finish(m, &q, 1, e))
			return e->code;
		c->sent += c->rank == root ? len : 0;
	}
	return ST_OK;
}

/* Send out[0..nout) to one rank while another one's bytes come into in[0..nin). */
static enum status
transfer(struct mpi *m, unsigned to, const char *out, size_t nout, unsigned from, char *in, size_t nin,
    struct err *e)
{
	MPI_Request q[2];
	size_t len[2];
	int rc;

	while (nout || nin) {
		q[0] = q[1] = MPI_REQUEST_NULL;
		len[0] = nin < PIECE ? nin : PIECE;
		len[1] = nout < PIECE ? nout : PIECE;
		if (nin && (rc = MPI_Irecv(in, (int)len[0], MPI_BYTE, (int)from, TAG, MPI_COMM_WORLD, &q[0])))
			return say(e, rc, "receipt");
		if (nout && (rc = MPI_Isend(out, (int)len[1], MPI_BYTE, (int)to, TAG, MPI_COMM_WORLD, &q[1])))
			return say(e, rc, "sending");
		if (finish(m, q, 2, e))
			return e->code;
		in = nin ? in + len[0] : in;
		out = nout ? out + len[1] : out;
		nin -= len[0];
		nout -= len[1];
		m->c.sent += len[1];
	}
	return ST_OK;
}

/* Long data travel around a ring: each rank sends once what its neighbour does not have. */
static enum status
ring(struct mpi *m, char *p, const size_t *at, struct err *e)
{
	unsigned n = m->c.size, rank = m->c.rank, k, mine, next;

	for (k = 0; k + 1 < n; k++) {
		mine = (rank + n - k) % n;
		next = (rank + n - k - 1) % n;
		if (transfer(m, (rank + 1) % n, p + at[mine], at[mine + 1] - at[mine], (rank + n - 1) % n, p + at[next],
		    at[next + 1] - at[next], e))
			return e->code;
	}
	return ST_OK;
}

enum { LONG = 1 << 16 };

static enum status
mpi_gather(struct comm *c, void *p, const size_t *at, struct err *e)
{
	struct mpi *m = (struct mpi *)c;
	int *count = m->count, *place = count + c->size, rc;
	MPI_Request q;
	unsigned r;

	if (at[c->size] >= LONG)
		return ring(m, p, at, e);
	for (r = 0; r < c->size; r++) {
		place[r] = (int)at[r];
		count[r] = (int)(at[r + 1] - at[r]);
	}
	if ((rc = MPI_Iallgatherv(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, p, count, place, MPI_BYTE, MPI_COMM_WORLD, &q)))
		return say(e, rc, "gather");
	c->sent += at[c->rank + 1] - at[c->rank];
	return finish(m, &q, 1, e);
}

/* Round k: to the rank that is k farther on, from the one that is k before. */
static enum status
mpi_exchange(struct comm *c, const void *from, const size_t *to, void *into, const size_t *got, struct err *e)
{
	struct mpi *m = (struct mpi *)c;
	unsigned n = c->size, k, a, b;

	if (to[c->rank + 1] > to[c->rank])
		memcpy((char *)into + got[c->rank], (const char *)from + to[c->rank], to[c->rank + 1] - to[c->rank]);
	for (k = 1; k < n; k++) {
		a = (c->rank + k) % n;
		b = (c->rank + n - k) % n;
		if (transfer(m, a, from ? (const char *)from + to[a] : NULL, to[a + 1] - to[a], b,
		    into ? (char *)into + got[b] : NULL, got[b + 1] - got[b], e))
			return e->code;
	}
	return ST_OK;
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
	struct err e = {0};
	MPI_Request q;

	/* the time limit for a rank that does not come is that of every other call */
	if (MPI_Ibarrier(MPI_COMM_WORLD, &q) || finish(m, &q, 1, &e))
		MPI_Abort(MPI_COMM_WORLD, 3);
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
	if (!(m->count = calloc((size_t)size, 2 * sizeof(*m->count)))) {
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
