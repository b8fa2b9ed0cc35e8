#include "common/app_int.h"
#include "stage/filter.h"

static enum status
next(void *ctx, struct line *l, bool wait, struct err *e)
{
	(void)ctx;
	return input_line(l, wait, e);
}

static enum status
wrote(void *ctx, struct err *e)
{
	(void)ctx;
	return output_bytes("", 0, e);
}

static enum status
rejected(void *ctx, const struct buf *b, uint64_t n, struct err *e)
{
	(void)ctx;
	return bad_write(b, n, e);
}

static void
tick(void *ctx)
{
	(void)ctx;
	input_progress();
}

enum status
filter_run(filter_fn *fn, void *arg, struct err *e)
{
	return filter_text(NULL, fn, arg, e);
}

enum status
filter_text(const char *field, filter_fn *fn, void *arg, struct err *e)
{
	const struct filter f = { .fn = fn, .arg = arg, .threads = (unsigned)app->threads, .text = field,
		.reject = app->bad, .next = next, .out = output_buffer(), .wrote = wrote, .rejected = rejected, .tick = tick };

	return filter_lines(&f, e);
}
