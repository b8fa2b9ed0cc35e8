/* One folder takes another's place, in one step where the file system can, and what a crash in
 * between left is mended. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/folder.h"
#include "model/find.h"
#include "run/checkpoint.h"
#include "run/checkpoint_int.h"

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

enum status
ckpt_move(const char *from, const char *to, struct err *e)
{
	return rename(from, to) ? err_errno(e, "cannot rename %s to %s", from, to) : ST_OK;
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
		else if (ckpt_is_own(name) && S_ISREG(a.st_mode) && S_ISREG(b.st_mode) && (a.st_mode ^ b.st_mode) & 0777 &&
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
	else if (!ckpt_is_own(name) && lstat(to, &sb))
		rc = ckpt_move(from, to, e);
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
 * between leaves no OUT: ckpt_mend() and openers then find OUT.part or OUT.old. */
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
	    && !(rc = ckpt_move(c->a.out, c->old, e)) && !(rc = ckpt_move(c->a.part, c->a.out, e))
	    && !(rc = sync_parent(c, e)))
		rc = remove_old(c, c->old, e);
	free(mark);
	free(moved);
	return rc;
}

enum status
ckpt_swap(struct ckpt *c, struct err *e)
{
	char *mark = file_join(c->a.out, ASIDE_MARK);
	bool refused = false;
	int old = -1;

	if (!mark)
		return err_nomem(e);
	if (folder_walk(c->a.part, ckpt_remove_saves, NULL, e) || (file_exists(c->a.out) && keep_modes(c->a.out, c->a.part, e)) ||
	    aside_unmark(&c->a, e) || folder_sync(c->a.part, e))
		goto out;
	if (!file_exists(c->a.out)) {
		if (!ckpt_move(c->a.part, c->a.out, e))
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

enum status
ckpt_mend(struct ckpt *c, struct err *e)
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
		if (!(rc = ckpt_swap(c, e)))
			rc = aside_take(&c->a, false, e);
	} else {
		rc = folder_walk(c->a.part, ckpt_remove_rest, NULL, e);
	}
	if (!rc && file_exists(mark))
		rc = ckpt_is_model(c->a.out) ? remove_old(c, c->old, e) : ckpt_move(c->old, c->a.out, e);
	free(mark);
	if (rc || unmark_out(c, e) || state_read(&out, c->a.out, &have_out, e))
		return rc ? rc : e->code;
	c->serial = out.serial;
	return ST_OK;
}
