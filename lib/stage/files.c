#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "stage/files.h"

/* read at once: what stays in a core's cache, or enough for all of them */
enum { BLOCK = 1 << 18, BLOCK_THREADS = 1 << 20 };

void
files_close(struct files *f)
{
	lines_close(f->in);
	f->in = NULL;
}

static void
tick(struct files *f)
{
	if (f->tick)
		f->tick();
}

enum status
files_line(struct files *f, struct line *l, bool wait, struct err *e)
{
	const struct lines_opt o = { .file = f->file, .n = f->n, .block = f->threads > 1 ? BLOCK_THREADS : BLOCK,
		.max = f->longest, .idle = f->idle };
	enum status st;

	if (!f->in && ((f->begin && f->begin(e)) || lines_open(&f->in, &o, e)))
		return e->code;
	st = lines_next(f->in, wait, l, e);
	if (st == ST_EOF && wait && !f->any && f->empty)
		f->empty();
	f->any = f->any || st == ST_OK || wait;
	return st;
}

bool
files_ready(const struct files *f)
{
	return !f->in || lines_ready(f->in);
}

/* n bad lines, printed in b. */
static enum status
put_bad(struct files *f, const struct buf *b, uint64_t n, struct err *e)
{
	if (f->bad->fd < 0 && f->begin && f->begin(e))
		return e->code;
	/* what an earlier run put there */
	if (!f->rejected && sink_empty(f->bad, e))
		return e->code;
	f->rejected += n;
	return sink_add(f->bad, b->p, b->n, e) ? e->code : sink_flush(f->bad, e);
}

/* As the record or as the line. */
static enum status
reject(struct files *f, struct record *r, const struct line *l, struct err *e)
{
	struct buf b = BUF_INIT;
	enum status st;

	if (!f->keep || e->code != ST_INPUT)
		return e->code;
	if (!(st = filter_bad(r, l, e, &b, e)))
		st = put_bad(f, &b, 1, e);
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
files_next(struct files *f, struct record *r, struct err *e)
{
	struct line l;
	enum status st;

	for (;;) {
		if ((st = files_line(f, &l, true, e)))
			return st;
		if (!(++f->ticks & 63))
			tick(f);
		st = parse(r, &l, e);
		if (st != ST_INPUT || (st = reject(f, NULL, &l, e)))
			return st;
	}
}

enum status
files_beside(struct files *f, const char *path, struct record *r, stream_fn *fn, void *arg, struct err *e)
{
	char *const file[] = { (char *)(uintptr_t)path };
	const struct lines_opt o = { .file = file, .n = 1, .block = BLOCK, .max = f->longest };
	struct lines *beside;
	struct line l;
	enum status st;

	if ((f->begin && f->begin(e)) || lines_open(&beside, &o, e))
		return e->code;
	while (!(st = lines_next(beside, true, &l, e))) {
		if ((st = parse(r, &l, e)) == ST_INPUT)
			st = reject(f, NULL, &l, e);
		else if (!st && (st = fn(r, arg, e)) == ST_INPUT)
			st = reject(f, r, NULL, e);
		if (st)
			break;
	}
	lines_close(beside);
	return st == ST_EOF ? ST_OK : st;
}

enum status
files_reject(struct files *f, struct record *r, struct err *e)
{
	return reject(f, r, NULL, e);
}

enum status
files_reject_line(struct files *f, const char *s, size_t n, struct err *e)
{
	return reject(f, NULL, &(struct line){ .s = s, .n = n }, e);
}

enum status
files_put(struct files *f, const struct record *r, struct err *e)
{
	struct buf *b = &f->out->buf;
	size_t before = b->n;

	if (record_print(r, b, e)) {
		/* what was whole before is still good */
		b->n = before;
		b->failed = false;
		return e->code;
	}
	return sink_wrote(f->out, e);
}

enum status
files_each(const struct files *f, files_fn *fn, void *arg, struct err *e)
{
	enum status st = ST_OK;
	int fd;

	for (size_t i = 0; i < (f->n ? f->n : 1) && !st; i++) {
		if (!f->n || !strcmp(f->file[i], "-")) {
			st = fn(STDIN_FILENO, "stdin", arg, e);
			continue;
		}
		if ((fd = open(f->file[i], O_RDONLY | O_CLOEXEC)) < 0)
			return err_io(e, f->file[i], "open");
		st = fn(fd, f->file[i], arg, e);
		close(fd);
	}
	return st;
}

/* ---- as lib/stage/filter.h and stream.h have it ---- */

static enum status
line(void *ctx, struct line *l, bool wait, struct err *e)
{
	return files_line(ctx, l, wait, e);
}

static enum status
wrote(void *ctx, struct err *e)
{
	return sink_wrote(((struct files *)ctx)->out, e);
}

static enum status
rejected(void *ctx, const struct buf *b, uint64_t n, struct err *e)
{
	return put_bad(ctx, b, n, e);
}

static void
ticked(void *ctx)
{
	tick(ctx);
}

enum status
files_filter(struct files *f, const char *text, filter_fn *fn, void *arg, struct err *e)
{
	const struct filter by = { .fn = fn, .arg = arg, .threads = f->threads, .text = text, .reject = f->keep, .ctx = f,
		.next = line, .out = &f->out->buf, .wrote = wrote, .rejected = rejected, .tick = ticked };

	return filter_lines(&by, e);
}

static enum status
next(void *ctx, struct record *r, struct err *e)
{
	return files_next(ctx, r, e);
}

static bool
ready(void *ctx)
{
	return files_ready(ctx);
}

static enum status
beside(void *ctx, const char *path, struct record *r, stream_fn *fn, void *arg, struct err *e)
{
	return files_beside(ctx, path, r, fn, arg, e);
}

static enum status
reject_record(void *ctx, struct record *r, struct err *e)
{
	return files_reject(ctx, r, e);
}

static enum status
put(void *ctx, const struct record *r, struct err *e)
{
	return files_put(ctx, r, e);
}

struct stream
files_stream(struct files *f)
{
	return (struct stream){ f, next, ready, beside, reject_record, put };
}
