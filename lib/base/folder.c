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

	if (n < 0)
		return err_io(e, dir, "read folder");
	for (i = 0; i < n; i++) {
		if (!rc)
			rc = fn(arg, dir, list[i]->d_name, e);
		free(list[i]);
	}
	free(list);
	return rc;
}

static enum status
stop(void *arg, const char *dir, const char *name, struct err *e)
{
	(void)arg;
	(void)dir;
	(void)name;
	(void)e;
	return ST_EOF;
}

bool
folder_empty(const char *dir)
{
	struct err e = {0};

	return folder_walk(dir, stop, NULL, &e) == ST_OK;
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
		return err_io(e, path, "stat");
	}
	if (S_ISDIR(sb.st_mode)) {
		if (folder_walk(path, remove_entry, NULL, e))
			return e->code;
		bad = rmdir(path);
	} else {
		bad = unlink(path);
	}
	if (bad && errno != ENOENT)
		return err_io(e, path, "remove");
	return ST_OK;
}

static enum status
copy_bytes(int from, int to, const char *name, struct err *e)
{
	char p[1 << 15];
	ssize_t n;

	while ((n = read(from, p, sizeof(p))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_io(e, name, "read");
		if (file_write_all(to, p, (size_t)n, e))
			return e->code;
	}
	return fsync(to) ? err_errno(e, "fsync") : ST_OK;
}

enum status
folder_copy_file(const char *from, const char *to, struct err *e)
{
	struct stat sb;
	int in = file_open_plain(from, &sb, e), out;

	if (in < 0)
		return e->code;
	if ((uintmax_t)sb.st_size > FOLDER_COPY_MAX) {
		close(in);
		return err_at(e, ST_INPUT, from, 0, 0, "too long to be copied: more than %llu bytes",
		    (unsigned long long)FOLDER_COPY_MAX);
	}
	err_at(e, ST_OK, to, 0, 0, "%s", "");
	if ((out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, (sb.st_mode & 0777) | S_IWUSR)) < 0) {
		err_errno(e, "open");
	} else {
		copy_bytes(in, out, from, e);
		if (close(out) && e->code == ST_OK)
			err_errno(e, "close");
	}
	close(in);
	if (e->code == ST_OK)
		e->file[0] = 0;
	return e->code;
}

struct keep { const char *to; bool (*skip)(void *arg, const char *name); void *arg; };

/* The file itself, or where that cannot be a copy of it; a link as a link. */
static enum status
keep_file(const char *from, const char *to, const struct stat *sb, struct err *e)
{
	char link[4096];
	ssize_t n;

	if (!linkat(AT_FDCWD, from, AT_FDCWD, to, 0))
		return ST_OK;
	if (S_ISREG(sb->st_mode)) {
		if (!folder_copy_file(from, to, e) && chmod(to, sb->st_mode & 07777))
			err_io(e, to, "chmod");
	} else if (S_ISLNK(sb->st_mode) && (n = readlink(from, link, sizeof(link) - 1)) >= 0) {
		link[n] = 0;
		if (symlink(link, to))
			err_errno(e, "link %s", to);
	} else {
		err_errno(e, "cannot keep %s", from);
	}
	return e->code;
}

static enum status
keep_folder(const char *from, const char *to, const struct stat *sb, struct err *e)
{
	if (mkdir(to, 0700))
		return err_errno(e, "cannot make %s", to);
	if (!folder_keep(from, to, NULL, NULL, e) && chmod(to, sb->st_mode & 07777))
		err_io(e, to, "chmod");
	return e->code;
}

static enum status
keep_entry(void *arg, const char *dir, const char *name, struct err *e)
{
	const struct keep *k = arg;
	char *from, *to;
	struct stat sb, there;

	e->code = ST_OK;
	if (k->skip && k->skip(k->arg, name))
		return ST_OK;
	from = file_join(dir, name);
	to = file_join(k->to, name);
	if (!from || !to)
		err_nomem(e);
	else if (lstat(from, &sb))
		err_io(e, from, "stat");
	else if (lstat(to, &there))
		S_ISDIR(sb.st_mode) ? keep_folder(from, to, &sb, e) : keep_file(from, to, &sb, e);
	free(from);
	free(to);
	return e->code;
}

enum status
folder_keep(const char *from, const char *to, bool (*skip)(void *arg, const char *name), void *arg,
    struct err *e)
{
	struct keep k = { to, skip, arg };

	e->code = ST_OK;
	return folder_walk(from, keep_entry, &k, e) ? e->code : folder_sync(to, e);
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
