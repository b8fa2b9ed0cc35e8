#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/sink.h"

enum status
sink_open(struct sink *s, const char *name, bool append, struct err *e)
{
	if (s->fd >= 0)
		return ST_OK;
	s->name = name;
	s->fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC | (append ? O_APPEND : 0), 0666);
	return s->fd >= 0 ? ST_OK : err_io(e, name, "open");
}

enum status
sink_add(struct sink *s, const void *p, size_t n, struct err *e)
{
	buf_add(&s->buf, p, n);
	return sink_wrote(s, e);
}

enum status
sink_wrote(struct sink *s, struct err *e)
{
	if (!buf_ok(&s->buf))
		return err_nomem(e);
	return s->buf.n >= SINK_BLOCK ? sink_flush(s, e) : ST_OK;
}

/* Cut the bytes of a half line off a file that ends with them. */
static bool
cut_back(int fd, size_t half)
{
	off_t at = lseek(fd, 0, SEEK_CUR), to = at - (off_t)half;
	struct stat sb;

	return half && at >= 0 && to >= 0 && !fstat(fd, &sb) && S_ISREG(sb.st_mode) && sb.st_size == at &&
	    !ftruncate(fd, to) && lseek(fd, to, SEEK_SET) == to;
}

static enum status
failed(struct sink *s, struct err *e)
{
	size_t n;

	err_io(e, s->name, "write");
	if (!cut_back(s->fd, s->half))
		return ST_IO;
	s->half = 0;
	n = strlen(e->msg);
	snprintf(e->msg + n, sizeof(e->msg) - n, "; the half line was cut off");
	return ST_IO;
}

static enum status
write_lines(struct sink *s, const char *p, size_t n, struct err *e)
{
	const char *end = p + n, *nl;
	ssize_t k;

	while (p < end) {
		if (s->guard && s->guard->ending()) {
			if (!s->half)
				break;
			if ((nl = memchr(p, '\n', (size_t)(end - p))))
				end = nl + 1;
		}
		if ((k = write(s->fd, p, (size_t)(end - p))) < 0) {
			if (errno == EINTR)
				continue;
			return failed(s, e);
		}
		nl = memrchr(p, '\n', (size_t)k);
		s->half = nl ? (size_t)(p + k - nl - 1) : s->half + (size_t)k;
		p += k;
	}
	return ST_OK;
}

enum status
sink_flush(struct sink *s, struct err *e)
{
	size_t n = s->buf.n;
	enum status st;

	if (!n)
		return ST_OK;
	if (!s->ready)
		file_widen_pipe(s->fd);
	s->ready = true;
	s->buf.n = 0;
	if (s->guard)
		s->guard->enter();
	st = write_lines(s, s->buf.p, n, e);
	if (s->guard)
		s->guard->leave();
	return st;
}

enum status
sink_empty(struct sink *s, struct err *e)
{
	struct stat sb;

	if (s->fd < 0 || fstat(s->fd, &sb) || !S_ISREG(sb.st_mode) || !ftruncate(s->fd, 0))
		return ST_OK;
	return err_io(e, s->name, "truncate");
}

bool
sink_is(const struct sink *s, int fd, const char *path)
{
	struct stat a, b;

	return !fstat(s->fd, &a) && S_ISREG(a.st_mode) && !(path ? stat(path, &b) : fstat(fd, &b)) &&
	    a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}

uint64_t
sink_size(const char *path)
{
	struct stat sb;

	if (!path || !strncmp(path, "/dev/", 5) || stat(path, &sb) || !S_ISREG(sb.st_mode))
		return 0;
	return (uint64_t)sb.st_size;
}

enum status
sink_cut(const char *path, uint64_t n, struct err *e)
{
	return sink_size(path) <= n || !truncate(path, (off_t)n) ? ST_OK : err_io(e, path, "truncate");
}

void
sink_forget(struct sink *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}

enum status
sink_close(struct sink *s, struct err *e)
{
	enum status st = sink_flush(s, e);

	if (s->fd >= 0 && close(s->fd) && !st)
		st = err_io(e, s->name, "close");
	s->fd = -1;
	buf_free(&s->buf);
	return st;
}
