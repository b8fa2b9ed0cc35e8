/* What the files beside a tokenizer say about it: where a text ends and begins, and tokens that
 * were added. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "json/number.h"
#include "token/token_int.h"

typedef enum status file_fn(struct tokenizer *, const struct json *, void *ctx, struct err *);

/* Call fn with the object that the file holds, if it is there. */
static enum status
one_file(struct tokenizer *t, const char *dir, const char *name, file_fn *fn, void *ctx, struct err *e)
{
	char *path = file_join(dir, name);
	struct arena a = ARENA_INIT;
	struct file_map m = {0};
	struct json j;
	enum status st = ST_OK;

	if (!path)
		return err_nomem(e);
	if (file_exists(path) && !(st = file_map(&m, path, e))) {
		if (m.n > FILE_TEXT_MAX)
			st = err_set(e, ST_INPUT, "longer than the %d bytes that such a file may have", FILE_TEXT_MAX);
		else if (!(st = json_parse(&j, m.p, m.n, &a, e)))
			st = json_type(&j, 0) == JSON_OBJECT ? fn(t, &j, ctx, e) :
			    json_bad(&j, 0, e, "expected an object");
		if (st)
			err_file(e, path);
	}
	file_unmap(&m);
	arena_free(&a);
	free(path);
	return st;
}

/* ---- the end and the beginning ---- */

/* null and -1, which some folders write, mean no id: *id stays. */
static enum status
read_id(const struct tokenizer *t, const struct json *j, size_t node, const char *key, int32_t *id, struct err *e)
{
	int64_t v;

	if (json_type(j, node) == JSON_NULL)
		return ST_OK;
	if (json_i64(j, node, key, -1, INT32_MAX - 1, &v, e))
		return e->code;
	if (v >= (int64_t)t->nvocab)
		return json_bad(j, node, e, "%s: %lld is not in the vocabulary of %zu", key,
		    (long long)v, t->nvocab);
	if (v >= 0)
		*id = (int32_t)v;
	return ST_OK;
}

/* eos_token_id may be a list; bos_token_id is one. */
static enum status
ids_from(struct tokenizer *t, const struct json *j, void *ctx, struct err *e)
{
	size_t k = json_get(j, 0, "bos_token_id"), c, n;
	bool list;
	int32_t id;

	(void)ctx;
	if (k && t->bos < 0 && read_id(t, j, k, "bos_token_id", &t->bos, e))
		return e->code;
	if (!(k = json_get(j, 0, "eos_token_id")) || t->neos)
		return ST_OK;
	list = json_type(j, k) == JSON_ARRAY;
	n = list ? j->node[k].count : 1;
	if (!(t->eos = arena_array(&t->arena, n, sizeof(*t->eos))))
		return err_nomem(e);
	for (c = list ? json_first(j, k) : k; c; c = list ? json_next(j, k, c) : 0) {
		id = -1;
		if (read_id(t, j, c, "eos_token_id", &id, e))
			return e->code;
		if (id >= 0)
			t->eos[t->neos++] = id;
	}
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

struct names { int32_t bos, eos; };

static enum status
names_from(struct tokenizer *t, const struct json *j, void *ctx, struct err *e)
{
	struct names *n = ctx;

	(void)e;
	if (n->bos < 0)
		n->bos = named(t, j, "bos_token");
	if (n->eos < 0)
		n->eos = named(t, j, "eos_token");
	return ST_OK;
}

/* Of several ids the one that the tokenizer names ends a text: the others end what a model
 * samples (Llama 3's end_of_text, where eot_id ends an answer). */
static enum status
name_eos(struct tokenizer *t, int32_t id, struct err *e)
{
	size_t i;

	if (id < 0)
		return ST_OK;
	if (!t->neos) {
		if (!(t->eos = arena_array(&t->arena, 1, sizeof(*t->eos))))
			return err_nomem(e);
		t->eos[t->neos++] = id;
	}
	for (i = 0; i < t->neos && t->eos[i] != id; i++)
		;
	if (i < t->neos) {
		memmove(t->eos + 1, t->eos, i * sizeof(*t->eos));
		t->eos[0] = id;
	}
	return ST_OK;
}

enum status
load_config(struct tokenizer *t, const char *dir, struct err *e)
{
	struct names n = { -1, -1 };

	if (one_file(t, dir, "generation_config.json", ids_from, NULL, e) ||
	    one_file(t, dir, "config.json", ids_from, NULL, e) ||
	    one_file(t, dir, "tokenizer_config.json", names_from, &n, e) ||
	    one_file(t, dir, "special_tokens_map.json", names_from, &n, e))
		return e->code;
	if (t->bos < 0)
		t->bos = n.bos;
	if (t->bos < 0 && t->nbefore)
		t->bos = t->before[0];
	return name_eos(t, n.eos, e);
}

/* ---- added tokens ---- */

/* What the files declare, sorted by id; the first file that has a list is the one. */
struct declared {
	bool seen;
	struct added *v;        /* arena */
	size_t n;
};

static int
by_id(const void *a, const void *b)
{
	const struct added *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

/* {"id": {"content": ..., "lstrip": ..., ...}, ...} */
static enum status
decoder_from(struct tokenizer *t, const struct json *j, void *ctx, struct err *e)
{
	struct declared *d = ctx;
	size_t list = json_get(j, 0, "added_tokens_decoder"), k, v, n;
	const char *s;
	int64_t id;

	if (!list || json_type(j, list) == JSON_NULL)
		return ST_OK;
	if (json_type(j, list) != JSON_OBJECT)
		return json_bad(j, list, e, "added_tokens_decoder: expected an object");
	d->seen = true;
	if (!(d->v = arena_array(&t->arena, (size_t)j->node[list].count + 1, sizeof(*d->v))))
		return err_nomem(e);
	for (k = json_first(j, list); k; k = json_next(j, list, v)) {
		v = json_next(j, list, k);
		if (!(s = get_text(j, k, &n)))
			return err_nomem(e);
		if (number_parse_i64(s, n, &id) != n || id < 0 || id >= INT32_MAX)
			return json_bad(j, k, e, "added_tokens_decoder: expected an id");
		if (added_read(t, j, v, &d->v[d->n], e))
			return e->code;
		d->v[d->n++].id = (int32_t)id;
	}
	return ST_OK;
}

/* {"token": id, ...}, as older programs write it */
static enum status
tokens_from(struct tokenizer *t, const struct json *j, void *ctx, struct err *e)
{
	struct declared *d = ctx;
	size_t k, v;
	int64_t id;

	if (d->seen)
		return ST_OK;
	if (!(d->v = arena_array(&t->arena, (size_t)j->node[0].count + 1, sizeof(*d->v))))
		return err_nomem(e);
	for (k = json_first(j, 0); k; k = json_next(j, 0, v)) {
		struct added *a = &d->v[d->n++];
		const char *s;

		v = json_next(j, 0, k);
		*a = (struct added){ .normalized = true };
		if (json_i64(j, v, "added_tokens", 0, INT32_MAX - 1, &id, e))
			return e->code;
		if (!(s = get_text(j, k, &a->n)) || !(a->s = arena_str(&t->arena, s, a->n)))
			return err_nomem(e);
		a->id = (int32_t)id;
	}
	return ST_OK;
}

/* Append those that are not there; known finds the index of a token's text. */
static enum status
append_declared(struct tokenizer *t, const struct declared *d, struct vocab *known, struct err *e)
{
	const struct added *a;
	int32_t next = (int32_t)t->model.v.count, at, id, other;
	size_t i;

	for (i = 0; i < t->nadded; i++) {
		vocab_add(known, t->added[i].s, t->added[i].n, (uint32_t)i, false, &other);
		if (t->added[i].id >= next)
			next = t->added[i].id + 1;
	}
	for (i = 0; i < d->n; i++) {
		a = &d->v[i];
		if (!a->n)
			continue;
		/* a new one gets the next id, as in the tokenizers package */
		if ((at = vocab_find(known, a->s, a->n)) >= 0)
			id = t->added[at].id;
		else if ((id = vocab_find_text(&t->model.v, a->s, a->n)) < 0)
			id = next;
		if (id != a->id)
			return err_set(e, ST_INPUT, "a token added by the files beside it has id %d there, but gets id %d",
			    (int)a->id, (int)id);
		if (at >= 0)
			continue;
		vocab_add(known, a->s, a->n, (uint32_t)t->nadded, false, &other);
		t->added[t->nadded++] = *a;
		if (id >= next)
			next = id + 1;
	}
	return ST_OK;
}

enum status
load_declared(struct tokenizer *t, const char *dir, struct err *e)
{
	struct declared d = {0};
	struct vocab known = {0};
	struct added *all;
	size_t i, total = 0;

	if (one_file(t, dir, "tokenizer_config.json", decoder_from, &d, e) ||
	    one_file(t, dir, "added_tokens.json", tokens_from, &d, e))
		return e->code;
	if (!d.n)
		return ST_OK;
	if (!(all = arena_array(&t->arena, t->nadded + d.n, sizeof(*all))))
		return err_nomem(e);
	if (t->nadded)
		memcpy(all, t->added, t->nadded * sizeof(*all));
	t->added = all;
	qsort(d.v, d.n, sizeof(*d.v), by_id);
	for (i = 0; i < t->nadded; i++)
		total += t->added[i].n;
	for (i = 0; i < d.n; i++)
		total += d.v[i].n;
	if (!vocab_init(&known, t->nadded + d.n, t->nadded + d.n, total, false, e))
		append_declared(t, &d, &known, e);
	vocab_free(&known);
	return e->code;
}
