/* Records that someone answers: an agent, who is asked about several at once, or people. */
#ifndef STAGE_ASK_H
#define STAGE_ASK_H

#include "stage/backend.h"
#include "stage/stream.h"

struct ask {
	/* The question of r, its JSON in line; both are borrowed until the next of this worker. */
	enum status (*question)(struct record *r, struct agent_question *q, struct buf *line, struct err *e);
	agent_fault *fault;
	/* Write an answer that will do into r. */
	enum status (*accept)(struct record *r, const struct agent_question *q, const char *answer, size_t n,
	    struct err *e);
	const char *field;      /* that a bad record blames */
	const char *outcome;    /* that accept sets to "unchanged" or "skipped" */
	uint64_t tries;         /* how often to ask before giving up */
};

/* Records with an answer, by the outcome; and answers that are still wanted. */
struct ask_count { uint64_t done, unchanged, skipped, open; };

/* Every record of io through b's agent; written in the order of the input, each as often as it was answered. */
enum status ask_run(struct backend *b, const struct ask *how, const struct stream *io, struct ask_count *count,
    struct err *e);

/* The question as JSON, in line: the fields of r that are there, under these names. */
enum status ask_json(struct record *r, struct agent_question *q, const char *const *field, const char *const *name,
    size_t nfield, struct buf *line, struct err *e);

/* What an answer says of itself, annotator, seconds, note and reason, into r. */
enum status ask_remarks(struct record *r, const char *answer, size_t n, struct err *e);

#endif
