/* The added tokens of a tokenizer. */
#include <stdlib.h>
#include <string.h>

#include "token/token_int.h"

enum { ADDED_MAX = 1024 };       /* bytes of one, which is looked for at every place of a text */

/* The normal form of an added token's text. */
static enum status
added_normal(struct tokenizer *t, struct tok_scratch *s, const struct added *a, struct piece *w,
    struct err *e)
{
	struct run r = {.t = t, .s = s, .e = e, .room = 2 * ADDED_MAX};

	*w = (struct piece){.p = a->s, .n = a->n};
	return norm_run(&r, w);
}

enum status
added_tries(struct tokenizer *t, struct err *e)
{
	struct tok_scratch *s;
	const struct added *a;
	struct piece w;
	size_t i;

	if (tok_scratch_new(&s, e))
		return e->code;
	e->code = ST_OK;
	for (i = 0; i < t->nadded && !e->code; i++) {
		a = &t->added[i];
		if (a->normalized && norm_is_bytes(t) && (a->single_word || a->lstrip || a->rstrip)) {
			err_set(e, ST_INPUT, "an added token that looks at white space or words around it, after a ByteLevel "
			    "normalizer: not supported");
		} else if (a->normalized) {
			if (!added_normal(t, s, a, &w, e))
				trie_add(&t->split_norm, w.p, w.n, (int32_t)i, e);
		} else {
			trie_add(&t->split, a->s, a->n, (int32_t)i, e);
		}
	}
	tok_scratch_free(s);
	return e->code;
}

enum status
added_read(struct tokenizer *t, const struct json *j, size_t node, struct added *a, struct err *e)
{
	*a = (struct added){0};
	if (json_type(j, node) != JSON_OBJECT)
		return json_bad(j, node, e, "added_tokens: expected an object");
	if (get_str(t, j, node, "content", &a->s, &a->n, e) ||
	    get_bool(j, node, "single_word", &a->single_word, e) ||
	    get_bool(j, node, "lstrip", &a->lstrip, e) ||
	    get_bool(j, node, "rstrip", &a->rstrip, e) ||
	    get_bool(j, node, "special", &a->special, e))
		return e->code;
	a->normalized = !a->special;
	if (get_bool(j, node, "normalized", &a->normalized, e))
		return e->code;
	if (!a->s)
		return json_bad(j, node, e, "added_tokens: content: missing");
	return a->n <= ADDED_MAX ? ST_OK :
	    json_bad(j, node, e, "added_tokens: content: longer than %d bytes", ADDED_MAX);
}

static enum status
read_added(struct tokenizer *t, const struct json *j, size_t node, struct added *a, struct err *e)
{
	struct model *m = &t->model;
	int32_t known;
	int64_t id;
	size_t k, n;

	if (added_read(t, j, node, a, e))
		return e->code;
	if (!(k = json_get(j, node, "id")))
		return json_bad(j, node, e, "added_tokens: id: missing");
	if (json_i64(j, k, "id", 0, (int64_t)(2 * (size_t)m->v.n + ID_SLACK), &id, e))
		return e->code;
	a->id = (int32_t)id;
	known = vocab_find_text(&m->v, a->s, a->n);
	if (known >= 0 && known != a->id)
		return json_bad(j, k, e, "added_tokens: id %d, but the model's vocabulary says %d",
		    (int)a->id, (int)known);
	if (known < 0 && vocab_get(&m->v, a->id, &n))
		return json_bad(j, k, e, "added_tokens: id %d is another token of the model's",
		    (int)a->id);
	return ST_OK;
}

enum status
added_index(struct tokenizer *t, struct err *e)
{
	const struct added *a, *b;
	size_t i;

	if (t->nvocab < t->model.v.n)
		t->nvocab = t->model.v.n;
	for (i = 0; i < t->nadded; i++)
		if ((size_t)t->added[i].id >= t->nvocab)
			t->nvocab = (size_t)t->added[i].id + 1;
	if (!(t->added_at = malloc((t->nvocab + 1) * sizeof(*t->added_at))))
		return err_nomem(e);
	for (i = 0; i < t->nvocab; i++)
		t->added_at[i] = -1;
	for (i = 0; i < t->nadded; i++) {
		a = &t->added[i];
		if (t->added_at[a->id] >= 0) {
			b = &t->added[t->added_at[a->id]];
			if (a->n != b->n || memcmp(a->s, b->s, a->n))
				return err_set(e, ST_INPUT, "added_tokens: id %d is given to two tokens",
				    (int)a->id);
		}
		t->added_at[a->id] = (int32_t)i;
	}
	return ST_OK;
}

enum status
load_added(struct tokenizer *t, const struct json *j, size_t node, struct err *e)
{
	size_t k, count = 0;
	struct added *a;

	if (node && json_type(j, node) == JSON_ARRAY)
		count = j->node[node].count;
	else if (node && json_type(j, node) != JSON_NULL)
		return json_bad(j, node, e, "added_tokens: expected an array");
	if (!(t->added = arena_array(&t->arena, count + 1, sizeof(*t->added))))
		return err_nomem(e);
	for (k = count ? json_first(j, node) : 0; k; k = json_next(j, node, k)) {
		a = &t->added[t->nadded];
		if (read_added(t, j, k, a, e))
			return e->code;
		if (a->n)
			t->nadded++;
	}
	return ST_OK;
}
