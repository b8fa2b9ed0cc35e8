#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/folder.h"

static int
wanted(const struct dirent *d)
{
	return strcmp(d->d_name, ".") && strcmp(d->d_name, "..");
}

static int
by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

enum status
folder_walk(const char *dir, enum status (*fn)(void *, const char *, const char *, struct err *),
    void *arg, struct err *e)
{
	enum status rc = ST_OK;
	struct dirent **list;
	int i, n = scandir(dir, &list, wanted, by_bytes);

	if (n < 0) {
		err_at(e, ST_IO, dir, 0, 0, "%s", "");
		return err_errno(e, "read folder");
	}
	for (i = 0; i < n; i++) {
		if (!rc)
			rc = fn(arg, dir, list[i]->d_name, e);
		free(list[i]);
	}
	free(list);
	return rc;
}

static enum status
remove_entry(void *arg, const char *dir, const char *name, struct err *e)
{
	char *path = file_join(dir, name);
	enum status rc;

	(void)arg;
	if (!path)
		return err_nomem(e);
	rc = folder_remove(path, e);
	free(path);
	return rc;
}

enum status
folder_remove(const char *path, struct err *e)
{
	struct stat sb;
	int bad;

	if (lstat(path, &sb)) {
		if (errno == ENOENT)
			return ST_OK;
		err_at(e, ST_IO, path, 0, 0, "%s", "");
		return err_errno(e, "stat");
	}
	if (S_ISDIR(sb.st_mode)) {
		if (folder_walk(path, remove_entry, NULL, e))
			return e->code;
		bad = rmdir(path);
	} else {
		bad = unlink(path);
	}
	if (bad && errno != ENOENT) {
		err_at(e, ST_IO, path, 0, 0, "%s", "");
		return err_errno(e, "remove");
	}
	return ST_OK;
}

enum status
folder_copy_file(const char *from, const char *to, struct err *e)
{
	struct file_map m;
	int fd;

	if (file_map(&m, from, e))
		return e->code;
	err_at(e, ST_OK, to, 0, 0, "%s", "");
	if ((fd = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)) < 0) {
		err_errno(e, "open");
	} else {
		if (!file_write_all(fd, m.p, m.n, e) && fsync(fd))
			err_errno(e, "fsync");
		if (close(fd) && e->code == ST_OK)
			err_errno(e, "close");
	}
	file_unmap(&m);
	if (e->code == ST_OK)
		e->file[0] = 0;
	return e->code;
}

static enum status
copy_entry(void *arg, const char *dir, const char *name, struct err *e)
{
	char *from = file_join(dir, name), *to = file_join(arg, name), link[4096];
	struct stat sb;
	ssize_t n;

	e->code = ST_OK;
	if (!from || !to)
		err_nomem(e);
	else if (lstat(from, &sb))
		err_errno(e, "stat %s", from);
	else if (S_ISREG(sb.st_mode))
		folder_copy_file(from, to, e);
	else if (S_ISDIR(sb.st_mode))
		folder_copy(from, to, e);
	else if (S_ISLNK(sb.st_mode) && (n = readlink(from, link, sizeof(link) - 1)) >= 0) {
		link[n] = 0;
		if (symlink(link, to))
			err_errno(e, "link %s", to);
	}
	free(from);
	free(to);
	return e->code;
}

enum status
folder_copy(const char *from, const char *to, struct err *e)
{
	char *place = strdup(to);

	e->code = ST_OK;
	if (!place)
		err_nomem(e);
	else if (mkdir(to, 0777))
		err_errno(e, "cannot make %s", to);
	else if (!folder_walk(from, copy_entry, place, e))
		folder_sync(to, e);
	free(place);
	return e->code;
}

enum status
folder_sync(const char *dir, struct err *e)
{
	int fd;

	err_at(e, ST_OK, dir, 0, 0, "%s", "");
	if ((fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		return err_errno(e, "open folder");
	if (fsync(fd))
		err_errno(e, "fsync folder");
	close(fd);
	if (e->code == ST_OK)
		e->file[0] = 0;
	return e->code;
}

enum status
folder_exchange(const char *a, const char *b, bool *refused, struct err *e)
{
	*refused = false;
	if (!renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE))
		return ST_OK;
	if (errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP) {
		*refused = true;
		return ST_OK;
	}
	return err_errno(e, "cannot exchange %s and %s", a, b);
}
