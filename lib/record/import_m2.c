#include <stdlib.h>
#include <string.h>

#include "record/import_int.h"

/* M2, the layout of grammatical error correction: "S " and the tokens of a sentence,
 * then a line an edit,
 *	A start end|||type|||correction|||required|||comment|||annotator
 * with the tokens [start, end) that correction replaces; -1 or noop: nothing is. */

enum { PEOPLE = 1000 };

struct edit { size_t from, to; const char *s; size_t n; int64_t who; size_t line; };
struct sentence { const char **token; size_t n; struct edit *edit; size_t nedit; };

/* The line at *s, which moves past it; false at the end. */
static bool
next_line(const char **s, const char *end, const char **line, size_t *n)
{
	const char *nl;

	if (*s >= end)
		return false;
	nl = memchr(*s, '\n', (size_t)(end - *s));
	*line = *s;
	*s = nl ? nl + 1 : end;
	*n = (size_t)((nl ? nl : end) - *line);
	if (*n && (*line)[*n - 1] == '\r')
		--*n;
	return true;
}

/* An integer up to a stop byte; returns what follows that, NULL when there is no integer. */
static const char *
number(const char *s, const char *end, char stop, int64_t *v)
{
	bool neg = s < end && *s == '-';
	const char *p = s += neg;

	for (*v = 0; p < end && *p >= '0' && *p <= '9' && *v < INT32_MAX; p++)
		*v = 10 * *v + (*p - '0');
	if (neg)
		*v = -*v;
	return p > s && (p < end ? *p == stop : !stop) ? p + (p < end) : NULL;
}

/* Tokens stand between single spaces; token[i] is where the i-th begins, token[n] one
 * after the space that would follow the last. */
static enum status
tokens(struct record *in, struct sentence *t, const char *s, size_t n, struct err *e)
{
	size_t i;

	if (!(t->token = arena_array(record_arena(in), n + 2, sizeof(*t->token))))
		return err_nomem(e);
	t->n = 0;
	t->token[0] = s;
	for (i = 0; i < n; i++)
		if (s[i] == ' ')
			t->token[++t->n] = s + i + 1;
	t->token[++t->n] = s + n + 1;
	return ST_OK;
}

static enum status
read_edit(struct record *in, struct sentence *t, const char *s, size_t n, size_t no, struct err *e)
{
	const char *end = s + n, *field[5], *p = s;
	struct edit x = { .line = no };
	int64_t from, to;
	size_t i, k;

	if (n < 2 || memcmp(s, "A ", 2) || !(p = number(s + 2, end, ' ', &from)) || !(p = number(p, end, '|', &to)))
		return record_bad(in, "text", e, "line %zu: expected A and two numbers", no);
	for (p--, i = 0; i < 5; i++, p = field[i - 1]) {
		if (!(p = memmem(p, (size_t)(end - p), "|||", 3)))
			return record_bad(in, "text", e, "line %zu: expected six parts with ||| between them", no);
		field[i] = p + 3;
	}
	if (!number(field[4], end, 0, &x.who))
		return record_bad(in, "text", e, "line %zu: the annotator is not a number", no);
	k = (size_t)(field[1] - 3 - field[0]);
	if (from < 0 || (k == 4 && !memcmp(field[0], "noop", 4))) {
		x.from = SIZE_MAX;      /* keeps its annotator known */
	} else {
		if (from > to || (size_t)to > t->n)
			return record_bad(in, "text", e, "line %zu: [%lld,%lld) is outside of %zu tokens", no,
			    (long long)from, (long long)to, t->n);
		x.from = (size_t)from;
		x.to = (size_t)to;
		x.s = field[1];
		x.n = (size_t)(field[2] - 3 - field[1]);
		/* alternatives: the first */
		if ((p = memmem(x.s, x.n, "||", 2)))
			x.n = (size_t)(p - x.s);
		if (x.n == 6 && !memcmp(x.s, "-NONE-", 6))
			x.n = 0;
	}
	t->edit[t->nedit++] = x;
	return ST_OK;
}

/* By annotator, then by place, then in the source's order. */
static int
by_place(const void *a, const void *b)
{
	const struct edit *x = a, *y = b;

	if (x->who != y->who)
		return x->who < y->who ? -1 : 1;
	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	return (x->line > y->line) - (x->line < y->line);
}

/* No two edits of one annotator may change the same token.  Each annotator makes a record as long as
 * the sentence, so they are few. */
static enum status
check_edits(struct record *in, const struct sentence *t, struct err *e)
{
	const struct edit *x;
	size_t i, people = 1;

	for (i = 1; i < t->nedit; i++) {
		x = &t->edit[i];
		people += x->who != x[-1].who;
		if (people > PEOPLE)
			return record_bad(in, "text", e, "more than %d annotators", PEOPLE);
		if (x->who == x[-1].who && x->from != SIZE_MAX && x->from < x[-1].to)
			return record_bad(in, "text", e, "annotator %lld: edits at token %zu overlap", (long long)x->who,
			    x->from);
	}
	return ST_OK;
}

static void
put(struct buf *b, const char *s, const char *end)
{
	if (s >= end)
		return;
	if (b->n)
		buf_addc(b, ' ');
	buf_add(b, s, (size_t)(end - s));
}

/* The sentence as edits [i, stop) leave it, into b. */
static enum status
apply(const struct sentence *t, size_t i, size_t stop, struct buf *b, struct err *e)
{
	size_t at = 0;

	buf_clear(b);
	for (; i < stop && t->edit[i].from != SIZE_MAX; i++) {
		const struct edit *x = &t->edit[i];

		put(b, t->token[at], t->token[x->from] - 1);
		put(b, x->s, x->s + x->n);
		at = x->to;
	}
	put(b, t->token[at], t->token[t->n] - 1);
	return buf_ok(b) ? ST_OK : err_nomem(e);
}

enum status
import_m2(struct import *im, struct record *in, struct err *e)
{
	static const char *const used[] = { "text", "annotator" };
	const char *s, *end, *line, *from;
	struct sentence t = {0};
	size_t n, k, i, no = 1, made = 0, nfrom;

	if (record_str(in, "text", &s, &n, e))
		return e->code;
	end = s + n;
	if (!next_line(&s, end, &line, &k) || k < 2 || memcmp(line, "S ", 2) || import_blank(line + 2, k - 2))
		return record_bad(in, "text", e, "expected S and a sentence");
	from = line + 2;
	nfrom = k - 2;
	if (tokens(in, &t, from, nfrom, e))
		return e->code;
	/* an edit takes two bytes at least */
	if (!(t.edit = arena_array(record_arena(in), n / 2 + 1, sizeof(*t.edit))))
		return err_nomem(e);
	while (next_line(&s, end, &line, &k))
		if (read_edit(in, &t, line, k, ++no, e))
			return e->code;
	if (t.nedit)
		qsort(t.edit, t.nedit, sizeof(*t.edit), by_place);
	if (check_edits(in, &t, e))
		return e->code;
	for (i = 0; i < t.nedit; i = k) {
		for (k = i; k < t.nedit && t.edit[k].who == t.edit[i].who; k++)
			;
		if (apply(&t, i, k, &im->b, e))
			return e->code;
		if (import_blank(im->b.p ? im->b.p : "", im->b.n) ||
		    (im->b.n == nfrom && !memcmp(im->b.p, from, nfrom)))
			continue;
		if (import_plain(im, "", 0, e) || import_start(im, e) || record_set_str(im->out, "rejected", from, nfrom, e) ||
		    record_set_str(im->out, "chosen", im->b.p, im->b.n, e) ||
		    record_set_i64(im->out, "annotator", t.edit[i].who, e) ||
		    import_finish(im, in, used, sizeof(used) / sizeof(*used), e))
			return e->code;
		made++;
	}
	return made ? ST_OK : ST_EOF;
}
