#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "stage/backend.h"

struct backend {
	struct backend_opt o;
	void *self;
	struct memory *memory;
	pthread_mutex_t lock;   /* the memory's */
	struct hash128 who;     /* part of each key, so that judges are told apart */
};

/* The sum of what tells judges apart; an edit is as good whoever made it. */
static enum status
name_agent(struct backend *b, struct err *e)
{
	const struct agent_kind *k = b->o.kind;
	const char *name = k->name ? k->name(b->self) : "";
	const char *const part[] = { k->option, b->o.agent.arg, name, k->several ? b->o.agent.system : "" };
	struct hasher *h;

	if (b->o.agent.task != AGENT_JUDGE || k->serve)
		return ST_OK;
	if (!(h = hash_open()) || !name) {
		hash_close(h);
		return err_nomem(e);
	}
	for (size_t i = 0; i < sizeof(part) / sizeof(*part); i++)
		hash_add_field(h, part[i] ? part[i] : "", part[i] ? strlen(part[i]) : 0);
	b->who = hash_sum(h);
	hash_close(h);
	return ST_OK;
}

enum status
backend_open(struct backend **out, const struct backend_opt *o, struct err *e)
{
	bool page = o->kind == &agent_page;
	struct backend *b;

	if (page && !o->cache)
		return err_set(e, ST_USAGE, "--page needs --cache: a file for what people write");
	if (!(b = calloc(1, sizeof(*b))))
		return err_nomem(e);
	b->o = *o;
	if (!o->kind->several)
		b->o.agent.jobs = 1;
	pthread_mutex_init(&b->lock, NULL);
	e->code = ST_OK;
	if (memory_open(&b->memory, o->cache, page, e) || o->kind->open(&b->self, &b->o.agent, e) || name_agent(b, e)) {
		backend_close(b, &(struct err){ 0 });
		return e->code;
	}
	*out = b;
	return ST_OK;
}

enum status
backend_close(struct backend *b, struct err *e)
{
	enum status st = ST_OK;

	if (!b)
		return ST_OK;
	if (b->self)
		st = b->o.kind->close(b->self, e);
	memory_close(b->memory);
	pthread_mutex_destroy(&b->lock);
	free(b);
	return st;
}

const struct backend_opt *
backend_options(const struct backend *b)
{
	return &b->o;
}

struct memory *
backend_memory(struct backend *b)
{
	return b->memory;
}

enum status
backend_ask(struct backend *b, unsigned worker, const struct agent_question *q, struct buf *answer, struct err *e)
{
	return b->o.kind->ask(b->self, worker, q, answer, e);
}

enum status
backend_serve(struct backend *b, struct desk *d, struct err *e)
{
	return b->o.kind->serve(b->self, d, e);
}

static struct hash128
mix(const struct backend *b, struct hash128 key)
{
	return (struct hash128){ key.hi ^ b->who.hi, key.lo ^ b->who.lo };
}

bool
backend_recall(struct backend *b, struct hash128 key, struct buf *answer)
{
	const char *s;
	size_t n;

	pthread_mutex_lock(&b->lock);
	buf_clear(answer);
	if ((s = memory_get(b->memory, mix(b, key), &n)))
		buf_add(answer, s, n);
	pthread_mutex_unlock(&b->lock);
	return s;
}

enum status
backend_keep(struct backend *b, struct hash128 key, const struct buf *answer, struct err *e)
{
	enum status st;

	pthread_mutex_lock(&b->lock);
	st = memory_put(b->memory, mix(b, key), answer->p, answer->n, false, e);
	pthread_mutex_unlock(&b->lock);
	return st;
}
