#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "common/app_int.h"

/* read at once: what stays in a core's cache, or enough for all of them */
enum { BLOCK = 1 << 18, BLOCK_THREADS = 1 << 20 };

/* text.p[at .. text.n) is read and not yet handed out; no newline before seen. */
static struct {
	struct buf text;
	size_t at, seen;
	size_t next;            /* index of the operand to open next */
	int fd;
	bool open, eof;
	const char *name;
	uint64_t line;
	uint64_t done, total;
	bool sized;
} in;

static void
measure(void)
{
	struct stat sb;
	size_t i;

	in.sized = true;
	for (i = 0; i < (app->nfile ? app->nfile : 1); i++) {
		if (!app->nfile || !strcmp(app->file[i], "-") ? fstat(0, &sb) : stat(app->file[i], &sb))
			sb.st_mode = 0;
		if (!S_ISREG(sb.st_mode)) {
			in.total = 0;
			return;
		}
		in.total += (uint64_t)sb.st_size;
	}
}

void
input_size(uint64_t *done, uint64_t *total)
{
	*done = in.done;
	*total = in.total;
}

static enum status
open_next(struct err *e)
{
	const char *name;

	if (!in.sized && output_sides(e))
		return e->code;
	if (!in.sized)
		measure();
	if (in.next >= (app->nfile ? app->nfile : 1))
		return ST_EOF;
	name = app->nfile ? app->file[in.next] : "-";
	in.next++;
	in.line = 0;
	in.at = in.seen = in.text.n = 0;
	in.eof = false;
	if (!strcmp(name, "-")) {
		in.fd = 0;
		in.name = "stdin";
	} else {
		in.name = name;
		if ((in.fd = open(name, O_RDONLY | O_CLOEXEC)) < 0) {
			err_at(e, ST_IO, name, 0, 0, "%s", "");
			return err_errno(e, "open");
		}
	}
	in.open = true;
	file_widen_pipe(in.fd);
	posix_fadvise(in.fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	return ST_OK;
}

static enum status
close_file(struct err *e)
{
	in.open = false;
	if (in.fd != 0 && close(in.fd)) {
		err_at(e, ST_IO, in.name, 0, 0, "%s", "");
		return err_errno(e, "close");
	}
	return ST_OK;
}

/* Read more behind what is left; what will wait for input lets the output go first. */
static enum status
fill(struct err *e)
{
	struct pollfd pfd = { .fd = in.fd, .events = POLLIN };
	size_t left = in.text.n - in.at;
	ssize_t n;
	char *p;

	if (in.at) {
		memmove(in.text.p, in.text.p + in.at, left);
		in.text.n = left;
		in.seen -= in.at;
		in.at = 0;
	}
	if (!(p = buf_reserve(&in.text, app->threads > 1 ? BLOCK_THREADS : BLOCK)))
		return err_nomem(e);
	if (!poll(&pfd, 1, 0) && output_flush(e))
		return e->code;
	do
		n = read(in.fd, p, in.text.cap - in.text.n);
	while (n < 0 && errno == EINTR);
	if (n < 0) {
		err_at(e, ST_IO, in.name, 0, 0, "%s", "");
		return err_errno(e, "read");
	}
	in.eof = !n;
	in.text.n += (size_t)n;
	in.done += (uint64_t)n;
	return ST_OK;
}

enum status
input_line(struct input_line *l, bool wait, struct err *e)
{
	enum status st;
	char *nl;

	for (;;) {
		if (!in.open && (!wait || (st = open_next(e))))
			return wait ? st : ST_EOF;
		nl = in.text.n > in.seen ?
		    memchr(in.text.p + in.seen, '\n', in.text.n - in.seen) : NULL;
		if (nl || (in.eof && in.text.n > in.at)) {
			l->s = in.text.p + in.at;
			l->n = nl ? (size_t)(nl - l->s) : in.text.n - in.at;
			l->file = in.name;
			l->line = ++in.line;
			in.at = in.seen = nl ? (size_t)(nl - in.text.p) + 1 : in.text.n;
			return ST_OK;
		}
		in.seen = in.text.n;
		if (!wait)
			return ST_EOF;
		if ((st = in.eof ? close_file(e) : fill(e)))
			return st;
	}
}

bool
input_ready(void)
{
	struct pollfd pfd = { .fd = in.fd, .events = POLLIN };

	/* a file that is still to be opened is as good as one that can be read */
	return !in.open || in.eof || memchr(in.text.p + in.at, '\n', in.text.n - in.at) ||
	    poll(&pfd, 1, 0) > 0;
}

void
input_close(void)
{
	buf_free(&in.text);
}

/* To --bad, as the record or as the line. */
static enum status
reject(struct record *r, const struct input_line *l, struct err *e)
{
	struct buf b = BUF_INIT;
	enum status st;

	if (!app->bad || e->code != ST_INPUT)
		return e->code;
	if (!(st = bad_line(r, l, e, &b, e)))
		st = bad_write(&b, 1, e);
	buf_free(&b);
	if (!st)
		*e = (struct err){ 0 };
	return st;
}

enum status
input_next(struct record *r, struct err *e)
{
	static uint64_t ticks;
	struct input_line l;
	enum status st;

	for (;;) {
		if ((st = input_line(&l, true, e)))
			return st;
		if (!(++ticks & 63))
			progress("read", "B", in.done, in.total);
		st = record_parse(r, l.s, l.n, l.file, l.line, e);
		if (st != ST_INPUT || (st = reject(NULL, &l, e)))
			return st;
	}
}

enum status
input_beside(const char *path, struct record *r, stream_fn *fn, void *ctx, struct err *e)
{
	FILE *f = strcmp(path, "-") ? fopen(path, "re") : stdin;
	struct input_line l = { .file = strcmp(path, "-") ? path : "stdin" };
	enum status st = ST_OK;
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;

	if (output_sides(e)) {
		if (f && f != stdin)
			fclose(f);
		return e->code;
	}
	if (!f) {
		err_at(e, ST_IO, path, 0, 0, "%s", "");
		return err_errno(e, "open");
	}
	while (!st && (n = getline(&line, &cap, f)) >= 0) {
		l.s = line;
		l.n = (size_t)n - (n && line[n - 1] == '\n');
		l.line++;
		if ((st = record_parse(r, l.s, l.n, l.file, l.line, e)) == ST_INPUT)
			st = reject(NULL, &l, e);
		else if (!st && (st = fn(r, ctx, e)) == ST_INPUT)
			st = reject(r, NULL, e);
	}
	if (!st && !feof(f)) {
		err_at(e, ST_IO, path, 0, 0, "%s", "");
		st = err_errno(e, "read");
	}
	free(line);
	if (f != stdin)
		fclose(f);
	return st;
}

enum status
input_reject(struct record *r, struct err *e)
{
	return reject(r, NULL, e);
}

enum status
input_reject_line(const char *s, size_t n, struct err *e)
{
	return reject(NULL, &(struct input_line){ .s = s, .n = n }, e);
}
