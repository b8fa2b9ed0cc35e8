/* Inside lib/tensor: the context that every device shares. */
#ifndef TENSOR_INT_H
#define TENSOR_INT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "tensor/device.h"
#include "tensor/tensor.h"

struct kern;
struct scratch { void *p; size_t n; };

/* The processor's part is there whatever the device: the host's own work (sampling, rows of
 * logits) runs on it. */
struct tc {
	const struct device *device;
	void *state;                    /* the device's own */
	atomic_bool failed;
	struct pool *pool;
	unsigned threads;
	const struct kern *k;
	struct scratch shared;          /* the caller's */
	struct scratch pack_a, pack_b;  /* of a matrix product */
	struct scratch *own;            /* (threads), each a worker's */
};

/* cpu/cpu.c: the processor's part of a context */
enum status cpu_start(struct tc *tc, unsigned threads, struct err *e);
void cpu_stop(struct tc *tc);

/* element i of typed memory, widened */
float dtype_get(const void *p, size_t i, enum dtype t);

#endif
