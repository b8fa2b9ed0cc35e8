/* Inside lib/tensor: the context, its scratch, the kernels of an ISA. */
#ifndef TENSOR_INT_H
#define TENSOR_INT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "tensor/tensor.h"

enum {
	PANEL = 32      /* columns of a panel: element (k, c) of panel p is at (p K + k) 32 + c */
};

struct scratch { void *p; size_t n; };

struct tc {
	struct pool *pool;
	unsigned threads;
	const char *isa;
	struct scratch shared;          /* the caller's */
	struct scratch *own;            /* (threads), each a worker's */
	atomic_bool failed;
};

/* At least n bytes, 64-byte aligned, kept and used again; NULL marks the context. */
void *scratch_get(struct tc *tc, struct scratch *s, size_t n);

/* element i of typed memory, widened */
float dtype_get(const void *p, size_t i, enum dtype t);

#endif
