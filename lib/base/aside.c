#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/aside.h"
#include "base/folder.h"

enum status
aside_name(struct aside *a, const char *out, struct err *e)
{
	size_t n = strlen(out);

	*a = (struct aside)ASIDE_INIT;
	if (!n)
		return err_set(e, ST_USAGE, "the name of the output folder is empty");
	while (n > 1 && out[n - 1] == '/')
		n--;
	a->out = strndup(out, n);
	a->part = malloc(n + sizeof(".part"));
	if (!a->out || !a->part)
		return err_nomem(e);
	sprintf(a->part, "%s.part", a->out);
	return ST_OK;
}

static enum status
in_the_way(const struct aside *a, const char *why, struct err *e)
{
	return err_set(e, ST_USAGE, "%s is in the way: %s", a->part, why);
}

static enum status
other_than_mark(void *arg, const char *dir, const char *name, struct err *e)
{
	(void)dir;
	(void)e;
	if (strcmp(name, ASIDE_MARK))
		*(bool *)arg = true;
	return ST_OK;
}

/* Whether something but the mark is in the folder. */
static enum status
holds_more(const struct aside *a, bool *more, struct err *e)
{
	*more = false;
	return folder_walk(a->part, other_than_mark, more, e);
}

static enum status
mark(const struct aside *a, bool ours, struct err *e)
{
	bool more;
	int fd;

	if (!faccessat(a->lock, ASIDE_MARK, F_OK, AT_SYMLINK_NOFOLLOW))
		return ST_OK;
	if (!ours) {
		if (holds_more(a, &more, e))
			return e->code;
		if (more)
			return in_the_way(a, "no run of ours has made it", e);
	}
	if ((fd = openat(a->lock, ASIDE_MARK, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666)) < 0)
		return err_errno(e, "cannot write in %s", a->part);
	close(fd);
	return ST_OK;
}

static enum status
open_part(struct aside *a, struct err *e)
{
	struct stat out;
	bool like = !stat(a->out, &out) && S_ISDIR(out.st_mode), made;

	made = !mkdir(a->part, like ? 0700 : 0777);
	if (!made && errno != EEXIST)
		return err_errno(e, "cannot make %s", a->part);
	if ((a->lock = open(a->part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) < 0) {
		if (errno == ENOENT)
			return ST_EOF;
		return errno == ELOOP || errno == ENOTDIR ? in_the_way(a, "it is not a folder", e)
		    : err_errno(e, "cannot open %s", a->part);
	}
	if (made && like)
		fchmod(a->lock, (out.st_mode & 07777) | S_IRWXU);
	return ST_OK;
}

enum status
aside_take(struct aside *a, bool ours, struct err *e)
{
	struct stat x, y;
	enum status st;
	int i;

	for (i = 0; i < 100; i++) {
		if ((st = open_part(a, e)) == ST_EOF)
			continue;
		if (!st && flock(a->lock, LOCK_EX | LOCK_NB))
			st = errno == EWOULDBLOCK ? err_set(e, ST_USAGE, "%s: another run is writing it", a->out)
			    : err_errno(e, "cannot lock %s", a->part);
		/* the name may belong to another folder by now */
		if (!st && !fstat(a->lock, &x) && !lstat(a->part, &y) && x.st_ino == y.st_ino && x.st_dev == y.st_dev)
			st = mark(a, ours, e);
		else if (!st)
			st = ST_EOF;
		if (!st)
			return ST_OK;
		/* a folder of somebody else is not held, so that nothing in it is removed */
		aside_moved(a);
		if (st != ST_EOF)
			return st;
	}
	return err_set(e, ST_IO, "%s: cannot get hold of it", a->part);
}

enum status
aside_unmark(const struct aside *a, struct err *e)
{
	if (unlinkat(a->lock, ASIDE_MARK, 0) && errno != ENOENT)
		return err_errno(e, "cannot remove %s/%s", a->part, ASIDE_MARK);
	return ST_OK;
}

void
aside_moved(struct aside *a)
{
	if (a->lock >= 0)
		close(a->lock);
	a->lock = -1;
}

void
aside_free(struct aside *a)
{
	struct err e = {0};
	bool more;

	if (a->lock >= 0 && !holds_more(a, &more, &e) && !more) {
		aside_unmark(a, &e);
		rmdir(a->part);
	}
	aside_moved(a);
	free(a->out);
	free(a->part);
	*a = (struct aside)ASIDE_INIT;
}
