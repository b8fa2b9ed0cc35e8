/* People at a page in their browsers as agent: several at once, each question to as many of
 * them as are wanted. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/kinds.h"
#include "agent/page.h"
#include "base/clock.h"
#include "json/json.h"
#include "json/write.h"
#include "page/files.h"

/* ---- what it is asked ---- */

struct request {
	struct arena mem;
	struct json j;
	size_t who;             /* desk_person */
};

static void
refuse(struct page_reply *r, unsigned status, const char *why)
{
	r->status = status;
	buf_clear(&r->body);
	buf_adds(&r->body, "{\"why\":");
	json_put_str(&r->body, why, strlen(why));
	buf_addc(&r->body, '}');
}

/* The error ends the run when it is not the asker's. */
static void
fail(struct page_desk *p, const struct err *e, struct page_reply *r)
{
	if (e->code != ST_USAGE && e->code != ST_INPUT)
		p->failed = *e;
	refuse(r, e->code == ST_USAGE || e->code == ST_INPUT ? 409 : 500, e->msg);
}

static bool
read_count(const struct json *j, const char *key, size_t most, size_t *v)
{
	size_t at = json_get(j, 0, key);
	struct err bad = {0};
	int64_t x;

	if (!at || json_i64(j, at, key, 0, (int64_t)most, &x, &bad))
		return false;
	*v = (size_t)x;
	return true;
}

/* The body as JSON, and who asks. */
static bool
read_request(struct page_desk *p, struct request *q, const char *body, size_t n, struct page_reply *r)
{
	struct err e = {0};
	const char *who;
	size_t at, len;

	if (json_parse(&q->j, body, n, &q->mem, &e) || json_type(&q->j, 0) != JSON_OBJECT ||
	    !(at = json_get(&q->j, 0, "who")) || !(who = json_str(&q->j, at, &len)) || !len || len > DESK_NAME ||
	    memchr(who, 0, len)) {
		refuse(r, 400, "expected a JSON object with a name of 1 to 64 bytes");
		return false;
	}
	if (desk_person(p->desk, who, len, &q->who, &e)) {
		fail(p, &e, r);
		return false;
	}
	return true;
}

/* ---- what it is told ---- */

static void
put_text(struct buf *b, const char *key, struct agent_text t)
{
	buf_addf(b, ",\"%s\":", key);
	if (t.s)
		json_put_str(b, t.s, t.n);
	else
		buf_adds(b, "null");
}

static void
put_counts(struct page_desk *p, size_t who, struct buf *b)
{
	struct desk_count c;

	desk_counts(p->desk, who, &c);
	buf_addf(b, "\"counts\":{\"done\":%zu,\"unchanged\":%zu,\"skipped\":%zu,\"seconds\":%.1f},\"given\":%zu,"
	    "\"size\":%zu,\"wanted\":%ju", c.done, c.unchanged, c.skipped, c.seconds, desk_given(p->desk, who),
	    desk_size(p->desk), (uintmax_t)desk_wanted(p->desk));
}

/* The run, and the first question of who that has no answer. */
static void
start(struct page_desk *p, struct request *q, struct page_reply *r)
{
	size_t at, n, item, given = desk_given(p->desk, q->who);
	struct err e = {0};
	bool edit = !desk_size(p->desk) || desk_question(p->desk, 0)->task == AGENT_EDIT;

	for (at = 0; at < given && !desk_turn(p->desk, q->who, at, p->now, &item, &e) &&
	    desk_answer(p->desk, q->who, item, &n); at++)
		;
	page_people(p, q->who, false);
	buf_addf(&r->body, "{\"task\":\"%s\",\"limit\":%.6g,\"at\":%zu}", edit ? "edit" : "judge", p->limit, at);
}

static void
turn(struct page_desk *p, struct request *q, struct page_reply *r)
{
	const struct agent_question *x;
	struct buf *b = &r->body;
	const char *answer;
	struct err e = {0};
	size_t at, item, n;
	enum status st;

	if (!read_count(&q->j, "at", desk_given(p->desk, q->who), &at)) {
		refuse(r, 400, "expected a place that was reached");
		return;
	}
	st = desk_turn(p->desk, q->who, at, p->now, &item, &e);
	if (st && st != ST_EOF) {
		fail(p, &e, r);
		return;
	}
	buf_addf(b, "{\"at\":%zu,", at);
	if (st == ST_EOF)
		buf_adds(b, "\"end\":true,");
	put_counts(p, q->who, b);
	if (st != ST_EOF) {
		x = desk_question(p->desk, item);
		buf_addf(b, ",\"item\":%zu", item);
		put_text(b, "id", x->id);
		put_text(b, "prompt", x->prompt);
		put_text(b, x->task == AGENT_EDIT ? "text" : "a", x->text[0]);
		if (x->task == AGENT_JUDGE)
			put_text(b, "b", x->text[1]);
		answer = desk_answer(p->desk, q->who, item, &n);
		put_text(b, "answer", (struct agent_text){ NULL, 0 });
		if (answer) {
			b->n -= 4;      /* the null */
			buf_add(b, answer, n);
		}
	}
	buf_addc(b, '}');
}

/* The members of an answer that a page may send, each of its type and size. */
static bool
clean_answer(struct request *q, size_t at, struct buf *b)
{
	static const struct { const char *key; enum json_type type; } may[] = {
		{ "chosen", JSON_STRING }, { "edit", JSON_STRING }, { "reason", JSON_STRING }, { "win", JSON_NUMBER },
		{ "spans", JSON_ARRAY }, { "note", JSON_STRING }, { "seconds", JSON_NUMBER }
	};
	struct err bad = {0};
	size_t i, k;
	double v;

	for (i = 0; i < sizeof(may) / sizeof(*may); i++) {
		if (!(k = json_get(&q->j, at, may[i].key)))
			continue;
		if (json_type(&q->j, k) != may[i].type)
			return false;
		if (may[i].type == JSON_NUMBER && (json_f64(&q->j, k, may[i].key, &v, &bad) || !(v >= 0 && v <= 1e9)))
			return false;
		/* on one line, as in the file */
		buf_addf(b, "%s\"%s\":", b->n ? "," : "{", may[i].key);
		for (size_t c = 0; c < q->j.node[k].len; c++)
			if (!strchr("\n\r", q->j.text[q->j.node[k].at + c]) || !q->j.text[q->j.node[k].at + c])
				buf_addc(b, q->j.text[q->j.node[k].at + c]);
	}
	if (b->n)
		buf_addc(b, '}');
	return b->n;
}

static void
save(struct page_desk *p, struct request *q, struct page_reply *r)
{
	size_t at = json_get(&q->j, 0, "answer"), item;
	struct buf answer = BUF_INIT;
	struct err e = {0};
	const char *why;

	if (!at || json_type(&q->j, at) != JSON_OBJECT || !read_count(&q->j, "item", SIZE_MAX / 2, &item) ||
	    !clean_answer(q, at, &answer)) {
		refuse(r, 400, "expected an item and an answer");
	} else if (!buf_ok(&answer)) {
		refuse(r, 500, "out of memory");
	} else if (desk_save(p->desk, q->who, item, answer.p, answer.n, &why, &e)) {
		fail(p, &e, r);
	} else if (why) {
		refuse(r, 422, why);
	} else {
		page_people(p, q->who, false);
		buf_adds(&r->body, "{\"saved\":true,");
		put_counts(p, q->who, &r->body);
		buf_addc(&r->body, '}');
	}
	buf_free(&answer);
}

/* ---- who is here ---- */

void
page_people(struct page_desk *p, size_t who, bool left)
{
	unsigned char *grown;

	if (who >= p->npeople) {
		if (!(grown = realloc(p->people, who + 1)))
			return;
		memset(grown + p->npeople, PAGE_ABSENT, who + 1 - p->npeople);
		p->people = grown;
		p->npeople = who + 1;
	}
	p->people[who] = left ? PAGE_LEFT : PAGE_HERE;
}

bool
page_is_done(const struct page_desk *p)
{
	bool some = false;
	size_t i;

	if (p->failed.code)
		return true;
	for (i = 0; i < p->npeople; i++) {
		if (p->people[i] == PAGE_HERE)
			return false;
		some |= p->people[i] == PAGE_LEFT;
	}
	return some && !desk_wanted(p->desk);
}

void
page_answer(struct page_desk *p, const char *path, const char *body, size_t n, struct page_reply *r)
{
	struct request q = { .mem = ARENA_INIT };
	size_t item;

	r->status = 200;
	r->type = "application/json";
	if (!read_request(p, &q, body, n, r)) {
		;
	} else if (!strcmp(path, "start")) {
		start(p, &q, r);
	} else if (!strcmp(path, "turn")) {
		turn(p, &q, r);
	} else if (!strcmp(path, "save")) {
		save(p, &q, r);
	} else if (!strcmp(path, "touch")) {
		if (read_count(&q.j, "item", SIZE_MAX / 2, &item))
			desk_touch(p->desk, q.who, item, p->now);
		buf_adds(&r->body, "{}");
	} else if (!strcmp(path, "finish")) {
		page_people(p, q.who, true);
		buf_adds(&r->body, "{}");
	} else {
		refuse(r, 404, "there is no such request");
	}
	arena_free(&q.mem);
}

/* s[0..n) with each @name@ replaced. */
static void
fill(struct buf *b, const char *s, size_t n, const char *nonce)
{
	const struct { const char *name, *text; size_t n; } part[] = {
		{ "@nonce@", nonce, strlen(nonce) }, { "@style@", (const char *)page_css, page_css_n },
		{ "@script@", (const char *)page_js, page_js_n }
	};
	size_t i, k, len;

	for (i = 0; i < n; i += len) {
		len = 1;
		for (k = 0; s[i] == '@' && k < sizeof(part) / sizeof(*part); k++)
			if (n - i >= strlen(part[k].name) && !memcmp(s + i, part[k].name, strlen(part[k].name))) {
				buf_add(b, part[k].text, part[k].n);
				len = strlen(part[k].name);
				break;
			}
		if (len == 1)
			buf_addc(b, s[i]);
	}
}

void
page_put_html(const char *nonce, struct buf *b)
{
	fill(b, (const char *)page_html, page_html_n, nonce);
}

/* ---- the agent ---- */

struct page { const struct agent_opt *o; struct page_desk p; char token[33]; };

static enum status
page_open(void **self, const struct agent_opt *o, struct err *e)
{
	struct page *g = calloc(1, sizeof(*g));

	if (!g)
		return err_nomem(e);
	g->o = o;
	*self = g;
	return ST_OK;
}

/* The address's secret: what an earlier run had, so that open pages go on. */
static enum status
take_token(struct page *g, struct memory *m, struct err *e)
{
	static const char name[] = "the page's secret";
	struct hash128 key = hash128(name, sizeof(name) - 1);
	const char *s;
	char line[64];
	size_t n;

	if ((s = memory_get(m, key, &n)) && n == 45 && !memcmp(s, "{\"secret\":\"", 11) &&
	    strspn(s + 11, "0123456789abcdef") >= 32) {
		memcpy(g->token, s + 11, 32);
		return ST_OK;
	}
	if (page_secret(g->token, 16, e))
		return e->code;
	snprintf(line, sizeof(line), "{\"secret\":\"%s\"}", g->token);
	return memory_put(m, key, line, strlen(line), true, e);
}

static void
on_post(void *ctx, const char *path, const char *body, size_t n, struct page_reply *r)
{
	struct page *g = ctx;

	g->p.now = clock_now();
	page_answer(&g->p, path, body, n, r);
}

static void
on_get(void *ctx, const char *nonce, struct page_reply *r)
{
	(void)ctx;
	page_put_html(nonce, &r->body);
}

static bool
on_done(void *ctx)
{
	const struct page *g = ctx;

	return page_is_done(&g->p);
}

static enum status
page_run(void *self, struct desk *d, struct err *e)
{
	struct page *g = self;
	struct page_opt o = { .address = g->o->arg, .token = g->token, .post = on_post, .get = on_get, .done = on_done,
		.ctx = g };

	g->p.desk = d;
	g->p.limit = g->o->limit;
	if (take_token(g, desk_options(d)->memory, e) || page_serve(&o, g->o->say, e))
		return e->code;
	if (g->p.failed.code)
		*e = g->p.failed;
	return e->code;
}

static enum status
page_close(void *self, struct err *e)
{
	struct page *g = self;

	(void)e;
	if (g)
		free(g->p.people);
	free(g);
	return ST_OK;
}

const struct agent_kind agent_page = {
	.option = "page", .arg = "ADDR:PORT", .may = true, .help = "serve a page on which people answer",
	.tasks = 1 << AGENT_EDIT | 1 << AGENT_JUDGE,
	.open = page_open, .serve = page_run, .close = page_close
};
