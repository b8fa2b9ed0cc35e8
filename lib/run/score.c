#include <stdlib.h>
#include <string.h>

#include "base/math.h"
#include "rl/loss_cost.h"
#include "run/score.h"
#include "run/share.h"

struct scorer {
	struct model *m, *ref;
	struct acts *acts, *ref_acts;
	enum score_reward reward;
	/* of one batch; rows are the tokens that get a number */
	int32_t *id, *target;
	size_t *off, *lead, *past, *row;
	float *invtemp, *out, *entropy, *kl;
	size_t captok, capseq;
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

enum status
scorer_open(struct scorer **out, struct tc *tc, const char *dir, const char *ref, enum score_reward reward,
    struct err *e)
{
	struct scorer *s = calloc(1, sizeof(*s));

	if (!s)
		return err_nomem(e);
	s->reward = reward;
	if (model_open(&s->m, tc, dir, MODEL_READ, e) || acts_new(&s->acts, s->m, false, false, e))
		goto fail;
	if (ref && (model_open(&s->ref, tc, ref, MODEL_READ, e) ||
	    acts_new(&s->ref_acts, s->ref, false, false, e)))
		goto fail;
	if (ref && model_config(s->ref)->vocab != model_config(s->m)->vocab) {
		err_set(e, ST_USAGE, "%.200s has %zu tokens, %.200s has %zu", ref, model_config(s->ref)->vocab,
		    dir, model_config(s->m)->vocab);
		goto fail;
	}
	if (check_reward(s, dir, e))
		goto fail;
	*out = s;
	return ST_OK;
fail:
	scorer_close(s);
	return e->code;
}

const char *
scorer_fingerprint(struct scorer *s)
{
	return model_fingerprint(s->m);
}

void
scorer_close(struct scorer *s)
{
	if (!s)
		return;
	acts_free(s->acts);
	acts_free(s->ref_acts);
	if (s->m)
		model_close(s->m);
	if (s->ref)
		model_close(s->ref);
	free(s->id);
	free(s->target);
	free(s->off);
	free(s->lead);
	free(s->past);
	free(s->row);
	free(s->invtemp);
	free(s->out);
	free(s->entropy);
	free(s->kl);
	free(s);
}

size_t
scorer_bytes(const struct scorer *s, size_t ntok)
{
	size_t n = acts_bytes(s->m, false, false, ntok);

	return s->ref ? n + acts_bytes(s->ref, false, false, ntok) : n;
}

static enum status
grow(void *p, size_t n, size_t size, struct err *e)
{
	void **at = p, *q;

	if (n > SIZE_MAX / size || !(q = realloc(*at, n * size)))
		return err_nomem(e);
	*at = q;
	return ST_OK;
}

static enum status
reach(struct scorer *s, size_t ntok, size_t nseq, struct err *e)
{
	size_t n;

	if (nseq > s->capseq) {
		n = nseq + nseq / 2;
		if (grow(&s->off, n + 1, sizeof(*s->off), e) || grow(&s->lead, n, sizeof(*s->lead), e) ||
		    grow(&s->past, n, sizeof(*s->past), e))
			return e->code;
		s->capseq = n;
	}
	if (ntok <= s->captok)
		return ST_OK;
	n = ntok + ntok / 8;
	if (grow(&s->id, n, sizeof(*s->id), e) || grow(&s->target, n, sizeof(*s->target), e) ||
	    grow(&s->row, n, sizeof(*s->row), e) || grow(&s->invtemp, n, sizeof(*s->invtemp), e) ||
	    grow(&s->out, n, sizeof(*s->out), e) || grow(&s->entropy, n, sizeof(*s->entropy), e) ||
	    grow(&s->kl, n, sizeof(*s->kl), e))
		return e->code;
	s->captok = n;
	return ST_OK;
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
lay_out(struct scorer *s, const struct score_seq *q, size_t n, size_t prefix, size_t *ntok)
{
	bool next = before(s);
	size_t i, t, at = 0, rows = 0, len, whole = 0;

	for (i = 0; i < n; i++) {
		const int32_t *id = q[i].id + prefix;

		len = q[i].n - next - prefix;
		s->past[i] = i ? share_tokens(q[whole].id + prefix, q[whole].n - next - prefix, id, len) : 0;
		if (!s->past[i])
			whole = i;
		s->lead[i] = whole;
		s->off[i] = at;
		memcpy(s->id + at, id + s->past[i], (len - s->past[i]) * sizeof(*s->id));
		t = model_config(s->m)->head == HEAD_SEQUENCE ? len - 1 : q[i].prompt - next - prefix;
		for (; t < len; t++, rows++) {
			s->row[rows] = t < s->past[i] ? s->off[whole] + t : at + t - s->past[i];
			s->target[rows] = next ? id[t + 1] : 0;
			s->invtemp[rows] = q[i].invtemp;
		}
		at += len - s->past[i];
	}
	s->off[n] = *ntok = at;
	return rows;
}

static void
hand_out(const struct scorer *s, const struct score_seq *q, size_t n)
{
	const struct model_config *c = model_config(s->m);
	size_t i, t, k, at = 0;
	double z;

	for (i = 0; i < n; i++, at += k) {
		k = numbers(c->head, &q[i]);
		for (t = 0; t < k; t++) {
			z = (double)s->out[at + t];
			if (c->head == HEAD_TOKEN)
				z = (s->reward == SCORE_PROB ? math_tanh(z / 2) :
				    s->reward == SCORE_COST ? -cost_expected(z) : z) / c->reward_sd;
			else if (c->head == HEAD_SEQUENCE)
				z = (z - c->reward_mean) / c->reward_sd;
			q[i].out[t] = (float)z;
		}
		if (q[i].entropy)
			memcpy(q[i].entropy, s->entropy + at, k * sizeof(float));
		if (q[i].kl)
			memcpy(q[i].kl, s->kl + at, k * sizeof(float));
	}
}

enum status
scorer_run(struct scorer *s, const struct score_seq *q, size_t n, struct err *e)
{
	struct batch b = { .nseq = n };
	const float *hidden, *other;
	bool entropy = false, kl = false;
	size_t i, rows, total = 0;

	for (i = 0; i < n; i++) {
		total += q[i].n;
		entropy |= q[i].entropy != NULL;
		kl |= q[i].kl != NULL;
	}
	if (reach(s, total, n, e))
		return e->code;
	b.prefix = common(s, q, n);
	if (b.prefix && (model_prefix(s->m, q->id, b.prefix, s->acts, e) ||
	    (kl && model_prefix(s->ref, q->id, b.prefix, s->ref_acts, e))))
		return e->code;
	rows = lay_out(s, q, n, b.prefix, &b.ntok);
	b.id = s->id;
	b.off = s->off;
	b.lead = s->lead;
	b.past = s->past;
	if (model_forward(s->m, &b, NULL, s->acts, &hidden, e))
		return e->code;
	if (model_config(s->m)->head != HEAD_LM)
		model_scalar(s->m, hidden, s->row, rows, s->out);
	else if (model_logprob(s->m, hidden, s->row, s->target, s->invtemp, rows, s->out,
	    entropy ? s->entropy : NULL, e))
		return e->code;
	if (kl && (model_forward(s->ref, &b, NULL, s->ref_acts, &other, e) ||
	    model_full_kl(s->m, hidden, s->ref, other, s->row, s->invtemp, rows, s->kl, e)))
		return e->code;
	if (tc_check(model_tc(s->m), e))
		return e->code;
	hand_out(s, q, n);
	return ST_OK;
}
