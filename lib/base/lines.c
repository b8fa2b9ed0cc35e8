#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/lines.h"
#include "base/source.h"

/* text.p[at .. text.n) is read and not yet handed out; no newline before seen. */
struct lines {
	struct lines_opt o;
	struct buf text;
	size_t at, seen;
	bool skip;              /* text.p[at] is in a line that was too long */
	size_t next;            /* index of the file to open next */
	int fd;
	struct source *source;  /* of fd */
	bool open, eof;
	const char *name;
	uint64_t line;
	uint64_t done, total;
};

static char *const standard_input[] = { (char *)(uintptr_t)"-" };

static uint64_t
measure(const struct lines *l)
{
	uint64_t total = 0;
	struct stat sb;
	size_t i;

	for (i = 0; i < l->o.n; i++) {
		if (!strcmp(l->o.file[i], "-") ? fstat(0, &sb) : stat(l->o.file[i], &sb))
			return 0;
		if (!S_ISREG(sb.st_mode))
			return 0;
		total += (uint64_t)sb.st_size;
	}
	return total;
}

enum status
lines_open(struct lines **out, const struct lines_opt *o, struct err *e)
{
	struct lines *l = calloc(1, sizeof(*l));

	if (!l)
		return err_nomem(e);
	l->o = *o;
	if (!l->o.max)
		l->o.max = LINES_USUAL;
	if (!l->o.n) {
		l->o.file = standard_input;
		l->o.n = 1;
	}
	l->total = measure(l);
	*out = l;
	return ST_OK;
}

void
lines_close(struct lines *l)
{
	if (!l)
		return;
	source_close(l->source);
	if (l->open && l->fd != 0)
		close(l->fd);
	buf_free(&l->text);
	free(l);
}

void
lines_size(const struct lines *l, uint64_t *done, uint64_t *total)
{
	*done = l->done;
	*total = l->total;
}

static enum status
open_next(struct lines *l, struct err *e)
{
	const char *name;

	if (l->next >= l->o.n)
		return ST_EOF;
	name = l->o.file[l->next++];
	l->line = 0;
	l->at = l->seen = l->text.n = 0;
	l->eof = l->skip = false;
	l->fd = 0;
	l->name = strcmp(name, "-") ? name : "stdin";
	if (strcmp(name, "-") && (l->fd = open(name, O_RDONLY | O_CLOEXEC)) < 0)
		return err_io(e, l->name, "open");
	l->open = true;
	file_widen_pipe(l->fd);
	posix_fadvise(l->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	return source_open(&l->source, l->fd, l->name, e);
}

static enum status
close_file(struct lines *l, struct err *e)
{
	l->open = false;
	source_close(l->source);
	l->source = NULL;
	return l->fd != 0 && close(l->fd) ? err_io(e, l->name, "close") : ST_OK;
}

/* Read more after what is left. */
static enum status
fill(struct lines *l, struct err *e)
{
	struct pollfd pfd = { .fd = l->fd, .events = POLLIN };
	size_t left = l->text.n - l->at, n;
	uint64_t before;
	char *p;

	if (l->at) {
		memmove(l->text.p, l->text.p + l->at, left);
		l->text.n = left;
		l->seen -= l->at;
		l->at = 0;
	}
	if (!(p = buf_reserve(&l->text, l->o.block)))
		return err_nomem(e);
	if (l->o.idle && !poll(&pfd, 1, 0) && l->o.idle(e))
		return e->code;
	/* what the buffer has left, but a long line leaves it very much */
	n = l->text.cap - l->text.n;
	if (n > 2 * l->o.block)
		n = 2 * l->o.block;
	before = source_taken(l->source);
	if (source_read(l->source, p, n, &n, e))
		return e->code;
	l->eof = !n;
	l->text.n += n;
	l->done += source_taken(l->source) - before;
	return ST_OK;
}

/* Step over what is in memory of a line that was too long; returns whether it ended. */
static bool
skip_rest(struct lines *l)
{
	const char *nl = l->text.n > l->at ? memchr(l->text.p + l->at, '\n', l->text.n - l->at) : NULL;

	l->at = l->seen = nl ? (size_t)(nl - l->text.p) + 1 : l->text.n;
	l->skip = !nl;
	return nl;
}

/* Hand out the n bytes that are next; whole: their newline, if there is one, is in memory. */
static void
hand_out(struct lines *l, size_t n, bool whole, struct line *out)
{
	out->s = l->text.p + l->at;
	out->n = n;
	out->file = l->name;
	out->line = ++l->line;
	out->over = 0;
	if (n > l->o.max) {
		out->n = n < LINES_SHOWN ? n : LINES_SHOWN;
		out->over = l->o.max;
	}
	l->at += n + (whole && l->at + n < l->text.n);
	l->seen = l->at;
	l->skip = !whole;
}

enum status
lines_next(struct lines *l, bool wait, struct line *out, struct err *e)
{
	enum status st;
	size_t n;
	char *nl;

	for (;;) {
		if (!l->open && (!wait || (st = open_next(l, e))))
			return wait ? st : ST_EOF;
		if (!l->skip || skip_rest(l)) {
			nl = l->text.n > l->seen ? memchr(l->text.p + l->seen, '\n', l->text.n - l->seen) : NULL;
			n = nl ? (size_t)(nl - l->text.p) - l->at : l->text.n - l->at;
			if (nl || (l->eof && n) || n > l->o.max) {
				hand_out(l, n, nl || l->eof, out);
				return ST_OK;
			}
			l->seen = l->text.n;
		}
		if (!wait)
			return ST_EOF;
		if ((st = l->eof ? close_file(l, e) : fill(l, e)))
			return st;
	}
}

enum status
line_whole(const struct line *l, struct err *e)
{
	return l->over ? err_at(e, ST_INPUT, l->file, l->line, 0, "a line of more than %zu bytes (--max-line)", l->over) : ST_OK;
}

bool
lines_ready(const struct lines *l)
{
	struct pollfd pfd = { .fd = l->fd, .events = POLLIN };
	const char *p, *end;

	/* a file that is not open yet counts as ready */
	if (!l->open || l->eof)
		return true;
	if (!l->text.n)
		return poll(&pfd, 1, 0) > 0;
	p = l->text.p + l->at;
	end = l->text.p + l->text.n;
	if (l->skip)
		p = (p = memchr(p, '\n', (size_t)(end - p))) ? p + 1 : end;
	return memchr(p, '\n', (size_t)(end - p)) || poll(&pfd, 1, 0) > 0;
}
