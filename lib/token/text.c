#include <stdlib.h>
#include <string.h>

#include "base/grow.h"
#include "token/token_int.h"

enum status
text_room(struct text *t, size_t n, struct err *e)
{
	size_t cap = t->cap;

	if (t->max && (t->n > t->max || n > t->max - t->n))
		return err_set(e, ST_INPUT, "normalization makes too long a text of it");
	if (t->cap - t->n >= n)
		return ST_OK;
	if (n > SIZE_MAX - t->n)
		return err_nomem(e);
	if (grow(&t->p, &cap, t->n + n, 1, e))
		return e->code;
	return grow(&t->end, &t->cap, t->n + n, sizeof(*t->end), e);
}

enum status
text_put(struct text *t, const char *s, size_t n, size_t end, struct err *e)
{
	size_t i;

	if (text_room(t, n, e))
		return e->code;
	for (i = 0; i < n; i++) {
		t->p[t->n + i] = s[i];
		t->end[t->n + i] = end;
	}
	t->n += n;
	return ST_OK;
}

enum status
text_copy(struct text *t, const struct piece *w, size_t from, size_t to, struct err *e)
{
	size_t i, n = to - from;

	if (text_room(t, n, e))
		return e->code;
	if (n)
		memcpy(t->p + t->n, w->p + from, n);
	if (w->end) {
		for (i = 0; i < n; i++)
			t->end[t->n + i] = w->end[from + i];
	} else {
		for (i = 0; i < n; i++)
			t->end[t->n + i] = w->base + from + i + 1;
	}
	t->n += n;
	return ST_OK;
}

void
text_free(struct text *t)
{
	free(t->p);
	free(t->end);
	*t = (struct text){0};
}
