#include <string.h>
#include <strings.h>

#include "agent/agent.h"
#include "json/scan.h"
#include "json/write.h"

const char agent_no_memory[] = "out of memory";

void
agent_put_line(struct buf *b, const struct agent_question *q)
{
	buf_add(b, q->json.s, q->json.n);
	if (!q->why || !b->n)
		return;
	b->n--;         /* the brace */
	buf_adds(b, ",\"reason\":");
	json_put_str(b, q->why, strlen(q->why));
	buf_addc(b, '}');
}

void
agent_put_words(struct buf *b, const struct agent_question *q)
{
	bool edit = q->task == AGENT_EDIT;

	if (q->prompt.s) {
		buf_adds(b, "Prompt:\n");
		buf_add(b, q->prompt.s, q->prompt.n);
		buf_adds(b, "\n\n");
	}
	buf_adds(b, edit ? "Response:\n" : "Response A:\n");
	buf_add(b, q->text[0].s, q->text[0].n);
	if (!edit) {
		buf_adds(b, "\n\nResponse B:\n");
		buf_add(b, q->text[1].s, q->text[1].n);
	}
	if (edit)
		buf_addc(b, '\n');
	if (q->why)
		buf_addf(b, "\nThe last %s was refused: %s.\n", edit ? "edit" : "answer", q->why);
}

/* ---- what stands around an answer ---- */

static struct agent_text
trim(struct agent_text t)
{
	const char *end = t.s + t.n;

	t.s = json_scan_space(t.s, end);
	while (end > t.s && strchr(" \t\r\n", end[-1]) && end[-1])
		end--;
	t.n = (size_t)(end - t.s);
	return t;
}

static bool
begins(struct agent_text t, const char *with)
{
	size_t n = strlen(with);

	return t.n >= n && !memcmp(t.s, with, n);
}

static bool
ends(struct agent_text t, const char *with)
{
	size_t n = strlen(with);

	return t.n >= n && !memcmp(t.s + t.n - n, with, n);
}

static const char *
find(struct agent_text t, const char *what)
{
	return memmem(t.s, t.n, what, strlen(what));
}

/* What a model of language thought before it answered. */
static struct agent_text
unthink(struct agent_text t)
{
	static const char shut[] = "</think>";
	const char *end = t.s + t.n, *p;

	if (!begins(t, "<think>") || !(p = find(t, shut)))
		return t;
	p += sizeof(shut) - 1;
	return trim((struct agent_text){ p, (size_t)(end - p) });
}

static struct agent_text
unfence(struct agent_text t)
{
	const char *first = memchr(t.s, '\n', t.n), *last = t.s + t.n - 4;

	if (!begins(t, "```") || !ends(t, "\n```"))
		return t;
	return first < last ? (struct agent_text){ first + 1, (size_t)(last - first) - 1 } : (struct agent_text){ last, 0 };
}

/* Pairs of quotation marks that hold all of t, and no other of their kind. */
static struct agent_text
unquote(struct agent_text t, struct agent_text old)
{
	static const char *const pair[][2] = { { "\"", "\"" }, { "\342\200\234", "\342\200\235" },
		{ "\302\253", "\302\273" } };
	size_t i, a, b;

	for (i = 0; i < sizeof(pair) / sizeof(*pair); i++) {
		struct agent_text in;

		a = strlen(pair[i][0]);
		b = strlen(pair[i][1]);
		if (t.n < a + b || !begins(t, pair[i][0]) || !ends(t, pair[i][1]) ||
		    (begins(old, pair[i][0]) && ends(old, pair[i][1])))
			continue;
		in = (struct agent_text){ t.s + a, t.n - a - b };
		if (!find(in, pair[i][0]) && !find(in, pair[i][1]))
			return in;
	}
	return t;
}

void
agent_fit(struct agent_text old, const char *s, size_t n, struct buf *out)
{
	struct agent_text bare = trim(old), t = trim((struct agent_text){ s, n });
	size_t before = (size_t)(bare.s - old.s);

	if (!t.n)
		return;
	buf_add(out, old.s, before);
	buf_add(out, t.s, t.n);
	buf_add(out, bare.s + bare.n, old.n - bare.n - before);
}

void
agent_unwrap(struct agent_text old, const char *s, size_t n, struct buf *out)
{
	struct agent_text bare = trim(old), t = unthink(trim((struct agent_text){ s, n }));

	if (!begins(bare, "```"))
		t = trim(unfence(t));
	t = unquote(t, bare);
	agent_fit(old, t.s, t.n, out);
}

/* ---- words as answers ---- */

static bool
is_word(struct agent_text t, const char *word)
{
	return t.n == strlen(word) && !strncasecmp(t.s, word, t.n);
}

/* The verdict that is all of t, as a number for A; NULL if t says anything else. */
static const char *
verdict(struct agent_text t)
{
	static const char *const lead[] = { "response ", "answer: ", "verdict: " };
	static const char around[] = "\"'*.()[]` \n";
	size_t i;

	while (t.n && strchr(around, *t.s)) {
		t.s++;
		t.n--;
	}
	while (t.n && strchr(around, t.s[t.n - 1]))
		t.n--;
	for (i = 0; i < sizeof(lead) / sizeof(*lead); i++)
		if (t.n == strlen(lead[i]) + 1 && !strncasecmp(t.s, lead[i], t.n - 1)) {
			t.s += t.n - 1;
			t.n = 1;
		}
	return is_word(t, "A") ? "1" : is_word(t, "B") ? "0" : is_word(t, "C") || is_word(t, "tie") ? "0.5" : NULL;
}

enum status
agent_read_words(const struct agent_question *q, const char *s, size_t n, struct buf *answer, struct err *e)
{
	struct agent_text t = unthink(trim((struct agent_text){ s, n }));
	struct buf text = BUF_INIT;
	const char *win;

	if (q->task == AGENT_JUDGE) {
		if (!(win = verdict(t)))
			return err_set(e, ST_INPUT, "the judge answered neither A, B nor C");
		buf_addf(answer, "{\"win\":%s}", win);
		return buf_ok(answer) ? ST_OK : err_nomem(e);
	}
	if (t.n && t.s[t.n - 1] == '.' && begins(t, "UNCHANGED"))
		t.n--;
	if (is_word(t, "UNCHANGED") && begins(t, "UNCHANGED")) {
		buf_adds(answer, "{\"edit\":\"unchanged\"}");
	} else {
		agent_unwrap(q->text[0], s, n, &text);
		buf_adds(answer, "{\"chosen\":");
		json_put_str(answer, text.p ? text.p : "", text.n);
		buf_addc(answer, '}');
	}
	if (!buf_ok(&text) || !buf_ok(answer))
		err_nomem(e);
	else
		e->code = ST_OK;
	buf_free(&text);
	return e->code;
}

/* Does the first line announce what follows ("Here is the edited text:")? */
static bool
announces(const char *s, size_t n)
{
	const char *nl = memchr(s, '\n', n);

	while (nl && nl > s && memchr(" \t\r", nl[-1], 3))
		nl--;
	return nl && nl > s && nl[-1] == ':';
}

const char *
agent_edit_fault(const char *old, size_t nold, const char *text, size_t n)
{
	struct agent_text a = trim((struct agent_text){ old, nold }), b = trim((struct agent_text){ text, n });

	if (!b.n)
		return "the edit is empty";
	if (a.n == b.n && !memcmp(a.s, b.s, a.n))
		return "the edit is a copy of the text";
	if ((announces(b.s, b.n) && !announces(a.s, a.n)) || (begins(b, "```") && !begins(a, "```")))
		return "answer with the edited text alone, nothing around it";
	return NULL;
}
