#include <stdlib.h>
#include <string.h>

#include "common/app_int.h"
#include "json/write.h"
#include "token/utf8.h"

typedef enum status filter_fn(struct record *r, void *ctx, unsigned worker, struct err *e);

/* Lines in memory are cut into tasks of about TASK bytes; a round takes at most
 * ROUND tasks a thread, so that memory is bounded whatever the input. */
enum { TASK = 64 << 10, ROUND = 8 };

struct task {
	struct line *line;        /* owned array */
	size_t n, cap, bytes;
	struct buf out, bad;
	uint64_t nbad;
	struct err e;                   /* the first failure; out holds what came before */
};

struct filter {
	filter_fn *fn;
	void *ctx;
	const char *text;       /* lines of plain text, for this field; NULL: records */
	struct record **record; /* one a worker */
	struct buf *line;       /* one a worker: a line of text as a record */
	struct task *task;
	size_t ntask;
};

static enum status
read_line(const struct filter *f, const struct line *l, unsigned worker, struct err *e)
{
	struct buf *b = &f->line[worker];
	size_t bad, n = l->n;

	if (!f->text)
		return record_borrow(f->record[worker], l->s, l->n, l->file, l->line, e);
	if (n && l->s[n - 1] == '\r')
		n--;
	/* here, as the record would print a bad byte as U+FFFD */
	if ((bad = utf8_invalid(l->s, n)) < n)
		return err_at(e, ST_INPUT, l->file, l->line, bad + 1, "not UTF-8");
	buf_clear(b);
	buf_adds(b, "{\"");
	buf_adds(b, f->text);
	buf_adds(b, "\":");
	json_put_str(b, l->s, n);
	buf_addc(b, '}');
	if (!buf_ok(b))
		return err_nomem(e);
	return record_borrow(f->record[worker], b->p, b->n, l->file, l->line, e);
}

/* One line through fn, its result behind out, its rejection behind bad. */
static enum status
one(const struct filter *f, const struct line *l, unsigned worker, struct buf *out,
    struct buf *bad, uint64_t *nbad, struct err *e)
{
	struct record *r = f->record[worker];
	size_t before = out->n;
	bool parsed = false;
	enum status st;

	if (!(st = read_line(f, l, worker, e))) {
		parsed = true;
		st = f->fn(r, f->ctx, worker, e);
	}
	if (!st && (st = record_print(r, out, e))) {
		out->n = before;
		out->failed = false;
	}
	if (st == ST_EOF)
		return ST_OK;
	if (st != ST_INPUT || !app->bad)
		return st;
	e->code = st;
	if ((st = bad_line(parsed ? r : NULL, l, e, bad, e)))
		return st;
	++*nbad;
	*e = (struct err){ 0 };
	return ST_OK;
}

static void
run_task(void *arg, size_t k, unsigned worker)
{
	struct filter *f = arg;
	struct task *t = &f->task[k];
	enum status st = ST_OK;
	size_t i;

	for (i = 0; !st && i < t->n; i++)
		st = one(f, &t->line[i], worker, &t->out, &t->bad, &t->nbad, &t->e);
	t->e.code = st;
}

static enum status
run_single(struct filter *f, struct err *e)
{
	uint64_t done, total, ticks = 0, nbad = 0;
	struct buf bad = BUF_INIT;
	struct line l;
	enum status st;

	while (!(st = input_line(&l, true, e))) {
		st = one(f, &l, 0, output_buffer(), &bad, &nbad, e);
		if (nbad && !st)
			st = bad_write(&bad, nbad, e);
		buf_clear(&bad);
		nbad = 0;
		/* written when it is enough */
		if (st || (st = output_bytes("", 0, e)))
			break;
		if (!(++ticks & 63)) {
			input_size(&done, &total);
			progress("read", "B", done, total);
		}
	}
	buf_free(&bad);
	return st == ST_EOF ? ST_OK : st;
}

static enum status
add_line(struct task *t, const struct line *l, struct err *e)
{
	struct line *grown;
	size_t cap;

	if (t->n == t->cap) {
		cap = t->cap ? 2 * t->cap : 64;
		if (!(grown = realloc(t->line, cap * sizeof(*grown))))
			return err_nomem(e);
		t->line = grown;
		t->cap = cap;
	}
	t->line[t->n++] = *l;
	t->bytes += l->n + 1;
	return ST_OK;
}

/* The lines that are in memory now (at least one), as tasks. */
static enum status
gather(struct filter *f, size_t most, size_t *ntask, struct err *e)
{
	struct line l;
	struct task *t = f->task;
	enum status st;

	*ntask = 0;
	if ((st = input_line(&l, true, e)))
		return st;
	for (;;) {
		if ((st = add_line(t, &l, e)))
			return st;
		*ntask = (size_t)(t - f->task) + 1;
		if (t->bytes >= TASK) {
			if (*ntask == most)
				return ST_OK;
			t++;
		}
		if ((st = input_line(&l, false, e)))
			return st == ST_EOF ? ST_OK : st;
	}
}

static enum status
run_round(struct filter *f, struct pool *pool, size_t ntask, struct err *e)
{
	enum status st = ST_OK;
	struct task *t;

	pool_run(pool, run_task, f, ntask);
	for (t = f->task; t < f->task + ntask; t++) {
		if (!st)
			st = output_bytes(t->out.p, t->out.n, e);
		if (!st && t->nbad)
			st = bad_write(&t->bad, t->nbad, e);
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
run(struct filter f, struct err *e)
{
	size_t threads = (size_t)app->threads, i;
	struct pool *pool = NULL;
	uint64_t done, total;
	enum status st = ST_OK;

	if (threads > 1 && (st = pool_open(&pool, (unsigned)threads, e)))
		return st;
	f.ntask = threads * ROUND;
	f.record = calloc(threads, sizeof(*f.record));
	f.line = calloc(threads, sizeof(*f.line));
	f.task = calloc(f.ntask, sizeof(*f.task));
	if (!f.record || !f.line || !f.task)
		st = err_nomem(e);
	for (i = 0; !st && i < threads; i++)
		st = record_new(&f.record[i], e);
	if (!st && threads == 1)
		st = run_single(&f, e);
	while (!st && threads > 1) {
		size_t n;

		if ((st = gather(&f, f.ntask, &n, e)))
			break;
		if ((st = run_round(&f, pool, n, e)))
			break;
		input_size(&done, &total);
		progress("read", "B", done, total);
	}
	for (i = 0; f.record && i < threads; i++)
		record_free(f.record[i]);
	for (i = 0; f.line && i < threads; i++)
		buf_free(&f.line[i]);
	for (i = 0; f.task && i < f.ntask; i++) {
		free(f.task[i].line);
		buf_free(&f.task[i].out);
		buf_free(&f.task[i].bad);
	}
	free(f.record);
	free(f.line);
	free(f.task);
	if (pool)
		pool_close(pool);
	return st == ST_EOF ? ST_OK : st;
}

enum status
filter_run(filter_fn *fn, void *ctx, struct err *e)
{
	return run((struct filter){ .fn = fn, .ctx = ctx }, e);
}

enum status
filter_text(const char *field, filter_fn *fn, void *ctx, struct err *e)
{
	return run((struct filter){ .fn = fn, .ctx = ctx, .text = field }, e);
}
