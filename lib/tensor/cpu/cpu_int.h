/* Inside lib/tensor/cpu: the processor's operations, scratch and threads. */
#ifndef TENSOR_CPU_INT_H
#define TENSOR_CPU_INT_H

#include "tensor/cpu/kern.h"
#include "tensor/tensor_int.h"

/* cpu_gemm_nt and the rest: as tensor.h has them */
#define X(name) __typeof__(name) cpu_##name;
TENSOR_OPS(X)
#undef X

/* At least n bytes, 64-byte aligned, kept and used again; NULL marks the context. */
void *scratch_get(struct tc *tc, struct scratch *s, size_t n);

/* fn(arg, task, worker) for all tasks, on the pool when work (in floating operations) is
 * worth waking it. */
void tc_run(struct tc *tc, void (*fn)(void *arg, size_t task, unsigned worker), void *arg, size_t tasks,
    double work);

#endif
