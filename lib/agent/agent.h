/* Someone who answers questions: edits a text, or says which of two is better.  Each kind of
 * agent is a const descriptor in a file of its own; kinds.h names them all. */
#ifndef AGENT_AGENT_H
#define AGENT_AGENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/status.h"

enum agent_task { AGENT_EDIT, AGENT_JUDGE };

struct agent_text { const char *s; size_t n; };

/* Everything is borrowed. */
struct agent_question {
	enum agent_task task;
	struct agent_text id;
	struct agent_text prompt;       /* s NULL: there is no prompt */
	struct agent_text text[2];      /* AGENT_EDIT: the text to edit; AGENT_JUDGE: A and B */
	struct agent_text json;         /* the same as one line of JSON */
	const char *why;                /* why the last answer was refused; NULL: it was not */
	bool turned;                    /* AGENT_JUDGE: A is the reference */
	void *record;                   /* struct record, for an agent that runs a model */
};

/* NULL if an answer will do, else the reason why not, as one who asks again would put it; it
 * may be written into why.  May be called from several threads. */
enum { AGENT_WHY = 160 };
extern const char agent_no_memory[];    /* the reason that is not the answer's: the run ends */
typedef const char *agent_fault(const struct agent_question *q, const char *answer, size_t n, char why[AGENT_WHY]);

/* An answer is one JSON object, without newline.
 *   AGENT_EDIT   {"chosen":TEXT}, {"edit":"unchanged"} or {"edit":"skipped","reason":TEXT}
 *   AGENT_JUDGE  {"win":0..1}, 1 when A is better; or {"edit":"skipped","reason":TEXT}
 * note, seconds, annotator and spans may stand beside them. */

struct agent_opt {
	const char *arg;        /* the argument of the option that chose the agent */
	enum agent_task task;
	const char *system;     /* the system prompt; NULL: none */
	double timeout;         /* seconds to wait for an answer; 0: for ever */
	uint64_t threads;       /* of an agent that runs a model */
	uint64_t jobs;          /* questions at a time, of an agent that takes several */
	/* of endpoints */
	const char *model, *key;
	uint64_t retries;
	double delay;           /* seconds before the first retry */
	double temperature;
	double limit;           /* AGENT_EDIT: the part of the words that may be changed, for a page */
	const char *annotator;  /* the name of a person at this terminal; NULL: none */
	/* A line for the user, at once; may be called from any worker. */
	void (*say)(const char *text);
};

struct desk;

struct agent_kind {
	const char *option;     /* the option that chooses it, "command" */
	char key;               /* its short form, or 0 */
	const char *arg;        /* the name of the option's argument; NULL: a flag */
	bool may;               /* the argument may be left out */
	const char *help;
	unsigned tasks;         /* 1 << enum agent_task: those that it can do */
	bool several;           /* takes jobs questions at a time */

	/* o is borrowed.  ST_USAGE where this build or machine has no such agent. */
	enum status (*open)(void **self, const struct agent_opt *o, struct err *e);
	/* One of the two is there.  ask: append the answer to q; ST_INPUT: there is none to this
	 * question; anything else ends the run.  serve: people, who see all of the desk's
	 * questions, in any order, until they are done or leave. */
	enum status (*ask)(void *self, unsigned worker, const struct agent_question *q, struct buf *answer,
	    struct err *e);
	enum status (*serve)(void *self, struct desk *d, struct err *e);
	/* What tells this agent's answers from another's of its kind; NULL: option and arg do. */
	const char *(*name)(const void *self);
	/* ST_IO when it did not end well; frees self all the same. */
	enum status (*close)(void *self, struct err *e);
};

/* The question as a line for a command: q->json, and why as `reason`. */
void agent_put_line(struct buf *b, const struct agent_question *q);
/* The same in words, for a person or a model of language. */
void agent_put_words(struct buf *b, const struct agent_question *q);

/* What was written in words, as an answer: of an edit without the quotes, fences and thoughts
 * around it, the word UNCHANGED alone for "nothing to fix"; of a verdict A, B, or C for a tie,
 * and nothing else.  ST_INPUT where it is not one. */
enum status agent_read_words(const struct agent_question *q, const char *s, size_t n, struct buf *answer,
    struct err *e);

/* An edit s[0..n) of old with the white space that old has at its ends, in place of its own: no
 * edit is one of white space alone.  Appended to out. */
void agent_fit(struct agent_text old, const char *s, size_t n, struct buf *out);
/* The same without the quotes, the code fence and the thoughts that a model put around it. */
void agent_unwrap(struct agent_text old, const char *s, size_t n, struct buf *out);

/* NULL if text can stand for an edit of old, else the reason why not, as one who asks
 * again would put it: empty, a copy, a preamble before the answer. */
const char *agent_edit_fault(const char *old, size_t nold, const char *text, size_t n);

#endif
