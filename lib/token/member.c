#include "token/token_int.h"

const char *
get_text(const struct json *j, size_t node, size_t *n)
{
	const struct json_node *k = &j->node[node];

	if (k->type != JSON_STRING)
		return NULL;
	if (k->escaped)
		return json_str(j, node, n);
	*n = k->len - 2;
	return j->text + k->at + 1;
}

enum status
get_bool(const struct json *j, size_t object, const char *key, bool *v, struct err *e)
{
	size_t k = json_get(j, object, key);

	if (!k || json_type(j, k) == JSON_NULL)
		return ST_OK;
	if (json_type(j, k) != JSON_TRUE && json_type(j, k) != JSON_FALSE)
		return json_bad(j, k, e, "%s: expected true or false", key);
	*v = json_type(j, k) == JSON_TRUE;
	return ST_OK;
}

enum status
get_str(struct tokenizer *t, const struct json *j, size_t object, const char *key, const char **s,
    size_t *n, struct err *e)
{
	size_t k = json_get(j, object, key);
	const char *p;

	*s = NULL;
	*n = 0;
	if (!k || json_type(j, k) == JSON_NULL)
		return ST_OK;
	if (json_type(j, k) != JSON_STRING)
		return json_bad(j, k, e, "%s: expected a string", key);
	if (!(p = get_text(j, k, n)) || !(*s = arena_str(&t->arena, p, *n)))
		return err_nomem(e);
	return ST_OK;
}
