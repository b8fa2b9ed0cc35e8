/* Someone who answers a line of JSON with a line of JSON: a coprocess, and a file that
 * remembers the answers. */
#ifndef AGENT_AGENT_H
#define AGENT_AGENT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/status.h"

/* ---- a coprocess ---- */

struct agent;

/* `sh -c command`, started at the first question; timeout: seconds that it may be silent, 0
 * for ever. Owned; command is borrowed. */
enum status agent_open(struct agent **a, const char *command, double timeout, struct err *e);

/* Send line[0..n) and a newline, append the answer (no newline) to reply.  A command
 * that died is started again and asked once more; ST_IO when it dies on that too, and when
 * it is silent too long, which ends it. */
enum status agent_ask(struct agent *a, const char *line, size_t n, struct buf *reply, struct err *e);

/* Close its input and wait for its end. */
void agent_close(struct agent *a);

/* ---- answers that outlive a run ---- */

struct memory;

/* path NULL: remembers nothing.  A last line that was cut off is forgotten. Owned. */
enum status memory_open(struct memory **m, const char *path, struct err *e);
/* The answer to a question: borrowed until the next memory_put; NULL if unknown. */
const char *memory_get(const struct memory *m, struct hash128 key, size_t *n);
/* Written before it returns, so that a killed run loses nothing that was accepted. */
enum status memory_put(struct memory *m, struct hash128 key, const char *text, size_t n, struct err *e);
void memory_close(struct memory *m);

/* ---- is it a minimal edit? ---- */

/* NULL if text can stand for an edit of old, else the reason why not, as one who asks
 * again would put it: empty, a copy, a preamble before the answer. */
const char *edit_fault(const char *old, size_t nold, const char *text, size_t n);

#endif
