#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/pool.h"
#include "stage/ask_int.h"

enum { AHEAD = 4 };     /* records read for each worker */

struct round {
	struct backend *b;
	const struct ask *how;
	const struct stream *io;
	struct record **r;
	struct err *e;
	size_t n;
	struct buf *line, *answer;      /* of each worker */
	struct ask_count *count;
};

/* The reason in e is the record's. */
static enum status
blame(struct record *r, const char *field, struct err *e)
{
	char why[sizeof(e->msg)];

	memcpy(why, e->msg, sizeof(why));
	return record_bad(r, field, e, "%.400s", why);
}

/* Ask until the answer will do. */
static enum status
ask_record(struct round *k, struct record *r, unsigned worker, struct err *e)
{
	struct buf *line = &k->line[worker], *answer = &k->answer[worker];
	struct agent_question q;
	char why[AGENT_WHY], last[AGENT_WHY];
	struct hash128 key;
	uint64_t try;
	enum status st;

	if ((st = k->how->question(r, &q, line, e)))
		return st;
	key = hash128(q.json.s, q.json.n);
	/* what is remembered is held against today's options, too */
	if (backend_recall(k->b, key, answer) && !k->how->fault(&q, answer->p, answer->n, why))
		return k->how->accept(r, &q, answer->p, answer->n, e);
	for (try = 0; try < k->how->tries; try++) {
		buf_clear(answer);
		if ((st = backend_ask(k->b, worker, &q, answer, e)) == ST_INPUT)
			return blame(r, k->how->field, e);
		if (st)
			return st;
		if (!(q.why = k->how->fault(&q, answer->p, answer->n, why))) {
			if ((st = backend_keep(k->b, key, answer, e)))
				return st;
			return k->how->accept(r, &q, answer->p, answer->n, e);
		}
		if (q.why == agent_no_memory)
			return err_nomem(e);
		q.why = strcpy(last, q.why);
	}
	if (k->how->tries == 1)
		return record_bad(r, k->how->field, e, "%s", q.why);
	return record_bad(r, k->how->field, e, "%s (asked %ju times)", q.why, (uintmax_t)k->how->tries);
}

static void
one(void *arg, size_t task, unsigned worker)
{
	struct round *k = arg;

	k->e[task] = (struct err){0};
	k->e[task].code = ask_record(k, k->r[task], worker, &k->e[task]);
}

/* The round's records in order; the first failure ends it. */
static enum status
write_round(struct round *k, struct err *e)
{
	enum status st = ST_OK;
	size_t i;

	for (i = 0; i < k->n && !st; i++) {
		if (!k->e[i].code) {
			ask_tally(k->how, k->count, k->r[i]);
			st = k->io->put(k->io->ctx, k->r[i], e);
		} else {
			*e = k->e[i];
			st = e->code == ST_INPUT ? k->io->reject(k->io->ctx, k->r[i], e) : e->code;
		}
	}
	return st;
}

static enum status
run_rounds(struct round *k, size_t cap, struct err *e)
{
	struct pool *pool = NULL;
	enum status st = ST_OK, in = ST_OK;
	size_t i;

	for (i = 0; i < cap && !st; i++)
		st = record_new(&k->r[i], e);
	if (!st)
		st = pool_open(&pool, (unsigned)backend_options(k->b)->agent.jobs, e);
	while (!st && !in) {
		for (k->n = 0; k->n < cap && !(in = k->io->next(k->io->ctx, k->r[k->n], e)); k->n++)
			;
		pool_run(pool, one, k, k->n);
		st = write_round(k, e);
	}
	pool_close(pool);
	return st ? st : in == ST_EOF ? ST_OK : in;
}

enum status
ask_agent(struct backend *b, const struct ask *how, const struct stream *io, struct ask_count *count, struct err *e)
{
	size_t jobs = (size_t)backend_options(b)->agent.jobs, cap = jobs > 1 ? jobs * AHEAD : 1, i;
	struct round k = { .b = b, .how = how, .io = io, .count = count, .r = calloc(cap, sizeof(*k.r)), .e = calloc(cap, sizeof(*k.e)),
		.line = calloc(jobs, sizeof(*k.line)), .answer = calloc(jobs, sizeof(*k.answer)) };
	enum status st;

	st = k.r && k.e && k.line && k.answer ? run_rounds(&k, cap, e) : err_nomem(e);
	for (i = 0; k.r && i < cap; i++)
		if (k.r[i])
			record_free(k.r[i]);
	for (i = 0; i < jobs; i++) {
		if (k.line)
			buf_free(&k.line[i]);
		if (k.answer)
			buf_free(&k.answer[i]);
	}
	free(k.r);
	free(k.e);
	free(k.line);
	free(k.answer);
	return st;
}
