/* The options of programs that ask agents, the run, and its summary. */
#ifndef COMMON_AGENTS_H
#define COMMON_AGENTS_H

#include "common/app.h"
#include "stage/ask.h"

enum { AGENTS_KINDS = 16 };

struct agents {
	struct backend_opt o;   /* defaults of the options; kind is found among them */
	struct { const char *arg; bool flag; } chosen[AGENTS_KINDS];
	const char *done;       /* how the summary says what was done: "edited" */
	struct backend *backend;
};

#define AGENTS_DEFAULT(task_, done_, prompt) { .done = done_, .o = { .each = 1, .agent = { .task = task_, \
	.system = prompt, .model = "default", .jobs = 4, .retries = 5, .delay = 0.5 } } }

/* p with the rows of the agents that can do the task before its own, and those that agents
 * share after them.  Lives as long as the process; a is borrowed. */
const struct prog *agents_prog(const struct prog *p, struct agents *a);

/* Open what the options name, after app_parse; exits where that cannot be done.  The endpoint's key comes from
 * $FG_API_KEY. */
void agents_open(struct agents *a);
/* Every input record through the agent, the summary, and the agent's end; exits where something fails. */
void agents_run(struct agents *a, const struct ask *how);

#endif
