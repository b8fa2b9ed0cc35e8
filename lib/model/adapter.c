/* An adapter's folder and its base. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "json/number.h"
#include "model/find.h"
#include "model/model_int.h"

/* Where the adapter in dir finds its base; over overrides what it says. */
static enum status
find_base(struct model *m, const char *dir, const char *config, const char *over, char **base, struct err *e)
{
	const char *text;
	char *to;

	if (lora_read(&m->lora, &m->arena, dir, e))
		return e->code;
	text = over ? over : m->lora.base;
	m->base_absolute = text[0] == '/';
	to = over || m->base_absolute ? strdup(text) : file_join(dir, text);
	if (!to || !(m->base_dir = arena_str(&m->arena, to, strlen(to))))
		err_nomem(e);
	else if (over || *text)
		model_find(base, to, e);
	free(to);
	if (!e->code && (!*base || !file_is_dir(*base)))
		err_at(e, ST_INPUT, over ? NULL : config, 0, 0, over ? "--base: there is no folder %.400s" :
		    "base_model_name_or_path: there is no folder \"%.300s\" as seen from here; fg-init --from ADAPTER "
		    "--base DIR -o NEW names another", text);
	return e->code;
}

enum status
adapter_base(struct model *m, const char *dir, const char *over, char **base, struct err *e)
{
	char *path = file_join(dir, "adapter_config.json");

	*base = NULL;
	e->code = ST_OK;
	if (!path || (!file_exists(path) && !(*base = strdup(dir))))
		err_nomem(e);
	else if (*base && over)
		err_set(e, ST_USAGE, "--base: %s: not an adapter", dir);
	else if (!*base)
		find_base(m, dir, path, over, base, e);
	free(path);
	return e->code;
}

enum status
model_base(const char *dir, char **base, struct err *e)
{
	struct model m = {0};
	char *at, *shared = NULL;

	*base = NULL;
	e->code = ST_OK;
	if (!model_find(&at, dir, e) && !model_shared(at, &shared, e))
		adapter_base(&m, shared ? shared : at, NULL, base, e);
	free(at);
	free(shared);
	arena_free(&m.arena);
	return e->code;
}

enum status
model_adapted(const char *dir, bool *yes, struct err *e)
{
	char *at, *shared = NULL, *path = NULL;

	*yes = false;
	e->code = ST_OK;
	if (!model_find(&at, dir, e) && !model_shared(at, &shared, e)) {
		if ((path = file_join(shared ? shared : at, "adapter_config.json")))
			*yes = file_exists(path);
		else
			err_nomem(e);
	}
	free(at);
	free(shared);
	free(path);
	return e->code;
}

enum status
adapter_read(struct model *m, struct err *e)
{
	struct st_file *f = m->file[m->nfile - 1];
	bool score = st_find(f, "base_model.model.score.weight");
	const char *mean = st_meta(f, META_MEAN), *sd = st_meta(f, META_SD), *reward = st_meta(f, META_REWARD);

	m->adapter = f;
	if (m->c.head == HEAD_LM && (m->lora.scores || m->lora.tokens) && score)
		m->c.head = m->lora.scores ? HEAD_SEQUENCE : HEAD_TOKEN;
	if (mean && sd && (!number_parse_f64(mean, strlen(mean), &m->c.reward_mean) ||
	    !number_parse_f64(sd, strlen(sd), &m->c.reward_sd) || !(m->c.reward_sd > 0)))
		return err_at(e, ST_INPUT, m->path[m->nfile - 1], 0, 0, META_MEAN ", " META_SD ": not numbers");
	if (reward && strcmp(reward, "cost") && strcmp(reward, "probability"))
		return err_at(e, ST_INPUT, m->path[m->nfile - 1], 0, 0, META_REWARD ": neither cost nor probability");
	if (reward)
		m->c.reward_cost = m->c.head == HEAD_TOKEN && !strcmp(reward, "cost");
	if (lora_resolve(&m->lora, &m->arena, &m->c, f, e))
		err_file(e, m->path[m->nfile - 1]);
	return e->code;
}

enum status
adapter_check(struct model *m, const char *base, struct err *e)
{
	const char *want = m->adapter ? st_meta(m->adapter, META_BASE) : NULL, *is;
	size_t i = 0;

	if (!want)
		return ST_OK;
	if (!(is = base_fingerprint(m)))
		return err_nomem(e);
	if (!strcmp(is, want))
		return ST_OK;
	while (m->file[i] != m->adapter)
		i++;
	return err_at(e, ST_INPUT, m->path[i], 0, 0, "made for a base with the fingerprint %.40s; %.300s has %s", want, base, is);
}
