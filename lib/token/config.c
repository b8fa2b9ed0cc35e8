/* End and begin of sequence from the files beside a tokenizer. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "token/token_int.h"

static enum status
check_id(const struct tokenizer *t, const struct json *j, size_t node, const char *key, int32_t *id,
    struct err *e)
{
	int64_t v;

	if (json_i64(j, node, key, 0, INT32_MAX - 1, &v, e))
		return e->code;
	if ((size_t)v >= t->nvocab)
		return json_bad(j, node, e, "%s: %lld is not in the vocabulary of %zu", key,
		    (long long)v, t->nvocab);
	*id = (int32_t)v;
	return ST_OK;
}

/* eos_token_id may be a list; bos_token_id is one. */
static enum status
ids_from(struct tokenizer *t, const struct json *j, struct err *e)
{
	size_t k = json_get(j, 0, "bos_token_id"), c;

	if (k && json_type(j, k) != JSON_NULL && t->bos < 0 &&
	    check_id(t, j, k, "bos_token_id", &t->bos, e))
		return e->code;
	k = json_get(j, 0, "eos_token_id");
	if (!k || json_type(j, k) == JSON_NULL || t->neos)
		return ST_OK;
	c = json_type(j, k) == JSON_ARRAY ? j->node[k].count : 1;
	if (!(t->eos = arena_array(&t->arena, c + 1, sizeof(*t->eos))))
		return err_nomem(e);
	if (json_type(j, k) != JSON_ARRAY) {
		t->neos = 1;
		return check_id(t, j, k, "eos_token_id", &t->eos[0], e);
	}
	for (c = json_first(j, k); c; c = json_next(j, k, c))
		if (check_id(t, j, c, "eos_token_id", &t->eos[t->neos++], e))
			return e->code;
	return ST_OK;
}

/* The id of "token" or {"content": "token"}; -1 if there is none. */
static int32_t
named(const struct tokenizer *t, const struct json *j, const char *key)
{
	size_t k = json_get(j, 0, key), n, i;
	const char *s;

	if (k && json_type(j, k) == JSON_OBJECT)
		k = json_get(j, k, "content");
	if (!k || !(s = get_text(j, k, &n)))
		return -1;
	for (i = 0; i < t->nadded; i++)
		if (t->added[i].n == n && !memcmp(t->added[i].s, s, n))
			return t->added[i].id;
	return vocab_find_text(&t->model.v, s, n);
}

static enum status
names_from(struct tokenizer *t, const struct json *j, struct err *e)
{
	int32_t id;

	if (t->bos < 0)
		t->bos = named(t, j, "bos_token");
	if (!t->neos && (id = named(t, j, "eos_token")) >= 0) {
		if (!(t->eos = arena_array(&t->arena, 1, sizeof(*t->eos))))
			return err_nomem(e);
		t->eos[0] = id;
		t->neos = 1;
	}
	return ST_OK;
}

static enum status
one_file(struct tokenizer *t, const char *dir, const char *name,
    enum status (*fn)(struct tokenizer *, const struct json *, struct err *), struct err *e)
{
	char *path = file_join(dir, name);
	struct arena a = ARENA_INIT;
	struct file_map m = {0};
	struct json j;
	enum status st = ST_OK;

	if (!path)
		return err_nomem(e);
	if (file_exists(path) && !(st = file_map(&m, path, e))) {
		if (!(st = json_parse(&j, m.p, m.n, &a, e)))
			st = json_type(&j, 0) == JSON_OBJECT ? fn(t, &j, e) :
			    json_bad(&j, 0, e, "expected an object");
		if (st)
			err_file(e, path);
	}
	file_unmap(&m);
	arena_free(&a);
	free(path);
	return st;
}

enum status
load_config(struct tokenizer *t, const char *dir, struct err *e)
{
	if (one_file(t, dir, "generation_config.json", ids_from, e) ||
	    one_file(t, dir, "config.json", ids_from, e) ||
	    one_file(t, dir, "tokenizer_config.json", names_from, e))
		return e->code;
	if (t->bos < 0 && t->nbefore)
		t->bos = t->before[0];
	return ST_OK;
}
