#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/grow.h"
#include "common/ask.h"
#include "json/json.h"

enum { AHEAD = 4 };     /* records read for each worker */

struct count { uint64_t done, unchanged, skipped; };

static void
summary(const struct ask *how, const struct count *c, uint64_t open)
{
	if (app->quiet)
		return;
	if (open)
		warn("%ju %s, %ju unchanged, %ju skipped, %ju without an answer", (uintmax_t)c->done, how->done,
		    (uintmax_t)c->unchanged, (uintmax_t)c->skipped, (uintmax_t)open);
	else if (c->unchanged || c->skipped)
		warn("%ju %s, %ju unchanged, %ju skipped", (uintmax_t)c->done, how->done, (uintmax_t)c->unchanged,
		    (uintmax_t)c->skipped);
	else
		note("%ju %s", (uintmax_t)c->done, how->done);
}

/* By the field that accept wrote. */
static void
tally(const struct ask *how, struct count *c, struct record *r)
{
	struct agent_text t = { "", 0 };

	record_raw(r, how->outcome, &t.s, &t.n);
	if (t.n == 11 && !memcmp(t.s, "\"unchanged\"", t.n))
		c->unchanged++;
	else if (t.n == 9 && !memcmp(t.s, "\"skipped\"", t.n))
		c->skipped++;
	else
		c->done++;
}

enum status
ask_json(struct record *r, struct agent_question *q, const char *const *field, const char *const *name, size_t nfield,
    struct buf *line, struct err *e)
{
	const char *raw;
	size_t i, n;

	buf_clear(line);
	for (i = 0; i < nfield; i++)
		if (record_raw(r, field[i], &raw, &n)) {
			buf_addf(line, "%s\"%s\":", line->n ? "," : "{", name[i]);
			buf_add(line, raw, n);
		}
	buf_addc(line, '}');
	q->json = (struct agent_text){ line->p, line->n };
	return buf_ok(line) ? ST_OK : err_nomem(e);
}

enum status
ask_remarks(struct record *r, const char *answer, size_t n, struct err *e)
{
	static const char *const key[] = { "annotator", "seconds", "note", "reason" };
	struct arena mem = ARENA_INIT;
	struct json j;
	size_t i, at;

	if (json_parse(&j, answer, n, &mem, e))
		goto out;
	e->code = ST_OK;
	for (i = 0; i < sizeof(key) / sizeof(*key) && !e->code; i++)
		if ((at = json_get(&j, 0, key[i])))
			record_set_raw(r, key[i], answer + j.node[at].at, j.node[at].len, e);
out:
	arena_free(&mem);
	return e->code;
}

/* ---- an agent that is asked ---- */

struct round {
	struct backend *b;
	const struct ask *how;
	struct record **r;
	struct err *e;
	size_t n;
	struct buf *line, *answer;      /* of each worker */
	struct count count;
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
		if ((st = k->b->kind->ask(k->b->self, worker, &q, answer, e)) == ST_INPUT)
			return blame(r, k->how->field, e);
		if (st)
			return st;
		if (!(q.why = k->how->fault(&q, answer->p, answer->n, why))) {
			if ((st = backend_keep(k->b, key, answer, e)))
				return st;
			return k->how->accept(r, &q, answer->p, answer->n, e);
		}
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
			tally(k->how, &k->count, k->r[i]);
			st = output_record(k->r[i], e);
		} else {
			*e = k->e[i];
			st = e->code == ST_INPUT ? input_reject(k->r[i], e) : e->code;
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
		st = pool_open(&pool, (unsigned)k->b->o.jobs, e);
	while (!st && !in) {
		for (k->n = 0; k->n < cap && !(in = input_next(k->r[k->n], e)); k->n++)
			;
		pool_run(pool, one, k, k->n);
		st = write_round(k, e);
	}
	pool_close(pool);
	return st ? st : in == ST_EOF ? ST_OK : in;
}

static enum status
ask_agent(struct backend *b, const struct ask *how, struct err *e)
{
	size_t jobs = (size_t)b->o.jobs, cap = jobs > 1 ? jobs * AHEAD : 1, i;
	struct round k = { .b = b, .how = how, .r = calloc(cap, sizeof(*k.r)), .e = calloc(cap, sizeof(*k.e)),
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
	if (!st)
		summary(how, &k.count, 0);
	return st;
}

/* ---- people, who see all questions ---- */

struct sheet {
	struct arena mem;       /* of questions and lines */
	struct agent_text *line;
	size_t n, cap;
	struct desk *desk;
	struct record *r;
};

static struct agent_text
copy(struct sheet *s, struct agent_text t, struct err *e)
{
	char *p = t.s ? arena_str(&s->mem, t.s, t.n) : NULL;

	if (t.s && !p)
		err_nomem(e);
	return (struct agent_text){ p, t.n };
}

static enum status
add(struct sheet *s, struct agent_question q, struct err *e)
{
	struct buf line = BUF_INIT;

	if (grow(&s->line, &s->cap, s->n + 1, sizeof(*s->line), e))
		return e->code;
	if (record_print(s->r, &line, e))
		goto out;
	e->code = ST_OK;
	q.id = copy(s, q.id, e);
	q.prompt = copy(s, q.prompt, e);
	q.text[0] = copy(s, q.text[0], e);
	q.text[1] = copy(s, q.text[1], e);
	q.json = copy(s, q.json, e);
	q.record = NULL;
	/* without its newline */
	s->line[s->n] = copy(s, (struct agent_text){ line.p, line.n - 1 }, e);
	if (!e->code && !desk_add(s->desk, &q, e))
		s->n++;
out:
	buf_free(&line);
	return e->code;
}

static enum status
read_all(struct sheet *s, const struct ask *how, struct err *e)
{
	struct buf line = BUF_INIT;
	struct agent_question q;
	enum status st;

	while (!(st = input_next(s->r, e))) {
		if (!(st = how->question(s->r, &q, &line, e)))
			st = add(s, q, e);
		if (st == ST_INPUT)
			st = input_reject(s->r, e);
		if (st)
			break;
	}
	buf_free(&line);
	return st == ST_EOF ? ST_OK : st;
}

/* Each record as often as it was answered. */
static enum status
write_all(struct sheet *s, const struct ask *how, struct count *c, struct err *e)
{
	const struct agent_question *q;
	const char *answer;
	enum status st = ST_OK;
	size_t i, k, n;

	for (i = 0; i < s->n; i++) {
		q = desk_question(s->desk, i);
		for (k = 0; (answer = desk_each(s->desk, i, k, &n)); k++) {
			if ((st = record_parse(s->r, s->line[i].s, s->line[i].n, NULL, 0, e)) ||
			    (st = how->accept(s->r, q, answer, n, e)))
				return st;
			tally(how, c, s->r);
			if ((st = output_record(s->r, e)))
				return st;
		}
	}
	return ST_OK;
}

static enum status
ask_people(struct backend *b, const struct ask *how, struct err *e)
{
	struct desk_opt o = { .each = b->each, .memory = b->memory, .fault = how->fault };
	struct sheet s = { .mem = ARENA_INIT };
	struct count c = {0};
	enum status st;

	if (!(st = desk_open(&s.desk, &o, e)) && !(st = record_new(&s.r, e)) && !(st = read_all(&s, how, e)) &&
	    !(st = desk_recall(s.desk, clock_now(), e))) {
		if (desk_wanted(s.desk))
			st = b->kind->serve(b->self, s.desk, e);
		if (!st && !(st = write_all(&s, how, &c, e)))
			summary(how, &c, desk_wanted(s.desk));
	}
	if (s.r)
		record_free(s.r);
	desk_close(s.desk);
	free(s.line);
	arena_free(&s.mem);
	return st;
}

enum status
ask_run(struct backend *b, const struct ask *how, struct err *e)
{
	return b->kind->serve ? ask_people(b, how, e) : ask_agent(b, how, e);
}
