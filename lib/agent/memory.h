/* Answers that outlive a run: a file of keys and lines of JSON. */
#ifndef AGENT_MEMORY_H
#define AGENT_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/hash.h"
#include "base/status.h"

struct memory;

/* path NULL: nothing is remembered.  A last line that was cut off is forgotten.
 * secret: a new file is its owner's alone.  ST_USAGE when another run has the file open.  Owned. */
enum status memory_open(struct memory **m, const char *path, bool secret, struct err *e);
/* The last answer to a question: borrowed until the next memory_put; NULL if unknown. */
const char *memory_get(const struct memory *m, struct hash128 key, size_t *n);
/* Written before it returns, so that a killed run loses nothing that was accepted; durable:
 * and on disk, so that a machine that stops loses nothing either. */
enum status memory_put(struct memory *m, struct hash128 key, const char *text, size_t n, bool durable,
    struct err *e);
/* Every answer in the order of the file, those that were replaced too; *at begins at 0.  false
 * at the end.  Borrowed. */
bool memory_next(const struct memory *m, size_t *at, struct hash128 *key, const char **text, size_t *n);
void memory_close(struct memory *m);

#endif
