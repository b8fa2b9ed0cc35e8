#include <stdlib.h>

#include "base/hash.h"
#include "run/group.h"
#include "run/share.h"

uint64_t
group_prompt(const struct example *x)
{
	return hash64(x->side[0].id, x->side[0].prompt * sizeof(*x->side[0].id), 0);
}

static int
by_prompt(const void *x, const void *y)
{
	const struct group_item *a = x, *b = y;

	if (a->prompt != b->prompt)
		return a->prompt < b->prompt ? -1 : 1;
	return a->at < b->at ? -1 : a->at > b->at;
}

static int
by_first(const void *x, const void *y)
{
	const struct group_item *a = x, *b = y;

	if (a->first != b->first)
		return a->first < b->first ? -1 : 1;
	return a->at < b->at ? -1 : a->at > b->at;
}

void
group_sort(struct group_item *it, size_t n)
{
	size_t i;

	qsort(it, n, sizeof(*it), by_prompt);
	for (i = 0; i < n; i++)
		it[i].first = i && it[i].prompt == it[i - 1].prompt ? it[i - 1].first : it[i].at;
	qsort(it, n, sizeof(*it), by_first);
}

void
group_next(struct group_walk *w, struct group_item *it, const struct example *x)
{
	const struct ex_side *s = &x->side[0];
	size_t k, past;

	it->joins = w->lead && it->first == w->first && w->answers < GROUP_TOKENS &&
	    share_tokens(w->lead, w->nlead, s->id, s->n);
	it->tokens = 0;
	if (!it->joins)
		*w = (struct group_walk){ .first = it->first };
	for (k = 0; k < x->nside; k++) {
		s = &x->side[k];
		past = w->lead ? share_tokens(w->lead, w->nlead, s->id, s->n) : 0;
		it->tokens += s->n - past;
		w->answers += s->n - (past ? past : s->prompt);
		if (!past) {
			w->lead = s->id;
			w->nlead = s->n;
		}
	}
}
