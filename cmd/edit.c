/* fg-edit: collect minimal edits of the less-preferred response. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/editor.h"
#include "common/backend.h"
#include "edit/ratio.h"
#include "json/json.h"
#include "json/write.h"

static struct {
	bool editor;
	double max_ratio;
	uint64_t tries;
} a = { .max_ratio = 0.8, .tries = 3 };

static struct backend to = BACKEND_DEFAULT(
    "You improve a response by editing it minimally: change as few words as possible so that it "
    "becomes correct, helpful and harmless, and keep everything else as it is. Answer with the edited response "
    "alone, without explanation, quotation marks or code fence.");

static const struct opt rows[] = {
	BACKEND_ROWS(to),
	OPT_FLAG("editor", &a.editor, "edit them yourself, in $VISUAL or $EDITOR"),
	OPT_REAL("temperature", "T", &to.http.temperature, 0, 10, "the endpoint's temperature"),
	OPT_REAL("max-ratio", "R", &a.max_ratio, 0, 1, "the largest part of the words that an edit may change"),
	OPT_UINT("tries", "N", &a.tries, 1, 100, "how often to ask, with the reason, before giving up"),
	OPT_END
};
static const struct prog prog = {
	.name = "fg-edit", .synopsis = "--editor | --command CMD | --url URL [file ...]",
	.about = "Collect minimal edits of the less-preferred response",
	.rows = rows
};

static const char *editor;
static bool quit;

/* What a worker needs. */
static struct worker { struct buf q, reply, answer; char far[64]; } *worker;

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

/* The same in words, for a person or a model. */
static enum status
in_words(struct record *r, const char *why, bool text, struct buf *q, struct err *e)
{
	const char *s;
	size_t n;

	buf_clear(q);
	if (record_has(r, "prompt") && !record_str(r, "prompt", &s, &n, e)) {
		buf_adds(q, "Prompt:\n");
		buf_add(q, s, n);
		buf_adds(q, "\n\n");
	}
	if (text && !record_str(r, "rejected", &s, &n, e)) {
		buf_adds(q, "Response:\n");
		buf_add(q, s, n);
		buf_addc(q, '\n');
	}
	if (why)
		buf_addf(q, "\nThe last edit was refused: %s.\n", why);
	return e->code ? e->code : buf_ok(q) ? ST_OK : err_nomem(e);
}

/* The text of a line of JSON, or why there is none. */
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

/* Plain text as such a line. */
static void
as_answer(const struct buf *text, struct buf *reply)
{
	buf_clear(reply);
	buf_adds(reply, "{\"chosen\":");
	json_put_str(reply, text->p ? text->p : "", text->n);
	buf_addc(reply, '}');
}

static enum status
ask(struct record *r, struct worker *w, const char *why, const char *old, size_t nold, struct err *e)
{
	static const char help[] = "\nEdit the text below as little as possible and leave the editor.\n"
	    "Delete it all to skip it; a line #quit here ends the session.";
	enum editor_end end;

	buf_clear(&w->reply);
	buf_clear(&w->answer);
	if (to.command)
		return question(r, why, &w->q, e) ? e->code : agent_ask(to.agent, w->q.p, w->q.n, &w->reply, e);
	if (in_words(r, why, !a.editor, &w->q, e))
		return e->code;
	if (to.http.url) {
		if (http_chat(to.conn[w - worker], w->q.p, w->q.n, &w->answer, e))
			return e->code;
	} else {
		buf_add(&w->q, help, sizeof(help) - 1);
		if (!buf_ok(&w->q))
			return err_nomem(e);
		if (editor_run(editor, w->q.p, w->q.n, old, nold, &w->answer, &end, e))
			return e->code;
		if (end == EDITOR_QUIT)
			quit = true;
		/* a text that was left as it is has nothing to be edited */
		if (end != EDITOR_DONE || (w->answer.n == nold && !memcmp(w->answer.p, old, nold)))
			return ST_EOF;
	}
	as_answer(&w->answer, &w->reply);
	return buf_ok(&w->reply) ? ST_OK : err_nomem(e);
}

/* The edit in the reply; *why not, as one who asks again would put it, else NULL. */
static enum status
accept(struct record *r, struct worker *w, const char *old, size_t nold, const char **why, struct err *e)
{
	const char *text = NULL;
	size_t n = 0;
	double ratio;

	if ((*why = answer(r, &w->reply, &text, &n)) || (*why = edit_fault(old, nold, text, n)))
		return ST_OK;
	if (edit_words_ratio(old, nold, text, n, &ratio, e))
		return e->code;
	if (ratio > a.max_ratio) {
		snprintf(w->far, sizeof(w->far), "the edit changes %.0f%% of the words; change less", 100 * ratio);
		*why = w->far;
		return ST_OK;
	}
	/* what was said of another text goes */
	record_forget(r, "chosen");
	record_remove(r, "hunks");
	record_remove(r, "edit_ratio");
	return record_set_str(r, "chosen", text, n, e);
}

static enum status
edit(struct record *r, unsigned id, struct err *e)
{
	struct worker *w = &worker[id];
	const char *old, *why = NULL, *name;
	size_t nold;
	struct hash128 key;
	uint64_t try;
	enum status st;

	if (quit)
		return ST_EOF;
	if ((st = record_id(r, &name, &key, e)) || (st = record_str(r, "rejected", &old, &nold, e)) ||
	    (st = question(r, NULL, &w->q, e)))
		return st;
	key = hash128(w->q.p, w->q.n);
	/* what is remembered is held against today's options, too */
	if (kept_get(to.kept, key, &w->reply) && ((st = accept(r, w, old, nold, &why, e)) || !why))
		return st;
	for (try = 0; try < a.tries; try++) {
		if ((st = ask(r, w, try ? why : NULL, old, nold, e)) || (st = accept(r, w, old, nold, &why, e)))
			return st;
		if (!why)
			return kept_put(to.kept, key, w->reply.p, w->reply.n, e);
	}
	return record_bad(r, "chosen", e, "%s (asked %ju times)", why, (uintmax_t)a.tries);
}

int
main(int argc, char *argv[])
{
	struct err e = {0};
	uint64_t i;

	app_parse(argc, argv, &prog);
	if (!!to.command + a.editor + !!to.http.url != 1)
		die_usage("one of --editor, --command and --url is needed");
	if (!(editor = getenv("VISUAL")) || !*editor)
		editor = getenv("EDITOR");
	if (!editor || !*editor)
		editor = "vi";
	if (backend_open(&to, &e))
		die(&e);
	if (!(worker = calloc(to.jobs, sizeof(*worker)))) {
		err_nomem(&e);
		die(&e);
	}
	if (ask_run(edit, (unsigned)to.jobs, &quit, &e))
		die(&e);
	for (i = 0; i < to.jobs; i++) {
		buf_free(&worker[i].q);
		buf_free(&worker[i].reply);
		buf_free(&worker[i].answer);
	}
	free(worker);
	backend_close(&to);
	return app_close();
}
