#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/folder.h"
#include "model/find.h"
#include "run/checkpoint.h"

struct ckpt {
	char *out, *part, *old;
	char *source;           /* what ckpt_decide chose */
	char *tmp;              /* the save being written */
	int lock;
	uint64_t serial;        /* of OUT */
	bool same;              /* OUT is what the pass begins with */
};

static bool
prefixed(const char *name, const char *prefix)
{
	return !strncmp(name, prefix, strlen(prefix));
}

/* arg: NULL, or the two names that stay */
static enum status
remove_saves(void *arg, const char *dir, const char *name, struct err *e)
{
	const char *const *keep = arg;
	enum status rc;
	char *path;

	if ((!prefixed(name, "save-") && !prefixed(name, "best-"))
	    || (keep && (!strcmp(name, keep[0]) || !strcmp(name, keep[1]))))
		return ST_OK;
	if (!(path = file_join(dir, name)))
		return err_nomem(e);
	rc = folder_remove(path, e);
	free(path);
	return rc;
}

/* Everything but saves: half-written or half-removed models. */
static enum status
remove_rest(void *arg, const char *dir, const char *name, struct err *e)
{
	size_t n = strlen(name);
	enum status rc;
	char *path;

	(void)arg;
	if (prefixed(name, "best-") ||
	    (prefixed(name, "save-") && (n < 4 || strcmp(name + n - 4, ".tmp"))))
		return ST_OK;
	if (!(path = file_join(dir, name)))
		return err_nomem(e);
	rc = folder_remove(path, e);
	free(path);
	return rc;
}

/* The newest save: names sort by step. */
static enum status
newest(void *arg, const char *dir, const char *name, struct err *e)
{
	char **best = arg;

	if (!prefixed(name, "save-") || strstr(name, ".tmp"))
		return ST_OK;
	free(*best);
	return (*best = file_join(dir, name)) ? ST_OK : err_nomem(e);
}

static bool
is_model(const char *dir)
{
	static const char *const file[] = { "config.json", "adapter_config.json" };
	bool found = false;
	size_t i;
	char *p;

	for (i = 0; i < 2 && !found; i++)
		if ((p = file_join(dir, file[i]))) {
			found = file_exists(p);
			free(p);
		}
	return found;
}

static enum status
sync_parent(const struct ckpt *c, struct err *e)
{
	const char *slash = strrchr(c->out, '/');
	enum status rc;
	char *dir;

	if (!(dir = slash ? strndup(c->out, slash == c->out ? 1 : (size_t)(slash - c->out)) : strdup(".")))
		return err_nomem(e);
	rc = folder_sync(dir, e);
	free(dir);
	return rc;
}

static enum status
move(const char *from, const char *to, struct err *e)
{
	return rename(from, to) ? err_errno(e, "cannot rename %s to %s", from, to) : ST_OK;
}

/* OUT -> OUT.old, OUT.part -> OUT, for file systems that cannot exchange.  A crash in
 * between leaves no OUT: mend() and openers then find OUT.part or OUT.old. */
static enum status
replace_in_steps(struct ckpt *c, struct err *e)
{
	char *mark = file_join(c->out, MODEL_REPLACED), *moved = file_join(c->old, MODEL_REPLACED);
	enum status rc = ST_OK;

	if (!mark || !moved)
		rc = err_nomem(e);
	else if (file_exists(c->old) && !file_exists(moved))
		rc = err_set(e, ST_IO, "%s is in the way", c->old);
	if (!rc && !(rc = folder_remove(c->old, e)) && !(rc = file_write(mark, "", 0, e))
	    && !(rc = move(c->out, c->old, e)) && !(rc = move(c->part, c->out, e))
	    && !(rc = sync_parent(c, e)))
		rc = folder_remove(c->old, e);
	free(mark);
	free(moved);
	return rc;
}

/* The locked folder is no longer OUT.part. */
static enum status
drop_lock(struct ckpt *c, enum status rc)
{
	if (!rc) {
		close(c->lock);
		c->lock = -1;
	}
	return rc;
}

/* OUT.part holds a finished model: make it OUT and remove what OUT was. */
static enum status
publish(struct ckpt *c, struct err *e)
{
	bool refused = false;
	int old = -1;

	if (folder_walk(c->part, remove_saves, NULL, e) || folder_sync(c->part, e))
		return e->code;
	if (!file_exists(c->out)) {
		if (!move(c->part, c->out, e))
			sync_parent(c, e);
		return drop_lock(c, e->code);
	}
	/* the old folder will stand at OUT.part: nobody shall lock it while it goes */
	if ((old = open(c->out, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) >= 0)
		flock(old, LOCK_EX | LOCK_NB);
	if (!folder_exchange(c->part, c->out, &refused, e)) {
		if (refused)
			replace_in_steps(c, e);
		else if (!sync_parent(c, e))
			folder_remove(c->part, e);
	}
	if (old >= 0)
		close(old);
	return drop_lock(c, e->code);
}

static enum status
take_lock(struct ckpt *c, struct err *e)
{
	struct stat a, b;
	int i;

	for (i = 0; i < 100; i++) {
		if (mkdir(c->part, 0777) && errno != EEXIST)
			return err_errno(e, "cannot make %s", c->part);
		if ((c->lock = open(c->part, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0) {
			if (errno == ENOENT)
				continue;
			return err_errno(e, "cannot open %s", c->part);
		}
		if (flock(c->lock, LOCK_EX | LOCK_NB))
			return errno == EWOULDBLOCK
			    ? err_set(e, ST_USAGE, "%s: another run is writing it", c->out)
			    : err_errno(e, "cannot lock %s", c->part);
		/* the name may have moved on to another folder meanwhile */
		if (!fstat(c->lock, &a) && !stat(c->part, &b) && a.st_ino == b.st_ino && a.st_dev == b.st_dev)
			return ST_OK;
		close(c->lock);
		c->lock = -1;
	}
	return err_set(e, ST_IO, "%s: cannot get hold of it", c->part);
}

static enum status
mend(struct ckpt *c, struct err *e)
{
	struct train_state out, part;
	bool have_out, have_part;
	enum status rc = ST_OK;
	char *mark;

	if (state_read(&part, c->part, &have_part, e) || state_read(&out, c->out, &have_out, e))
		return e->code;
	if (!(mark = file_join(c->old, MODEL_REPLACED)))
		return err_nomem(e);
	if (have_part && part.finished && part.serial > out.serial) {
		if (!(rc = publish(c, e)))
			rc = take_lock(c, e);
	} else {
		rc = folder_walk(c->part, remove_rest, NULL, e);
	}
	if (!rc && file_exists(mark))
		rc = file_exists(c->out) ? folder_remove(c->old, e) : move(c->old, c->out, e);
	free(mark);
	if (!rc && (mark = file_join(c->out, MODEL_REPLACED))) {
		unlink(mark);
		free(mark);
	}
	if (!rc && !(rc = state_read(&out, c->out, &have_out, e)))
		c->serial = out.serial;
	return rc;
}

/* path without slashes at its end, or where it leads if it is a link: that is replaced. */
static enum status
resolve(char **out, const char *path, struct err *e)
{
	size_t n = strlen(path);
	struct stat sb;

	while (n > 1 && path[n - 1] == '/')
		n--;
	if (!(*out = strndup(path, n)))
		return err_nomem(e);
	if (lstat(*out, &sb) || !S_ISLNK(sb.st_mode))
		return ST_OK;
	free(*out);
	*out = realpath(path, NULL);
	return *out ? ST_OK : err_set(e, ST_USAGE, "%s is a link that leads nowhere", path);
}

enum status
ckpt_open(struct ckpt **cp, const char *path, struct err *e)
{
	struct ckpt *c = calloc(1, sizeof(*c));
	size_t n;

	if (!c)
		return err_nomem(e);
	c->lock = -1;
	if (resolve(&c->out, path, e)) {
		ckpt_close(c);
		return e->code;
	}
	n = strlen(c->out);
	c->part = malloc(n + sizeof(".part"));
	c->old = malloc(n + sizeof(".old"));
	if (!c->part || !c->old) {
		ckpt_close(c);
		return err_nomem(e);
	}
	sprintf(c->part, "%s.part", c->out);
	sprintf(c->old, "%s.old", c->out);
	e->code = ST_OK;
	if (file_exists(c->out) && !is_model(c->out)
	    && (!file_is_dir(c->out) || rmdir(c->out)))
		err_set(e, ST_USAGE, "%s is there and holds no model", c->out);
	if (e->code || take_lock(c, e) || mend(c, e)) {
		ckpt_close(c);
		return e->code;
	}
	*cp = c;
	return ST_OK;
}

void
ckpt_close(struct ckpt *c)
{
	if (!c)
		return;
	if (c->part && c->lock >= 0)
		rmdir(c->part);         /* fails, as it should, when saves are in it */
	if (c->lock >= 0)
		close(c->lock);
	free(c->out);
	free(c->part);
	free(c->old);
	free(c->source);
	free(c->tmp);
	free(c);
}

enum status
ckpt_decide(struct ckpt *c, const char *digest, bool same, bool fresh,
    enum ckpt_plan *plan, struct train_state *st, struct err *e)
{
	struct train_state out, save = {0};
	bool have_out, have_save = false;

	c->same = same;
	if (state_read(&out, c->out, &have_out, e))
		return e->code;
	free(c->source);
	c->source = NULL;
	if (fresh && folder_walk(c->part, remove_saves, NULL, e))
		return e->code;
	if (folder_walk(c->part, newest, &c->source, e))
		return e->code;
	if (c->source && state_read(&save, c->source, &have_save, e))
		return e->code;
	*st = (struct train_state){0};
	if (fresh) {
		*plan = CKPT_NEW;
	} else if (have_out && out.finished && !strcmp(out.digest, digest)) {
		*plan = CKPT_DONE;
		*st = out;
		return folder_walk(c->part, remove_saves, NULL, e);
	} else if (have_save && !strcmp(save.digest, digest)) {
		*plan = CKPT_RESUME;
		*st = save;
		return ST_OK;
	} else if (have_save) {
		return err_set(e, ST_USAGE, "%s holds an unfinished run on other input or with "
		    "other options; --fresh discards it", c->part);
	} else if (have_out && same) {
		*plan = CKPT_NEXT;
		free(c->source);
		if (!(c->source = strdup(c->out)))
			return err_nomem(e);
		*st = out;
		st->pass++;
		st->base += st->done;
		st->done = 0;
		st->best_done = 0;
		st->stopped = st->finished = false;
	} else if (file_exists(c->out) && !same) {
		return err_set(e, ST_USAGE, "%s is the result of other input or options; --fresh "
		    "replaces it, -m with the same folder trains it on", c->out);
	} else {
		*plan = CKPT_NEW;
	}
	st->serial = c->serial + 1;
	strcpy(st->digest, digest);
	return ST_OK;
}

const char *
ckpt_source(const struct ckpt *c)
{
	return c->source;
}

const char *
ckpt_part(const struct ckpt *c)
{
	return c->part;
}

enum status
ckpt_save_begin(struct ckpt *c, const struct train_state *st, const char **dir, struct err *e)
{
	char name[40];

	snprintf(name, sizeof(name), "save-%012llu.tmp", (unsigned long long)st->done);
	free(c->tmp);
	if (!(c->tmp = file_join(c->part, name)))
		return err_nomem(e);
	if (folder_remove(c->tmp, e))
		return e->code;
	if (mkdir(c->tmp, 0777))
		return err_errno(e, "cannot make %s", c->tmp);
	*dir = c->tmp;
	return ST_OK;
}

enum status
ckpt_save_end(struct ckpt *c, const struct train_state *st, struct err *e)
{
	char *name = strdup(c->tmp), best[40];
	const char *keep[2];
	enum status rc;

	if (!name)
		return err_nomem(e);
	name[strlen(name) - 4] = 0;     /* without .tmp */
	keep[0] = strrchr(name, '/') + 1;
	/* the model that the state counts as its best */
	snprintf(best, sizeof(best), CKPT_BEST, (unsigned long long)st->best_done);
	keep[1] = best;
	if (!(rc = state_write(st, c->tmp, e)) && !(rc = folder_remove(name, e))
	    && !(rc = move(c->tmp, name, e)) && !(rc = folder_sync(c->part, e)))
		rc = folder_walk(c->part, remove_saves, keep, e);
	free(name);
	return rc;
}

enum status
ckpt_final_begin(struct ckpt *c, const char **dir, struct err *e)
{
	*dir = c->part;
	return folder_walk(c->part, remove_rest, NULL, e);
}

enum status
ckpt_publish(struct ckpt *c, const struct train_state *st, struct err *e)
{
	return state_write(st, c->part, e) ? e->code : publish(c, e);
}

/* Copied is what is neither weights nor state of training. */
static bool
carried(const char *name)
{
	static const char *const end[] = { ".safetensors", ".index.json", ".bin", ".pt", ".gguf" };
	static const char *const own[] = { "config.json", "adapter_config.json", "head_config.json", "trainer_state.json",
		MODEL_REPLACED };
	size_t n = strlen(name), k, i;

	for (i = 0; i < sizeof(end) / sizeof(*end); i++)
		if (n >= (k = strlen(end[i])) && !strcmp(name + n - k, end[i]))
			return false;
	for (i = 0; i < sizeof(own) / sizeof(*own); i++)
		if (!strcmp(name, own[i]))
			return false;
	return true;
}

static enum status
copy_entry(void *arg, const char *dir, const char *name, struct err *e)
{
	char *from, *to;
	struct stat sb;
	enum status rc = ST_OK;

	if (!carried(name))
		return ST_OK;
	from = file_join(dir, name);
	to = file_join(arg, name);
	if (!from || !to)
		rc = err_nomem(e);
	else if (!stat(from, &sb) && S_ISREG(sb.st_mode) && !file_exists(to))
		rc = folder_copy_file(from, to, e);
	free(from);
	free(to);
	return rc;
}

enum status
ckpt_copy_files(const char *from, const char *to, struct err *e)
{
	char *at, *place = strdup(to);

	e->code = ST_OK;
	if (!model_find(&at, from, e))
		place ? folder_walk(at, copy_entry, place, e) : err_nomem(e);
	free(at);
	free(place);
	return e->code;
}

struct keep { const struct ckpt *c; const char *except; };

static enum status
keep_folder(void *arg, const char *dir, const char *name, struct err *e)
{
	const struct keep *k = arg;
	char *from, *to;
	enum status rc = ST_OK;

	if (k->except && !strcmp(name, k->except))
		return ST_OK;
	from = file_join(dir, name);
	to = file_join(k->c->part, name);
	if (!from || !to)
		rc = err_nomem(e);
	else if (file_is_dir(from))
		rc = folder_copy(from, to, e);
	free(from);
	free(to);
	return rc;
}

enum status
ckpt_keep_folders(const struct ckpt *c, const char *except, struct err *e)
{
	struct keep k = { c, except };

	return c->same ? folder_walk(c->out, keep_folder, &k, e) : ST_OK;
}
