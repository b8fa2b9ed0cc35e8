/* Someone at a terminal as agent: one question after the other in an editor. */
#include <stdlib.h>
#include <string.h>

#include "agent/desk.h"
#include "agent/editor.h"
#include "agent/kinds.h"
#include "base/clock.h"
#include "json/json.h"
#include "json/write.h"

struct person {
	const struct agent_opt *o;
	const char *editor;
	struct editor_said said;
	struct buf help, answer, draft;
};

static enum status
person_open(void **self, const struct agent_opt *o, struct err *e)
{
	struct person *p = calloc(1, sizeof(*p));

	if (!p)
		return err_nomem(e);
	p->o = o;
	if (!(p->editor = getenv("VISUAL")) || !*p->editor)
		p->editor = getenv("EDITOR");
	if (!p->editor || !*p->editor)
		p->editor = "vi";
	*self = p;
	return ST_OK;
}

static void
put_help(struct person *p, const struct agent_question *q, size_t k, size_t all, const char *why)
{
	struct agent_question bare = *q;
	struct buf *b = &p->help;

	buf_clear(b);
	buf_addf(b, "%zu of %zu\n\n", k + 1, all);
	bare.why = NULL;
	if (q->task == AGENT_JUDGE)
		agent_put_words(b, &bare);
	else if (q->prompt.s) {
		buf_adds(b, "Prompt:\n");
		buf_add(b, q->prompt.s, q->prompt.n);
		buf_addc(b, '\n');
	}
	buf_adds(b, q->task == AGENT_EDIT ?
	    "\nEdit the text below the line as little as possible and leave the editor.\n"
	    "Leave it as it is if there is nothing to fix; delete it all to skip it.\n" :
	    "\n\nWrite A or B below the line for the better one, or C if they are equally good.\n"
	    "Write nothing to skip it.\n");
	buf_adds(b, "A line here that begins with #skip REASON skips it too; #note TEXT adds a note,\n"
	    "#back goes to the one before, #quit ends the session.\n");
	if (why)
		buf_addf(b, "\nREFUSED: %s.\nWhat you wrote is below; change it, or skip it.\n", why);
}

/* What was said, as an answer. */
static void
put_answer(struct person *p, const struct agent_question *q, double seconds, struct err *e)
{
	struct editor_said *s = &p->said;
	const struct agent_text *old = &q->text[0];
	struct buf text = BUF_INIT, *b = &p->answer;

	buf_clear(b);
	e->code = ST_OK;
	agent_fit(*old, s->text.p ? s->text.p : "", s->text.n, &text);
	if (s->end == EDITOR_SKIP) {
		buf_adds(b, "{\"edit\":\"skipped\"");
		if (s->reason.n) {
			buf_adds(b, ",\"reason\":");
			json_put_str(b, s->reason.p, s->reason.n);
		}
		buf_addc(b, '}');
	} else if (q->task == AGENT_JUDGE) {
		agent_read_words(q, s->text.p, s->text.n, b, e);
	} else if (text.n == old->n && !memcmp(text.p, old->s, old->n)) {
		buf_adds(b, "{\"edit\":\"unchanged\"}");
	} else {
		buf_adds(b, "{\"chosen\":");
		json_put_str(b, text.p ? text.p : "", text.n);
		buf_addc(b, '}');
	}
	if (b->n)
		b->n--;         /* the brace */
	if (s->note.n) {
		buf_adds(b, ",\"note\":");
		json_put_str(b, s->note.p, s->note.n);
	}
	buf_addf(b, ",\"seconds\":%.1f}", seconds);
	if ((!buf_ok(b) || !buf_ok(&text)) && !e->code)
		err_nomem(e);
	buf_free(&text);
}

/* What is in the editor first: the text, or what was made of it before. */
static void
put_draft(struct person *p, const struct agent_question *q, const char *answer, size_t n)
{
	struct arena mem = ARENA_INIT;
	struct err ignore = {0};
	struct json j;
	const char *s = q->task == AGENT_EDIT ? q->text[0].s : "";
	size_t len = q->task == AGENT_EDIT ? q->text[0].n : 0, at;

	if (answer && !json_parse(&j, answer, n, &mem, &ignore) && (at = json_get(&j, 0, "chosen")) &&
	    json_type(&j, at) == JSON_STRING)
		s = json_str(&j, at, &len);
	buf_clear(&p->draft);
	if (s)
		buf_add(&p->draft, s, len);
	arena_free(&mem);
}

/* One question until it has an answer; *k is the next. */
static enum status
turn(struct person *p, struct desk *d, size_t who, size_t item, size_t *k, bool *quit, struct err *e)
{
	const struct agent_question *q = desk_question(d, item);
	const char *why = NULL, *saved;
	double begin = clock_now();
	struct err bad = {0};
	size_t n;

	saved = desk_answer(d, who, item, &n);
	put_draft(p, q, saved, n);
	for (;;) {
		put_help(p, q, *k, desk_size(d), why);
		if (!buf_ok(&p->help) || !buf_ok(&p->draft))
			return err_nomem(e);
		if (editor_run(p->editor, p->help.p, p->help.n, p->draft.p, p->draft.n, &p->said, e))
			return e->code;
		if (p->said.end == EDITOR_QUIT || p->said.end == EDITOR_BACK) {
			*quit = p->said.end == EDITOR_QUIT;
			*k -= *k > 0;
			return ST_OK;
		}
		why = "the line of scissors is gone: write your text below the new one";
		bad = (struct err){0};
		if (!p->said.torn) {
			put_answer(p, q, clock_now() - begin, &bad);
			if (bad.code && bad.code != ST_INPUT) {
				*e = bad;
				return e->code;
			}
			why = bad.code ? "write A, B or C and nothing else" : NULL;
		}
		if (!why && desk_save(d, who, item, p->answer.p, p->answer.n, &why, e))
			return e->code;
		if (!why) {
			++*k;
			return ST_OK;
		}
		buf_clear(&p->draft);
		buf_add(&p->draft, p->said.text.p, p->said.text.n);
	}
}

static enum status
person_serve(void *self, struct desk *d, struct err *e)
{
	struct person *p = self;
	const char *name = p->o->annotator ? p->o->annotator : "";
	size_t who, item, k;
	bool quit = false;
	enum status st;

	if ((st = desk_person(d, name, strlen(name), &who, e)))
		return st;
	/* one that was open when the last session ended comes again */
	for (k = desk_given(d, who); k && !(st = desk_turn(d, who, k - 1, 0, &item, e)) &&
	    !desk_answer(d, who, item, &(size_t){ 0 }); k--)
		;
	while (!quit && !(st = desk_turn(d, who, k, 0, &item, e)))
		if ((st = turn(p, d, who, item, &k, &quit, e)))
			return st;
	return st == ST_EOF ? ST_OK : st;
}

static enum status
person_close(void *self, struct err *e)
{
	struct person *p = self;

	(void)e;
	if (!p)
		return ST_OK;
	buf_free(&p->said.text);
	buf_free(&p->said.reason);
	buf_free(&p->said.note);
	buf_free(&p->help);
	buf_free(&p->answer);
	buf_free(&p->draft);
	free(p);
	return ST_OK;
}

const struct agent_kind agent_editor = {
	.option = "editor", .help = "answer yourself, in $VISUAL or $EDITOR",
	.tasks = 1 << AGENT_EDIT | 1 << AGENT_JUDGE,
	.open = person_open, .serve = person_serve, .close = person_close
};
