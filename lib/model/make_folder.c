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
#include "model/make.h"

enum status
make_copy_tokenizer(const char *from, bool generation, const char *dir, struct err *e)
{
	static const char *const name[] = {
		"tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
		"tokenizer.model", "vocab.json", "merges.txt", "chat_template.jinja",
		"generation_config.json"
	};
	size_t n = sizeof(name) / sizeof(*name) - !generation;
	enum status st = ST_OK;

	for (size_t i = 0; i < n && !st; i++) {
		struct buf b = BUF_INIT;
		char *a = file_join(from, name[i]), *to = file_join(dir, name[i]);

		if (!a || !to)
			st = err_nomem(e);
		else if (file_exists(a) && !(st = file_read(&b, a, e)))
			st = file_write(to, b.p, b.n, e);
		buf_free(&b);
		free(a);
		free(to);
	}
	return st;
}

enum status
make_take_tokenizer(const char *path, const char *dir, struct err *e)
{
	const char *slash = strrchr(path, '/');
	char *to, *from;
	enum status st;

	if (file_is_dir(path))
		return make_copy_tokenizer(path, false, dir, e);
	if (!strcmp(slash ? slash + 1 : path, "tokenizer.json")) {
		if (!(from = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".")))
			return err_nomem(e);
		st = make_copy_tokenizer(from, false, dir, e);
		free(from);
		return st;
	}
	if (!(to = file_join(dir, "tokenizer.json")))
		return err_nomem(e);
	st = folder_copy_file(path, to, e);
	free(to);
	return st;
}

static bool
is_dots(const char *s)
{
	return !strcmp(s, ".") || !strcmp(s, "..");
}

/* Whether nothing stands in the way of a rename to dir. */
static bool
is_free(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *k;
	bool empty = true;

	if (!d)
		return errno == ENOENT;
	while (empty && (k = readdir(d)))
		empty = is_dots(k->d_name);
	closedir(d);
	return empty;
}

/* Remove the files that an interrupted run left. */
static enum status
clear(const char *dir, struct err *e)
{
	DIR *d = opendir(dir);
	struct dirent *k;
	enum status st = ST_OK;

	if (!d)
		return err_errno(e, "%s", dir);
	while (!st && (k = readdir(d)))
		if (!is_dots(k->d_name) && unlinkat(dirfd(d), k->d_name, 0))
			st = err_errno(e, "%s/%s: unlink", dir, k->d_name);
	closedir(d);
	return st;
}

enum status
make_folder(const char *out, char **part, struct err *e)
{
	size_t n = strlen(out);
	enum status st = ST_OK;

	*part = NULL;
	while (n > 1 && out[n - 1] == '/')
		n--;
	if (!is_free(out))
		return err_set(e, ST_USAGE, "%s: exists and is not an empty folder", out);
	if (!(*part = malloc(n + sizeof(".part"))))
		return err_nomem(e);
	memcpy(*part, out, n);
	memcpy(*part + n, ".part", sizeof(".part"));
	if (mkdir(*part, 0777))
		st = errno == EEXIST ? clear(*part, e) : err_errno(e, "%s: mkdir", *part);
	if (st) {
		free(*part);
		*part = NULL;
	}
	return st;
}

static enum status
sync_folder(const char *dir, struct err *e)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	enum status st = ST_OK;

	if (fd < 0)
		return err_errno(e, "%s", dir);
	if (fsync(fd))
		st = err_errno(e, "%s: fsync", dir);
	close(fd);
	return st;
}

enum status
make_publish(const char *part, const char *out, struct err *e)
{
	const char *slash = strrchr(part, '/');
	char *parent = slash ? strndup(part, slash == part ? 1 : (size_t)(slash - part)) : strdup(".");
	enum status st;

	if (!parent)
		return err_nomem(e);
	if (!(st = sync_folder(part, e))) {
		if (rename(part, out))
			st = err_errno(e, "%s: rename", out);
		else
			st = sync_folder(parent, e);
	}
	free(parent);
	return st;
}

enum status
make_relative(const char *to, const char *at, char **path, struct err *e)
{
	char *a = realpath(to, NULL), *b = realpath(at, NULL);
	struct buf r = BUF_INIT;
	size_t i, same = 0;

	*path = NULL;
	if (!a || !b) {
		err_errno(e, "%s", a ? at : to);
	} else {
		for (i = 0; a[i] && a[i] == b[i]; i++)
			if (a[i] == '/')
				same = i;
		if ((!a[i] || a[i] == '/') && (!b[i] || b[i] == '/'))
			same = i;
		for (i = same; b[i]; i++)
			if (b[i] == '/' && b[i + 1])
				buf_adds(&r, "../");
		buf_adds(&r, a[same] == '/' ? a + same + 1 : a + same);
		if (r.n && r.p[r.n - 1] == '/')
			r.n--;
		if (!r.n)
			buf_addc(&r, '.');
		buf_addc(&r, 0);
		if (buf_ok(&r))
			*path = r.p;
		else
			buf_free(&r);
		if (!*path)
			err_nomem(e);
	}
	free(a);
	free(b);
	return *path ? ST_OK : e->code;
}
