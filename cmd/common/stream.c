#include "common/app.h"

static enum status
next(void *ctx, struct record *r, struct err *e)
{
	(void)ctx;
	return input_next(r, e);
}

static bool
ready(void *ctx)
{
	(void)ctx;
	return input_ready();
}

static enum status
beside(void *ctx, const char *path, struct record *r, stream_fn *fn, void *arg, struct err *e)
{
	(void)ctx;
	return input_beside(path, r, fn, arg, e);
}

static enum status
reject(void *ctx, struct record *r, struct err *e)
{
	(void)ctx;
	return input_reject(r, e);
}

static enum status
put(void *ctx, const struct record *r, struct err *e)
{
	(void)ctx;
	return output_record(r, e);
}

static const struct stream program = { NULL, next, ready, beside, reject, put };
const struct stream *const app_stream = &program;
