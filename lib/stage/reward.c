/* A reward model as agent: it judges two texts by their scores. */
#include <stdio.h>
#include <stdlib.h>

#include "agent/kinds.h"
#include "run/score.h"
#include "stage/ids.h"

struct reward {
	const struct agent_opt *o;
	struct tc *tc;
	struct ids *ids;
	struct scorer *scorer;
};

static enum status
reward_close(void *self, struct err *e)
{
	struct reward *m = self;

	uint64_t bos = 0, eos = 0;
	char text[160];

	(void)e;
	if (!m)
		return ST_OK;
	ids_twice(m->ids, &bos, &eos);
	if (bos || eos) {
		snprintf(text, sizeof(text), "texts with a BOS or EOS of their own, which was added again: %ju, %ju", (uintmax_t)bos,
		    (uintmax_t)eos);
		m->o->say(text);
	}
	if (m->scorer)
		scorer_close(m->scorer);
	if (m->ids)
		ids_close(m->ids);
	if (m->tc)
		tc_close(m->tc);
	free(m);
	return ST_OK;
}

static enum status
reward_open(void **self, const struct agent_opt *o, struct err *e)
{
	struct reward *m = calloc(1, sizeof(*m));
	struct err ignore = {0};

	if (!m)
		return err_nomem(e);
	m->o = o;
	if (tc_open(&m->tc, (unsigned)o->threads, e) || ids_open(&m->ids, o->arg, 0, 1, e) ||
	    scorer_open(&m->scorer, m->tc, o->arg, NULL, SCORE_OWN, NULL, e)) {
		reward_close(m, &ignore);
		return e->code;
	}
	if (ids_config(m->ids)->head != HEAD_TOKEN && ids_config(m->ids)->head != HEAD_SEQUENCE) {
		reward_close(m, &ignore);
		return err_set(e, ST_USAGE, "%.400s is not a reward model", o->arg);
	}
	*self = m;
	return ST_OK;
}

/* The higher score, or the higher sum of token rewards. */
static enum status
reward_ask(void *self, unsigned worker, const struct agent_question *question, struct buf *answer, struct err *e)
{
	static const char *const field[] = { "response", "reference" };
	struct reward *m = self;
	struct record *r = question->record;
	struct score_seq q[2];
	struct ids_seq s;
	double score[2] = {0};
	size_t i, k, n;

	(void)worker;
	for (i = 0; i < 2; i++) {
		if (ids_read(m->ids, r, field[i ^ question->turned], 0, &s, e))
			return e->code;
		q[i] = (struct score_seq){ .id = s.id, .n = s.n, .prompt = s.prompt, .invtemp = 1 };
		if (!(q[i].out = arena_array(record_arena(r), s.n, sizeof(float))))
			return err_nomem(e);
	}
	if (scorer_run(m->scorer, q, 2, e))
		return e->code;
	for (i = 0; i < 2; i++) {
		n = ids_config(m->ids)->head == HEAD_SEQUENCE ? 1 : q[i].n - q[i].prompt;
		for (k = 0; k < n; k++)
			score[i] += (double)q[i].out[k];
	}
	buf_addf(answer, "{\"win\":%s}", score[0] > score[1] ? "1" : score[0] < score[1] ? "0" : "0.5");
	return buf_ok(answer) ? ST_OK : err_nomem(e);
}

static const char *
reward_name(const void *self)
{
	const struct reward *m = self;

	return scorer_fingerprint(m->scorer);
}

const struct agent_kind agent_reward = {
	.option = "reward", .key = 'm', .arg = "DIR", .help = "let a reward model decide", .tasks = 1 << AGENT_JUDGE,
	.open = reward_open, .ask = reward_ask, .name = reward_name, .close = reward_close
};
