#include <string.h>

#include "json/json.h"
#include "record/import_int.h"

static const char turn_user[] = "\n\nHuman:", turn_assistant[] = "\n\nAssistant:";

/* Behind the last "\n\nAssistant:"; NULL if there is none. */
static const char *
behind_prompt(const char *s, size_t n)
{
	size_t k = sizeof(turn_assistant) - 1;

	while (n >= k) {
		if (!memcmp(s + n - k, turn_assistant, k))
			return s + n;
		n--;
	}
	return NULL;
}

/* A dialogue "\n\nHuman: ...\n\nAssistant:" by a template, into im->text. */
static enum status
dialogue(struct import *im, struct record *in, const char *s, size_t n, struct err *e)
{
	struct chat_turn *turn = NULL;
	size_t nturn = 0, cap = n / (sizeof(turn_user) - 1) + 1;
	const char *end = s + n, *u, *v, *p = s;
	enum chat_role role;

	if (!(turn = arena_array(record_arena(in), cap, sizeof(*turn))))
		return err_nomem(e);
	for (;;) {
		u = memmem(p, (size_t)(end - p), turn_user, sizeof(turn_user) - 1);
		v = memmem(p, (size_t)(end - p), turn_assistant, sizeof(turn_assistant) - 1);
		if (nturn) {
			turn[nturn - 1].text = p;
			turn[nturn - 1].n = (size_t)((u && (!v || u < v) ? u : v ? v : end) - p);
			import_trim(&turn[nturn - 1].text, &turn[nturn - 1].n);
		} else if ((u && (!v || u < v) ? u : v) != s) {
			return record_bad(in, "chosen", e, "text in front of the first turn");
		}
		if (!u && !v)
			break;
		role = u && (!v || u < v) ? CHAT_USER : CHAT_ASSISTANT;
		p = role == CHAT_USER ? u + sizeof(turn_user) - 1 : v + sizeof(turn_assistant) - 1;
		turn[nturn++].role = role;
	}
	buf_clear(&im->text);
	/* the last turn is the answer's */
	chat_prompt(im->opt.chat, turn, nturn - 1, false, &im->text);
	return buf_ok(&im->text) ? ST_OK : err_nomem(e);
}

enum status
import_hh(struct import *im, struct record *in, struct err *e)
{
	static const char *const used[] = { "chosen", "rejected" };
	const char *c, *r, *x, *y;
	size_t nc, nr, np;

	if (record_str(in, "chosen", &c, &nc, e) || record_str(in, "rejected", &r, &nr, e))
		return e->code;
	if (!(x = behind_prompt(c, nc)))
		return record_bad(in, "chosen", e, "no \"\\n\\nAssistant:\"");
	if (!(y = behind_prompt(r, nr)))
		return record_bad(in, "rejected", e, "no \"\\n\\nAssistant:\"");
	np = (size_t)(x - c);
	if (np != (size_t)(y - r) || memcmp(c, r, np))
		return record_bad(in, "rejected", e, "its prompt differs from chosen's");
	if (import_blank(x, nc - np))
		return record_bad(in, "chosen", e, "empty");
	if (import_blank(y, nr - np))
		return record_bad(in, "rejected", e, "empty");
	if (im->opt.chat && dialogue(im, in, c, np, e))
		return e->code;
	if (import_start(im, im->opt.chat ? im->text.p : c, im->opt.chat ? im->text.n : np, e) ||
	    import_answer(im, "rejected", y, nr - np, im->opt.chat, e) ||
	    import_answer(im, "chosen", x, nc - np, im->opt.chat, e))
		return e->code;
	return import_finish(im, in, used, 2, e);
}

/* The messages of key: all of them as turns. */
static enum status
messages(struct record *in, const char *key, struct chat_turn **turn, size_t *n, struct err *e)
{
	struct json j;
	const char *role;
	size_t len, m, k;

	*n = 0;
	if (record_json(in, key, &j, e))
		return e->code;
	if (json_type(&j, 0) != JSON_ARRAY || !j.node[0].count)
		return record_bad(in, key, e, "expected messages");
	if (!(*turn = arena_array(record_arena(in), j.node[0].count, sizeof(**turn))))
		return err_nomem(e);
	for (m = json_first(&j, 0); m; m = json_next(&j, 0, m), ++*n) {
		if (json_type(&j, m) != JSON_OBJECT || !(k = json_get(&j, m, "role")) ||
		    !(role = json_str(&j, k, &len)) || !chat_role(role, &(*turn)[*n].role))
			return record_bad(in, key, e,
			    "message %zu: expected role system, user or assistant", *n + 1);
		if (!(k = json_get(&j, m, "content")) ||
		    !((*turn)[*n].text = json_str(&j, k, &(*turn)[*n].n)))
			return record_bad(in, key, e, "message %zu: expected content", *n + 1);
	}
	return ST_OK;
}

static bool
is_array(const struct record *in, const char *key)
{
	const char *raw;
	size_t n;

	return record_raw(in, key, &raw, &n) && n && *raw == '[';
}

static enum status
trl_messages(struct import *im, struct record *in, struct err *e)
{
	static const char *const used[] = { "prompt", "chosen", "rejected" };
	const struct chat_template *t = im->opt.chat ? im->opt.chat : chat_template("chatml");
	struct chat_turn *p, *c, *r;
	size_t np = 0, nc, nr, i;

	if (messages(in, "chosen", &c, &nc, e) || messages(in, "rejected", &r, &nr, e))
		return e->code;
	if (nc == 1 && record_has(in, "prompt") && !is_array(in, "prompt")) {
		/* the prompt as a text is one turn */
		if (!(p = arena_array(record_arena(in), 1, sizeof(*p))))
			return err_nomem(e);
		p->role = CHAT_USER;
		if (record_str(in, "prompt", &p->text, &p->n, e))
			return e->code;
		if (nr != 1)
			return record_bad(in, "rejected", e, "expected one message behind the prompt");
		np = 1;
	} else if (is_array(in, "prompt")) {
		if (messages(in, "prompt", &p, &np, e))
			return e->code;
		if (nc != 1 || nr != 1)
			return record_bad(in, "chosen", e, "expected one message behind the prompt");
	} else {
		p = c;
		np = nc - 1;
		if (!np)
			return record_bad(in, "chosen", e, "one message, and no prompt");
		if (nr != nc)
			return record_bad(in, "rejected", e, "its prompt differs from chosen's");
		for (i = 0; i < np; i++)
			if (c[i].role != r[i].role || c[i].n != r[i].n ||
			    memcmp(c[i].text, r[i].text, c[i].n))
				return record_bad(in, "rejected", e,
				    "its prompt differs from chosen's");
	}
	c += nc - 1;
	r += nr - 1;
	if (c->role != CHAT_ASSISTANT || import_blank(c->text, c->n))
		return record_bad(in, "chosen", e, "no answer");
	if (r->role != CHAT_ASSISTANT || import_blank(r->text, r->n))
		return record_bad(in, "rejected", e, "no answer");
	buf_clear(&im->text);
	chat_prompt(t, p, np, false, &im->text);
	if (!buf_ok(&im->text))
		return err_nomem(e);
	if (import_start(im, im->text.p, im->text.n, e) ||
	    import_answer(im, "rejected", r->text, r->n, t, e) ||
	    import_answer(im, "chosen", c->text, c->n, t, e))
		return e->code;
	return import_finish(im, in, used, 3, e);
}

enum status
import_trl(struct import *im, struct record *in, struct err *e)
{
	static const char *const used[] = { "prompt", "chosen", "rejected" };
	const char *p, *c, *r;
	size_t np, nc, nr;

	if (is_array(in, "chosen"))
		return trl_messages(im, in, e);
	if (record_str(in, "prompt", &p, &np, e) || import_get(in, "chosen", &c, &nc, e) ||
	    import_get(in, "rejected", &r, &nr, e))
		return e->code;
	if (im->opt.chat && import_single(im, im->opt.chat, p, np, NULL, 0, e))
		return e->code;
	if (import_start(im, im->opt.chat ? im->text.p : p, im->opt.chat ? im->text.n : np, e) ||
	    import_answer(im, "rejected", r, nr, im->opt.chat, e) ||
	    import_answer(im, "chosen", c, nc, im->opt.chat, e))
		return e->code;
	return import_finish(im, in, used, 3, e);
}
