#include <stdlib.h>
#include <string.h>

#include "base/grow.h"
#include "base/math.h"
#include "rl/loss_cost.h"
#include "run/hidden.h"
#include "run/score.h"
#include "run/share.h"

/* What the scorers of a process share: of one batch; rows are the tokens that get a number. */
struct desk {
	struct hidden *hidden;
	int32_t *id, *target;
	size_t *off, *lead, *past, *row;
	float *invtemp, *out, *entropy, *kl;
	size_t captok, capseq;
};

struct scorer {
	struct model *m, *ref;
	struct desk *desk;
	bool first;             /* the desk is its own */
	enum score_reward reward;
};

/* What a token head gives, held against what it was trained for. */
static enum status
check_reward(struct scorer *s, const char *dir, struct err *e)
{
	bool cost = model_config(s->m)->reward_cost;

	if (s->reward == SCORE_OWN)
		s->reward = cost ? SCORE_COST : SCORE_PROB;
	if (model_config(s->m)->head == HEAD_TOKEN && s->reward != SCORE_LOGIT && cost != (s->reward == SCORE_COST))
		return err_set(e, ST_USAGE, "--reward %s: the token head of %s %s", cost ? "prob" : "cost", dir,
		    cost ? "stands for costs" : "does not stand for costs");
	return ST_OK;
}

static enum status
open_model(struct model **m, struct tc *tc, const char *dir, struct model *lender, struct err *e)
{
	return lender ? model_open_after(m, dir, lender, e) : model_open(m, tc, dir, MODEL_READ, e);
}

static enum status
open_models(struct scorer *s, struct tc *tc, const char *dir, const char *ref, struct model *lender, struct err *e)
{
	if (open_model(&s->m, tc, dir, lender, e) || (ref && open_model(&s->ref, tc, ref, s->m, e)))
		return e->code;
	if (ref && model_config(s->ref)->vocab != model_config(s->m)->vocab)
		return err_set(e, ST_USAGE, "%.200s has %zu tokens, %.200s has %zu", ref, model_config(s->ref)->vocab, dir,
		    model_config(s->m)->vocab);
	return check_reward(s, dir, e);
}

enum status
scorer_open(struct scorer **out, struct tc *tc, const char *dir, const char *ref, enum score_reward reward,
    struct scorer *before, struct err *e)
{
	struct scorer *s = calloc(1, sizeof(*s));

	if (!s)
		return err_nomem(e);
	s->reward = reward;
	s->first = !before;
	s->desk = before ? before->desk : calloc(1, sizeof(*s->desk));
	if (!s->desk)
		err_nomem(e);
	else if ((before || !hidden_new(&s->desk->hidden, e)) &&
	    !open_models(s, tc, dir, ref, !before ? NULL : before->ref ? before->ref : before->m, e)) {
		hidden_keep(s->desk->hidden, ref ? 2 : 1);
		*out = s;
		return ST_OK;
	}
	scorer_close(s);
	return e->code;
}

const char *
scorer_fingerprint(struct scorer *s)
{
	return model_fingerprint(s->m);
}

static void
desk_free(struct desk *d)
{
	if (!d)
		return;
	hidden_free(d->hidden);
	free(d->id);
	free(d->target);
	free(d->off);
	free(d->lead);
	free(d->past);
	free(d->row);
	free(d->invtemp);
	free(d->out);
	free(d->entropy);
	free(d->kl);
	free(d);
}

void
scorer_close(struct scorer *s)
{
	if (!s)
		return;
	if (s->first)
		desk_free(s->desk);
	model_close(s->ref);
	model_close(s->m);
	free(s);
}

size_t
scorer_weights(const struct scorer *s)
{
	return model_bytes(s->m) + (s->ref ? model_bytes(s->ref) : 0);
}

size_t
scorer_bytes(const struct scorer *s, size_t ntok)
{
	size_t n = acts_bytes(s->m, false, false, ntok);

	return s->ref ? n + acts_bytes(s->ref, false, false, ntok) : n;
}

/* grow() for one of several arrays with as much room; the last of them sets cap. */
static enum status
beside(void *array, size_t cap, size_t need, size_t size, struct err *e)
{
	return grow(array, &cap, need, size, e);
}

/* Arrays for ntok tokens, or rows, and nseq sequences. */
static enum status
reach(struct desk *d, size_t ntok, size_t nseq, struct err *e)
{
	size_t c = d->captok;

	if (beside(&d->off, d->capseq, nseq + 1, sizeof(*d->off), e) || beside(&d->lead, d->capseq, nseq + 1, sizeof(*d->lead), e) ||
	    grow(&d->past, &d->capseq, nseq + 1, sizeof(*d->past), e) ||
	    beside(&d->id, c, ntok, sizeof(*d->id), e) || beside(&d->target, c, ntok, sizeof(*d->target), e) ||
	    beside(&d->row, c, ntok, sizeof(*d->row), e) || beside(&d->invtemp, c, ntok, sizeof(*d->invtemp), e) ||
	    beside(&d->out, c, ntok, sizeof(*d->out), e) || beside(&d->entropy, c, ntok, sizeof(*d->entropy), e))
		return e->code;
	return grow(&d->kl, &d->captok, ntok, sizeof(*d->kl), e);
}

static size_t
numbers(enum model_head head, const struct score_seq *q)
{
	return head == HEAD_SEQUENCE ? 1 : q->n - q->prompt;
}

/* A head that speaks of the next token does not read the last one. */
static bool
before(const struct scorer *s)
{
	enum model_head head = model_config(s->m)->head;

	return head == HEAD_LM || head == HEAD_VALUE;
}

/* How many tokens all prompts begin with, fewer than any of them has; 0 where these are too
 * few, or every sequence shares more with the first one. */
static size_t
common(const struct scorer *s, const struct score_seq *q, size_t n)
{
	size_t most = SIZE_MAX, groups = 0, i, k;

	for (i = 0; i < n; i++) {
		most = q[i].prompt - 1 < most ? q[i].prompt - 1 : most;
		for (k = 0; k < most && q[i].id[k] == q->id[k]; k++)
			;
		most = k;
	}
	for (i = 0; i < n && most >= SHARE_FROM; i++)
		groups += !i || !share_tokens(q->id + most, q->n - before(s) - most, q[i].id + most, q[i].n - before(s) - most);
	return groups > 1 ? most : 0;
}

/* Lay the sequences end to end, each without the prefix and without what it shares with the last
 * one that is whole. */
static size_t
lay_out(const struct scorer *s, const struct score_seq *q, size_t n, size_t prefix, size_t *ntok)
{
	struct desk *d = s->desk;
	bool next = before(s);
	size_t i, t, at = 0, rows = 0, len, whole = 0;

	for (i = 0; i < n; i++) {
		const int32_t *id = q[i].id + prefix;

		len = q[i].n - next - prefix;
		d->past[i] = i ? share_tokens(q[whole].id + prefix, q[whole].n - next - prefix, id, len) : 0;
		if (!d->past[i])
			whole = i;
		d->lead[i] = whole;
		d->off[i] = at;
		memcpy(d->id + at, id + d->past[i], (len - d->past[i]) * sizeof(*d->id));
		t = model_config(s->m)->head == HEAD_SEQUENCE ? len - 1 : q[i].prompt - next - prefix;
		for (; t < len; t++, rows++) {
			d->row[rows] = t < d->past[i] ? d->off[whole] + t : at + t - d->past[i];
			d->target[rows] = next ? id[t + 1] : 0;
			d->invtemp[rows] = q[i].invtemp;
		}
		at += len - d->past[i];
	}
	d->off[n] = *ntok = at;
	return rows;
}

static void
hand_out(const struct scorer *s, const struct score_seq *q, size_t n)
{
	const struct model_config *c = model_config(s->m);
	const struct desk *d = s->desk;
	size_t i, t, k, at = 0;
	double z;

	for (i = 0; i < n; i++, at += k) {
		k = numbers(c->head, &q[i]);
		for (t = 0; t < k; t++) {
			z = (double)d->out[at + t];
			if (c->head == HEAD_TOKEN)
				z = (s->reward == SCORE_PROB ? math_tanh(z / 2) :
				    s->reward == SCORE_COST ? -cost_expected(z) : z) / c->reward_sd;
			else if (c->head == HEAD_SEQUENCE)
				z = (z - c->reward_mean) / c->reward_sd;
			q[i].out[t] = (float)z;
		}
		if (q[i].entropy)
			memcpy(q[i].entropy, d->entropy + at, k * sizeof(float));
		if (q[i].kl)
			memcpy(q[i].kl, d->kl + at, k * sizeof(float));
	}
}

enum status
scorer_run(struct scorer *s, const struct score_seq *q, size_t n, struct err *e)
{
	struct desk *d = s->desk;
	struct batch b = { .nseq = n };
	const float *hidden, *other;
	bool entropy = false, kl = false;
	size_t i, rows, total = 0;

	for (i = 0; i < n; i++) {
		total += q[i].n;
		entropy |= q[i].entropy != NULL;
		kl |= q[i].kl != NULL;
	}
	if (reach(d, total, n, e))
		return e->code;
	b.prefix = common(s, q, n);
	rows = lay_out(s, q, n, b.prefix, &b.ntok);
	b.id = d->id;
	b.off = d->off;
	b.lead = d->lead;
	b.past = d->past;
	if (hidden_get(d->hidden, s->m, &b, q->id, &hidden, e))
		return e->code;
	if (model_config(s->m)->head != HEAD_LM)
		model_scalar(s->m, hidden, d->row, rows, d->out);
	else if (model_logprob(s->m, hidden, d->row, d->target, d->invtemp, rows, d->out,
	    entropy ? d->entropy : NULL, e))
		return e->code;
	if (kl && (hidden_get(d->hidden, s->ref, &b, q->id, &other, e) ||
	    model_full_kl(s->m, hidden, s->ref, other, d->row, d->invtemp, rows, d->kl, e)))
		return e->code;
	if (tc_check(model_tc(s->m), e))
		return e->code;
	hand_out(s, q, n);
	return ST_OK;
}
