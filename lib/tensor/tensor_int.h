/* Inside lib/tensor: the context, its scratch, the kernels of an ISA. */
#ifndef TENSOR_INT_H
#define TENSOR_INT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "tensor/kern.h"
#include "tensor/tensor.h"

struct scratch { void *p; size_t n; };

struct tc {
	struct pool *pool;
	unsigned threads;
	const struct kern *k;
	struct scratch shared;          /* the caller's */
	struct scratch pack_a, pack_b;  /* of a matrix product */
	struct scratch *own;            /* (threads), each a worker's */
	atomic_bool failed;
};

/* At least n bytes, 64-byte aligned, kept and used again; NULL marks the context. */
void *scratch_get(struct tc *tc, struct scratch *s, size_t n);

/* fn(arg, task, worker) for all tasks, on the pool when work (in floating operations) is
 * worth waking it. */
void tc_run(struct tc *tc, void (*fn)(void *arg, size_t task, unsigned worker), void *arg, size_t tasks,
    double work);

/* element i of typed memory, widened */
float dtype_get(const void *p, size_t i, enum dtype t);

#endif
