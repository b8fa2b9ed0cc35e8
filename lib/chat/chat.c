#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "chat/chat_int.h"
#include "chat/jinja.h"
#include "json/write.h"

struct chat {
	const struct chat_parts *parts;
	struct jinja *jinja, *tools;    /* tools: the one for talks with tools, where the model has one */
	struct arena mem;
	struct buf vars;                /* the special tokens as an object: name, text */
	struct json special;            /* the same, read; without members when vars is empty */
	const char *bos, *eos;          /* eos: what ends an answer */
	size_t nbos, neos;
	bool begins;
	struct jinja_world world;
	struct arena scratch;           /* of a rendering */
	struct buf text, talk;
};

static enum status
chat_alloc(struct chat **c, struct err *e)
{
	if (!(*c = calloc(1, sizeof(**c))))
		return err_nomem(e);
	(*c)->world.now = time(NULL);
	return ST_OK;
}

enum status
chat_new(struct chat **c, const struct chat_parts *parts, struct err *e)
{
	if (chat_alloc(c, e))
		return e->code;
	(*c)->parts = parts;
	return ST_OK;
}

void
chat_free(struct chat *c)
{
	if (!c)
		return;
	jinja_free(c->jinja);
	if (c->tools != c->jinja)
		jinja_free(c->tools);
	arena_free(&c->mem);
	arena_free(&c->scratch);
	buf_free(&c->vars);
	buf_free(&c->text);
	buf_free(&c->talk);
	free(c);
}

const struct chat_parts *
chat_has_parts(const struct chat *c)
{
	return c->parts;
}

void
chat_set_time(struct chat *c, time_t t)
{
	c->world.now = t;
}

bool
chat_asked_time(const struct chat *c)
{
	return c->world.asked_time;
}

const char *
chat_bos(const struct chat *c)
{
	return c->bos;
}

enum status
chat_set_ends(struct chat *c, bool begins, const char *eos, size_t neos, struct err *e)
{
	c->begins = begins;
	c->eos = NULL;
	if (eos && !(c->eos = arena_str(&c->mem, eos, neos)))
		return err_nomem(e);
	c->neos = neos;
	return ST_OK;
}

/* ---- the files of a model ---- */

/* DIR/name as JSON; *there is false when there is no such file. */
static enum status
read_json(struct chat *c, const char *dir, const char *name, struct json *j, bool *there, struct err *e)
{
	char *path = file_join(dir, name), *text;
	struct buf b = BUF_INIT;

	if (!path)
		return err_nomem(e);
	if ((*there = file_exists(path)) && !file_read(&b, path, e)) {
		if (!(text = arena_str(&c->mem, b.p ? b.p : "", b.n)))
			err_nomem(e);
		else if (json_parse(j, text, b.n, &c->mem, e))
			err_file(e, path);
		else if (json_type(j, 0) != JSON_OBJECT)
			err_at(e, ST_INPUT, path, 0, 0, "expected an object");
	}
	buf_free(&b);
	free(path);
	return e->code;
}

/* A template in place of the one that is there. */
static enum status
parse(struct jinja **to, const char *name, const char *text, size_t n, struct err *e)
{
	jinja_free(*to);
	return jinja_parse(to, name, text, n, e);
}

/* chat_template of a file's object: a text, or a list of {"name": ..., "template": ...}. */
static enum status
template_of(struct chat *c, const char *path, const struct json *j, struct err *e)
{
	size_t t = json_get(j, 0, "chat_template"), k, one, n;
	const char *s;
	bool tools;

	if (!t || json_type(j, t) == JSON_NULL)
		return ST_OK;
	if ((s = json_str(j, t, &n)))
		return parse(&c->jinja, path, s, n, e);
	if (json_type(j, t) != JSON_ARRAY)
		return err_at(e, ST_INPUT, path, 0, 0, "chat_template: expected a text, or a list of named ones");
	for (k = json_first(j, t); k; k = json_next(j, t, k)) {
		one = json_get(j, k, "name");
		tools = one && json_is(j, one, "tool_use");
		if (!one || (!tools && !json_is(j, one, "default")))
			continue;
		if (!(one = json_get(j, k, "template")) || !(s = json_str(j, one, &n)))
			return err_at(e, ST_INPUT, path, 0, 0, "chat_template: a named one has no template");
		if (parse(tools ? &c->tools : &c->jinja, path, s, n, e))
			return e->code;
	}
	return ST_OK;
}

/* The texts of special tokens, as variables of the template. */
static enum status
special_tokens(struct chat *c, const struct json *j, struct err *e)
{
	static const char *const name[] = { "bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token",
	    "mask_token" };
	const char *s;
	size_t i, k, n;

	for (i = 0; i < sizeof(name) / sizeof(*name); i++) {
		k = json_get(j, 0, name[i]);
		if (k && json_type(j, k) == JSON_OBJECT)
			k = json_get(j, k, "content");
		if (!k || !(s = json_str(j, k, &n)) || (c->vars.n && memmem(c->vars.p, c->vars.n, name[i], strlen(name[i]))))
			continue;
		buf_addf(&c->vars, "%c\"%s\": ", c->vars.n ? ',' : '{', name[i]);
		json_put_str(&c->vars, s, n);
		if (!i) {
			c->bos = s;
			c->nbos = n;
		} else if (i == 1) {
			c->eos = s;
			c->neos = n;
		}
	}
	return buf_ok(&c->vars) ? ST_OK : err_nomem(e);
}

/* Everything that a model's folder says; path names the template when it is not the folder's own. */
static enum status
read_folder(struct chat *c, const char *dir, bool template, struct err *e)
{
	static const char *const file[] = { "tokenizer_config.json", "special_tokens_map.json", "chat_template.json" };
	struct buf b = BUF_INIT;
	char *path;
	struct json j;
	bool there = false;
	size_t i;

	for (i = 0; i < 3; i++) {
		if (!(path = file_join(dir, file[i])))
			return err_nomem(e);
		if (!read_json(c, dir, file[i], &j, &there, e) && there && !special_tokens(c, &j, e) && template && i != 1)
			template_of(c, path, &j, e);
		free(path);
		if (e->code)
			return e->code;
	}
	/* a file of Jinja wins */
	if (!template)
		return ST_OK;
	if (!(path = file_join(dir, "chat_template.jinja")))
		return err_nomem(e);
	if (file_exists(path) && !file_read(&b, path, e))
		parse(&c->jinja, path, b.p ? b.p : "", b.n, e);
	buf_free(&b);
	free(path);
	return e->code;
}

/* A file that holds a template: JSON with chat_template, or Jinja. */
static enum status
read_template(struct chat *c, const char *path, struct err *e)
{
	const char *slash = strrchr(path, '/');
	struct buf b = BUF_INIT;
	struct err none = {0};
	struct json j;
	char *dir, *text;

	if (file_read_any(&b, path, e)) {
		buf_free(&b);
		return e->code;
	}
	text = arena_str(&c->mem, b.p ? b.p : "", b.n);
	dir = slash ? arena_str(&c->mem, path, (size_t)(slash - path) + (slash == path)) : arena_str(&c->mem, ".", 1);
	if (!text || !dir)
		err_nomem(e);
	else if (!json_parse(&j, text, b.n, &c->mem, &none) && json_type(&j, 0) == JSON_OBJECT)
		template_of(c, path, &j, e);
	else
		parse(&c->jinja, path, text, b.n, e);
	buf_free(&b);
	return e->code ? e->code : read_folder(c, dir, false, e);
}

enum status
chat_open(struct chat **out, const char *path, struct err *e)
{
	bool folder = file_is_dir(path);
	struct chat *c;

	*out = NULL;
	if (chat_alloc(&c, e))
		return e->code;
	if (folder ? read_folder(c, path, true, e) : read_template(c, path, e))
		goto fail;
	if (!c->jinja && !c->tools) {
		err_at(e, ST_INPUT, path, 0, 0, folder ? "no chat_template in tokenizer_config.json, and no chat_template.jinja" :
		    "no chat_template in it");
		goto fail;
	}
	if (c->vars.n) {
		buf_addc(&c->vars, '}');
		if (!buf_ok(&c->vars)) {
			err_nomem(e);
			goto fail;
		}
		if (json_parse(&c->special, c->vars.p, c->vars.n, &c->mem, e))
			goto fail;
	}
	if (!c->tools)
		c->tools = c->jinja;
	*out = c;
	return ST_OK;
fail:
	chat_free(c);
	return e->code;
}

/* ---- rendering ---- */

static void
member(struct buf *b, const char *key, size_t nkey, const char *json, size_t n)
{
	buf_addc(b, b->p && b->n && b->p[b->n - 1] == '{' ? ' ' : ',');
	json_put_str(b, key, nkey);
	buf_addc(b, ':');
	buf_add(b, json, n);
}

/* A message of the source, as transformers passes it: without nulls, with its reasoning as
 * `thinking` and `reasoning_content`. */
static enum status
put_message(struct chat *c, const struct chat_turn *turn, struct buf *b, struct err *e)
{
	static const char *const names[] = { "reasoning_content", "thinking", "reasoning" };
	const struct json_node *reason = NULL, *v;
	const char *key;
	struct json j;
	size_t k, i, n;

	if (json_parse(&j, turn->json, turn->njson, &c->scratch, e))
		return e->code;
	for (i = 0; i < 3 && !reason; i++)
		if ((k = json_get(&j, 0, names[i])) && json_type(&j, k) != JSON_NULL)
			reason = &j.node[k];
	buf_addc(b, '{');
	/* a role that another layout calls otherwise is ours */
	member(b, "role", 4, "", 0);
	json_put_str(b, turn->role, strlen(turn->role));
	if (reason && !json_get(&j, 0, "thinking"))
		member(b, "thinking", 8, j.text + reason->at, reason->len);
	for (k = json_first(&j, 0); k; k = json_next(&j, 0, k + 1)) {
		v = &j.node[k + 1];
		if (v->type == JSON_NULL || json_is(&j, k, "role"))
			continue;
		if (!(key = json_str(&j, k, &n)))
			return err_nomem(e);
		if (reason && json_is(&j, k, "reasoning_content"))
			v = reason;
		member(b, key, n, j.text + v->at, v->len);
	}
	if (reason && !json_get(&j, 0, "reasoning_content"))
		member(b, "reasoning_content", 17, j.text + reason->at, reason->len);
	buf_addc(b, '}');
	return ST_OK;
}

static enum status
put_turn(struct chat *c, const struct chat_turn *turn, struct buf *b, struct err *e)
{
	if (turn->json)
		return put_message(c, turn, b, e);
	buf_adds(b, "{\"role\":");
	json_put_str(b, turn->role, strlen(turn->role));
	buf_adds(b, ",\"content\":");
	json_put_str(b, turn->text, turn->n);
	buf_addc(b, '}');
	return ST_OK;
}

/* Variables of the record's own: not those that are made here. */
static enum status
put_more(struct chat *c, const struct chat_talk *talk, struct json *more, struct buf *b, struct err *e)
{
	static const char *const ours[] = { "messages", "tools", "documents", "add_generation_prompt" };
	size_t i, k;

	if (json_parse(more, talk->more, talk->nmore, &c->scratch, e))
		return e->code;
	if (json_type(more, 0) != JSON_OBJECT)
		return err_set(e, ST_INPUT, "variables of the template: expected an object");
	for (k = json_first(more, 0); k; k = json_next(more, 0, k + 1)) {
		const struct json_node *name = &more->node[k], *v = &more->node[k + 1];

		for (i = 0; i < 4; i++)
			if (json_is(more, k, ours[i]))
				return err_set(e, ST_INPUT, "variables of the template: %s is not one of them", ours[i]);
		buf_addc(b, ',');
		buf_add(b, more->text + name->at, name->len);
		buf_addc(b, ':');
		buf_add(b, more->text + v->at, v->len);
	}
	return ST_OK;
}

/* The variables of a rendering into c->talk. */
static enum status
put_vars(struct chat *c, const struct chat_talk *talk, const struct chat_turn *answer, struct err *e)
{
	struct buf *b = &c->talk;
	struct json more = {0};
	size_t i, k;
	const char *s;

	buf_clear(b);
	buf_adds(b, "{\"messages\":[");
	for (i = 0; i < talk->n; i++) {
		if (i)
			buf_addc(b, ',');
		if (put_turn(c, &talk->turn[i], b, e))
			return e->code;
	}
	if (answer) {
		if (talk->n)
			buf_addc(b, ',');
		if (put_turn(c, answer, b, e))
			return e->code;
	}
	buf_adds(b, "],\"tools\":");
	buf_add(b, talk->tools ? talk->tools : "null", talk->tools ? talk->ntools : 4);
	buf_adds(b, ",\"documents\":");
	buf_add(b, talk->documents ? talk->documents : "null", talk->documents ? talk->ndocuments : 4);
	buf_addf(b, ",\"add_generation_prompt\":%s", answer ? "false" : "true");
	if (talk->more && put_more(c, talk, &more, b, e))
		return e->code;
	for (k = c->vars.n ? json_first(&c->special, 0) : 0; k; k = json_next(&c->special, 0, k + 1)) {
		const struct json_node *name = &c->special.node[k], *v = &c->special.node[k + 1];

		/* the record's own variables win; these names have no escapes */
		if (!(s = arena_str(&c->scratch, c->special.text + name->at + 1, name->len - 2)))
			return err_nomem(e);
		if (talk->more && json_get(&more, 0, s))
			continue;
		buf_addc(b, ',');
		buf_add(b, c->special.text + name->at, name->len);
		buf_addc(b, ':');
		buf_add(b, c->special.text + v->at, v->len);
	}
	buf_addc(b, '}');
	return buf_ok(b) ? ST_OK : err_nomem(e);
}

/* The rendering in c->text, s[0..n) of it without the BOS that the tokenizer adds. */
static enum status
render(struct chat *c, const struct chat_talk *talk, const struct chat_turn *answer, const char **s, size_t *n, struct err *e)
{
	struct jinja *j = talk->tools ? c->tools : c->jinja;
	struct json vars;

	if (!j)
		return err_set(e, ST_INPUT, "the model has a template for talks with tools alone");
	arena_reset(&c->scratch);
	buf_clear(&c->text);
	if (put_vars(c, talk, answer, e) || json_parse(&vars, c->talk.p, c->talk.n, &c->scratch, e) ||
	    jinja_render(j, &vars, &c->world, &c->text, e)) {
		/* the place is in a text that was made here, not in a file */
		e->line = e->byte = 0;
		return e->code;
	}
	*s = c->text.p ? c->text.p : "";
	*n = c->text.n;
	if (c->begins && c->bos && c->nbos && *n >= c->nbos && !memcmp(*s, c->bos, c->nbos)) {
		*s += c->nbos;
		*n -= c->nbos;
	}
	return ST_OK;
}

enum status
chat_prompt(struct chat *c, const struct chat_talk *talk, struct buf *b, struct err *e)
{
	const char *s;
	size_t n;

	if (c->parts)
		return parts_prompt(c->parts, talk, b, e) ? e->code : buf_ok(b) ? ST_OK : err_nomem(e);
	if (render(c, talk, NULL, &s, &n, e))
		return e->code;
	buf_add(b, s, n);
	return buf_ok(b) ? ST_OK : err_nomem(e);
}

/* The length of s[0..n) without the end token, and the white space after it. */
static size_t
without_eos(const struct chat *c, const char *s, size_t n)
{
	size_t k = n;

	if (!c->eos || !c->neos)
		return n;
	while (k && strchr(" \t\r\n", s[k - 1]) && s[k - 1])
		k--;
	return k >= c->neos && !memcmp(s + k - c->neos, c->eos, c->neos) ? k - c->neos : n;
}

enum status
chat_answer(struct chat *c, const struct chat_talk *talk, const char *prompt, size_t n,
    const struct chat_turn *answer, struct buf *b, struct err *e)
{
	const char *s;
	size_t all;

	if (c->parts)
		return parts_answer(c->parts, answer, b, e) ? e->code : buf_ok(b) ? ST_OK : err_nomem(e);
	if (render(c, talk, answer, &s, &all, e))
		return e->code;
	if (all < n || memcmp(s, prompt, n))
		return err_set(e, ST_INPUT, "the template does not make the prompt the beginning of the finished dialogue");
	buf_add(b, s + n, without_eos(c, s + n, all - n));
	return buf_ok(b) ? ST_OK : err_nomem(e);
}

/* What c makes of the first n turns, and of the answer that follows them; refused is not an error. */
static enum status
sample(struct chat *c, const struct chat_turn *turn, size_t n, struct buf *b, bool *taken, struct err *e)
{
	const struct chat_talk talk = { .turn = turn, .n = n };
	struct err why = {0};
	size_t np;

	buf_clear(b);
	*taken = !chat_prompt(c, &talk, b, &why);
	np = b->n;
	if (*taken)
		*taken = !chat_answer(c, &talk, b->p ? b->p : "", np, &turn[n], b, &why);
	if (why.code && why.code != ST_INPUT)
		*e = why;
	return e->code;
}

enum status
chat_same(struct chat *x, struct chat *y, const char **why, struct err *e)
{
#define TURN(role, text) { role, text, sizeof(text) - 1, NULL, 0 }
	static const struct chat_turn turn[] = {
		TURN("system", "Be brief."), TURN("user", "One?"), TURN("assistant", "Two."), TURN("user", "Three?"), TURN("assistant", "Four."),
		TURN("user", " white space\n"), TURN("assistant", "\nFive ")
	};
	static const struct { size_t from, n; const char *what; } talk[] = {
		{ 1, 1, "a dialogue without a system turn" }, { 0, 2, "a system turn" }, { 1, 3, "several turns" },
		{ 5, 1, "white space around a text" }
	};
	struct buf p = BUF_INIT, q = BUF_INIT;
	bool takes_p, takes_q;
	size_t i;

	*why = NULL;
	for (i = 0; i < sizeof(talk) / sizeof(*talk) && !*why && !e->code; i++) {
		if (sample(x, turn + talk[i].from, talk[i].n, &p, &takes_p, e) || sample(y, turn + talk[i].from, talk[i].n, &q, &takes_q, e))
			break;
		if (takes_p != takes_q || (takes_p && (p.n != q.n || memcmp(p.p, q.p, p.n))))
			*why = talk[i].what;
	}
	buf_free(&p);
	buf_free(&q);
	return e->code;
}
