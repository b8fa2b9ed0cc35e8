#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/grow.h"
#include "run/rollout.h"
#include "run/share.h"

struct slot {
	struct rollout_job *job;        /* NULL: free */
	uint64_t group;                 /* whose prompt the cache holds, also when free */
	bool held;                      /* group says something */
};

struct rollout {
	struct model *m;
	struct rollout_opt o;
	struct kv *kv;
	struct acts *acts;
	struct slot *slot;              /* (slots) */
	struct rollout_job *first, **last;
	size_t waiting, active;
	/* of one step, (slots) or as long as its tokens */
	size_t *which, *off, *row;
	int32_t *id, *pick;
	size_t capid;
	float *logits;                  /* (slots, vocab) in the context's memory */
	float *fetched;                 /* room for them, NULL where the host reads in place */
	const float *seen;              /* those of this step, for the host to read */
	float *logprob;                 /* (slots) */
	float *value;                   /* (slots), NULL without a value head */
	char *mem;                      /* (threads, scratch) */
	size_t scratch, tail;
	struct rollout_stat stat;
};

void
rollout_job_free(struct rollout_job *j)
{
	free(j->id);
	free(j->logprob);
	free(j->value);
	buf_free(&j->tail);
}

/* WAIT_FOR: so many tokens of a prompt are worth a step's wait */
enum { FIRST_LEN = 32, NEXT_LEN = 256, WAIT_FOR = 16 };

enum status
rollout_open(struct rollout **out, struct model *m, const struct rollout_opt *o, struct err *e)
{
	struct rollout *r = calloc(1, sizeof(*r));
	size_t v = model_config(m)->vocab, n = o->slots, i, len;

	if (!r)
		return err_nomem(e);
	r->m = m;
	r->o = *o;
	r->last = &r->first;
	for (i = 0; i < o->nstop; i++)
		if ((len = strlen(o->stop[i])) > r->tail)
			r->tail = len;
	r->scratch = (sample_bytes(v) + 63) & ~(size_t)63;
	r->slot = calloc(n, sizeof(*r->slot));
	r->which = calloc(n, sizeof(*r->which));
	r->off = calloc(n + 1, sizeof(*r->off));
	r->row = calloc(n, sizeof(*r->row));
	r->pick = calloc(n, sizeof(*r->pick));
	r->logprob = calloc(n, sizeof(*r->logprob));
	r->value = model_config(m)->value ? calloc(n, sizeof(*r->value)) : NULL;
	if (v < SIZE_MAX / sizeof(float) / n) {
		r->logits = tc_alloc(model_tc(m), n * v * sizeof(*r->logits));
		r->fetched = tc_is_host(model_tc(m)) ? NULL : malloc(n * v * sizeof(*r->fetched));
	}
	r->mem = malloc(r->scratch * pool_threads(tc_pool(model_tc(m))));
	if (!r->slot || !r->which || !r->off || !r->row || !r->pick || !r->logprob || !r->logits || !r->mem ||
	    (!r->fetched && !tc_is_host(model_tc(m))) || (!r->value && model_config(m)->value))
		err_nomem(e);
	else if (!kv_new(&r->kv, m, n, FIRST_LEN, e) && !acts_new(&r->acts, m, false, false, e)) {
		*out = r;
		return ST_OK;
	}
	rollout_close(r);
	return e->code;
}

void
rollout_close(struct rollout *r)
{
	if (!r)
		return;
	kv_free(r->kv);
	acts_free(r->acts);
	free(r->slot);
	free(r->which);
	free(r->off);
	free(r->row);
	free(r->id);
	free(r->pick);
	tc_free(model_tc(r->m), r->logits, r->o.slots * model_config(r->m)->vocab * sizeof(*r->logits));
	free(r->fetched);
	free(r->logprob);
	free(r->value);
	free(r->mem);
	free(r);
}

bool
rollout_wants(const struct rollout *r)
{
	return r->active + r->waiting < r->o.slots;
}

void
rollout_add(struct rollout *r, struct rollout_job *j)
{
	j->next = NULL;
	*r->last = j;
	r->last = &j->next;
	r->waiting++;
}

const struct rollout_stat *
rollout_stat(const struct rollout *r)
{
	return &r->stat;
}

size_t
rollout_bytes(const struct rollout *r)
{
	size_t v = model_config(r->m)->vocab;

	return kv_bytes(r->m, r->o.slots, kv_len(r->kv)) + r->o.slots * v * sizeof(float) +
	    acts_bytes(r->m, false, false, r->capid);
}

/* How many tokens of j's prompt, but not its last one, slot s holds or will after this step. */
static size_t
holds(const struct slot *s, const struct rollout_job *j)
{
	if (s->held && s->group == j->group)
		return j->np - 1;
	return s->job ? share_tokens(s->job->prompt, s->job->np, j->prompt, j->np) : 0;
}

/* A free slot for job j, its prompt copied from a slot that holds most of it already: all but the
 * last token, whose hidden state is needed.  *later: one that reads it in this very step
 * will hold more. */
static size_t
find_slot(struct rollout *r, const struct rollout_job *j, bool *later)
{
	size_t n = r->o.slots, i, to = n, from = n, most = 0, soon = 0, k;
	const struct slot *s;

	for (i = 0; i < n; i++) {
		s = &r->slot[i];
		k = holds(s, j);
		if (k > kv_used(r->kv, i)) {
			soon = k > soon ? k : soon;
		} else if (k > most) {
			most = k;
			from = i;
		}
		/* one whose prompt is of no more use, if there is one */
		if (!s->job && (to == n || (r->slot[to].held && (!s->held || r->slot[to].group == j->group))))
			to = i;
	}
	*later = soon >= most + WAIT_FOR || (soon > most && soon == j->np - 1);
	if (*later)
		return to;
	if (from == n)
		kv_truncate(r->kv, to, 0);
	else
		kv_copy(r->kv, to, from, most);
	return to;
}

/* Jobs that wait go to free slots, in order but for those that can copy their prompt in the
 * next step. */
static void
seat(struct rollout *r)
{
	struct rollout_job **at = &r->first, *j;
	size_t slot, fresh, budget = r->o.prefill;
	bool later;

	while ((j = *at) && r->active < r->o.slots) {
		slot = find_slot(r, j, &later);
		if (later) {
			at = &j->next;
			continue;
		}
		fresh = j->np - kv_used(r->kv, slot);
		if (fresh > budget && budget < r->o.prefill) {
			/* its slot must not count as one that reads a prompt */
			r->slot[slot].held = false;
			break;
		}
		budget -= fresh < budget ? fresh : budget;
		r->stat.prompt += fresh;
		r->slot[slot] = (struct slot){ j, j->group, true };
		r->active++;
		r->waiting--;
		if (!(*at = j->next))
			r->last = at;
	}
}

/* The tokens that every job's cache has not seen. */
static enum status
gather(struct rollout *r, struct batch *b, struct err *e)
{
	size_t i, s, t, ntok = 0, len = 0, most = 0, used, cap;
	const struct rollout_job *j;

	b->nseq = 0;
	for (s = 0; s < r->o.slots; s++) {
		if (!(j = r->slot[s].job))
			continue;
		r->which[b->nseq++] = s;
		ntok += j->np + j->n - kv_used(r->kv, s);
		if (j->np + j->n > len)
			len = j->np + j->n;
		if (j->np + j->max > most)
			most = j->np + j->max;
	}
	/* twice as long, or as long as may be needed where that is not much more */
	cap = len < NEXT_LEN / 2 ? NEXT_LEN : 2 * len;
	if (most < cap + cap / 2)
		cap = most;
	if (len > kv_len(r->kv) && kv_reach(r->kv, cap, e))
		return e->code;
	if (grow(&r->id, &r->capid, ntok, sizeof(*r->id), e))
		return e->code;
	for (i = 0, ntok = 0; i < b->nseq; i++) {
		j = r->slot[r->which[i]].job;
		used = kv_used(r->kv, r->which[i]);
		r->off[i] = ntok;
		for (t = used; t < j->np + j->n; t++)
			r->id[ntok++] = t < j->np ? j->prompt[t] : j->id[t - j->np];
		r->row[i] = ntok - 1;
	}
	r->off[b->nseq] = b->ntok = ntok;
	b->id = r->id;
	b->off = r->off;
	b->slot = r->which;
	return ST_OK;
}

static void
choose(void *arg, size_t i, unsigned worker)
{
	struct rollout *r = arg;
	const struct rollout_job *j = r->slot[r->which[i]].job;
	const struct sample_opt *o = &r->o.sample;
	const struct sample_seen seen = { j->prompt, j->id, j->np, j->n };
	size_t v = model_config(r->m)->vocab;
	const float *logits = r->seen + i * v;

	r->pick[i] = sample_pick(model_tc(r->m), o, logits, v, &seen, o->greedy ? 0 : rng_unit(&j->key, j->n, 0),
	    r->mem + worker * r->scratch, &r->logprob[i]);
}

/* Has the token's text completed a stop string? */
static enum status
stops(const struct rollout *r, struct rollout_job *j, int32_t id, bool *yes, struct err *e)
{
	const char *s;
	size_t n, i;

	*yes = false;
	if (!r->o.nstop || !r->o.tok || (size_t)id >= tok_vocab_size(r->o.tok))
		return ST_OK;
	s = tok_bytes(r->o.tok, id, &n);
	buf_add(&j->tail, s, n);
	if (!buf_ok(&j->tail))
		return err_nomem(e);
	for (i = 0; i < r->o.nstop; i++)
		*yes |= memmem(j->tail.p, j->tail.n, r->o.stop[i], strlen(r->o.stop[i])) != NULL;
	if (j->tail.n > r->tail) {
		memmove(j->tail.p, j->tail.p + j->tail.n - r->tail, r->tail);
		j->tail.n = r->tail;
	}
	return ST_OK;
}

static enum status
append(struct rollout *r, struct rollout_job *j, int32_t id, float logprob, const float *value, struct err *e)
{
	const struct model_config *c = model_config(r->m);
	size_t k, cap = j->cap, valuecap = j->cap;
	bool stop;

	if (!isfinite(logprob))
		return err_set(e, ST_NUMERIC, "%.200s: the log-probability of token %zu is not finite", j->name,
		    j->n + 1);
	if (value && !isfinite(*value))
		return err_set(e, ST_NUMERIC, "%.200s: the value before token %zu is not finite", j->name, j->n + 1);
	if (grow(&j->id, &cap, j->n + 1, sizeof(*j->id), e) ||
	    (value && grow(&j->value, &valuecap, j->n + 1, sizeof(*j->value), e)) ||
	    grow(&j->logprob, &j->cap, j->n + 1, sizeof(*j->logprob), e))
		return e->code;
	j->id[j->n] = id;
	if (value)
		j->value[j->n] = *value;
	j->logprob[j->n++] = logprob;
	r->stat.tokens++;
	for (k = 0; k < c->neos; k++)
		if (id == c->eos[k])
			j->end = ROLLOUT_EOS;
	if (j->end)
		return ST_OK;
	if (stops(r, j, id, &stop, e))
		return e->code;
	if (stop)
		j->end = ROLLOUT_STOP;
	else if (j->n == j->max)
		j->end = ROLLOUT_LENGTH;
	return ST_OK;
}

enum status
rollout_step(struct rollout *r, struct err *e)
{
	struct batch b = {0};
	struct rollout_job *j;
	const float *hidden;
	size_t i;

	seat(r);
	if (gather(r, &b, e))
		return e->code;
	if (!b.nseq)
		return ST_OK;
	if (model_forward(r->m, &b, r->kv, r->acts, &hidden, e) ||
	    model_logits(r->m, hidden, r->row, b.nseq, r->logits, e))
		return e->code;
	if (r->value)
		model_scalar(r->m, hidden, r->row, b.nseq, r->value);
	r->seen = tc_read(model_tc(r->m), r->logits, b.nseq * model_config(r->m)->vocab * sizeof(float), r->fetched);
	if (tc_check(model_tc(r->m), e))
		return e->code;
	pool_run(tc_pool(model_tc(r->m)), choose, r, b.nseq);
	for (i = 0; i < b.nseq; i++) {
		j = r->slot[r->which[i]].job;
		if (append(r, j, r->pick[i], r->logprob[i], r->value ? &r->value[i] : NULL, e))
			return e->code;
		if (j->end) {
			r->slot[r->which[i]].job = NULL;
			r->active--;
		}
	}
	r->stat.steps++;
	return ST_OK;
}
