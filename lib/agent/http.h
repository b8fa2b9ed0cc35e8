/* A client of OpenAI-compatible endpoints for chat completions. */
#ifndef AGENT_HTTP_H
#define AGENT_HTTP_H

#include <stddef.h>

#include "agent/agent.h"

struct http;

/* o->arg is the address, ".../chat/completions", or ".../v1", to which that is added before a
 * query; o is borrowed; one handle a thread.  ST_USAGE where HTTP was not built in. Owned. */
enum status http_open(struct http **h, const struct agent_opt *o, struct err *e);
void http_close(struct http *h);

/* What failed first is told to o->say at once, where others wait for it, too: shared by all
 * handles of a run, which set *said; lock is theirs. */
struct http_news;
enum status http_news_new(struct http_news **n, struct err *e);         /* owned */
void http_news_free(struct http_news *n);
void http_share(struct http *h, struct http_news *n);

/* Send text[0..n) as the user's message and append the answer's content to reply.  ST_INPUT
 * when the endpoint refuses to answer this one; ST_IO when nothing can be had, or what comes is
 * not a chat completion.  Replies of more than 8 MiB are refused, and an endpoint that asks to
 * wait for more than ten minutes is not waited for. */
enum status http_chat(struct http *h, const char *text, size_t n, struct buf *reply, struct err *e);

/* The content of a reply, appended; ST_INPUT where it is a chat completion without text (a
 * refusal), ST_IO when it is not a chat completion. */
enum status http_content(const char *json, size_t n, struct buf *content, struct err *e);

/* An address as messages may show it: without user, password and query.  Owned; NULL when
 * memory is out. */
char *http_shown(const char *url);
/* Where a question is sent: /chat/completions added before the query.  Owned; NULL the same. */
char *http_address(const char *url);

#endif
