/* fg-edit: collect minimal edits of the less-preferred response. */
#include <stdio.h>
#include <string.h>

#include "agent/agent.h"
#include "common/app.h"
#include "json/json.h"
#include "json/write.h"

static struct {
	const char *command, *cache;
	double max_ratio;
	uint64_t tries;
} a = { .max_ratio = 0.8, .tries = 3 };

static const struct opt rows[] = {
	{ OPT_STR, 0, "command", "CMD", &a.command, 0, 0, "ask a command: a JSON line in, a JSON line out", false },
	{ OPT_REAL, 0, "max-ratio", "R", &a.max_ratio, 0, 1, "the largest part of the words that an edit may change", false },
	{ OPT_UINT, 0, "tries", "N", &a.tries, 1, 100, "how often to ask, with the reason, before giving up", false },
	{ OPT_STR, 0, "cache", "FILE", &a.cache, 0, 0, "remember accepted edits here and ask for none of them again", true },
	{ .type = OPT_END }
};
static const struct prog prog = { "fg-edit", "--command CMD [--cache FILE] [file ...]",
    "collect minimal edits of the less-preferred response", rows };

static struct agent *agent;
static struct memory *memory;

/* The question as JSON: id, prompt, rejected; the reason of the last refusal. */
static enum status
question(struct record *r, const char *why, struct buf *q, struct err *e)
{
	static const char *const field[] = { "id", "prompt", "rejected" };
	const char *raw;
	size_t i, n;

	buf_clear(q);
	for (i = 0; i < 3; i++)
		if (record_raw(r, field[i], &raw, &n)) {
			buf_addf(q, "%s\"%s\":", q->n ? "," : "{", field[i]);
			buf_add(q, raw, n);
		}
	if (why) {
		buf_adds(q, ",\"reason\":");
		json_put_str(q, why, strlen(why));
	}
	buf_addc(q, '}');
	return buf_ok(q) ? ST_OK : err_nomem(e);
}

/* The text of an answer, or why there is none. */
static const char *
answer(struct record *r, const struct buf *reply, const char **text, size_t *n)
{
	struct json j;
	struct err e = {0};
	size_t node;

	if (json_parse(&j, reply->p, reply->n, record_arena(r), &e) || json_type(&j, 0) != JSON_OBJECT ||
	    !(node = json_get(&j, 0, "chosen")) || !(*text = json_str(&j, node, n)))
		return "expected a JSON object with the string chosen";
	while (*n && strchr(" \t\r\n", (*text)[*n - 1]))
		--*n;
	while (*n && strchr(" \t\r\n", **text)) {
		++*text;
		--*n;
	}
	return NULL;
}

static enum status
edit(struct record *r, struct err *e)
{
	static struct buf q, reply;
	static char far[64];
	const char *old, *text = NULL, *why = NULL, *id, *kept;
	size_t nold, n = 0;
	struct hash128 key;
	double ratio;
	uint64_t try;
	enum status st;

	if ((st = record_id(r, &id, &key, e)) || (st = record_str(r, "rejected", &old, &nold, e)) ||
	    (st = question(r, NULL, &q, e)))
		return st;
	key = hash128(q.p, q.n);
	if ((kept = memory_get(memory, key, &n))) {
		buf_clear(&reply);
		buf_add(&reply, kept, n);
		if (!(why = answer(r, &reply, &text, &n)))
			return record_set_str(r, "chosen", text, n, e);
	}
	for (try = 0; try < a.tries; try++) {
		buf_clear(&reply);
		if ((try && (st = question(r, why, &q, e))) || (st = agent_ask(agent, q.p, q.n, &reply, e)))
			return st;
		if ((why = answer(r, &reply, &text, &n)) || (why = edit_fault(old, nold, text, n)))
			continue;
		if ((st = edit_words_ratio(old, nold, text, n, &ratio, e)))
			return st;
		if (ratio <= a.max_ratio) {
			if ((st = memory_put(memory, key, reply.p, reply.n, e)))
				return st;
			return record_set_str(r, "chosen", text, n, e);
		}
		snprintf(far, sizeof(far), "the edit changes %.0f%% of the words; change less", 100 * ratio);
		why = far;
	}
	return record_bad(r, "chosen", e, "%s (asked %ju times)", why, (uintmax_t)a.tries);
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
		st = edit(r, &e);
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
