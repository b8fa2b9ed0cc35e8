/* Costs to go by how far each diagonal is reached (after Ukkonen 1985, Myers 1986), with
 * what is known of the way from the start (edit/bound.h) to leave hopeless places out.
 *
 * A level is a cost s; for a diagonal k = j - i it keeps the least i such that D(i,i+k) <= s
 * for both states, if the place can lie on a script of at most `limit` and level s - 1 was
 * not there yet.  In a hunk, level s comes from the neighbours of level s - 1; out
 * of one, from the symbols kept before what level s - c edits.  The limit begins a
 * little above the least that any script costs and grows until there is a script.
 *
 * The walk asks for levels in descending order, so only the last block of them is kept, and
 * of the blocks before it the levels from which they can be made again: time O(N + D^2) at
 * the worst, memory O(N + D^1.5) for cost D. */
#include <stdlib.h>
#include <string.h>

#include "base/grow.h"
#include "edit/level_int.h"

enum { SLACK = 16, BLOCK = 256 };

enum status
edit_reach_new(struct edit_reach **r, struct err *e)
{
	if (!(*r = calloc(1, sizeof(**r))))
		return err_nomem(e);
	(*r)->most = UINT64_MAX;
	edit_reach_vectors(*r, true);
	return ST_OK;
}

void
edit_reach_bound(struct edit_reach *r, uint64_t steps)
{
	r->most = steps;
}

void
edit_reach_vectors(struct edit_reach *r, bool use)
{
	r->wide = NULL;
#if defined(__x86_64__)
	if (use && __builtin_cpu_supports("avx2"))
		r->wide = edit_level_avx2;
#else
	(void)use;
#endif
}

static void
drop_seeds(struct edit_reach *r)
{
	while (r->seeds) {
		free(r->seed[--r->seeds].level);
		free(r->seed[r->seeds].num);
	}
}

void
edit_reach_free(struct edit_reach *r)
{
	if (!r)
		return;
	drop_seeds(r);
	free(r->seed);
	free(r->sym);
	free(r->num);
	free(r->out);
	free(r->level);
	edit_bound_free(&r->bound);
	free(r);
}

/* Begin block b. */
static void
begin_block(struct edit_reach *r, size_t b)
{
	size_t i;

	r->first = b * r->block;
	r->nums = r->outs = 0;
	for (i = 0; i < r->depth; i++)
		r->level[i] = b ? r->seed[b - 1].level[i] : (struct level){ .lo = 0, .hi = -1, .leave_lo = 0, .leave_hi = -1 };
	if (b) {
		r->nums = (size_t)(r->level[i - 1].at + (r->level[i - 1].hi >> r->shift) + 1 + EDGE);
		memcpy(r->num, r->seed[b - 1].num, r->nums * sizeof(*r->num));
	}
}

/* The block is full, s levels are made: keep what the next one needs of it. */
static enum status
next_block(struct edit_reach *r, size_t s, struct err *e)
{
	struct level *from = level_at(r, s) - r->depth;
	ptrdiff_t begin = from->at + (from->lo >> r->shift) - EDGE;
	struct seed *p;
	size_t i, n = r->nums - (size_t)begin;

	if (grow(&r->seed, &r->seedcap, r->seeds + 1, sizeof(*r->seed), e))
		return e->code;
	p = &r->seed[r->seeds++];
	p->level = malloc(r->depth * sizeof(*p->level));
	p->num = malloc(n * sizeof(*p->num));
	if (!p->level || !p->num)
		return err_nomem(e);
	memcpy(p->level, from, r->depth * sizeof(*from));
	memcpy(p->num, r->num + begin, n * sizeof(*p->num));
	for (i = 0; i < r->depth; i++)
		p->level[i].at -= begin;
	begin_block(r, r->seeds);
	return ST_OK;
}

static bool
within(void *ctx, bool in, size_t i, size_t j, size_t s)
{
	struct edit_reach *r = ctx;
	int32_t k = (int32_t)j - (int32_t)i;
	const struct level *l;
	size_t t;

	if (s > r->limit)
		return false;
	if (s < r->first) {
		begin_block(r, s / r->block);
		for (t = r->first; t < r->first + r->block; t++) {
			edit_level_range(r, t);
			edit_level_make(r, t);
		}
	}
	l = level_at(r, s);
	if (in || !r->c)
		return k >= l->lo && k <= l->hi && r->num[l->at + (k >> r->shift)] <= (int32_t)i;
	for (t = l->first; t < l->end && r->out[t].k < k; t++)
		;
	return t < l->end && r->out[t].k == k && r->out[t].x <= (int32_t)i;
}

/* Make levels until the start is reached, *s by then, or the limit is, or the bound on steps. */
static enum status
search(struct edit_reach *r, size_t *s, bool *found, struct err *e)
{
	const struct level *l;
	size_t w;

	drop_seeds(r);
	begin_block(r, 0);
	for (*s = 0; *s <= r->limit; ++*s) {
		if (*s && *s % r->block == 0 && next_block(r, *s, e))
			return e->code;
		edit_level_range(r, *s);
		l = level_at(r, *s);
		w = (size_t)(l->hi - l->lo + 1);
		r->steps += w;
		if (r->steps > r->most)
			break;
		if (grow(&r->num, &r->numcap, r->nums + w + EDGE + 2 * TAIL, sizeof(*r->num), e) ||
		    grow(&r->out, &r->outcap, r->outs + w, sizeof(*r->out), e))
			return e->code;
		if ((*found = edit_level_make(r, *s)))
			break;
	}
	return ST_OK;
}

static enum status
copy(struct edit_reach *r, const struct edit_seq *a, const struct edit_seq *b, struct err *e)
{
	if (grow(&r->sym, &r->symcap, a->n + b->n + 2, sizeof(*r->sym), e))
		return e->code;
	r->a = r->sym + 1;
	r->b = r->a + a->n + 1;
	r->sym[0] = r->sym[a->n + 1] = 0;
	if (a->n)
		memcpy(r->sym + 1, a->sym, a->n * sizeof(*a->sym));
	if (b->n)
		memcpy(r->sym + a->n + 2, b->sym, b->n * sizeof(*b->sym));
	return ST_OK;
}

enum status
edit_reach_run(struct edit_reach *r, enum edit_mode mode, unsigned c, const struct edit_seq *a,
    const struct edit_seq *b, struct edit_oracle *o, struct err *e)
{
	size_t s = 0, slack = SLACK, least;
	bool found = false;

	r->n = (int32_t)a->n;
	r->m = (int32_t)b->n;
	r->levenshtein = mode == EDIT_LEVENSHTEIN;
	r->c = r->levenshtein ? 0 : c;
	r->step = r->levenshtein || r->c & 1 ? 1 : 2;
	r->shift = r->step - 1;
	r->depth = r->c > 2 ? r->c : 2;
	r->block = 8 * r->depth > BLOCK ? 8 * r->depth : BLOCK;
	if (grow(&r->level, &r->levelcap, r->depth + r->block, sizeof(*r->level), e) ||
	    copy(r, a, b, e) || edit_bound_make(&r->bound, mode, c, a, b, e))
		return e->code;
	least = (size_t)edit_bound_least(&r->bound, r->levenshtein, r->n, r->m - r->n);
	r->steps = 0;
	for (; !found && r->steps <= r->most; slack *= 4) {
		r->limit = r->bound.most;
		if (least + 4 * slack < r->limit)
			r->limit = least + slack;
		if (search(r, &s, &found, e))
			return e->code;
	}
	*o = (struct edit_oracle){ .within = within, .ctx = r, .total = s, .over = !found, .steps = r->steps };
	return ST_OK;
}
