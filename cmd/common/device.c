#include "common/app.h"
#include "common/device.h"

enum status
device_open(struct tc **tc, const char *name, struct err *e)
{
	return tc_open_device(tc, name, (unsigned)app->threads, e);
}

void
device_close(struct tc *tc)
{
	struct tc_usage u;

	if (tc && tc_usage(tc, &u))
		note("%s: %.1f of %.1f MB at the most; %.1f MB in %llu transfers to it, %.1f MB in %llu from it", u.name,
		    (double)u.most / 1e6, (double)u.memory / 1e6, (double)u.put / 1e6, (unsigned long long)u.puts,
		    (double)u.got / 1e6, (unsigned long long)u.gets);
	tc_close(tc);
}
