#include <string.h>

#include "model/make_int.h"

size_t
make_count(const struct model_config *c)
{
	return params_count(c);
}

enum status
make_new(struct tc *tc, const struct model_config *c, uint64_t seed, const char *dir, struct err *e)
{
	struct draft d;
	size_t i;
	enum status st = config_check(c, e);

	if (st)
		return st;
	st = draft_open(&d, tc, c, NULL, e);
	for (i = 0; !st && i < d.m.nw; i++)
		if (d.m.w[i].rows)
			st = draft_fill(&d, &d.m.w[i], seed, false, e);
	if (!st)
		st = draft_save(&d, dir, e);
	draft_close(&d);
	return st;
}

static const struct weight *
same_tensor(const struct model *m, const struct weight *w)
{
	for (size_t i = 0; i < m->nw; i++)
		if (m->w[i].rows && !strcmp(m->w[i].name, w->name))
			return &m->w[i];
	return NULL;
}

/* Heads of one shape may change name (a token head becomes a critic); their weights are not copied: a new
 * head starts anew. */
static enum status
fill_from(struct draft *d, const struct model *m, uint64_t seed, struct err *e)
{
	for (size_t i = 0; i < d->m.nw; i++) {
		struct weight *w = &d->m.w[i];
		const struct weight *old;

		if (!w->rows)
			continue;
		if (w == &d->m.global[G_SCORE] || w == &d->m.global[G_SCOREB] ||
		    !(old = same_tensor(m, w))) {
			if (draft_fill(d, w, seed, false, e))
				return e->code;
		} else {
			w->host = old->host;
		}
	}
	return ST_OK;
}

static bool
is_eos(const struct model_config *c, int32_t id)
{
	for (size_t i = 0; i < c->neos; i++)
		if (c->eos[i] == id)
			return true;
	return false;
}

/* transformers reads a sequence's score just before its padding: if the end token were used
 * for that, at the token before the end.  So an id that no sequence ends with: bos, else the first
 * that is not eos. */
static int32_t
pad_for_score(const struct model_config *c)
{
	int32_t id = 0;

	if (c->bos >= 0 && !is_eos(c, c->bos))
		return c->bos;
	while (is_eos(c, id) && (size_t)id + 1 < c->vocab)
		id++;
	return id;
}

enum status
make_head(struct tc *tc, const char *from, enum model_head head, uint64_t seed, double *lost, const char *dir,
    struct err *e)
{
	struct model *m;
	struct model_config c;
	struct draft d;

	*lost = 0;
	if (model_open(&m, tc, from, MODEL_READ, e))
		return e->code;
	c = m->c;
	c.head = head;
	c.reward_cost = false;
	c.reward_mean = 0;
	c.reward_sd = 1;
	if (head == HEAD_SEQUENCE && (c.pad < 0 || is_eos(&c, c.pad)))
		c.pad = pad_for_score(&c);
	if (!draft_open(&d, tc, &c, NULL, e) && !fill_from(&d, m, seed, e) && !merge_maps(&d, m, lost, e))
		draft_save(&d, dir, e);
	draft_close(&d);
	model_close(m);
	return e->code;
}

enum status
make_shared(struct tc *tc, const char *from, const char *base, const char *dir, struct err *e)
{
	struct model_config c;
	struct model *m;
	struct draft d;

	if (model_open(&m, tc, from, MODEL_READ, e))
		return e->code;
	c = m->c;
	if (c.head != HEAD_LM)
		err_set(e, ST_USAGE, "%s: only a language model can share its backbone", from);
	model_close(m);
	if (e->code)
		return e->code;
	c.head = HEAD_VALUE;
	if (!draft_open(&d, tc, &c, NULL, e) && !draft_fill(&d, &d.m.global[G_SCORE], 0, false, e) &&
	    !draft_fill(&d, &d.m.global[G_SCOREB], 0, false, e))
		model_save_value(&d.m, dir, base, e);
	draft_close(&d);
	return e->code;
}
