/* fg-judge: pairwise verdicts of responses against references. */
#include <string.h>

#include "agent/agent.h"
#include "base/rng.h"
#include "common/app.h"
#include "json/json.h"

static struct {
	const char *command, *cache;
} a;

static const struct opt rows[] = {
	{ OPT_STR, 0, "command", "CMD", &a.command, 0, 0, "ask a command: a JSON line in, a JSON line out", false },
	{ OPT_STR, 0, "cache", "FILE", &a.cache, 0, 0, "remember verdicts here and ask for none of them again", true },
	{ .type = OPT_END }
};
static const struct prog prog = { "fg-judge", "--command CMD [--cache FILE] [file ...]",
    "pairwise verdicts of responses against references", rows };

static struct agent *agent;
static struct memory *memory;

/* Which text stands first is a coin keyed by the prompt (or the id), so that a judge
 * who favours one place favours neither side. */
static enum status
question(struct record *r, struct buf *q, bool *swap, struct err *e)
{
	static const char *const field[2][4] = {
		{ "id", "prompt", "response", "reference" }, { "id", "prompt", "reference", "response" }
	};
	struct rng_key key = { .seed = app->seed };
	struct hash128 h;
	const char *raw, *s;
	size_t i, n;
	enum status st;

	if ((st = record_id(r, &s, &h, e)) || (st = record_str(r, "response", &raw, &n, e)) ||
	    (st = record_str(r, "reference", &raw, &n, e)))
		return st;
	if (record_has(r, "prompt")) {
		if ((st = record_str(r, "prompt", &s, &n, e)))
			return st;
		h = hash128(s, n);
	}
	key.id[0] = h.hi;
	key.id[1] = h.lo;
	*swap = rng_u64(&key, 0, 0) & 1;
	buf_clear(q);
	for (i = 0; i < 4; i++)
		if (record_raw(r, field[*swap][i], &raw, &n)) {
			buf_addf(q, "%s\"%s\":", q->n ? "," : "{", field[0][i]);
			buf_add(q, raw, n);
		}
	buf_addc(q, '}');
	return buf_ok(q) ? ST_OK : err_nomem(e);
}

static enum status
judge(struct record *r, struct err *e)
{
	static struct buf q, reply;
	struct json j;
	struct err bad = {0};
	struct hash128 key;
	const char *kept;
	double win = -1;
	size_t n;
	bool swap;
	enum status st;

	if ((st = question(r, &q, &swap, e)))
		return st;
	key = hash128(q.p, q.n);
	buf_clear(&reply);
	if ((kept = memory_get(memory, key, &n)))
		buf_add(&reply, kept, n);
	else if ((st = agent_ask(agent, q.p, q.n, &reply, e)))
		return st;
	if (!buf_ok(&reply))
		return err_nomem(e);
	if (json_parse(&j, reply.p, reply.n, record_arena(r), &bad) || json_type(&j, 0) != JSON_OBJECT ||
	    !(n = json_get(&j, 0, "win")) || json_f64(&j, n, "win", &win, &bad) || !(win >= 0 && win <= 1))
		return record_bad(r, "win", e, "the judge's answer has no win from 0 to 1");
	if (!kept && (st = memory_put(memory, key, reply.p, reply.n, e)))
		return st;
	return record_set_f64(r, "win", swap ? 1 - win : win, e);
}

int
main(int argc, char *argv[])
{
	struct record *r;
	struct err e = {0};
	enum status st;

	app_parse(argc, argv, &prog);
	if (!a.command)
		die_usage("--command is needed");
	if (agent_open(&agent, a.command, &e) || memory_open(&memory, a.cache, &e) || record_new(&r, &e))
		die(&e);
	while (!(st = input_next(r, &e))) {
		st = judge(r, &e);
		if (st == ST_INPUT ? input_reject(r, &e) : st || output_record(r, &e))
			die(&e);
	}
	if (st != ST_EOF)
		die(&e);
	agent_close(agent);
	memory_close(memory);
	record_free(r);
	return app_close();
}
