#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "run/hidden.h"

enum { MOST = 2 };

struct hidden {
	size_t keep;
	/* one result: of a model with m's trunk for the batch that key has in full; the latest is the first */
	struct state {
		const struct model *m;          /* NULL: nothing is kept here */
		struct acts *acts;
		struct buf key;
		const float *hidden;
	} state[MOST];
};

enum status
hidden_new(struct hidden **out, struct err *e)
{
	struct hidden *h = calloc(1, sizeof(*h));

	if (!h)
		return err_nomem(e);
	h->keep = 1;
	*out = h;
	return ST_OK;
}

void
hidden_free(struct hidden *h)
{
	if (!h)
		return;
	for (size_t i = 0; i < MOST; i++) {
		acts_free(h->state[i].acts);
		buf_free(&h->state[i].key);
	}
	free(h);
}

void
hidden_keep(struct hidden *h, size_t n)
{
	h->keep = n > h->keep && n <= MOST ? n : h->keep;
}

/* All that the hidden states depend on, besides the weights. */
static enum status
make_key(struct buf *k, const struct batch *b, const int32_t *prefix, struct err *e)
{
	buf_clear(k);
	buf_add(k, &b->ntok, sizeof(b->ntok));
	buf_add(k, &b->nseq, sizeof(b->nseq));
	buf_add(k, &b->prefix, sizeof(b->prefix));
	buf_add(k, prefix, b->prefix * sizeof(*prefix));
	buf_add(k, b->id, b->ntok * sizeof(*b->id));
	buf_add(k, b->off, (b->nseq + 1) * sizeof(*b->off));
	if (b->lead) {
		buf_add(k, b->lead, b->nseq * sizeof(*b->lead));
		buf_add(k, b->past, b->nseq * sizeof(*b->past));
	}
	return buf_ok(k) ? ST_OK : err_nomem(e);
}

/* The state at place i becomes the first. */
static struct state *
first(struct hidden *h, size_t i)
{
	struct state s = h->state[i];

	memmove(h->state + 1, h->state, i * sizeof(s));
	h->state[0] = s;
	return h->state;
}

enum status
hidden_get(struct hidden *h, struct model *m, const struct batch *b, const int32_t *prefix, const float **out, struct err *e)
{
	struct buf key = BUF_INIT, old;
	struct state *s;

	if (make_key(&key, b, prefix, e)) {
		buf_free(&key);
		return e->code;
	}
	for (size_t i = 0; i < h->keep; i++) {
		s = &h->state[i];
		if (s->m && s->key.n == key.n && !memcmp(s->key.p, key.p, key.n) && model_same_trunk(m, s->m)) {
			buf_free(&key);
			*out = first(h, i)->hidden;
			return ST_OK;
		}
	}
	/* the oldest gives way */
	s = first(h, h->keep - 1);
	old = s->key;
	s->key = key;
	buf_free(&old);
	s->m = NULL;
	if ((s->acts ? acts_turn(s->acts, m, e) : acts_new(&s->acts, m, false, false, e)) ||
	    (b->prefix && model_prefix(m, prefix, b->prefix, s->acts, e)) || model_forward(m, b, NULL, s->acts, &s->hidden, e))
		return e->code;
	s->m = m;
	*out = s->hidden;
	return ST_OK;
}
