/* Who answers questions, by the options, and a file that remembers the answers. */
#ifndef COMMON_BACKEND_H
#define COMMON_BACKEND_H

#include <pthread.h>

#include "agent/kinds.h"
#include "agent/memory.h"
#include "common/app.h"

enum { BACKEND_KINDS = 16 };

struct backend {
	/* set by the program; defaults of the options */
	struct agent_opt o;
	/* options */
	const char *cache;
	uint64_t each;
	struct { const char *arg; bool flag; } chosen[BACKEND_KINDS];
	/* set by backend_open */
	const struct agent_kind *kind;
	void *self;
	struct memory *memory;
	pthread_mutex_t lock;           /* the memory's */
	struct hash128 who;             /* part of each key, so that judges are told apart */
};

#define BACKEND_DEFAULT(task_, prompt) { .each = 1, .o = { .task = task_, .system = prompt, .model = "default", \
	.jobs = 4, .retries = 5, .delay = 0.5 } }

/* p with the rows of the agents that can do the task before its own, and those that agents
 * share after them.  Lives as long as the process; b is borrowed. */
const struct prog *backend_prog(const struct prog *p, struct backend *b);

/* Open what the options name, after app_parse; exits with usage where it is not one agent.  The
 * endpoint's key comes from $FG_API_KEY. */
enum status backend_open(struct backend *b, struct err *e);
/* ST_IO when the agent did not end well; frees all the same. */
enum status backend_close(struct backend *b, struct err *e);

/* What is remembered as the answer to a question, copied; false: nothing. */
bool backend_recall(struct backend *b, struct hash128 key, struct buf *answer);
enum status backend_keep(struct backend *b, struct hash128 key, const struct buf *answer, struct err *e);

#endif
