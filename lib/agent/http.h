/* Someone behind an OpenAI-compatible endpoint for chat completions. */
#ifndef AGENT_HTTP_H
#define AGENT_HTTP_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/status.h"

struct http;

struct http_opt {
	const char *url;        /* ".../chat/completions", or ".../v1", to which that is added */
	const char *model;
	const char *key;        /* of an Authorization header; NULL: none */
	const char *system;     /* the system prompt; NULL: none */
	double timeout;         /* seconds of a request */
	uint64_t retries;       /* after 429, 5xx, a time-out or a cut connection */
	double delay;           /* seconds before the first of them; doubled each time, or as
	                         * long as Retry-After says, at most a minute */
	double temperature;
};

/* opt is borrowed; one handle a thread.  ST_USAGE where HTTP was not built in. Owned. */
enum status http_open(struct http **h, const struct http_opt *opt, struct err *e);
void http_close(struct http *h);

/* Send text[0..n) as the user's message and append the answer's content to reply.
 * ST_IO when it cannot be had; an answer that is no such JSON is ST_IO too.  Replies of
 * more than 8 MiB are refused. */
enum status http_chat(struct http *h, const char *text, size_t n, struct buf *reply, struct err *e);

/* The content of a reply, appended; ST_INPUT when it is no chat completion. */
enum status http_content(const char *json, size_t n, struct buf *content, struct err *e);

#endif
