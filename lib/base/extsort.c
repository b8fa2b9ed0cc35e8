#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/extsort.h"
#include "base/file.h"
#include "base/grow.h"

enum { MEMORY_MIN = 1 << 16, RUNS = 128 };      /* so many files are open at most */

/* A line in memory, at an offset of text; on disk key and n come before it. */
struct item { uint64_t key; size_t at, n; };

struct run {
	FILE *f;
	uint64_t key;
	struct buf line;        /* the run's next line */
};

struct extsort {
	size_t memory;
	struct buf text;
	struct item *item;
	size_t n, cap, out;
	struct run *run;
	size_t nrun;
	size_t *heap;           /* runs with a line, the least first; equal keys: the older run */
	size_t nheap;
	bool merging, held;     /* held: heap[0]'s line was handed out */
};

enum status
extsort_new(struct extsort **xp, size_t memory, struct err *e)
{
	struct extsort *x = calloc(1, sizeof(*x));

	if (!x)
		return err_nomem(e);
	x->memory = memory < MEMORY_MIN ? MEMORY_MIN : memory;
	*xp = x;
	return ST_OK;
}

void
extsort_free(struct extsort *x)
{
	size_t i;

	if (!x)
		return;
	for (i = 0; i < x->nrun; i++) {
		fclose(x->run[i].f);
		buf_free(&x->run[i].line);
	}
	buf_free(&x->text);
	free(x->item);
	free(x->run);
	free(x->heap);
	free(x);
}

static int
compare(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

static FILE *
unnamed_file(void)
{
	int fd = file_nameless(file_temp_dir());
	FILE *f = fd >= 0 ? fdopen(fd, "w+") : NULL;

	if (fd >= 0 && !f)
		close(fd);
	return f;
}

/* The next line of a run; ST_EOF after its last. */
static enum status
run_read(struct run *r, struct err *e)
{
	size_t n;
	char *p;

	if (fread(&r->key, sizeof(r->key), 1, r->f) != 1)
		return ferror(r->f) ? err_errno(e, "temporary file: read") : ST_EOF;
	buf_clear(&r->line);
	if (fread(&n, sizeof(n), 1, r->f) != 1)
		return err_errno(e, "temporary file: read");
	if (!(p = buf_reserve(&r->line, n + 1)))
		return err_nomem(e);
	if (fread(p, 1, n, r->f) != n)
		return err_errno(e, "temporary file: read");
	r->line.n = n;
	return ST_OK;
}

static bool
before(const struct extsort *x, size_t a, size_t b)
{
	if (x->run[a].key != x->run[b].key)
		return x->run[a].key < x->run[b].key;
	return a < b;
}

static void
sift(struct extsort *x, size_t i)
{
	size_t child, t;

	for (; (child = 2 * i + 1) < x->nheap; i = child) {
		if (child + 1 < x->nheap && before(x, x->heap[child + 1], x->heap[child]))
			child++;
		if (before(x, x->heap[i], x->heap[child]))
			break;
		t = x->heap[i];
		x->heap[i] = x->heap[child];
		x->heap[child] = t;
	}
}

static enum status
put_line(FILE *f, uint64_t key, const char *s, size_t n, struct err *e)
{
	if (fwrite(&key, sizeof(key), 1, f) != 1 || fwrite(&n, sizeof(n), 1, f) != 1 || fwrite(s, 1, n, f) != n)
		return err_errno(e, "temporary file: write");
	return ST_OK;
}

static enum status
rewind_file(FILE *f, struct err *e)
{
	return fflush(f) || fseeko(f, 0, SEEK_SET) ? err_errno(e, "temporary file: write") : ST_OK;
}

/* The heap of all runs. */
static enum status
heap_start(struct extsort *x, struct err *e)
{
	enum status st;
	size_t i;

	x->nheap = 0;
	free(x->heap);
	if (!(x->heap = calloc(x->nrun, sizeof(*x->heap))))
		return err_nomem(e);
	for (i = 0; i < x->nrun; i++) {
		if (!(st = run_read(&x->run[i], e)))
			x->heap[x->nheap++] = i;
		else if (st != ST_EOF)
			return st;
	}
	for (i = x->nheap; i-- > 0;)
		sift(x, i);
	return ST_OK;
}

/* The line of the least run was used: find the run that is least now. */
static enum status
heap_step(struct extsort *x, struct err *e)
{
	enum status st = run_read(&x->run[x->heap[0]], e);

	if (st == ST_EOF)
		x->heap[0] = x->heap[--x->nheap];
	else if (st)
		return st;
	sift(x, 0);
	return ST_OK;
}

/* All runs become one, which is older than those to come. */
static enum status
collapse(struct extsort *x, struct err *e)
{
	enum status st;
	FILE *f = unnamed_file();
	size_t i;

	if (!f)
		return err_errno(e, "temporary file");
	if (!(st = heap_start(x, e)))
		while (!st && x->nheap) {
			const struct run *r = &x->run[x->heap[0]];

			if (!(st = put_line(f, r->key, r->line.p, r->line.n, e)))
				st = heap_step(x, e);
		}
	if (st || (st = rewind_file(f, e))) {
		fclose(f);
		return st;
	}
	for (i = 0; i < x->nrun; i++) {
		fclose(x->run[i].f);
		buf_free(&x->run[i].line);
	}
	x->run[0] = (struct run){ .f = f };
	x->nrun = 1;
	return ST_OK;
}

static enum status
spill(struct extsort *x, struct err *e)
{
	struct run *grown;
	size_t i;
	FILE *f;

	qsort(x->item, x->n, sizeof(*x->item), compare);
	if (x->nrun == RUNS && collapse(x, e))
		return e->code;
	if (!(grown = realloc(x->run, (x->nrun + 1) * sizeof(*grown))))
		return err_nomem(e);
	x->run = grown;
	if (!(f = unnamed_file()))
		return err_errno(e, "temporary file");
	x->run[x->nrun++] = (struct run){ .f = f };
	for (i = 0; i < x->n; i++)
		if (put_line(f, x->item[i].key, x->text.p + x->item[i].at, x->item[i].n, e))
			return e->code;
	if (rewind_file(f, e))
		return e->code;
	x->n = 0;
	buf_clear(&x->text);
	return ST_OK;
}

enum status
extsort_add(struct extsort *x, uint64_t key, const void *s, size_t n, struct err *e)
{
	if (x->n && x->text.n + n + x->n * sizeof(*x->item) > x->memory && spill(x, e))
		return e->code;
	if (grow(&x->item, &x->cap, x->n + 1, sizeof(*x->item), e))
		return e->code;
	x->item[x->n++] = (struct item){ key, x->text.n, n };
	buf_add(&x->text, s, n);
	return buf_ok(&x->text) ? ST_OK : err_nomem(e);
}

static enum status
merge_start(struct extsort *x, struct err *e)
{
	x->merging = true;
	if (!x->nrun) {
		if (x->n)
			qsort(x->item, x->n, sizeof(*x->item), compare);
		return ST_OK;
	}
	if (x->n && spill(x, e))
		return e->code;
	return heap_start(x, e);
}

enum status
extsort_next(struct extsort *x, const char **s, size_t *n, struct err *e)
{
	enum status st;
	struct run *r;

	if (!x->merging && (st = merge_start(x, e)))
		return st;
	if (!x->nrun) {
		if (x->out == x->n)
			return ST_EOF;
		*s = x->text.p + x->item[x->out].at;
		*n = x->item[x->out++].n;
		return ST_OK;
	}
	if (x->held && x->nheap && heap_step(x, e))
		return e->code;
	x->held = true;
	if (!x->nheap)
		return ST_EOF;
	r = &x->run[x->heap[0]];
	*s = r->line.p;
	*n = r->line.n;
	return ST_OK;
}
