/* fg-edit: collect minimal edits of the less-preferred response. */
#include <stdio.h>
#include <string.h>

#include "common/agents.h"
#include "edit/ratio.h"
#include "json/json.h"
#include "json/write.h"

static struct {
	double max_ratio;
	uint64_t tries;
} a = { .max_ratio = 0.8, .tries = 3 };

static struct agents to = AGENTS_DEFAULT(AGENT_EDIT, "edited",
    "You improve a response by editing it minimally: change as few words as possible so that it "
    "becomes correct, helpful and harmless, and keep everything else as it is. Answer with the edited response "
    "alone, without explanation, quotation marks or code fence. If there is nothing to fix, answer with the word "
    "UNCHANGED alone.");

static const struct opt rows[] = {
	OPT_REAL("max-ratio", "R", &a.max_ratio, 0, 1, "the largest part of the words that an edit may change"),
	OPT_UINT("tries", "N", &a.tries, 1, 100, "how often to ask, with the reason, before giving up"),
	OPT_END
};
static const struct prog prog = {
	.name = "fg-edit", .synopsis = "--editor | --page | --command CMD | --url URL [file ...]",
	.about = "Collect minimal edits of the less-preferred response", .rows = rows
};

static enum status
question(struct record *r, struct agent_question *q, struct buf *line, struct err *e)
{
	static const char *const field[] = { "id", "prompt", "rejected" };
	struct hash128 key;

	*q = (struct agent_question){ .task = AGENT_EDIT, .record = r };
	if (record_id(r, &q->id.s, &key, e) || record_str(r, "rejected", &q->text[0].s, &q->text[0].n, e) ||
	    (record_has(r, "prompt") && record_str(r, "prompt", &q->prompt.s, &q->prompt.n, e)))
		return e->code;
	q->id.n = strlen(q->id.s);
	return ask_json(r, q, field, field, 3, line, e);
}

/* What an answer says: nothing to fix, no edit, or a text, which is copied. */
enum outcome { EDITED, UNCHANGED, SKIPPED, NOTHING, NO_MEMORY };

static enum outcome
read_answer(const struct agent_question *q, const char *answer, size_t n, struct buf *text)
{
	struct arena mem = ARENA_INIT;
	struct err bad = {0};
	struct json j;
	const char *s;
	size_t at, len;
	enum outcome o = NOTHING;

	if (json_parse(&j, answer, n, &mem, &bad) == ST_NOMEM)
		o = NO_MEMORY;
	else if (!bad.code && json_type(&j, 0) == JSON_OBJECT) {
		at = json_get(&j, 0, "edit");
		if (at && json_is(&j, at, "unchanged"))
			o = UNCHANGED;
		else if (at && json_is(&j, at, "skipped"))
			o = SKIPPED;
		else if ((at = json_get(&j, 0, "chosen")) && json_type(&j, at) == JSON_STRING && (s = json_str(&j, at, &len))) {
			o = EDITED;
			agent_unwrap(q->text[0], s, len, text);
		}
	}
	arena_free(&mem);
	return o;
}

static const char *
fault(const struct agent_question *q, const char *answer, size_t n, char why[AGENT_WHY])
{
	struct buf text = BUF_INIT;
	enum outcome o = read_answer(q, answer, n, &text);
	const char *reason = o == NOTHING ? "expected a JSON object with the string chosen" : NULL;
	struct err e = {0};
	double ratio;

	if (o == EDITED)
		reason = agent_edit_fault(q->text[0].s, q->text[0].n, text.p ? text.p : "", text.n);
	if (o == NO_MEMORY || !buf_ok(&text))
		reason = agent_no_memory;
	if (o == EDITED && !reason) {
		if (edit_words_ratio(q->text[0].s, q->text[0].n, text.p, text.n, &ratio, &e)) {
			reason = agent_no_memory;
		} else if (ratio > a.max_ratio) {
			snprintf(why, AGENT_WHY, "the edit changes %.0f%% of the words; change less", 100 * ratio);
			reason = why;
		}
	}
	buf_free(&text);
	return reason;
}

static enum status
accept(struct record *r, const struct agent_question *q, const char *answer, size_t n, struct err *e)
{
	static const char *const word[] = { "edited", "unchanged", "skipped" };
	struct buf text = BUF_INIT;
	enum outcome o = read_answer(q, answer, n, &text);

	/* what was said of another text is removed */
	record_forget(r, "chosen");
	record_remove(r, "hunks");
	record_remove(r, "edit_ratio");
	record_remove(r, "reason");
	e->code = ST_OK;
	if (o > SKIPPED || !buf_ok(&text)) {
		buf_free(&text);
		return err_nomem(e);
	}
	if (o == SKIPPED)
		record_remove(r, "chosen");
	else
		record_set_str(r, "chosen", o == EDITED ? text.p : q->text[0].s, o == EDITED ? text.n : q->text[0].n, e);
	if (!e->code && !record_set_str(r, "edit", word[o], strlen(word[o]), e))
		ask_remarks(r, answer, n, e);
	buf_free(&text);
	return e->code;
}

int
main(int argc, char *argv[])
{
	struct ask how = { .question = question, .fault = fault, .accept = accept, .field = "chosen", .outcome = "edit" };

	app_parse(argc, argv, agents_prog(&prog, &to));
	how.tries = a.tries;
	to.o.agent.limit = a.max_ratio;
	agents_open(&to);
	agents_run(&to, &how);
	return app_close();
}
