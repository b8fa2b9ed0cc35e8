#include "stage/stream.h"

enum status
stream_each(const struct stream *s, struct record *r, uint64_t expect, stream_fn *fn, void *arg, struct err *e)
{
	uint64_t n = 0;
	enum status st;

	while (!(st = s->next(s->ctx, r, e))) {
		if ((st = fn(r, arg, e)) == ST_INPUT)
			st = s->reject(s->ctx, r, e);
		if (st)
			return st;
		n++;
	}
	if (st != ST_EOF)
		return st;
	if (expect && n != expect)
		return err_set(e, ST_INPUT, "expected %llu records, got %llu", (unsigned long long)expect,
		    (unsigned long long)n);
	return ST_OK;
}
