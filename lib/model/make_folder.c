#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/aside.h"
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
		char *a = file_join(from, name[i]), *to = file_join(dir, name[i]);

		if (!a || !to)
			st = err_nomem(e);
		else if (file_exists(a))
			st = folder_copy_file(a, to, e);
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

static enum status
check_free(const char *out, struct err *e)
{
	struct stat sb;

	if (lstat(out, &sb) && errno == ENOENT)
		return ST_OK;
	return folder_empty(out) ? ST_OK : err_set(e, ST_USAGE, "%s: exists and is not an empty folder", out);
}

/* What an interrupted run of fg-update can go on from is not ours to remove. */
static enum status
check_saves(void *arg, const char *dir, const char *name, struct err *e)
{
	(void)arg;
	if (strncmp(name, "save-", 5) && strncmp(name, "best-", 5))
		return ST_OK;
	return err_set(e, ST_USAGE, "%s holds an unfinished run of fg-update", dir);
}

static enum status
remove_rest(void *arg, const char *dir, const char *name, struct err *e)
{
	char *path;

	(void)arg;
	if (!strcmp(name, ASIDE_MARK))
		return ST_OK;
	if (!(path = file_join(dir, name)))
		return err_nomem(e);
	folder_remove(path, e);
	free(path);
	return e->code;
}

enum status
make_folder(struct aside *a, const char *out, struct err *e)
{
	e->code = ST_OK;
	/* looked at again under the lock: another run may have been about to publish */
	if (aside_name(a, out, e) || check_free(a->out, e) || aside_take(a, false, e) || check_free(a->out, e) ||
	    folder_walk(a->part, check_saves, NULL, e) || folder_walk(a->part, remove_rest, NULL, e))
		aside_free(a);
	return e->code;
}

void
make_discard(struct aside *a)
{
	struct err e = {0};

	if (a->lock >= 0)
		folder_walk(a->part, remove_rest, NULL, &e);
	aside_free(a);
}

enum status
make_publish(struct aside *a, struct err *e)
{
	const char *slash = strrchr(a->out, '/');
	char *mark = file_join(a->out, ASIDE_MARK);
	char *parent = slash ? strndup(a->out, slash == a->out ? 1 : (size_t)(slash - a->out)) : strdup(".");

	e->code = ST_OK;
	if (!mark || !parent) {
		err_nomem(e);
	} else if (!folder_sync(a->part, e)) {
		if (rename(a->part, a->out)) {
			err_io(e, a->out, "rename");
		} else {
			aside_moved(a);
			unlink(mark);
			if (!folder_sync(a->out, e))
				folder_sync(parent, e);
		}
	}
	free(mark);
	free(parent);
	return e->code;
}

enum status
make_relative(const char *to, const char *at, char **path, struct err *e)
{
	char *a = realpath(to, NULL), *b = realpath(at, NULL);
	struct buf r = BUF_INIT;
	size_t i, same = 0;

	*path = NULL;
	if (!a || !b) {
		err_io(e, a ? at : to, NULL);
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
