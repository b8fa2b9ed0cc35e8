#include <stdlib.h>
#include <string.h>

#include "base/grow.h"
#include "edit/bare.h"
#include "edit/common.h"

enum { QUICK = 1 << 20 };       /* so few steps need no check */

struct edit_labeller {
	struct edit_ws *ws;
	struct edit_dict *dict;
	struct edit_text a, b;
	struct edit_script script;
};

void
edit_labels_free(struct edit_labels *l)
{
	free(l->a);
	free(l->b);
	free(l->cost);
	free(l->from);
	free(l->to);
	*l = (struct edit_labels){0};
}

enum status
edit_labeller_new(struct edit_labeller **out, struct err *e)
{
	struct edit_labeller *l = calloc(1, sizeof(*l));

	*out = l;
	if (!l)
		return err_nomem(e);
	if (edit_ws_new(&l->ws, e) || edit_dict_new(&l->dict, e)) {
		edit_labeller_free(l);
		*out = NULL;
		return e->code;
	}
	return ST_OK;
}

void
edit_labeller_free(struct edit_labeller *l)
{
	if (!l)
		return;
	edit_ws_free(l->ws);
	edit_dict_free(l->dict);
	edit_text_free(&l->a);
	edit_text_free(&l->b);
	edit_script_free(&l->script);
	free(l);
}

static enum status
split(struct edit_labeller *l, enum edit_unit unit, const struct edit_side *s,
    struct edit_text *t, struct err *e)
{
	switch (unit) {
	case EDIT_TOKEN:
		return edit_text_tokens(t, s->text, s->len, s->id, s->end, s->n - s->eos, e);
	case EDIT_CHAR:
		return edit_text_chars(t, s->text, s->len, e);
	default:
		return edit_text_words(t, l->dict, s->text, s->len, unit == EDIT_BARE, e);
	}
}

static size_t
tok_from(const struct edit_side *s, size_t i)
{
	return i ? (size_t)s->end[i - 1] : 0;
}

/* Does [b0,b1) hold a byte of token i that counts? */
static bool
overlaps(const struct edit_side *s, size_t i, size_t b0, size_t b1)
{
	size_t from = tok_from(s, i), to = (size_t)s->end[i], at, len;
	size_t x = from > b0 ? from : b0, y = to < b1 ? to : b1;
	bool all_space = true;

	if (x >= y)
		return false;
	for (at = from; at < to; at += len) {
		if ((len = edit_text_space(s->text, to, at)))
			continue;
		all_space = false;
		len = 1;
		if (at >= x && at < y)
			return true;
	}
	return all_space;
}

/* The tokens of the bytes [p->b0,p->b1) into p->t0, p->t1; from token *i on, whose
 * predecessors end before.  None: both are the token that holds or follows b0. */
static void
project(const struct edit_side *s, struct edit_span *p, size_t *i)
{
	size_t k, n = s->n - s->eos;
	bool any = false;

	while (*i < n && (size_t)s->end[*i] <= p->b0)
		(*i)++;
	p->t0 = p->t1 = *i;
	for (k = *i; k < n && tok_from(s, k) < p->b1; k++) {
		if (!overlaps(s, k, p->b0, p->b1))
			continue;
		if (!any)
			p->t0 = k;
		any = true;
		p->t1 = k + 1;
	}
}

static struct edit_span
span(const struct edit_text *t, size_t s0, size_t s1)
{
	return (struct edit_span){ s0, s1, s0 ? t->end[s0 - 1] : 0, s1 ? t->end[s1 - 1] : 0 };
}

/* The hunks in bytes, and where these are symbols in tokens, into from and to. */
static void
set_spans(const struct edit_labeller *l, enum edit_unit unit, const struct edit_side *a, const struct edit_side *b,
    struct edit_labels *out)
{
	const struct edit_hunk *h;
	size_t k, ia = 0, ib = 0;

	if (unit == EDIT_BARE)
		out->hunks = edit_bare_spans(&l->script, a, &l->a, b, &l->b, out->from, out->to);
	for (k = 0; k < out->hunks; k++) {
		if (unit != EDIT_BARE) {
			h = &l->script.hunk[k];
			out->from[k] = span(&l->a, h->a0, h->a1);
			out->to[k] = span(&l->b, h->b0, h->b1);
		}
		if (unit != EDIT_TOKEN) {
			project(a, &out->from[k], &ia);
			project(b, &out->to[k], &ib);
		}
	}
}

static void
paint(const struct edit_side *s, enum edit_unit unit, const struct edit_span *p, int32_t v,
    int32_t *label)
{
	size_t k;

	for (k = p->t0; k < p->t1; k++)
		if (unit == EDIT_TOKEN || overlaps(s, k, p->b0, p->b1))
			label[k] = v;
}

/* Nothing of this side was edited at p: label a neighbour. */
static void
anchor(const struct edit_side *s, enum edit_anchor how, const struct edit_span *p, int32_t v,
    int32_t *label)
{
	size_t k;

	if (how == EDIT_ANCHOR_NEXT || how == EDIT_ANCHOR_BOTH) {
		for (k = p->t0; k < s->n; k++) {
			if ((s->eos && k == s->n - 1)
			    || overlaps(s, k, p->b0, (size_t)s->end[k])) {
				label[k] = v;
				break;
			}
		}
	}
	if (how == EDIT_ANCHOR_PREV || how == EDIT_ANCHOR_BOTH) {
		for (k = p->t0 < s->n ? p->t0 + 1 : s->n; k-- > 0;) {
			if (overlaps(s, k, 0, p->b0)) {
				label[k] = v;
				break;
			}
		}
	}
}

static enum status
room(struct edit_labels *l, size_t na, size_t nb, size_t hunks, struct err *e)
{
	size_t cap = l->cap_hunks;

	if (grow(&l->a, &l->cap_a, na + 1, sizeof(*l->a), e) || grow(&l->b, &l->cap_b, nb + 1, sizeof(*l->b), e) ||
	    grow(&l->from, &cap, hunks + 1, sizeof(*l->from), e) ||
	    grow(&l->to, &l->cap_hunks, hunks + 1, sizeof(*l->to), e))
		return e->code;
	memset(l->a, 0, na * sizeof(*l->a));
	memset(l->b, 0, nb * sizeof(*l->b));
	return ST_OK;
}

static void
label_eos(const struct edit_labeller *l, enum edit_eos how, const struct edit_side *a,
    const struct edit_side *b, struct edit_labels *out)
{
	const struct edit_script *s = &l->script;
	const struct edit_hunk *h = s->n ? &s->hunk[s->n - 1] : NULL;

	if (how == EDIT_EOS_ALWAYS && b->eos)
		out->b[b->n - 1] = 1;
	if (how != EDIT_EOS_FINAL || !h || h->a1 != l->a.n || h->b1 != l->b.n)
		return;
	if (h->b0 == h->b1 && b->eos)
		out->b[b->n - 1] = 1;
	if (h->a0 == h->a1 && a->eos)
		out->a[a->n - 1] = -1;
}

/* Tokens that paint() reaches for the span. */
static size_t
painted(const struct edit_side *s, enum edit_unit unit, const struct edit_span *p)
{
	size_t k, n = 0;

	for (k = p->t0; k < p->t1; k++)
		n += unit == EDIT_TOKEN || overlaps(s, k, p->b0, p->b1);
	return n;
}

/* n insertions before token k, or at the last token. */
static void
insert(const struct edit_side *a, struct edit_labels *out, size_t k, size_t n)
{
	if (a->n)
		out->cost[k < a->n ? k : a->n - 1] += (float)n;
}

/* Costs in tokens: before anchors and EOS labels, so that -1 is a deleted token. */
static void
cost_tokens(enum edit_unit unit, const struct edit_side *a, const struct edit_side *b, struct edit_labels *out)
{
	size_t k, deleted, inserted;

	for (k = 0; k < out->hunks; k++) {
		deleted = painted(a, unit, &out->from[k]);
		inserted = painted(b, unit, &out->to[k]);
		if (inserted > deleted)
			insert(a, out, out->from[k].t1, inserted - deleted);
	}
	for (k = 0; k < a->n; k++)
		out->cost[k] += out->a[k] ? 1 : 0;
}

/* Costs in symbols: of the script's own hunks, whatever white space EDIT_BARE adds to them. */
static void
cost_symbols(const struct edit_labeller *l, enum edit_unit unit, const struct edit_side *a, struct edit_labels *out)
{
	const struct edit_text *t = &l->a;
	size_t n = a->n - a->eos, i, k, at = 0;

	for (k = 0; k < l->script.n; k++) {
		const struct edit_hunk *h = &l->script.hunk[k];
		size_t deleted = h->a1 - h->a0, inserted = h->b1 - h->b0;

		for (i = h->a0; i < h->a1; i++) {
			while (unit != EDIT_TOKEN && at < n && (size_t)a->end[at] < t->end[i])
				at++;
			insert(a, out, unit == EDIT_TOKEN ? i : at, 1);
		}
		if (inserted <= deleted)
			continue;
		/* the next symbol begins where this one ends */
		while (unit != EDIT_TOKEN && at < n && (size_t)a->end[at] <= (h->a1 ? t->end[h->a1 - 1] : 0))
			at++;
		insert(a, out, unit == EDIT_TOKEN ? h->a1 : at, inserted - deleted);
	}
}

static enum status
costs(const struct edit_labeller *l, const struct edit_label_opts *o, const struct edit_side *a,
    const struct edit_side *b, struct edit_labels *out, struct err *e)
{
	if (grow(&out->cost, &out->cap_cost, a->n, sizeof(*out->cost), e))
		return e->code;
	for (size_t k = 0; k < a->n; k++)
		out->cost[k] = 0;
	if (o->cost == EDIT_COST_TOKENS)
		cost_tokens(o->unit, a, b, out);
	else
		cost_symbols(l, o->unit, a, out);
	return ST_OK;
}

/* Align within the bounds.  An alignment that takes long waits until it is known, in n * m / 64
 * steps at most, whether the sides can be as near as max_ratio. */
static enum status
align(struct edit_labeller *l, const struct edit_label_opts *o, const struct edit_seq *x, const struct edit_seq *y,
    struct edit_labels *out, struct err *e)
{
	size_t longer = x->n > y->n ? x->n : y->n, most;
	uint64_t first = QUICK + (uint64_t)x->n * y->n / 64;

	out->above = false;
	edit_ws_bound(l->ws, !o->bounded ? UINT64_MAX : first < o->max_steps && o->max_ratio < 1 ? first : o->max_steps);
	if (edit_align(l->ws, o->mode, o->hunk_cost, x, y, &l->script, e))
		return e->code;
	if (l->script.over && first < o->max_steps && o->max_ratio < 1) {
		if (edit_common_most(x->sym, x->n, y->sym, y->n, (size_t)((1 - o->max_ratio) * (double)longer), &most, e))
			return e->code;
		out->ratio = (double)(longer - most) / (double)longer;
		if ((out->above = out->ratio > o->max_ratio))
			return ST_OK;
		edit_ws_bound(l->ws, o->max_steps);
		if (edit_align(l->ws, o->mode, o->hunk_cost, x, y, &l->script, e))
			return e->code;
	}
	if (l->script.over)
		return err_set(e, ST_INPUT, "to align %zu and %zu symbols takes more than %ju steps (--max-steps)", x->n, y->n,
		    (uintmax_t)o->max_steps);
	out->ratio = edit_ratio(&l->script, x->n, y->n);
	out->above = o->bounded && out->ratio > o->max_ratio;
	return ST_OK;
}

enum status
edit_label(struct edit_labeller *l, const struct edit_label_opts *o, const struct edit_side *a,
    const struct edit_side *b, struct edit_labels *out, struct err *e)
{
	const struct edit_script *s = &l->script;
	const struct edit_span *f, *g;
	struct edit_seq x, y;
	size_t k, most;

	edit_dict_clear(l->dict);
	if (split(l, o->unit, a, &l->a, e) || split(l, o->unit, b, &l->b, e))
		return e->code;
	x = (struct edit_seq){ l->a.sym, l->a.edge, l->a.n };
	y = (struct edit_seq){ l->b.sym, l->b.edge, l->b.n };
	if (align(l, o, &x, &y, out, e))
		return e->code;
	if (out->above)
		return ST_OK;
	most = o->unit == EDIT_BARE ? (x.n < y.n ? x.n : y.n) + 1 : s->n;
	if (room(out, a->n, b->n, most, e))
		return e->code;
	out->hunks = s->n;
	out->deleted = s->deleted;
	out->inserted = s->inserted;
	out->replaced = s->replaced;
	set_spans(l, o->unit, a, b, out);
	for (k = 0; k < out->hunks; k++) {
		f = &out->from[k];
		g = &out->to[k];
		paint(a, o->unit, f, -1, out->a);
		paint(b, o->unit, g, 1, out->b);
	}
	if (o->cost && costs(l, o, a, b, out, e))
		return e->code;
	for (k = 0; k < out->hunks; k++) {
		f = &out->from[k];
		g = &out->to[k];
		if (o->unit == EDIT_TOKEN ? f->t0 == f->t1 : f->b0 == f->b1)
			anchor(a, o->anchor, f, -1, out->a);
		if (o->unit == EDIT_TOKEN ? g->t0 == g->t1 : g->b0 == g->b1)
			anchor(b, o->anchor, g, 1, out->b);
	}
	label_eos(l, o->eos, a, b, out);
	return ST_OK;
}
