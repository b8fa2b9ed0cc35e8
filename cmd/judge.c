/* fg-judge: pairwise verdicts of responses against references. */
#include <string.h>

#include "base/rng.h"
#include "common/agents.h"
#include "json/json.h"
#include "stage/against.h"
#include "stage/spans.h"
#include "stage/twice.h"

static struct agents to = AGENTS_DEFAULT(AGENT_JUDGE, "judged",
    "You compare two responses to a prompt. Answer with the letter A if response A is better, B if "
    "response B is better, or C if they are equally good, and with nothing else.");

static const char *file;
static struct against *against;
static struct twice *twice;

static const struct opt rows[] = {
	OPT_HEADING("References"),
	OPT_STR("against", "FILE", &file, "take references from the responses of FILE, by id, else by prompt"),
	OPT_END
};
static const struct prog prog = {
	.name = "fg-judge", .synopsis = "--command CMD | --url URL | -m DIR | --editor | --page [file ...]",
	.about = "Pairwise verdicts of responses against references", .rows = rows
};

static const char *const pair[2][2] = { { "response", "reference" }, { "reference", "response" } };

/* Which text is first is a coin keyed by the prompt (or the id), so that a judge
 * who favours one place favours neither side. */
static enum status
question(struct record *r, struct agent_question *q, struct buf *line, struct err *e)
{
	const char *field[4] = { "id", "prompt" };
	static const char *const name[] = { "id", "prompt", "response", "reference" };
	struct rng_key key = { .seed = app->seed };
	struct hash128 h;
	size_t i;

	*q = (struct agent_question){ .task = AGENT_JUDGE, .record = r };
	if ((against && against_set(against, r, e)) || twice_add(twice, r, e) ||
	    record_id(r, &q->id.s, &h, e) ||
	    (record_has(r, "prompt") && record_str(r, "prompt", &q->prompt.s, &q->prompt.n, e)))
		return e->code;
	q->id.n = strlen(q->id.s);
	if (q->prompt.s)
		h = hash128(q->prompt.s, q->prompt.n);
	key.id[0] = h.hi;
	key.id[1] = h.lo;
	q->turned = rng_u64(&key, 0, 0) & 1;
	for (i = 0; i < 2; i++) {
		field[2 + i] = pair[q->turned][i];
		if (record_str(r, pair[q->turned][i], &q->text[i].s, &q->text[i].n, e))
			return e->code;
	}
	return ask_json(r, q, field, name, 4, line, e);
}

static const char no_win[] = "the judge's answer has no win from 0 to 1";

/* The verdict for A; -1: skipped.  ST_INPUT: it is not one. */
static enum status
read_win(const char *answer, size_t n, double *win, struct err *e)
{
	struct arena mem = ARENA_INIT;
	struct json j;
	size_t at;
	enum status st;

	if (!(st = json_parse(&j, answer, n, &mem, e))) {
		at = json_type(&j, 0) == JSON_OBJECT ? json_get(&j, 0, "edit") : 0;
		if (at && json_is(&j, at, "skipped"))
			*win = -1;
		else if (json_type(&j, 0) != JSON_OBJECT || !(at = json_get(&j, 0, "win")) || json_f64(&j, at, "win", win, e) ||
		    !(*win >= 0 && *win <= 1))
			st = err_set(e, ST_INPUT, "%s", no_win);
	}
	arena_free(&mem);
	return st;
}

static const char *
fault(const struct agent_question *q, const char *answer, size_t n, char why[AGENT_WHY])
{
	const char *reason = spans_fault(answer, n, q->text[0].n, q->text[1].n);
	struct err e = { 0 };
	double win;

	(void)why;
	switch (read_win(answer, n, &win, &e)) {
	case ST_OK:
		return reason;
	case ST_NOMEM:
		return agent_no_memory;
	default:
		return no_win;
	}
}

static enum status
accept(struct record *r, const struct agent_question *q, const char *answer, size_t n, struct err *e)
{
	double win;

	record_remove(r, "reason");
	record_remove(r, "verdict");
	e->code = ST_OK;
	if (read_win(answer, n, &win, e))
		return e->code;
	if (win < 0) {
		record_remove(r, "win");
		record_set_str(r, "verdict", "skipped", 7, e);
	} else {
		record_set_f64(r, "win", q->turned ? 1 - win : win, e);
	}
	if (!e->code && !spans_set(r, pair[q->turned], answer, n, e))
		ask_remarks(r, answer, n, e);
	return e->code;
}

int
main(int argc, char *argv[])
{
	const struct ask how = { .question = question, .fault = fault, .accept = accept, .field = "win",
		.outcome = "verdict", .tries = 1 };
	struct err e = {0};
	uint64_t again;

	app_parse(argc, argv, agents_prog(&prog, &to));
	if (twice_open(&twice, &e) || (file && against_open(&against, file, app_stream, &e)))
		die(&e);
	agents_open(&to);
	if (against && !app->quiet && against_twice(against))
		warn("%s: %ju records have the prompt and sample of an earlier one, which is the reference", file,
		    (uintmax_t)against_twice(against));
	agents_run(&to, &how);
	if (!app->quiet && (again = twice_count(twice)))
		warn("%ju records have the id, policy and sample of another one: is a file read twice?", (uintmax_t)again);
	against_close(against);
	twice_close(twice);
	return app_close();
}
