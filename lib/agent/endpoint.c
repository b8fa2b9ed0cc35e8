/* An endpoint for chat completions as agent: the question in words, several at a time. */
#include <stdlib.h>

#include "agent/http.h"
#include "agent/kinds.h"

struct endpoint {
	const struct agent_opt *o;
	struct http_news *news;
	struct http **conn;             /* one for each of o->jobs */
	struct buf *words, *reply;      /* the same */
};

static enum status endpoint_close(void *self, struct err *e);

static enum status
endpoint_open(void **self, const struct agent_opt *o, struct err *e)
{
	struct endpoint *p = calloc(1, sizeof(*p));
	struct err ignore = {0};
	uint64_t i;

	if (!p)
		return err_nomem(e);
	e->code = ST_OK;
	p->o = o;
	p->conn = calloc(o->jobs, sizeof(struct http *));
	p->words = calloc(o->jobs, sizeof(*p->words));
	p->reply = calloc(o->jobs, sizeof(*p->reply));
	if (!p->conn || !p->words || !p->reply)
		err_nomem(e);
	else
		http_news_new(&p->news, e);
	for (i = 0; !e->code && i < o->jobs; i++)
		if (!http_open(&p->conn[i], o, e))
			http_share(p->conn[i], p->news);
	if (e->code)
		endpoint_close(p, &ignore);
	else
		*self = p;
	return e->code;
}

static enum status
endpoint_ask(void *self, unsigned worker, const struct agent_question *q, struct buf *answer, struct err *e)
{
	struct endpoint *p = self;
	struct buf *words = &p->words[worker], *reply = &p->reply[worker];
	enum status st;

	buf_clear(words);
	buf_clear(reply);
	agent_put_words(words, q);
	if (!buf_ok(words))
		return err_nomem(e);
	if ((st = http_chat(p->conn[worker], words->p, words->n, reply, e)))
		return st;
	return agent_read_words(q, reply->p ? reply->p : "", reply->n, answer, e);
}

static const char *
endpoint_name(const void *self)
{
	const struct endpoint *p = self;

	return p->o->model;
}

static enum status
endpoint_close(void *self, struct err *e)
{
	struct endpoint *p = self;
	uint64_t i;

	(void)e;
	if (!p)
		return ST_OK;
	for (i = 0; i < p->o->jobs; i++) {
		if (p->conn)
			http_close(p->conn[i]);
		if (p->words)
			buf_free(&p->words[i]);
		if (p->reply)
			buf_free(&p->reply[i]);
	}
	http_news_free(p->news);
	free(p->conn);
	free(p->words);
	free(p->reply);
	free(p);
	return ST_OK;
}

const struct agent_kind agent_endpoint = {
	.option = "url", .arg = "URL", .help = "ask an endpoint for chat completions",
	.tasks = 1 << AGENT_EDIT | 1 << AGENT_JUDGE, .several = true,
	.open = endpoint_open, .ask = endpoint_ask, .name = endpoint_name, .close = endpoint_close
};
