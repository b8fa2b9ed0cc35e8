#include "edit/bare.h"

/* A side of a gap: the bytes [lo,hi) after a kept word and before kept word i, or before
 * the end.  first .. i - 1 are edited; beyond [left,right) there is no core of them. */
struct gap {
	const struct edit_side *s;
	const struct edit_text *t;
	size_t first, i, lo, hi, left, right;
};

static void
core(const struct gap *g, size_t i, size_t *from, size_t *to)
{
	edit_text_core(g->s->text, i ? g->t->end[i - 1] : 0, g->t->end[i], from, to);
}

/* Up to kept word i, or the end; *next is where that word ends. */
static void
set(struct gap *g, size_t i, size_t *next)
{
	size_t skip;

	g->i = i;
	g->hi = g->left = *next = g->s->len;
	if (i < g->t->n) {
		core(g, i, &g->hi, next);
		g->left = g->hi;
	}
	g->right = g->lo;
	if (g->first < i) {
		core(g, g->first, &g->left, &skip);
		core(g, i - 1, &skip, &g->right);
	}
}

static bool
inside(const struct gap *g, size_t at, size_t end)
{
	return at < end && (g->s->text[at] & 0xC0) == 0x80;
}

/* Is there a hunk? */
static bool
trim(const struct gap *x, const struct gap *y, struct edit_span *p, struct edit_span *q)
{
	*p = (struct edit_span){ .b0 = x->lo, .b1 = x->hi };
	*q = (struct edit_span){ .b0 = y->lo, .b1 = y->hi };
	while (p->b1 > x->right && q->b1 > y->right && x->s->text[p->b1 - 1] == y->s->text[q->b1 - 1]) {
		p->b1--;
		q->b1--;
	}
	for (; inside(x, p->b1, x->hi) || inside(y, q->b1, y->hi); p->b1++, q->b1++)
		;
	while (p->b0 < x->left && p->b0 < p->b1 && q->b0 < y->left && q->b0 < q->b1 &&
	    x->s->text[p->b0] == y->s->text[q->b0]) {
		p->b0++;
		q->b0++;
	}
	for (; p->b0 > x->lo && (inside(x, p->b0, p->b1) || inside(y, q->b0, q->b1)); p->b0--, q->b0--)
		;
	return p->b0 < p->b1 || q->b0 < q->b1;
}

size_t
edit_bare_spans(const struct edit_script *s, const struct edit_side *a, const struct edit_text *x,
    const struct edit_side *b, const struct edit_text *y, struct edit_span *from, struct edit_span *to)
{
	struct gap g = { .s = a, .t = x }, h = { .s = b, .t = y };
	size_t k, i = 0, j = 0, n = 0, next_g, next_h;

	for (k = 0; k <= s->n; k++) {
		for (; i < (k < s->n ? s->hunk[k].a0 : x->n); i++, j++) {
			set(&g, i, &next_g);
			set(&h, j, &next_h);
			n += trim(&g, &h, &from[n], &to[n]);
			g.lo = next_g;
			h.lo = next_h;
			g.first = i + 1;
			h.first = j + 1;
		}
		if (k < s->n) {
			i = s->hunk[k].a1;
			j = s->hunk[k].b1;
		}
	}
	set(&g, x->n, &next_g);
	set(&h, y->n, &next_h);
	n += trim(&g, &h, &from[n], &to[n]);
	return n;
}
