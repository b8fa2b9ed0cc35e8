#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/folder.h"
#include "tensor/opencl/cache.h"

/* a file is this, the sum of what follows, a line's end, and the program */
#define MAGIC "finegrain opencl 1 "

enum { KEPT = 16 };

/* The folder, made where make says so; owned; NULL where there is no place for it. */
static char *
folder(bool make)
{
	static const char *const part[] = { "finegrain", "opencl" };
	const char *root = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	char *dir, *next;
	size_t i;

	/* the specification of that variable has a relative path ignored */
	if (root && *root == '/')
		dir = strdup(root);
	else
		dir = home && *home == '/' ? file_join(home, ".cache") : NULL;
	for (i = 0; dir; i++) {
		if (make)
			mkdir(dir, 0700);
		if (i == sizeof(part) / sizeof(*part))
			break;
		next = file_join(dir, part[i]);
		free(dir);
		dir = next;
	}
	return dir;
}

static char *
path_of(const char *dir, const char key[HASH_HEX])
{
	return dir ? file_join(dir, key) : NULL;
}

bool
cache_get(struct buf *b, const char key[HASH_HEX])
{
	char *dir = folder(false), *path = path_of(dir, key), want[sizeof(MAGIC) + HASH_HEX], sum[HASH_HEX];
	struct buf all = BUF_INIT;
	struct err e = { 0 };
	size_t head = sizeof(MAGIC) - 1 + HASH_HEX;
	bool good = false;

	if (path && file_exists(path) && !file_read(&all, path, &e) && buf_ok(&all) && all.n > head) {
		hash_hex(hash128(all.p + head, all.n - head), sum);
		snprintf(want, sizeof(want), "%s%s\n", MAGIC, sum);
		if (!memcmp(all.p, want, head)) {
			buf_add(b, all.p + head, all.n - head);
			good = buf_ok(b);
		}
	}
	buf_free(&all);
	free(path);
	free(dir);
	return good;
}

/* The oldest file of a folder, and how many there are. */
struct oldest { char *path; time_t time; size_t n; };

static enum status
look(void *arg, const char *dir, const char *name, struct err *e)
{
	struct oldest *o = arg;
	char *path = file_join(dir, name);
	struct stat st;

	(void)e;
	if (!path || stat(path, &st) || !S_ISREG(st.st_mode)) {
		free(path);
		return ST_OK;
	}
	o->n++;
	if (o->path && o->time <= st.st_mtime) {
		free(path);
		return ST_OK;
	}
	free(o->path);
	o->path = path;
	o->time = st.st_mtime;
	return ST_OK;
}

/* Leave room for one more. */
static void
prune(const char *dir)
{
	struct oldest o;
	struct err e = { 0 };
	bool more = true;

	while (more) {
		o = (struct oldest){ .n = 0 };
		more = !folder_walk(dir, look, &o, &e) && o.n >= KEPT && !unlink(o.path);
		free(o.path);
	}
}

void
cache_put(const char key[HASH_HEX], const void *p, size_t n)
{
	char *dir = folder(true), *path = path_of(dir, key), *aside = NULL, sum[HASH_HEX];
	struct buf all = BUF_INIT;
	struct err e = { 0 };

	/* other processes may keep the same: each writes a file of its own, then renames it */
	if (path && (aside = malloc(strlen(path) + 32))) {
		prune(dir);
		sprintf(aside, "%s.%ld", path, (long)getpid());
		buf_adds(&all, MAGIC);
		buf_adds(&all, hash_hex(hash128(p, n), sum));
		buf_addc(&all, '\n');
		buf_add(&all, p, n);
		if (buf_ok(&all) && !file_write(aside, all.p, all.n, &e) && rename(aside, path))
			unlink(aside);
	}
	buf_free(&all);
	free(aside);
	free(path);
	free(dir);
}
