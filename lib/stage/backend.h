/* An agent, and a file that remembers its answers. */
#ifndef STAGE_BACKEND_H
#define STAGE_BACKEND_H

#include "agent/kinds.h"
#include "agent/memory.h"

struct backend;

struct backend_opt {
	const struct agent_kind *kind;
	struct agent_opt agent; /* jobs is 1 where the kind takes one question at a time */
	const char *cache;      /* the file; NULL: nothing is remembered */
	uint64_t each;          /* how many people are to answer each question */
};

/* o is copied, what it points to is borrowed.  Owned. */
enum status backend_open(struct backend **b, const struct backend_opt *o, struct err *e);
/* ST_IO when the agent did not end well; frees all the same.  b may be NULL. */
enum status backend_close(struct backend *b, struct err *e);

const struct backend_opt *backend_options(const struct backend *b);
/* The memory that an agent's desk uses. */
struct memory *backend_memory(struct backend *b);

/* The agent's answer to q, appended; see struct agent_kind. */
enum status backend_ask(struct backend *b, unsigned worker, const struct agent_question *q, struct buf *answer,
    struct err *e);
/* Of an agent that is people: let them work at the desk. */
enum status backend_serve(struct backend *b, struct desk *d, struct err *e);

/* What is remembered as the answer to a question, copied; false: nothing.  Any worker may ask. */
bool backend_recall(struct backend *b, struct hash128 key, struct buf *answer);
enum status backend_keep(struct backend *b, struct hash128 key, const struct buf *answer, struct err *e);

#endif
