#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/aside.h"
#include "base/buf.h"
#include "base/file.h"
#include "base/folder.h"
#include "model/find.h"
#include "run/checkpoint.h"

struct ckpt {
	struct aside a;         /* OUT, OUT.part and the lock */
	char *old;
	char *source;           /* what ckpt_decide chose */
	char *tmp;              /* the save being written */
	uint64_t serial;        /* of OUT */
	bool same;              /* OUT is what the pass begins with */
};

static bool
prefixed(const char *name, const char *prefix)
{
	return !strncmp(name, prefix, strlen(prefix));
}

static enum status
remove_entry(const char *dir, const char *name, struct err *e)
{
	char *path = file_join(dir, name);
	enum status st = path ? folder_remove(path, e) : err_nomem(e);

	free(path);
	return st;
}

/* arg: NULL, or the two names that stay */
static enum status
remove_saves(void *arg, const char *dir, const char *name, struct err *e)
{
	const char *const *keep = arg;

	if ((!prefixed(name, "save-") && !prefixed(name, "best-"))
	    || (keep && (!strcmp(name, keep[0]) || !strcmp(name, keep[1]))))
		return ST_OK;
	return remove_entry(dir, name, e);
}

/* Everything but saves: half-written or half-removed models. */
static enum status
remove_rest(void *arg, const char *dir, const char *name, struct err *e)
{
	size_t n = strlen(name);

	(void)arg;
	if (prefixed(name, "best-") || !strcmp(name, ASIDE_MARK) ||
	    (prefixed(name, "save-") && (n < 4 || strcmp(name + n - 4, ".tmp"))))
		return ST_OK;
	return remove_entry(dir, name, e);
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
	const char *slash = strrchr(c->a.out, '/');
	enum status rc;
	char *dir;

	if (!(dir = slash ? strndup(c->a.out, slash == c->a.out ? 1 : (size_t)(slash - c->a.out)) : strdup(".")))
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

/* ---- what is in a folder that is replaced ---- */

/* A file that a run of ours writes: it is replaced with the model. */
static bool
is_own(const char *name)
{
	static const char *const own[] = { "config.json", "adapter_config.json", "head_config.json",
		"trainer_state.json", "model.safetensors", "model.safetensors.index.json", "adapter_model.safetensors",
		"head.safetensors", "optimizer.safetensors", MODEL_REPLACED, ASIDE_MARK };
	size_t n = strlen(name), i;

	for (i = 0; i < sizeof(own) / sizeof(*own); i++)
		if (!strcmp(name, own[i]))
			return true;
	/* the shards of what is now one file */
	return prefixed(name, "model-") && n > 12 && !strcmp(name + n - 12, ".safetensors");
}

static enum status keep_modes(const char *was, const char *is, struct err *e);

/* What is ours and in both folders keeps the permissions that it had, in the critic's folder too. */
static enum status
keep_mode(void *arg, const char *dir, const char *name, struct err *e)
{
	char *from = file_join(arg, name), *to = file_join(dir, name);
	struct stat a, b;

	e->code = ST_OK;
	if (!from || !to)
		err_nomem(e);
	else if (!lstat(from, &a) && !lstat(to, &b)) {
		if (S_ISDIR(a.st_mode) && S_ISDIR(b.st_mode))
			keep_modes(from, to, e);
		else if (is_own(name) && S_ISREG(a.st_mode) && S_ISREG(b.st_mode) && (a.st_mode ^ b.st_mode) & 0777 &&
		    chmod(to, a.st_mode & 0777))
			err_io(e, to, "chmod");
	}
	free(from);
	free(to);
	return e->code;
}

/* The folder `is` gets the permissions of the folder `was`, and its files theirs. */
static enum status
keep_modes(const char *was, const char *is, struct err *e)
{
	struct stat sb;

	if (stat(was, &sb))
		return err_io(e, was, "stat");
	if (folder_walk(is, keep_mode, (void *)(uintptr_t)was, e))
		return e->code;
	return chmod(is, sb.st_mode & 07777) ? err_io(e, is, "chmod") : ST_OK;
}

/* Move what somebody put into the old folder while it was being replaced to the new one. */
static enum status
rescue(void *arg, const char *dir, const char *name, struct err *e)
{
	char *from = file_join(dir, name), *to = file_join(arg, name);
	struct stat sb;
	enum status rc = ST_OK;

	if (!from || !to)
		rc = err_nomem(e);
	else if (!is_own(name) && lstat(to, &sb))
		rc = move(from, to, e);
	free(from);
	free(to);
	return rc;
}

/* The old folder, which is at OUT.part now, is removed. */
static enum status
remove_old(struct ckpt *c, const char *old, struct err *e)
{
	chmod(old, 0700);
	if (folder_walk(old, rescue, c->a.out, e))
		return e->code;
	return folder_remove(old, e);
}

/* OUT -> OUT.old, OUT.part -> OUT, for file systems that cannot exchange.  A crash in
 * between leaves no OUT: mend() and openers then find OUT.part or OUT.old. */
static enum status
replace_in_steps(struct ckpt *c, struct err *e)
{
	char *mark = file_join(c->a.out, MODEL_REPLACED), *moved = file_join(c->old, MODEL_REPLACED);
	enum status rc = ST_OK;

	if (!mark || !moved)
		rc = err_nomem(e);
	else if (file_exists(c->old) && !file_exists(moved))
		rc = err_set(e, ST_IO, "%s is in the way", c->old);
	if (!rc && !(rc = folder_remove(c->old, e)) && !(rc = file_write(mark, "", 0, e))
	    && !(rc = move(c->a.out, c->old, e)) && !(rc = move(c->a.part, c->a.out, e))
	    && !(rc = sync_parent(c, e)))
		rc = remove_old(c, c->old, e);
	free(mark);
	free(moved);
	return rc;
}

/* OUT.part holds a finished model: make it OUT and remove what OUT was. */
static enum status
publish(struct ckpt *c, struct err *e)
{
	char *mark = file_join(c->a.out, ASIDE_MARK);
	bool refused = false;
	int old = -1;

	if (!mark)
		return err_nomem(e);
	if (folder_walk(c->a.part, remove_saves, NULL, e) || (file_exists(c->a.out) && keep_modes(c->a.out, c->a.part, e)) ||
	    aside_unmark(&c->a, e) || folder_sync(c->a.part, e))
		goto out;
	if (!file_exists(c->a.out)) {
		if (!move(c->a.part, c->a.out, e))
			sync_parent(c, e);
		goto out;
	}
	/* the old folder will be at OUT.part: nobody may lock it while it is removed, and
	 * after a crash it is known as ours */
	if ((old = open(c->a.out, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) >= 0)
		flock(old, LOCK_EX | LOCK_NB);
	if (!file_write(mark, "", 0, e) && !folder_exchange(c->a.part, c->a.out, &refused, e)) {
		if (refused)
			replace_in_steps(c, e);
		else if (!sync_parent(c, e))
			remove_old(c, c->a.part, e);
	}
	if (old >= 0)
		close(old);
out:
	free(mark);
	if (!e->code)
		aside_moved(&c->a);
	return e->code;
}

/* A run that was stopped leaves no mark of ours in OUT. */
static enum status
unmark_out(const struct ckpt *c, struct err *e)
{
	static const char *const name[] = { MODEL_REPLACED, ASIDE_MARK };

	for (size_t i = 0; i < sizeof(name) / sizeof(*name); i++) {
		char *path = file_join(c->a.out, name[i]);

		if (!path)
			return err_nomem(e);
		unlink(path);
		free(path);
	}
	return ST_OK;
}

static enum status
mend(struct ckpt *c, struct err *e)
{
	struct train_state out, part;
	bool have_out, have_part;
	enum status rc = ST_OK;
	char *mark;

	if (state_read(&part, c->a.part, &have_part, e) || state_read(&out, c->a.out, &have_out, e))
		return e->code;
	if (!(mark = file_join(c->old, MODEL_REPLACED)))
		return err_nomem(e);
	if (have_part && part.finished && part.serial > out.serial) {
		if (!(rc = publish(c, e)))
			rc = aside_take(&c->a, false, e);
	} else {
		rc = folder_walk(c->a.part, remove_rest, NULL, e);
	}
	if (!rc && file_exists(mark))
		rc = is_model(c->a.out) ? remove_old(c, c->old, e) : move(c->old, c->a.out, e);
	free(mark);
	if (rc || unmark_out(c, e) || state_read(&out, c->a.out, &have_out, e))
		return rc ? rc : e->code;
	c->serial = out.serial;
	return ST_OK;
}

/* The paths; where a link leads is what is replaced. */
static enum status
resolve(struct aside *a, const char *path, struct err *e)
{
	char *real = NULL;
	struct stat sb;

	if (aside_name(a, path, e) || lstat(a->out, &sb) || !S_ISLNK(sb.st_mode))
		return e->code;
	if (!(real = realpath(path, NULL)))
		return err_set(e, ST_USAGE, "%s is a link that leads nowhere", path);
	aside_free(a);
	aside_name(a, real, e);
	free(real);
	return e->code;
}

/* A finished model is ours without a mark: it was about to become OUT. */
static enum status
take(struct ckpt *c, struct err *e)
{
	struct train_state st;
	bool found = false;
	char *state = file_join(c->a.part, "trainer_state.json");

	if (!state)
		return err_nomem(e);
	if (file_exists(state))
		found = !state_read(&st, c->a.part, &found, e) && found && st.finished;
	free(state);
	return aside_take(&c->a, found, e);
}

enum status
ckpt_open(struct ckpt **cp, const char *path, struct err *e)
{
	struct ckpt *c = calloc(1, sizeof(*c));
	size_t n;

	if (!c)
		return err_nomem(e);
	e->code = ST_OK;
	if (resolve(&c->a, path, e)) {
		ckpt_close(c);
		return e->code;
	}
	n = strlen(c->a.out);
	if (!(c->old = malloc(n + sizeof(".old")))) {
		ckpt_close(c);
		return err_nomem(e);
	}
	sprintf(c->old, "%s.old", c->a.out);
	if (file_exists(c->a.out) && !is_model(c->a.out) && !folder_empty(c->a.out))
		err_set(e, ST_USAGE, "%s is there and holds no model", c->a.out);
	if (e->code || take(c, e) || mend(c, e)) {
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
	aside_free(&c->a);
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
	if (state_read(&out, c->a.out, &have_out, e))
		return e->code;
	free(c->source);
	c->source = NULL;
	if (fresh && folder_walk(c->a.part, remove_saves, NULL, e))
		return e->code;
	if (folder_walk(c->a.part, newest, &c->source, e))
		return e->code;
	if (c->source && state_read(&save, c->source, &have_save, e))
		return e->code;
	*st = (struct train_state){0};
	if (fresh) {
		*plan = CKPT_NEW;
	} else if (have_out && out.finished && !strcmp(out.digest, digest)) {
		*plan = CKPT_DONE;
		*st = out;
		return folder_walk(c->a.part, remove_saves, NULL, e);
	} else if (have_save && !strcmp(save.digest, digest)) {
		*plan = CKPT_RESUME;
		*st = save;
		return ST_OK;
	} else if (have_save) {
		return err_set(e, ST_USAGE, "%s holds an unfinished run on other input or with "
		    "other options; --fresh discards it", c->a.part);
	} else if (have_out && same) {
		*plan = CKPT_NEXT;
		free(c->source);
		if (!(c->source = strdup(c->a.out)))
			return err_nomem(e);
		*st = out;
		st->pass++;
		st->base += st->done;
		st->done = 0;
		st->best_done = 0;
		st->stopped = st->finished = false;
	} else if (is_model(c->a.out) && !same) {
		return err_set(e, ST_USAGE, "%s is the result of other input or options; --fresh "
		    "replaces it, -m with the same folder trains it on", c->a.out);
	} else {
		*plan = CKPT_NEW;
	}
	st->serial = c->serial + 1;
	strcpy(st->digest, digest);
	return ST_OK;
}

enum status
ckpt_had(const struct ckpt *c, uint64_t n, const char *kind, bool *had, struct train_state *st, struct err *e)
{
	bool found;

	*had = false;
	if (state_read(st, c->a.out, &found, e) || !found || !st->finished || !st->loop || strcmp(st->loop_kind, kind))
		return e->code;
	*had = st->loop >= n;
	return n <= st->loop + 1 ? ST_OK : err_set(e, ST_USAGE, "%s has had pass %llu, which pass %llu cannot follow",
	    c->a.out, (unsigned long long)st->loop, (unsigned long long)n);
}

const char *
ckpt_source(const struct ckpt *c)
{
	return c->source;
}

const char *
ckpt_part(const struct ckpt *c)
{
	return c->a.part;
}

enum status
ckpt_save_begin(struct ckpt *c, const struct train_state *st, const char **dir, struct err *e)
{
	char name[40];

	snprintf(name, sizeof(name), "save-%012llu.tmp", (unsigned long long)st->done);
	free(c->tmp);
	if (!(c->tmp = file_join(c->a.part, name)))
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
	    && !(rc = move(c->tmp, name, e)) && !(rc = folder_sync(c->a.part, e)))
		rc = folder_walk(c->a.part, remove_saves, keep, e);
	free(name);
	return rc;
}

enum status
ckpt_final_begin(struct ckpt *c, const char **dir, struct err *e)
{
	*dir = c->a.part;
	return folder_walk(c->a.part, remove_rest, NULL, e);
}

enum status
ckpt_publish(struct ckpt *c, const struct train_state *st, struct err *e)
{
	return state_write(st, c->a.part, e) ? e->code : publish(c, e);
}

/* Files that belong to a model beside its weights.  Of these a link is followed, as the
 * folders of a download cache are full of links. */
static bool
goes_along(const char *name)
{
	static const char *const known[] = { "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json",
		"added_tokens.json", "tokenizer.model", "vocab.json", "vocab.txt", "merges.txt", "chat_template.jinja",
		"chat_template.json", "generation_config.json" };

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (!strcmp(name, known[i]))
			return true;
	return false;
}

/* Weights in another layout. */
static bool
is_weights(const char *name)
{
	static const char *const end[] = { ".safetensors", ".index.json", ".bin", ".pt", ".pth", ".gguf" };
	size_t n = strlen(name), k, i;

	for (i = 0; i < sizeof(end) / sizeof(*end); i++)
		if (n >= (k = strlen(end[i])) && !strcmp(name + n - k, end[i]))
			return true;
	return false;
}

static enum status
copy_entry(void *arg, const char *dir, const char *name, struct err *e)
{
	char *from, *to;
	enum status rc = ST_OK;
	struct stat sb;
	int found;

	if (is_own(name) || is_weights(name))
		return ST_OK;
	from = file_join(dir, name);
	to = file_join(arg, name);
	if (!from || !to) {
		rc = err_nomem(e);
	} else {
		found = goes_along(name) ? stat(from, &sb) : lstat(from, &sb);
		if (!found && S_ISREG(sb.st_mode) && !file_exists(to))
			rc = folder_copy_file(from, to, e);
	}
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

struct skip { bool same; const char *except; };

static bool
skip(void *arg, const char *name)
{
	const struct skip *s = arg;

	return is_own(name) || (!s->same && goes_along(name)) || (s->except && !strcmp(name, s->except));
}

enum status
ckpt_keep(const struct ckpt *c, const char *inside, const char *except, struct err *e)
{
	struct skip s = { c->same, except };
	char *from, *to;

	e->code = ST_OK;
	if (!inside)
		return is_model(c->a.out) ? folder_keep(c->a.out, c->a.part, skip, &s, e) : ST_OK;
	from = file_join(c->a.out, inside);
	to = file_join(c->a.part, inside);
	if (!from || !to)
		err_nomem(e);
	else if (file_is_dir(from))
		folder_keep(from, to, skip, &s, e);
	free(from);
	free(to);
	return e->code;
}
