/* The desk that people work at: all questions of a run, who was given which, and what they
 * answered.  Every answer is remembered before it counts, so that a run that was killed goes
 * on where it was.  Not locked: one thread at a time. */
#ifndef AGENT_DESK_H
#define AGENT_DESK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/agent.h"
#include "agent/memory.h"

struct desk;

struct desk_opt {
	uint64_t each;          /* how many people are to answer each question, at least 1 */
	struct memory *memory;  /* borrowed */
	agent_fault *fault;
};

/* Seconds without a sign of life after which a question that is open is given to another. */
enum { DESK_STALE = 1800 };

enum status desk_open(struct desk **d, const struct desk_opt *o, struct err *e);        /* owned; o is copied */
void desk_close(struct desk *d);
const struct desk_opt *desk_options(const struct desk *d);

/* One more question, and what is remembered of it; all that q points to stays until the desk
 * is closed. */
enum status desk_add(struct desk *d, const struct agent_question *q, struct err *e);
/* After the last of them: who had which, from the memory; what was open counts from now on. */
enum status desk_recall(struct desk *d, double now, struct err *e);

size_t desk_size(const struct desk *d);
const struct agent_question *desk_question(const struct desk *d, size_t item);
/* Answers that are still wanted. */
uint64_t desk_wanted(const struct desk *d);

/* The number of this person, who is new or known; an empty name is someone without one. */
enum status desk_person(struct desk *d, const char *name, size_t n, size_t *who, struct err *e);
enum { DESK_NAME = 64 };        /* bytes of a name */
enum { DESK_PEOPLE = 10000 };   /* ST_USAGE beyond it */

/* The k-th question that who was given, k from 0; where k is how many that is, one more: that
 * fewest have, and first in order.  Nobody is given a question twice.  ST_EOF: there is none. */
enum status desk_turn(struct desk *d, size_t who, size_t k, double now, size_t *item, struct err *e);
/* How many who was given so far. */
size_t desk_given(const struct desk *d, size_t who);
/* A sign of life: who still works on item. */
void desk_touch(struct desk *d, size_t who, size_t item, double now);

/* Take an answer, in place of an earlier one of who; the annotator's name is added to it.
 * *why: it will not do, and nothing has changed (until the next call); NULL: it is on disk.  ST_USAGE: who was not
 * given this item. */
enum status desk_save(struct desk *d, size_t who, size_t item, const char *answer, size_t n, const char **why,
    struct err *e);
/* The answer of who, NULL if there is none. */
const char *desk_answer(const struct desk *d, size_t who, size_t item, size_t *n);
/* The k-th answer to item, in the order of the people; NULL at the end. */
const char *desk_each(const struct desk *d, size_t item, size_t k, size_t *n);

struct desk_count { size_t done, unchanged, skipped; double seconds; };
void desk_counts(const struct desk *d, size_t who, struct desk_count *c);

#endif
