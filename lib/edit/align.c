#include <stdlib.h>
#include <string.h>

#include "base/grow.h"
#include "edit/align.h"
#include "edit/align_int.h"

struct edit_ws {
	uint32_t *rev;          /* both sides reversed */
	size_t cap;
	struct edit_reach *reach;
};

void
edit_script_free(struct edit_script *s)
{
	free(s->hunk);
	*s = (struct edit_script){0};
}

enum status
edit_ws_new(struct edit_ws **w, struct err *e)
{
	if (!(*w = calloc(1, sizeof(**w))))
		return err_nomem(e);
	if (edit_reach_new(&(*w)->reach, e)) {
		free(*w);
		*w = NULL;
		return e->code;
	}
	return ST_OK;
}

void
edit_ws_free(struct edit_ws *w)
{
	if (w) {
		edit_reach_free(w->reach);
		free(w->rev);
		free(w);
	}
}

void
edit_ws_bound(struct edit_ws *w, uint64_t most)
{
	edit_reach_bound(w->reach, most);
}

void
edit_ws_vectors(struct edit_ws *w, bool use)
{
	edit_reach_vectors(w->reach, use);
}

static unsigned
strength(const struct edit_seq *s, size_t i)
{
	return s->edge ? s->edge[i] : EDIT_EDGE_WORD;
}

/* Slide s[*from,*to), which is edited alone, within (lo, hi): rule 3.  Returns by how
 * much; positive is towards the end. */
static ptrdiff_t
slide(const struct edit_seq *s, size_t from, size_t to, size_t lo, size_t hi)
{
	size_t f = from, t = to, best_f;
	unsigned v, best;

	while (f > lo && s->sym[f - 1] == s->sym[t - 1]) {
		f--;
		t--;
	}
	best_f = f;
	best = strength(s, f) + strength(s, t);
	while (t < hi && s->sym[f] == s->sym[t]) {
		f++;
		t++;
		v = strength(s, f) + strength(s, t);
		if (v > best) {
			best = v;
			best_f = f;
		}
	}
	return (ptrdiff_t)best_f - (ptrdiff_t)from;
}

/* The symbols that hunk k may slide over: those kept between the hunk before and the next one.  At least one
 * symbol stays kept between two hunks. */
static void
slide_all(const struct edit_seq *a, const struct edit_seq *b, struct edit_script *s)
{
	struct edit_hunk *h;
	size_t k, kept_l, kept_r;
	ptrdiff_t d;

	for (k = 0; k < s->n; k++) {
		h = &s->hunk[k];
		if (h->a0 != h->a1 && h->b0 != h->b1)
			continue;
		kept_l = k ? h->a0 - h[-1].a1 - 1 : h->a0;
		kept_r = k + 1 < s->n ? h[1].a0 - h->a1 - 1 : a->n - h->a1;
		if (h->a0 != h->a1)
			d = slide(a, h->a0, h->a1, h->a0 - kept_l, h->a1 + kept_r);
		else
			d = slide(b, h->b0, h->b1, h->b0 - kept_l, h->b1 + kept_r);
		h->a0 = (size_t)((ptrdiff_t)h->a0 + d);
		h->a1 = (size_t)((ptrdiff_t)h->a1 + d);
		h->b0 = (size_t)((ptrdiff_t)h->b0 + d);
		h->b1 = (size_t)((ptrdiff_t)h->b1 + d);
	}
}

static enum status
align_hunks(struct edit_ws *w, unsigned c, const struct edit_seq *a, const struct edit_seq *b,
    struct edit_script *out, struct err *e)
{
	size_t n = a->n, m = b->n, pre = 0;
	struct edit_seq x, y;
	struct edit_oracle o;
	enum status st;

	while (pre < n && pre < m && a->sym[pre] == b->sym[pre])
		pre++;
	while (n > pre && m > pre && a->sym[n - 1] == b->sym[m - 1]) {
		n--;
		m--;
	}
	x = (struct edit_seq){ a->sym + pre, a->edge ? a->edge + pre : NULL, n - pre };
	y = (struct edit_seq){ b->sym + pre, b->edge ? b->edge + pre : NULL, m - pre };
	if (edit_reach_run(w->reach, EDIT_HUNK, c, &x, &y, &o, e))
		return e->code;
	out->steps = o.steps;
	if ((out->over = o.over))
		return ST_OK;
	out->cost = o.total;
	st = edit_walk_hunks(&o, c, &x, &y, pre, out, e);
	if (!st)
		slide_all(a, b, out);
	return st;
}

static enum status
align_levenshtein(struct edit_ws *w, const struct edit_seq *a, const struct edit_seq *b,
    struct edit_script *out, struct err *e)
{
	size_t i, n = a->n, m = b->n, need = n + m + 1;
	struct edit_seq x, y;
	struct edit_oracle o;
	enum status st;

	if (grow(&w->rev, &w->cap, need, sizeof(*w->rev), e))
		return e->code;
	for (i = 0; i < n; i++)
		w->rev[i] = a->sym[n - 1 - i];
	for (i = 0; i < m; i++)
		w->rev[n + i] = b->sym[m - 1 - i];
	x = (struct edit_seq){ w->rev, NULL, n };
	y = (struct edit_seq){ w->rev + n, NULL, m };
	if (edit_reach_run(w->reach, EDIT_LEVENSHTEIN, 0, &x, &y, &o, e))
		return e->code;
	out->steps = o.steps;
	if ((out->over = o.over))
		return ST_OK;
	out->cost = o.total;
	st = edit_walk_levenshtein(&o, &x, &y, out, e);
	return st;
}

enum status
edit_align(struct edit_ws *w, enum edit_mode mode, unsigned c, const struct edit_seq *a,
    const struct edit_seq *b, struct edit_script *out, struct err *e)
{
	const struct edit_hunk *h;
	enum status st;
	size_t k;

	out->n = out->deleted = out->inserted = out->replaced = 0;
	out->cost = out->steps = 0;
	out->over = false;
	if (a->n > (size_t)1 << 29 || b->n > (size_t)1 << 29)
		return err_set(e, ST_INPUT, "more than 2^29 symbols");
	if (mode == EDIT_HUNK)
		st = align_hunks(w, c, a, b, out, e);
	else
		st = align_levenshtein(w, a, b, out, e);
	if (st)
		return st;
	for (k = 0; k < out->n; k++) {
		h = &out->hunk[k];
		out->deleted += h->a1 - h->a0;
		out->inserted += h->b1 - h->b0;
	}
	return ST_OK;
}

double
edit_ratio(const struct edit_script *s, size_t n, size_t m)
{
	size_t longer = n > m ? n : m;

	if (!longer)
		return 0;
	return (double)(s->deleted > s->inserted ? s->deleted : s->inserted) / (double)longer;
}
