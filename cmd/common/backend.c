#include <stdlib.h>

#include "common/backend.h"

enum status
backend_open(struct backend *b, struct err *e)
{
	uint64_t i;

	if (!b->http.url)
		b->jobs = 1;
	else if (!(b->http.timeout > 0))
		b->http.timeout = 60;
	b->http.key = getenv("FG_API_KEY");
	if (!(b->conn = calloc(b->jobs, sizeof(struct http *))))
		return err_nomem(e);
	if (kept_open(&b->kept, b->cache, e) || (b->command && agent_open(&b->agent, b->command, b->http.timeout, e)))
		return e->code;
	for (i = 0; b->http.url && i < b->jobs; i++)
		if (http_open(&b->conn[i], &b->http, e))
			return e->code;
	return ST_OK;
}

void
backend_close(struct backend *b)
{
	uint64_t i;

	for (i = 0; b->conn && i < b->jobs; i++)
		http_close(b->conn[i]);
	free(b->conn);
	if (b->agent)
		agent_close(b->agent);
	kept_close(b->kept);
}
