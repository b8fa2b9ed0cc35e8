/* The start of ranks: in a file of its own, since only this needs the libraries of MPI. */
#include <stdbool.h>
#include <stdlib.h>

#include "run/comm.h"

/* How many processes a launcher has started, by what it leaves in the environment: Open MPI,
 * MPICH, Slurm.  0: it does not say. */
static unsigned long
launched(void)
{
	static const char *const name[] = { "OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS" };
	const char *s;
	size_t i;

	for (i = 0; i < sizeof(name) / sizeof(*name); i++)
		if ((s = getenv(name[i])))
			return strtoul(s, NULL, 10);
	return 0;
}

/* Whether there is someone to ask for the other ranks.  A process of its own starts without MPI,
 * also as the only task of srun. */
static bool
is_managed(void)
{
	return getenv("OMPI_COMM_WORLD_SIZE") || getenv("PMI_SIZE") || getenv("PMIX_RANK");
}

enum status
comm_open(struct comm **out, double timeout, struct err *e)
{
	unsigned long n = launched();

	*out = NULL;
	if ((is_managed() || n > 1) && comm_open_mpi(out, timeout, e))
		return e->code;
	if (!*out)
		return comm_alone(out, e);
	if ((*out)->size > 1 || n < 2)
		return ST_OK;
	comm_close(*out);
	*out = NULL;
	return err_set(e, ST_USAGE, "one of %lu processes, but MPI sees one: is it the MPI of the launcher "
	    "(srun --mpi=pmix)?", n);
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
