#include <pthread.h>
#include <stdlib.h>

#include "common/ask.h"

enum { AHEAD = 4 };     /* records read for each worker */

struct round {
	enum status (*fn)(struct record *r, unsigned worker, struct err *e);
	struct record **r;
	struct err *e;
	size_t n;
};

static void
one(void *arg, size_t task, unsigned worker)
{
	struct round *k = arg;

	k->e[task] = (struct err){0};
	k->e[task].code = k->fn(k->r[task], worker, &k->e[task]);
}

/* The round's records in order; the first failure ends it. */
static enum status
write_round(struct round *k, struct err *e)
{
	enum status st = ST_OK;
	size_t i;

	for (i = 0; i < k->n && !st; i++) {
		if (!k->e[i].code) {
			st = output_record(k->r[i], e);
		} else if (k->e[i].code != ST_EOF) {
			*e = k->e[i];
			st = e->code == ST_INPUT ? input_reject(k->r[i], e) : e->code;
		}
	}
	return st;
}

enum status
ask_run(enum status (*fn)(struct record *, unsigned, struct err *), unsigned jobs, const bool *quit,
    struct err *e)
{
	size_t cap = jobs > 1 ? (size_t)jobs * AHEAD : 1, i;
	struct round k = { fn, calloc(cap, sizeof(*k.r)), calloc(cap, sizeof(*k.e)), 0 };
	struct pool *pool = NULL;
	enum status st = ST_OK, in = ST_OK;

	if (!k.r || !k.e)
		st = err_nomem(e);
	for (i = 0; i < cap && !st; i++)
		st = record_new(&k.r[i], e);
	if (!st)
		st = pool_open(&pool, jobs, e);
	while (!st && !in && !*quit) {
		for (k.n = 0; k.n < cap && !(in = input_next(k.r[k.n], e)); k.n++)
			;
		pool_run(pool, one, &k, k.n);
		st = write_round(&k, e);
	}
	pool_close(pool);
	for (i = 0; k.r && i < cap; i++)
		if (k.r[i])
			record_free(k.r[i]);
	free(k.r);
	free(k.e);
	return st ? st : in == ST_EOF ? ST_OK : in;
}

struct kept { struct memory *m; pthread_mutex_t lock; };

enum status
kept_open(struct kept **out, const char *path, struct err *e)
{
	struct kept *k = calloc(1, sizeof(*k));

	if (!k)
		return err_nomem(e);
	if (memory_open(&k->m, path, e)) {
		free(k);
		return e->code;
	}
	pthread_mutex_init(&k->lock, NULL);
	*out = k;
	return ST_OK;
}

bool
kept_get(struct kept *k, struct hash128 key, struct buf *answer)
{
	const char *s;
	size_t n;

	pthread_mutex_lock(&k->lock);
	if ((s = memory_get(k->m, key, &n))) {
		buf_clear(answer);
		buf_add(answer, s, n);
	}
	pthread_mutex_unlock(&k->lock);
	return s;
}

enum status
kept_put(struct kept *k, struct hash128 key, const char *text, size_t n, struct err *e)
{
	enum status st;

	pthread_mutex_lock(&k->lock);
	st = memory_put(k->m, key, text, n, e);
	pthread_mutex_unlock(&k->lock);
	return st;
}

void
kept_close(struct kept *k)
{
	if (!k)
		return;
	memory_close(k->m);
	pthread_mutex_destroy(&k->lock);
	free(k);
}
