#include <stdlib.h>
#include <string.h>

#include "base/grow.h"
#include "base/pool.h"
#include "json/write.h"
#include "stage/filter.h"
#include "token/utf8.h"

/* Lines in memory are cut into tasks of about TASK bytes; a round takes at most
 * ROUND tasks a thread, so that memory is bounded whatever the input. */
enum { TASK = 64 << 10, ROUND = 8 };

struct task {
	struct line *line;              /* owned array */
	size_t n, cap, bytes;
	struct buf out, bad;
	uint64_t nbad;
	struct err e;                   /* the first failure; out holds what came before */
};

struct run {
	const struct filter *f;
	struct record **record; /* one a worker */
	struct buf *line;       /* one a worker: a line of text as a record */
	struct task *task;
	size_t ntask;
};

static enum status
read_line(const struct run *k, const struct line *l, unsigned worker, struct err *e)
{
	struct buf *b = &k->line[worker];
	size_t bad, n = l->n;

	if (line_whole(l, e))
		return e->code;
	if (!k->f->text)
		return record_borrow(k->record[worker], l->s, l->n, l->file, l->line, e);
	if (n && l->s[n - 1] == '\r')
		n--;
	/* here, as the record would print a bad byte as U+FFFD */
	if ((bad = utf8_invalid(l->s, n)) < n)
		return err_at(e, ST_INPUT, l->file, l->line, bad + 1, "not UTF-8");
	buf_clear(b);
	buf_adds(b, "{\"");
	buf_adds(b, k->f->text);
	buf_adds(b, "\":");
	json_put_str(b, l->s, n);
	buf_addc(b, '}');
	if (!buf_ok(b))
		return err_nomem(e);
	return record_borrow(k->record[worker], b->p, b->n, l->file, l->line, e);
}

enum status
filter_bad(struct record *r, const struct line *l, const struct err *why, struct buf *b, struct err *e)
{
	char text[sizeof(why->file) + sizeof(why->msg) + 64];

	err_text(why, text, sizeof(text));
	if (r)
		return record_set_str(r, "error", text, strlen(text), e) ? e->code : record_print(r, b, e);
	buf_adds(b, "{\"line\":");
	json_put_str(b, l->s, l->n);
	buf_adds(b, ",\"error\":");
	json_put_str(b, text, strlen(text));
	buf_adds(b, "}\n");
	return buf_ok(b) ? ST_OK : err_nomem(e);
}

/* One line through fn: its result is appended to out, its rejection to bad. */
static enum status
one(const struct run *k, const struct line *l, unsigned worker, struct buf *out, struct buf *bad, uint64_t *nbad,
    struct err *e)
{
	struct record *r = k->record[worker];
	size_t before = out->n;
	bool parsed = false;
	enum status st;

	if (!(st = read_line(k, l, worker, e))) {
		parsed = true;
		st = k->f->fn(r, k->f->arg, worker, e);
	}
	if (!st && (st = record_print(r, out, e))) {
		out->n = before;
		out->failed = false;
	}
	if (st == ST_EOF)
		return ST_OK;
	if (st != ST_INPUT || !k->f->reject)
		return st;
	e->code = st;
	if ((st = filter_bad(parsed ? r : NULL, l, e, bad, e)))
		return st;
	++*nbad;
	*e = (struct err){ 0 };
	return ST_OK;
}

static void
run_task(void *arg, size_t i, unsigned worker)
{
	const struct run *k = arg;
	struct task *t = &k->task[i];
	enum status st = ST_OK;

	for (i = 0; !st && i < t->n; i++)
		st = one(k, &t->line[i], worker, &t->out, &t->bad, &t->nbad, &t->e);
	t->e.code = st;
}

static enum status
run_single(const struct run *k, struct err *e)
{
	const struct filter *f = k->f;
	uint64_t ticks = 0, nbad = 0;
	struct buf bad = BUF_INIT;
	struct line l;
	enum status st;

	while (!(st = f->next(f->ctx, &l, true, e))) {
		st = one(k, &l, 0, f->out, &bad, &nbad, e);
		if (nbad && !st)
			st = f->rejected(f->ctx, &bad, nbad, e);
		buf_clear(&bad);
		nbad = 0;
		if (st || (st = f->wrote(f->ctx, e)))
			break;
		if (!(++ticks & 63))
			f->tick(f->ctx);
	}
	buf_free(&bad);
	return st;
}

static enum status
add_line(struct task *t, const struct line *l, struct err *e)
{
	if (grow(&t->line, &t->cap, t->n + 1, sizeof(*t->line), e))
		return e->code;
	t->line[t->n++] = *l;
	t->bytes += l->n + 1;
	return ST_OK;
}

/* The lines that are in memory now (at least one), as tasks. */
static enum status
gather(const struct run *k, size_t *ntask, struct err *e)
{
	struct line l;
	struct task *t = k->task;
	enum status st;

	*ntask = 0;
	if ((st = k->f->next(k->f->ctx, &l, true, e)))
		return st;
	for (;;) {
		if ((st = add_line(t, &l, e)))
			return st;
		*ntask = (size_t)(t - k->task) + 1;
		if (t->bytes >= TASK) {
			if (*ntask == k->ntask)
				return ST_OK;
			t++;
		}
		if ((st = k->f->next(k->f->ctx, &l, false, e)))
			return st == ST_EOF ? ST_OK : st;
	}
}

static enum status
run_round(const struct run *k, struct pool *pool, size_t ntask, struct err *e)
{
	const struct filter *f = k->f;
	enum status st = ST_OK;
	struct task *t;

	pool_run(pool, run_task, (void *)(uintptr_t)k, ntask);
	for (t = k->task; t < k->task + ntask; t++) {
		if (!st) {
			buf_add(f->out, t->out.p, t->out.n);
			st = f->wrote(f->ctx, e);
		}
		if (!st && t->nbad)
			st = f->rejected(f->ctx, &t->bad, t->nbad, e);
		if (!st && t->e.code) {
			*e = t->e;
			st = t->e.code;
		}
		buf_clear(&t->out);
		buf_clear(&t->bad);
		t->nbad = 0;
		t->n = t->bytes = 0;
	}
	return st;
}

static enum status
run_threads(const struct run *k, struct err *e)
{
	struct pool *pool;
	enum status st;
	size_t n;

	if (pool_open(&pool, k->f->threads, e))
		return e->code;
	while (!(st = gather(k, &n, e)) && !(st = run_round(k, pool, n, e)))
		k->f->tick(k->f->ctx);
	pool_close(pool);
	return st;
}

static void
free_run(struct run *k)
{
	size_t i;

	for (i = 0; k->record && i < k->f->threads; i++)
		record_free(k->record[i]);
	for (i = 0; k->line && i < k->f->threads; i++)
		buf_free(&k->line[i]);
	for (i = 0; k->task && i < k->ntask; i++) {
		free(k->task[i].line);
		buf_free(&k->task[i].out);
		buf_free(&k->task[i].bad);
	}
	free(k->record);
	free(k->line);
	free(k->task);
}

enum status
filter_lines(const struct filter *f, struct err *e)
{
	struct run k = { .f = f, .record = calloc(f->threads, sizeof(*k.record)),
		.line = calloc(f->threads, sizeof(*k.line)), .ntask = (size_t)f->threads * ROUND };
	enum status st = ST_OK;
	size_t i;

	k.task = calloc(k.ntask, sizeof(*k.task));
	if (!k.record || !k.line || !k.task)
		st = err_nomem(e);
	for (i = 0; !st && i < f->threads; i++)
		st = record_new(&k.record[i], e);
	if (!st)
		st = f->threads == 1 ? run_single(&k, e) : run_threads(&k, e);
	free_run(&k);
	return st == ST_EOF ? ST_OK : st;
}
