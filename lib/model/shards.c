/* The files of a model's folder that have its weights. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "json/json.h"
#include "model/model_int.h"

enum status
shards_add(struct model *m, const char *dir, const char *name, struct err *e)
{
	char *path = file_join(dir, name);
	struct st_file **v = realloc(m->file, (m->nfile + 1) * sizeof(*v));
	const char **p = realloc(m->path, (m->nfile + 1) * sizeof(*p));
	enum status st = ST_OK;

	if (v)
		m->file = v;
	if (p)
		m->path = p;
	if (!path || !v || !p || !(p[m->nfile] = arena_str(&m->arena, path, strlen(path))))
		st = err_nomem(e);
	else if (!(st = st_open(&m->file[m->nfile], path, e)))
		m->nfile++;
	free(path);
	return st;
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The distinct files of weight_map; a shard must lie in the folder itself. */
static enum status
read_index(struct model *m, const struct json *j, const char *dir, struct err *e)
{
	size_t map, key, value, n = 0, i, len;
	const char **v;

	map = json_type(j, 0) == JSON_OBJECT ? json_get(j, 0, "weight_map") : 0;
	if (!map || json_type(j, map) != JSON_OBJECT)
		return json_bad(j, 0, e, "weight_map: expected an object");
	if (!(v = arena_array(j->arena, j->node[map].count, sizeof(*v))))
		return err_nomem(e);
	for (key = json_first(j, map); key; key = json_next(j, map, value)) {
		value = json_next(j, map, key);
		if (json_type(j, value) != JSON_STRING)
			return json_bad(j, value, e, "weight_map: expected file names");
		if (!(v[n] = json_str(j, value, &len)))
			return err_nomem(e);
		if (strlen(v[n]) != len || !len || strchr(v[n], '/') || v[n][0] == '.')
			return json_bad(j, value, e, "weight_map: not the name of a file in this folder");
		n++;
	}
	qsort(v, n, sizeof(*v), by_text);
	for (i = 0; i < n; i++)
		if ((!i || strcmp(v[i], v[i - 1])) && shards_add(m, dir, v[i], e))
			return e->code;
	return ST_OK;
}

static enum status
open_sharded(struct model *m, const char *dir, const char *path, struct err *e)
{
	struct buf text = BUF_INIT;
	struct arena a = ARENA_INIT;
	struct json j;
	enum status st;

	if (!(st = file_read(&text, path, e))) {
		st = json_parse(&j, text.p ? text.p : "", text.n, &a, e);
		if (!st)
			st = read_index(m, &j, dir, e);
		if (st)
			err_file(e, path);
	}
	buf_free(&text);
	arena_free(&a);
	return st;
}

/* There is no model.safetensors: weights in another layout are named. */
static void
other_weights(const char *dir, const char *path, struct err *e)
{
	static const char *const other[] = { "pytorch_model.bin", "pytorch_model.bin.index.json", "consolidated.00.pth",
		"consolidated.safetensors", "tf_model.h5", "flax_model.msgpack", "model.gguf", "model.onnx" };

	for (size_t i = 0; i < sizeof(other) / sizeof(*other); i++) {
		char *at = file_join(dir, other[i]);

		if (at && file_exists(at))
			err_at(e, ST_INPUT, path, 0, 0, "not there; %s is, but weights are read from safetensors alone", other[i]);
		free(at);
	}
}

enum status
shards_open(struct model *m, const char *dir, struct err *e)
{
	char *one = file_join(dir, "model.safetensors");
	char *index = file_join(dir, "model.safetensors.index.json");
	enum status st;

	if (!one || !index)
		st = err_nomem(e);
	else if (!file_exists(one) && file_exists(index))
		st = open_sharded(m, dir, index, e);
	else if ((st = shards_add(m, dir, "model.safetensors", e)) == ST_IO && !file_exists(one))
		other_weights(dir, one, e);
	free(one);
	free(index);
	return st;
}

void
shards_close(struct model *m)
{
	for (size_t i = 0; i < m->nfile; i++)
		st_close(m->file[i]);
	m->nfile = 0;
}
