#include "common/ranks.h"

static struct comm *comm;

/* After the message: the ranks end by themselves where all of them know of it. */
static void
at_die(int status)
{
	if (comm && comm->agreed)
		ranks_close();
	else
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
	if (comm->rank && comm->agreed)
		die_quietly(e);
	die(e);
}

void
ranks_close(void)
{
	comm_close(comm);
	comm = NULL;
}
