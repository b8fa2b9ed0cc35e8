#include <string.h>

#include "json/json.h"
#include "record/import_int.h"

/* Rows of chats: messages, ShareGPT's conversations, prompt and completion, pairs of answers. */

struct list { struct chat_turn *turn; size_t n; };

/* The names of roles in ShareGPT and similar data. */
static const char *
role_of(const char *s)
{
	static const struct { const char *name, *role; } known[] = {
		{ "human", "user" }, { "gpt", "assistant" }, { "chatgpt", "assistant" }, { "bing", "assistant" }, { "bard", "assistant" },
		{ "model", "assistant" }, { "observation", "tool" }
	};
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (!strcmp(known[i].name, s))
			return known[i].role;
	return s;
}

/* One message: {"role", "content"}, or {"from", "value"}. */
static enum status
message(struct record *in, const char *key, const struct json *j, size_t m, size_t no, struct chat_turn *turn, struct err *e)
{
	size_t k, len;
	bool from = false;
	const char *role;

	if (json_type(j, m) != JSON_OBJECT)
		return record_bad(in, key, e, "message %zu: expected an object", no);
	if (!(k = json_get(j, m, "role"))) {
		k = json_get(j, m, "from");
		from = true;
	}
	if (!k || !(role = json_str(j, k, &len)) || !len || strlen(role) != len)
		return record_bad(in, key, e, "message %zu: expected a role", no);
	*turn = (struct chat_turn){ .role = role_of(role) };
	k = json_get(j, m, from ? "value" : "content");
	if (k)
		turn->text = json_str(j, k, &turn->n);
	if (from && !turn->text)
		return record_bad(in, key, e, "message %zu: expected a value", no);
	if (from && !strcmp(turn->role, "function_call"))
		return record_bad(in, key, e, "message %zu: function_call: write it as tool_calls of a message", no);
	if (!from) {
		turn->json = j->text + j->node[m].at;
		turn->njson = j->node[m].len;
	}
	return ST_OK;
}

/* The messages of key; a text is one turn of this role. */
static enum status
messages(struct record *in, const char *key, const char *role, struct list *l, struct err *e)
{
	const char *raw;
	struct json j;
	size_t m, n;

	*l = (struct list){0};
	if (record_raw(in, key, &raw, &n) && n && *raw == '"') {
		if (!(l->turn = arena_array(record_arena(in), 1, sizeof(*l->turn))))
			return err_nomem(e);
		*l->turn = (struct chat_turn){ .role = role };
		l->n = 1;
		return record_str(in, key, &l->turn->text, &l->turn->n, e);
	}
	if (record_json(in, key, &j, e))
		return e->code;
	if (json_type(&j, 0) != JSON_OBJECT && (json_type(&j, 0) != JSON_ARRAY || !j.node[0].count))
		return record_bad(in, key, e, "expected messages");
	n = json_type(&j, 0) == JSON_OBJECT ? 1 : j.node[0].count;
	if (!(l->turn = arena_array(record_arena(in), n, sizeof(*l->turn))))
		return err_nomem(e);
	/* a single message may come without brackets */
	if (json_type(&j, 0) == JSON_OBJECT)
		return message(in, key, &j, 0, 1, &l->turn[l->n++], e);
	for (m = json_first(&j, 0); m; m = json_next(&j, 0, m), l->n++)
		if (message(in, key, &j, m, l->n + 1, &l->turn[l->n], e))
			return e->code;
	return ST_OK;
}

static bool
is_talk(const struct record *in, const char *key)
{
	const char *raw;
	size_t n;

	return record_raw(in, key, &raw, &n) && n && (*raw == '[' || *raw == '{');
}

static bool
same_turn(const struct chat_turn *x, const struct chat_turn *y)
{
	if (strcmp(x->role, y->role) || !x->text != !y->text)
		return false;
	if (x->text)
		return x->n == y->n && !memcmp(x->text, y->text, x->n);
	return x->njson == y->njson && !memcmp(x->json, y->json, x->njson);
}

/* An array of the record that the template takes: as it is, or as JSON in a text. */
static enum status
extra(struct record *in, const char *key, char open, const char **json, size_t *n, struct err *e)
{
	const char *what = open == '[' ? "an array" : "an object";
	struct err none = {0};
	struct json j;

	*json = NULL;
	if (!record_has(in, key))
		return ST_OK;
	if (record_raw(in, key, json, n) && **json == '"') {
		if (record_str(in, key, json, n, e))
			return e->code;
		if (!*n) {
			*json = NULL;
			return ST_OK;
		}
		if (json_parse(&j, *json, *n, record_arena(in), &none))
			return record_bad(in, key, e, "expected %s, or the JSON of one in a text", what);
		*json += j.node[0].at;
		*n = j.node[0].len;
	}
	if (**json != open)
		return record_bad(in, key, e, "expected %s, or the JSON of one in a text", what);
	/* no tools at all is not a list of none */
	if (*n == 2)
		*json = NULL;
	return ST_OK;
}

/* The prompt for an answer to the turns, with what else the record has for a template.  A system
 * prompt beside the turns is the first of them. */
static enum status
make_prompt(struct import *im, struct record *in, const char *key, const struct chat_turn *turn, size_t n, struct err *e)
{
	struct chat_talk talk = { .turn = turn, .n = n };
	struct chat_turn *all, system = { .role = "system" };
	struct chat *c;

	if (record_has(in, "system") && !is_talk(in, "system") && n && strcmp(turn->role, "system")) {
		if (record_str(in, "system", &system.text, &system.n, e))
			return e->code;
		if (!(all = arena_array(record_arena(in), n + 1, sizeof(*all))))
			return err_nomem(e);
		all[0] = system;
		memcpy(all + 1, turn, n * sizeof(*all));
		/* an empty system turn counts as absent */
		if (system.n)
			talk = (struct chat_talk){ .turn = all, .n = n + 1 };
	}
	if (import_chat(im, "chatml", &c, e) || extra(in, "tools", '[', &talk.tools, &talk.ntools, e) ||
	    extra(in, "documents", '[', &talk.documents, &talk.ndocuments, e) ||
	    extra(in, "chat_template_kwargs", '{', &talk.more, &talk.nmore, e))
		return e->code;
	return import_talk(im, c, &talk, in, key, e);
}

/* The last turn as the answer to key. */
static enum status
put_answer(struct import *im, const char *to, struct record *in, const char *key, const struct chat_turn *turn, struct err *e)
{
	if (strcmp(turn->role, "assistant") || (turn->text && !turn->json && import_blank(turn->text, turn->n)) ||
	    (!turn->text && !turn->json))
		return record_bad(in, key, e, "no answer");
	/* an answer may consist only of a tool call, but not be empty */
	if (turn->json && (!turn->text || import_blank(turn->text, turn->n)) &&
	    !memmem(turn->json, turn->njson, "\"tool_calls\"", 12) && (turn->text || !memmem(turn->json, turn->njson, "\"content\"", 9)))
		return record_bad(in, key, e, "no answer");
	return import_answer_turn(im, to, in, key, turn, e);
}

/* prompt, and two answers to it: texts, messages, or dialogues that begin with the same turns */
static enum status
pair(struct import *im, struct record *in, const char *prompt, const char *chosen, const char *rejected, struct err *e)
{
	const char *used[] = { prompt, chosen, rejected, "chosen", "rejected", "prompt", "system", "tools", "documents", "chat_template_kwargs" };
	struct list p = {0}, c, r;
	size_t i;

	if (messages(in, chosen, "assistant", &c, e) || messages(in, rejected, "assistant", &r, e))
		return e->code;
	if (prompt && messages(in, prompt, "user", &p, e))
		return e->code;
	if (p.n) {
		/* what TRL calls explicit; a prompt beside whole dialogues is their first turn again */
		if (c.n == 1 && r.n == 1)
			goto made;
		if (is_talk(in, prompt))
			return record_bad(in, c.n != 1 ? chosen : rejected, e, "expected one message after the prompt");
		if (c.n == 1)
			return record_bad(in, rejected, e, "expected one message after the prompt");
	}
	p = (struct list){ c.turn, c.n - 1 };
	if (!p.n)
		return record_bad(in, chosen, e, "one message, and no prompt");
	if (r.n != c.n)
		return record_bad(in, rejected, e, "its prompt differs from chosen's");
	for (i = 0; i < p.n; i++)
		if (!same_turn(&c.turn[i], &r.turn[i]))
			return record_bad(in, rejected, e, "its prompt differs from chosen's");
made:
	if (make_prompt(im, in, p.turn == c.turn ? chosen : prompt, p.turn, p.n, e) || import_start(im, e) ||
	    put_answer(im, "rejected", in, rejected, &r.turn[r.n - 1], e) ||
	    put_answer(im, "chosen", in, chosen, &c.turn[c.n - 1], e))
		return e->code;
	return import_finish(im, in, used, sizeof(used) / sizeof(*used), e);
}

/* prompt and texts that are not chats, by a template only where one is named */
static enum status
texts(struct import *im, struct record *in, const char *prompt, const char *const *from, const char *const *to, size_t n,
    struct err *e)
{
	const char *used[] = { prompt, from[0], n > 1 ? from[1] : NULL, to[0], n > 1 ? to[1] : NULL, "prompt" };
	const char *s;
	size_t len, i;

	if (record_str(in, prompt, &s, &len, e))
		return e->code;
	if (im->opt.chat ? import_single(im, im->opt.chat, in, prompt, s, len, NULL, 0, e) : import_plain(im, s, len, e))
		return e->code;
	if (import_start(im, e))
		return e->code;
	for (i = 0; i < n; i++)
		if (import_get(in, from[i], &s, &len, e) || import_answer(im, to[i], in, from[i], s, len, e))
			return e->code;
	return import_finish(im, in, used, sizeof(used) / sizeof(*used), e);
}

/* A whole dialogue: the last answer is the response, and without one it is a prompt. */
static enum status
whole(struct import *im, struct record *in, const char *key, struct err *e)
{
	const char *const used[] = { key, "prompt", "response", "system", "tools", "documents", "chat_template_kwargs" };
	struct list l;
	bool answered;

	if (messages(in, key, "user", &l, e))
		return e->code;
	answered = !strcmp(l.turn[l.n - 1].role, "assistant");
	if (answered && l.n == 1)
		return record_bad(in, key, e, "an answer, and no turn before it");
	if (make_prompt(im, in, key, l.turn, l.n - answered, e) || import_start(im, e) ||
	    (answered && put_answer(im, "response", in, key, &l.turn[l.n - 1], e)))
		return e->code;
	return import_finish(im, in, used, sizeof(used) / sizeof(*used), e);
}

/* prompt and completion (with KTO's label, which is kept) */
static enum status
completion(struct import *im, struct record *in, struct err *e)
{
	static const char *const from[] = { "completion" }, *const to[] = { "response" };
	static const char *const used[] = { "prompt", "completion", "response", "system", "tools", "documents", "chat_template_kwargs" };
	struct list p, c;

	if (!is_talk(in, "prompt") && !is_talk(in, "completion"))
		return texts(im, in, "prompt", from, to, 1, e);
	if (messages(in, "prompt", "user", &p, e) || messages(in, "completion", "assistant", &c, e))
		return e->code;
	if (c.n != 1)
		return record_bad(in, "completion", e, "expected one message after the prompt");
	if (make_prompt(im, in, "prompt", p.turn, p.n, e) || import_start(im, e) ||
	    put_answer(im, "response", in, "completion", c.turn, e))
		return e->code;
	return import_finish(im, in, used, sizeof(used) / sizeof(*used), e);
}

enum status
import_trl(struct import *im, struct record *in, struct err *e)
{
	static const char *const answers[] = { "rejected", "chosen" }, *const responses[] = { "response_k", "response_j" };
	static const char *const asked[] = { "prompt", "question", "user_input", "instruction" };
	static const char *const prompts[] = { "prompt" };
	const char *before = NULL;
	size_t i, n;
	const char *s;

	/* two answers, of which one is better */
	if (record_has(in, "chosen") || record_has(in, "rejected")) {
		for (i = 0; i < 3 && !before; i++) {
			static const char *const key[] = { "prompt", "conversations", "messages" };

			before = record_has(in, key[i]) ? key[i] : NULL;
		}
		if (is_talk(in, "chosen") || is_talk(in, "rejected") || (before && is_talk(in, before)))
			return pair(im, in, before, "chosen", "rejected", e);
		return texts(im, in, "prompt", answers, answers, 2, e);
	}
	if (record_has(in, "response_j") || record_has(in, "response_k")) {
		for (i = 0; i < 4 && !before; i++)
			before = record_has(in, asked[i]) ? asked[i] : NULL;
		return texts(im, in, before ? before : "question", responses, answers, 2, e);
	}
	if (record_has(in, "messages"))
		return whole(im, in, "messages", e);
	if (record_has(in, "conversations"))
		return whole(im, in, "conversations", e);
	if (record_has(in, "completion"))
		return completion(im, in, e);
	if (is_talk(in, "prompt"))
		return whole(im, in, "prompt", e);
	if (!record_has(in, "prompt"))
		return record_bad(in, "messages", e, "missing, and so are prompt, conversations, chosen and rejected");
	/* a prompt alone */
	if (record_str(in, "prompt", &s, &n, e) ||
	    (im->opt.chat ? import_single(im, im->opt.chat, in, "prompt", s, n, NULL, 0, e) : import_plain(im, s, n, e)) ||
	    import_start(im, e))
		return e->code;
	return import_finish(im, in, prompts, 1, e);
}
