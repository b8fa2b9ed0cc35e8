#include <stdlib.h>

#include "base/grow.h"
#include "token/token_int.h"

void
tok_ids_free(struct tok_ids *o)
{
	free(o->id);
	free(o->end);
	*o = (struct tok_ids){0};
}

enum status
tok_ids_grow(struct tok_ids *o, size_t n, struct err *e)
{
	size_t cap = o->cap;

	if (n > SIZE_MAX - o->n)
		return err_nomem(e);
	if (grow(&o->id, &cap, o->n + n, sizeof(*o->id), e))
		return e->code;
	return grow(&o->end, &o->cap, o->n + n, sizeof(*o->end), e);
}

enum status
tok_ids_push(struct tok_ids *o, int32_t id, size_t end, struct err *e)
{
	if (ids_room(o, 1, e))
		return e->code;
	ids_put(o, id, end);
	return ST_OK;
}
