#include <stdlib.h>

#include "agent/desk.h"
#include "base/clock.h"
#include "base/grow.h"
#include "stage/ask_int.h"

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
read_all(struct sheet *s, const struct ask *how, const struct stream *io, struct err *e)
{
	struct buf line = BUF_INIT;
	struct agent_question q;
	enum status st;

	while (!(st = io->next(io->ctx, s->r, e))) {
		if (!(st = how->question(s->r, &q, &line, e)))
			st = add(s, q, e);
		if (st == ST_INPUT)
			st = io->reject(io->ctx, s->r, e);
		if (st)
			break;
	}
	buf_free(&line);
	return st == ST_EOF ? ST_OK : st;
}

/* Each record as often as it was answered. */
static enum status
write_all(struct sheet *s, const struct ask *how, const struct stream *io, struct ask_count *c, struct err *e)
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
			ask_tally(how, c, s->r);
			if ((st = io->put(io->ctx, s->r, e)))
				return st;
		}
	}
	return ST_OK;
}

enum status
ask_people(struct backend *b, const struct ask *how, const struct stream *io, struct ask_count *count, struct err *e)
{
	struct desk_opt o = { .each = backend_options(b)->each, .memory = backend_memory(b), .fault = how->fault };
	struct sheet s = { .mem = ARENA_INIT };
	enum status st;

	if (!(st = desk_open(&s.desk, &o, e)) && !(st = record_new(&s.r, e)) && !(st = read_all(&s, how, io, e)) &&
	    !(st = desk_recall(s.desk, clock_now(), e))) {
		if (desk_wanted(s.desk))
			st = backend_serve(b, s.desk, e);
		count->open = desk_wanted(s.desk);
		if (!st)
			st = write_all(&s, how, io, count, e);
	}
	if (s.r)
		record_free(s.r);
	desk_close(s.desk);
	free(s.line);
	arena_free(&s.mem);
	return st;
}
