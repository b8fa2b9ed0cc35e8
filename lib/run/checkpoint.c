/* The life of a run's folders: opened and locked, what is to be done, saves, the finished model. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/folder.h"
#include "run/checkpoint.h"
#include "run/checkpoint_int.h"

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
	if (file_exists(c->a.out) && !ckpt_is_model(c->a.out) && !folder_empty(c->a.out))
		err_set(e, ST_USAGE, "%s is there and holds no model", c->a.out);
	if (e->code || take(c, e) || ckpt_mend(c, e)) {
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
	if (fresh && folder_walk(c->a.part, ckpt_remove_saves, NULL, e))
		return e->code;
	if (folder_walk(c->a.part, ckpt_newest, &c->source, e))
		return e->code;
	if (c->source && state_read(&save, c->source, &have_save, e))
		return e->code;
	*st = (struct train_state){0};
	if (fresh) {
		*plan = CKPT_NEW;
	} else if (have_out && out.finished && !strcmp(out.digest, digest)) {
		*plan = CKPT_DONE;
		*st = out;
		return folder_walk(c->a.part, ckpt_remove_saves, NULL, e);
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
	} else if (ckpt_is_model(c->a.out) && !same) {
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
	    && !(rc = ckpt_move(c->tmp, name, e)) && !(rc = folder_sync(c->a.part, e)))
		rc = folder_walk(c->a.part, ckpt_remove_saves, keep, e);
	free(name);
	return rc;
}

enum status
ckpt_final_begin(struct ckpt *c, const char **dir, struct err *e)
{
	*dir = c->a.part;
	return folder_walk(c->a.part, ckpt_remove_rest, NULL, e);
}

enum status
ckpt_publish(struct ckpt *c, const struct train_state *st, struct err *e)
{
	return state_write(st, c->a.part, e) ? e->code : ckpt_swap(c, e);
}
