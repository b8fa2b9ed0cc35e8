/* How ranks come to be: apart from the rest, since this alone needs the libraries of MPI. */
#include <stdlib.h>

#include "run/comm.h"

/* Processes that a launcher has started, by what it leaves in the environment: Open MPI,
 * PMIx and Slurm, MPICH. */
static unsigned long
launched(void)
{
	static const char *const name[] = { "OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "MPI_LOCALNRANKS" };
	const char *s;
	size_t i;

	for (i = 0; i < sizeof(name) / sizeof(*name); i++)
		if ((s = getenv(name[i])))
			return strtoul(s, NULL, 10);
	return 0;
}

enum status
comm_open(struct comm **out, double timeout, struct err *e)
{
	*out = NULL;
	if (launched() && comm_open_mpi(out, timeout, e))
		return e->code;
	return *out ? ST_OK : comm_alone(out, e);
}

#ifndef HAVE_MPI
enum status
comm_open_mpi(struct comm **c, double timeout, struct err *e)
{
	(void)c;
	(void)timeout;
	return launched() < 2 ? ST_OK : err_set(e, ST_USAGE, "started as one of %lu processes, but built "
	    "without MPI: build it with `make MPI=1`", launched());
}
#endif
