/* What is in a model's folder: files of ours, files that go along with a model, saves. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/folder.h"
#include "model/find.h"
#include "run/checkpoint.h"
#include "run/checkpoint_int.h"

static bool
prefixed(const char *name, const char *prefix)
{
	return !strncmp(name, prefix, strlen(prefix));
}

bool
ckpt_is_model(const char *dir)
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

bool
ckpt_is_own(const char *name)
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

static enum status
remove_entry(const char *dir, const char *name, struct err *e)
{
	char *path = file_join(dir, name);
	enum status st = path ? folder_remove(path, e) : err_nomem(e);

	free(path);
	return st;
}

enum status
ckpt_remove_saves(void *arg, const char *dir, const char *name, struct err *e)
{
	const char *const *keep = arg;

	if ((!prefixed(name, "save-") && !prefixed(name, "best-"))
	    || (keep && (!strcmp(name, keep[0]) || !strcmp(name, keep[1]))))
		return ST_OK;
	return remove_entry(dir, name, e);
}

enum status
ckpt_remove_rest(void *arg, const char *dir, const char *name, struct err *e)
{
	size_t n = strlen(name);

	(void)arg;
	if (prefixed(name, "best-") || !strcmp(name, ASIDE_MARK) ||
	    (prefixed(name, "save-") && (n < 4 || strcmp(name + n - 4, ".tmp"))))
		return ST_OK;
	return remove_entry(dir, name, e);
}

enum status
ckpt_newest(void *arg, const char *dir, const char *name, struct err *e)
{
	char **best = arg;

	if (!prefixed(name, "save-") || strstr(name, ".tmp"))
		return ST_OK;
	free(*best);
	return (*best = file_join(dir, name)) ? ST_OK : err_nomem(e);
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

	if (ckpt_is_own(name) || is_weights(name))
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

	return ckpt_is_own(name) || (!s->same && goes_along(name)) || (s->except && !strcmp(name, s->except));
}

enum status
ckpt_keep(const struct ckpt *c, const char *inside, const char *except, struct err *e)
{
	struct skip s = { c->same, except };
	char *from, *to;

	e->code = ST_OK;
	if (!inside)
		return ckpt_is_model(c->a.out) ? folder_keep(c->a.out, c->a.part, skip, &s, e) : ST_OK;
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
