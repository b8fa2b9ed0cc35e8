/* Who answers questions: a command or an endpoint, and a file that remembers the answers. */
#ifndef COMMON_BACKEND_H
#define COMMON_BACKEND_H

#include "agent/http.h"
#include "common/ask.h"

struct backend {
	/* options */
	const char *command, *cache;
	struct http_opt http;
	uint64_t jobs;
	/* set by backend_open */
	struct agent *agent;            /* with command */
	struct http **conn;             /* with http.url: one for each of jobs, else NULL */
	struct kept *kept;
};

#define BACKEND_DEFAULT(prompt) { .jobs = 4, \
	.http = { .model = "default", .retries = 5, .delay = 0.5, .system = prompt } }

/* Their option rows; the key comes from the environment, $FG_API_KEY. */
#define BACKEND_ROWS(b) \
	OPT_STR("command", "CMD", &(b).command, "ask a command: a JSON line in, a JSON line out"), \
	OPT_STR("url", "URL", &(b).http.url, "ask an endpoint for chat completions"), \
	OPT_STR("model", "NAME", &(b).http.model, "the endpoint's model"), \
	OPT_STR("system", "TEXT", &(b).http.system, "the system prompt"), \
	OPT_UINT("jobs", "N", &(b).jobs, 1, 256, "requests at a time", .outside = true), \
	OPT_REAL("timeout", "S", &(b).http.timeout, 0.01, 1e5, \
	    "seconds to wait for an answer (default: 60 with --url, else for ever)", .outside = true), \
	OPT_UINT("retries", "N", &(b).http.retries, 0, 100, "requests again after 429, 5xx or a cut connection", \
	    .outside = true), \
	OPT_REAL("retry-delay", "S", &(b).http.delay, 0, 60, "seconds before the first of them", .outside = true), \
	OPT_STR("cache", "FILE", &(b).cache, "remember answers here and ask for none of them again", .outside = true)

/* Open what the options name; jobs becomes 1 where there is no endpoint.  Owned. */
enum status backend_open(struct backend *b, struct err *e);
void backend_close(struct backend *b);

#endif
