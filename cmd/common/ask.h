/* Records that someone answers: an agent, who is asked about several at once, or people. */
#ifndef COMMON_ASK_H
#define COMMON_ASK_H

#include "agent/desk.h"
#include "common/backend.h"
#include "record/record.h"

struct ask {
	/* The question of r, its JSON in line; both are borrowed until the next of this worker. */
	enum status (*question)(struct record *r, struct agent_question *q, struct buf *line, struct err *e);
	agent_fault *fault;
	/* Write an answer that will do into r. */
	enum status (*accept)(struct record *r, const struct agent_question *q, const char *answer, size_t n,
	    struct err *e);
	const char *field;      /* that a bad record blames */
	const char *outcome;    /* that accept sets to "unchanged" or "skipped" */
	const char *done;       /* how the summary says it: "edited" */
	uint64_t tries;         /* how often to ask before giving up */
};

/* Every input record through the agent of b; written in input order, with a summary. */
enum status ask_run(struct backend *b, const struct ask *how, struct err *e);

/* The question as JSON, in line: the fields of r that are there, under these names. */
enum status ask_json(struct record *r, struct agent_question *q, const char *const *field, const char *const *name,
    size_t nfield, struct buf *line, struct err *e);

/* What an answer may say of itself, annotator, seconds, note and reason, into r. */
enum status ask_remarks(struct record *r, const char *answer, size_t n, struct err *e);

#endif
