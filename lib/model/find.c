#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "json/json.h"
#include "model/find.h"

/* What cannot be read is not complete. */
static bool
complete(const char *dir)
{
	char *path = file_join(dir, "trainer_state.json");
	struct arena a = ARENA_INIT;
	struct buf b = BUF_INIT;
	struct err e = {0};
	struct json j;
	size_t at;
	bool yes = false;

	if (path && file_exists(path) && !file_read(&b, path, &e) &&
	    !json_parse(&j, b.p ? b.p : "", b.n, &a, &e) && json_type(&j, 0) == JSON_OBJECT)
		yes = (at = json_get(&j, 0, "finished")) && json_type(&j, at) == JSON_TRUE;
	arena_free(&a);
	buf_free(&b);
	free(path);
	return yes;
}

static bool
moved(const char *dir)
{
	char *path = file_join(dir, MODEL_REPLACED);
	bool yes = path && file_exists(path);

	free(path);
	return yes;
}

/* The first n bytes of dir, then end, then rest; NULL when memory is out. */
static char *
beside(const char *dir, size_t n, const char *end, const char *rest)
{
	size_t size = n + strlen(end) + strlen(rest) + 1;
	char *s = malloc(size);

	if (s)
		snprintf(s, size, "%.*s%s%s", (int)n, dir, end, rest);
	return s;
}

/* What replaces the first n bytes of dir, with its rest appended; *found NULL: nothing does. */
static enum status
stand_in(char **found, const char *dir, size_t n, struct err *e)
{
	char *part = beside(dir, n, ".part", ""), *old = beside(dir, n, ".old", "");
	const char *rest = dir + n;
	bool none = false;

	if (part && old && complete(part))
		*found = beside(part, strlen(part), "", rest);
	else if (part && old && moved(old))
		*found = beside(old, strlen(old), "", rest);
	else
		none = part && old;
	free(part);
	free(old);
	return *found || none ? ST_OK : err_nomem(e);
}

enum status
model_find(char **found, const char *dir, struct err *e)
{
	size_t n = strlen(dir);
	bool there = file_exists(dir);
	char *up;

	*found = NULL;
	while (!there && n) {
		while (n > 1 && dir[n - 1] == '/')
			n--;
		if (stand_in(found, dir, n, e))
			return e->code;
		if (*found)
			return ST_OK;
		/* on with the folder that this one is in */
		while (n && dir[n - 1] != '/')
			n--;
		if (!(up = strndup(dir, n)))
			return err_nomem(e);
		there = file_exists(up);
		free(up);
	}
	return (*found = strdup(dir)) ? ST_OK : err_nomem(e);
}

bool
model_same(const char *x, const char *y)
{
	char *p = NULL, *q = NULL;
	struct err e = {0};
	struct stat s, t;
	bool same = !model_find(&p, x, &e) && !model_find(&q, y, &e) && !stat(p, &s) && !stat(q, &t) &&
	    s.st_ino == t.st_ino && s.st_dev == t.st_dev;

	free(p);
	free(q);
	return same;
}
