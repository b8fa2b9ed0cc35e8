/* A pool of worker threads that sleep when idle for longer than a moment. */
#ifndef BASE_POOL_H
#define BASE_POOL_H

#include <stddef.h>

#include "base/status.h"

struct pool;

/* The processors that this process may run on: a launcher or taskset may have bound it to some. */
unsigned pool_processors(void);

/* threads >= 1 counts the caller, who works too; 0: pool_processors. Owned. */
enum status pool_open(struct pool **p, unsigned threads, struct err *e);
unsigned pool_threads(const struct pool *p);

/* Call fn(arg, task, worker) for every task in [0, tasks), each once, on a free
 * worker; worker in [0, threads).  Returns when all are done.  Not reentrant. */
void pool_run(struct pool *p, void (*fn)(void *arg, size_t task, unsigned worker),
    void *arg, size_t tasks);

void pool_close(struct pool *p);

#endif
