#include <pthread.h>
#include <stdlib.h>

#include "base/grow.h"
#include "stage/twice.h"

struct twice {
	pthread_mutex_t lock;
	struct hash128 *v;
	size_t n, cap;
};

enum status
twice_open(struct twice **t, struct err *e)
{
	if (!(*t = calloc(1, sizeof(**t))))
		return err_nomem(e);
	pthread_mutex_init(&(*t)->lock, NULL);
	return ST_OK;
}

void
twice_close(struct twice *t)
{
	if (!t)
		return;
	pthread_mutex_destroy(&t->lock);
	free(t->v);
	free(t);
}

enum status
twice_add(struct twice *t, struct record *r, struct err *e)
{
	const char *const field[] = { record_has(r, "id") ? "id" : "prompt", "policy", "sample" };
	struct hasher *h;
	struct hash128 key;
	const char *s;
	size_t i, n;

	if (!record_has(r, "sample"))
		return ST_OK;
	if (!(h = hash_open()))
		return err_nomem(e);
	for (i = 0; i < sizeof(field) / sizeof(*field); i++)
		if (record_raw(r, field[i], &s, &n))
			hash_add_field(h, s, n);
		else
			hash_add_field(h, "", 0);
	key = hash_sum(h);
	hash_close(h);
	pthread_mutex_lock(&t->lock);
	e->code = ST_OK;
	if (!grow(&t->v, &t->cap, t->n + 1, sizeof(*t->v), e))
		t->v[t->n++] = key;
	pthread_mutex_unlock(&t->lock);
	return e->code;
}

static int
compare(const void *p, const void *q)
{
	const struct hash128 *x = p, *y = q;

	if (x->hi != y->hi)
		return x->hi < y->hi ? -1 : 1;
	return x->lo == y->lo ? 0 : x->lo < y->lo ? -1 : 1;
}

uint64_t
twice_count(struct twice *t)
{
	uint64_t n = 0;
	size_t i;

	if (t->n)
		qsort(t->v, t->n, sizeof(*t->v), compare);
	for (i = 1; i < t->n; i++)
		n += !compare(&t->v[i - 1], &t->v[i]);
	return n;
}
