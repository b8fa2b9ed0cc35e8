#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

int
file_open_plain(const char *path, struct stat *sb, struct err *e)
{
	/* do not wait for anything but a plain file: a FIFO may never get a writer */
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	err_at(e, ST_OK, path, 0, 0, "%s", "");
	if (fd < 0) {
		/* a socket cannot be opened at all */
		if (errno == ENXIO || errno == EOPNOTSUPP)
			err_set(e, ST_INPUT, "not a regular file");
		else
			err_errno(e, "open");
	} else if (fstat(fd, sb)) {
		err_errno(e, "stat");
	} else if (!S_ISREG(sb->st_mode)) {
		err_set(e, ST_INPUT, "not a regular file");
	} else {
		e->file[0] = 0;
		return fd;
	}
	if (fd >= 0)
		close(fd);
	return -1;
}

enum status
file_map(struct file_map *m, const char *path, struct err *e)
{
	struct stat sb;
	void *p;
	int fd;

	*m = (struct file_map){0};
	if ((fd = file_open_plain(path, &sb, e)) < 0)
		return e->code;
	err_at(e, ST_OK, path, 0, 0, "%s", "");
	m->device = sb.st_dev;
	m->inode = sb.st_ino;
	if (sb.st_size) {
		p = mmap(NULL, (size_t)sb.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
		if (p == MAP_FAILED) {
			err_errno(e, "mmap");
			goto fail;
		}
		m->p = p;
		m->n = (size_t)sb.st_size;
	} else {
		m->p = "";
	}
	close(fd);
	e->file[0] = 0;
	return ST_OK;
fail:
	close(fd);
	return e->code;
}

bool
file_same(const struct file_map *a, const struct file_map *b)
{
	return a->device == b->device && a->inode == b->inode && a->n == b->n;
}

void
file_unmap(struct file_map *m)
{
	if (m->n)
		munmap((void *)(uintptr_t)m->p, m->n);
	*m = (struct file_map){0};
}

void
file_forget(const struct file_map *m, const void *p, size_t n)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), from = (uintptr_t)p, to = from + n;

	if (from < (uintptr_t)m->p || n > m->n || from - (uintptr_t)m->p > m->n - n)
		return;
	/* only whole pages: those at the ends hold other data too */
	from += (page - from % page) % page;
	to -= to % page;
	if (from < to)
		madvise((void *)from, to - from, MADV_DONTNEED);
}

/* The rest of fd, which is closed, if that is at most max bytes. */
static enum status
read_rest(struct buf *b, int fd, const char *path, size_t max, struct err *e)
{
	size_t had = b->n;
	ssize_t n;
	char *p;

	err_at(e, ST_OK, path, 0, 0, "%s", "");
	for (;;) {
		if (!(p = buf_reserve(b, 1 << 16))) {
			err_nomem(e);
			break;
		}
		if ((n = read(fd, p, b->cap - b->n)) < 0 && errno == EINTR)
			continue;
		if (n < 0)
			err_errno(e, "read");
		if (n <= 0)
			break;
		b->n += (size_t)n;
		if (b->n - had > max) {
			err_set(e, ST_INPUT, "longer than the %zu bytes that such a file may have", max);
			break;
		}
	}
	close(fd);
	if (e->code == ST_OK)
		e->file[0] = 0;
	return e->code;
}

enum status
file_read_max(struct buf *b, const char *path, size_t max, struct err *e)
{
	struct stat sb;
	int fd = file_open_plain(path, &sb, e);

	if (fd < 0)
		return e->code;
	if ((uintmax_t)sb.st_size > max) {
		close(fd);
		return err_at(e, ST_INPUT, path, 0, 0, "longer than the %zu bytes that such a file may have", max);
	}
	return read_rest(b, fd, path, max, e);
}

enum status
file_read(struct buf *b, const char *path, struct err *e)
{
	return file_read_max(b, path, FILE_TEXT_MAX, e);
}

enum status
file_read_any(struct buf *b, const char *path, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd >= 0)
		return read_rest(b, fd, path, FILE_TEXT_MAX, e);
	return err_io(e, path, "open");
}

enum status
file_write_all(int fd, const void *p, size_t n, struct err *e)
{
	const char *s = p;
	ssize_t k;

	while (n) {
		if ((k = write(fd, s, n)) < 0) {
			if (errno == EINTR)
				continue;
			return err_errno(e, "write");
		}
		s += k;
		n -= (size_t)k;
	}
	return ST_OK;
}

static enum status
sync_parent(const char *path, struct err *e)
{
	const char *slash = strrchr(path, '/');
	char *dir;
	int fd, bad;

	dir = slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : strdup(".");
	if (!dir)
		return err_nomem(e);
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(dir);
	if (fd < 0)
		return err_errno(e, "open folder");
	bad = fsync(fd);
	if (bad)
		err_errno(e, "fsync folder");
	close(fd);
	return bad ? ST_IO : ST_OK;
}

/* A new file beside path under an unused name: its descriptor, and its name, owned; -1 and e. */
static int
open_beside(const char *path, char **name, struct err *e)
{
	size_t n = strlen(path) + 32;
	int fd;

	if (!(*name = malloc(n))) {
		err_nomem(e);
		return -1;
	}
	for (unsigned k = 0; k < 1000; k++) {
		snprintf(*name, n, "%s.%ld-%u.tmp", path, (long)getpid(), k);
		fd = open(*name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		if (fd >= 0 || errno != EEXIST)
			break;
	}
	if (fd < 0)
		err_errno(e, "open");
	return fd;
}

static void
write_beside(const char *path, const void *p, size_t n, struct err *e)
{
	struct stat old;
	char *name = NULL;
	int fd = open_beside(path, &name, e);

	if (fd >= 0) {
		/* the permissions of what is replaced */
		if (!stat(path, &old) && S_ISREG(old.st_mode))
			fchmod(fd, old.st_mode & 0777);
		if (file_write_all(fd, p, n, e) == ST_OK && fsync(fd))
			err_errno(e, "fsync");
		if (close(fd) && e->code == ST_OK)
			err_errno(e, "close");
		if (e->code == ST_OK && rename(name, path))
			err_errno(e, "rename");
		if (e->code != ST_OK)
			unlink(name);
		else
			sync_parent(path, e);
	}
	free(name);
}

enum status
file_write(const char *path, const void *p, size_t n, struct err *e)
{
	char *real = NULL;
	struct stat sb;

	err_at(e, ST_OK, path, 0, 0, "%s", "");
	/* a link stays, and what it leads to is replaced */
	if (!lstat(path, &sb) && S_ISLNK(sb.st_mode) && !stat(path, &sb) && !(real = realpath(path, NULL)))
		err_errno(e, "open");
	else
		write_beside(real ? real : path, p, n, e);
	free(real);
	if (e->code == ST_OK)
		e->file[0] = 0;
	return e->code;
}

void
file_widen_pipe(int fd)
{
#ifdef F_SETPIPE_SZ
	fcntl(fd, F_SETPIPE_SZ, 1 << 20);
#else
	(void)fd;
#endif
}

bool
file_exists(const char *path)
{
	struct stat sb;

	return !stat(path, &sb);
}

bool
file_is_dir(const char *path)
{
	struct stat sb;

	return !stat(path, &sb) && S_ISDIR(sb.st_mode);
}

char *
file_join(const char *dir, const char *name)
{
	size_t a = strlen(dir), b = strlen(name);
	char *s = malloc(a + b + 2);

	if (s) {
		memcpy(s, dir, a);
		s[a] = '/';
		memcpy(s + a + 1, name, b + 1);
	}
	return s;
}

const char *
file_temp_dir(void)
{
	const char *dir = getenv("TMPDIR");

	return dir && *dir ? dir : "/tmp";
}

int
file_nameless(const char *dir)
{
	char path[4096];
	size_t n = strlen(dir);
	int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd >= 0 || n + sizeof("/fgXXXXXX") > sizeof(path))
		return fd;
	/* a file system without nameless files: make one and unlink it */
	memcpy(path, dir, n);
	memcpy(path + n, "/fgXXXXXX", sizeof("/fgXXXXXX"));
	if ((fd = mkostemp(path, O_CLOEXEC)) >= 0)
		unlink(path);
	return fd;
}

void
file_fill_standard(void)
{
	int fd;

	for (fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			(void)!open("/dev/null", fd ? O_RDONLY : O_WRONLY);
}
