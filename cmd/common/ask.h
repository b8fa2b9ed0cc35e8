/* Records that are answered by someone who takes his time: several at once, written in
 * order. */
#ifndef COMMON_ASK_H
#define COMMON_ASK_H

#include "agent/agent.h"
#include "common/app.h"

/* Every input record through fn, jobs of them at a time (worker in [0, jobs)); written in
 * input order.  ST_INPUT rejects the record, ST_EOF leaves it out; *quit, set by fn, ends
 * the run behind the record that set it. */
enum status ask_run(enum status (*fn)(struct record *r, unsigned worker, struct err *e), unsigned jobs,
    const bool *quit, struct err *e);

/* Answers kept by several workers: what memory_get finds is copied. */
struct kept;
enum status kept_open(struct kept **k, const char *path, struct err *e);        /* owned */
bool kept_get(struct kept *k, struct hash128 key, struct buf *answer);
enum status kept_put(struct kept *k, struct hash128 key, const char *text, size_t n, struct err *e);
void kept_close(struct kept *k);

#endif
