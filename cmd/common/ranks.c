#include "common/ranks.h"

static struct comm *comm;

static void
at_die(int status)
{
	comm_abort(comm, status);
}

struct comm *
ranks_open(double timeout)
{
	struct err e = {0};

	app_at_die(at_die);
	if (comm_open(&comm, timeout, &e))
		die(&e);
	return comm;
}

void
ranks_die(const struct err *e)
{
	bool silent = comm->rank && comm->agreed;

	if (comm->agreed)
		ranks_close();
	if (silent)
		die_quietly(e);
	die(e);
}

void
ranks_close(void)
{
	comm_close(comm);
	comm = NULL;
}
