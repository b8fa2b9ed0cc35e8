#include "base/lines.h"
#include "common/app_int.h"

/* read at once: what stays in a core's cache, or enough for all of them */
enum { BLOCK = 1 << 18, BLOCK_THREADS = 1 << 20 };

static struct lines *in;        /* opened by the first read */
static bool any;                /* a line has come, or that none did was said */

void
input_progress(void)
{
	uint64_t done = 0, total = 0;

	if (in)
		lines_size(in, &done, &total);
	progress("read", "B", done, total);
}

enum status
input_line(struct line *l, bool wait, struct err *e)
{
	const struct lines_opt o = { .file = app->file, .n = app->nfile,
		.block = app->threads > 1 ? BLOCK_THREADS : BLOCK, .max = app->longest,
		.idle = output_flush };
	enum status st;

	if (!in && (output_sides(e) || lines_open(&in, &o, e)))
		return e->code;
	st = lines_next(in, wait, l, e);
	if (st == ST_EOF && wait && !any && !app->quiet)
		warn("the input is empty");
	any = any || st == ST_OK || wait;
	return st;
}

bool
input_ready(void)
{
	return !in || lines_ready(in);
}

void
input_close(void)
{
	lines_close(in);
	in = NULL;
}

/* To --bad, as the record or as the line. */
static enum status
reject(struct record *r, const struct line *l, struct err *e)
{
	struct buf b = BUF_INIT;
	enum status st;

	if (!app->bad || e->code != ST_INPUT)
		return e->code;
	if (!(st = filter_bad(r, l, e, &b, e)))
		st = bad_write(&b, 1, e);
	buf_free(&b);
	if (!st)
		*e = (struct err){ 0 };
	return st;
}

static enum status
parse(struct record *r, const struct line *l, struct err *e)
{
	return line_whole(l, e) ? e->code : record_parse(r, l->s, l->n, l->file, l->line, e);
}

enum status
input_next(struct record *r, struct err *e)
{
	static uint64_t ticks;
	struct line l;
	enum status st;

	for (;;) {
		if ((st = input_line(&l, true, e)))
			return st;
		if (!(++ticks & 63))
			input_progress();
		st = parse(r, &l, e);
		if (st != ST_INPUT || (st = reject(NULL, &l, e)))
			return st;
	}
}

enum status
input_beside(const char *path, struct record *r, stream_fn *fn, void *ctx, struct err *e)
{
	char *const file[] = { (char *)(uintptr_t)path };
	const struct lines_opt o = { .file = file, .n = 1, .block = BLOCK, .max = app->longest };
	struct lines *beside;
	struct line l;
	enum status st;

	if (output_sides(e) || lines_open(&beside, &o, e))
		return e->code;
	while (!(st = lines_next(beside, true, &l, e))) {
		if ((st = parse(r, &l, e)) == ST_INPUT)
			st = reject(NULL, &l, e);
		else if (!st && (st = fn(r, ctx, e)) == ST_INPUT)
			st = reject(r, NULL, e);
		if (st)
			break;
	}
	lines_close(beside);
	return st == ST_EOF ? ST_OK : st;
}

enum status
input_reject(struct record *r, struct err *e)
{
	return reject(r, NULL, e);
}

enum status
input_reject_line(const char *s, size_t n, struct err *e)
{
	return reject(NULL, &(struct line){ .s = s, .n = n }, e);
}
