#include <stdlib.h>

#include "base/grow.h"
#include "edit/align_int.h"

enum status
edit_script_push(struct edit_script *s, struct edit_hunk h, struct err *e)
{
	if (grow(&s->hunk, &s->cap, s->n + 1, sizeof(*s->hunk), e))
		return e->code;
	s->hunk[s->n++] = h;
	return ST_OK;
}

static bool
on_word(const struct edit_seq *s, size_t i)
{
	return !s->edge || s->edge[i] >= EDIT_EDGE_SOFT;
}

enum status
edit_walk_hunks(const struct edit_oracle *o, unsigned c, const struct edit_seq *a,
    const struct edit_seq *b, size_t base, struct edit_script *out, struct err *e)
{
	size_t i = 0, j = 0, left = o->total;
	struct edit_hunk h;
	bool may_end;

	for (;;) {
		while (i < a->n && j < b->n && a->sym[i] == b->sym[j]) {
			i++;
			j++;
		}
		if (i == a->n && j == b->n)
			return ST_OK;
		h.a0 = base + i;
		h.b0 = base + j;
		left -= c;
		for (;;) {
			may_end = i == a->n ? j == b->n
			    : j < b->n && a->sym[i] == b->sym[j] && o->within(o->ctx, false, i, j, left);
			if (may_end && on_word(a, i) && on_word(b, j))
				break;
			if (i < a->n && o->within(o->ctx, true, i + 1, j, left - 1))
				i++;
			else if (j < b->n && o->within(o->ctx, true, i, j + 1, left - 1))
				j++;
			else
				break;
			left--;
		}
		h.a1 = base + i;
		h.b1 = base + j;
		if (edit_script_push(out, h, e))
			return e->code;
	}
}

enum status
edit_walk_levenshtein(const struct edit_oracle *o, const struct edit_seq *a,
    const struct edit_seq *b, struct edit_script *out, struct err *e)
{
	size_t i = 0, j = 0, k, n = a->n, m = b->n, left = o->total, first = out->n;
	struct edit_hunk h, *last;

	while (i < n || j < m) {
		if (i < n && j < m && a->sym[i] == b->sym[j]) {
			i++;
			j++;
			continue;
		}
		left--;
		h.a1 = n - i;
		h.b1 = m - j;
		if (i < n && o->within(o->ctx, true, i + 1, j, left)) {
			i++;
		} else if (j < m && o->within(o->ctx, true, i, j + 1, left)) {
			j++;
		} else {
			i++;
			j++;
			out->replaced++;
		}
		h.a0 = n - i;
		h.b0 = m - j;
		last = out->n > first ? &out->hunk[out->n - 1] : NULL;
		if (last && last->a0 == h.a1 && last->b0 == h.b1) {
			last->a0 = h.a0;
			last->b0 = h.b0;
		} else if (edit_script_push(out, h, e)) {
			return e->code;
		}
	}
	for (k = 0; k < (out->n - first) / 2; k++) {
		h = out->hunk[first + k];
		out->hunk[first + k] = out->hunk[out->n - 1 - k];
		out->hunk[out->n - 1 - k] = h;
	}
	return ST_OK;
}
