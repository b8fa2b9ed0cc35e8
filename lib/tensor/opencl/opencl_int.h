/* Inside lib/tensor/opencl: an opened device, its memory, its kernels and how they are called. */
#ifndef TENSOR_OPENCL_INT_H
#define TENSOR_OPENCL_INT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "tensor/opencl/cl.h"
#include "tensor/tensor_int.h"

/* Every kernel of the .cl files; the products have four sizes of tile. */
#define KERNELS(X) \
	X(product_large) X(product_small) X(product_few) X(product_one) X(pack_floats) X(pack_halves) \
	X(embed) X(scatter) X(rmsnorm) X(rmsnorm_dx) X(rmsnorm_dw) X(bias) X(bias_bwd) X(add) X(scale) \
	X(swiglu) X(swiglu_bwd) X(geglu) X(geglu_bwd) X(softcap) X(gelu) X(gelu_bwd) X(layernorm) X(layernorm_dx) X(layernorm_dw) X(rope) X(copy_rows) X(adamw) X(cast_round) X(cast_widen) \
	X(attn_store) X(attn_scores) X(attn_softmax) X(attn_softmax_bwd) X(attn_weigh) X(attn_gather) X(attn_give) \
	X(vocab_logprob) X(vocab_bwd) X(vocab_kl) X(sumsq) X(find_nonfinite) X(contract)
enum kernel_id {
#define X(name) K_##name,
	KERNELS(X)
#undef X
	NKERNELS
};

/* The same numbers as in the .cl files. */
enum { EACH = 128, LANES = 16, NORM_ROWS = 8, VOCAB = 256, SUM = 256, SIDE = 32, TILE = 256, COLUMNS = 32, TURN = 32, FEW = 128 };

/* Which device this is: what is asked of the driver once. */
struct unit {
	cl_platform platform;
	cl_device device;
	char name[128], driver[256];    /* driver: platform, device and driver, for the cache */
	uint64_t memory, largest;       /* bytes in all, and of one array */
	uint64_t local, units, group;   /* bytes of local memory, compute units, work-items of a group */
	bool accelerates;               /* and is not the processor again */
	bool keeps;                     /* its driver keeps compiled kernels by itself */
	char lacks[128];                /* "" when it meets the contract */
};

/* An array: addresses that nothing is at, and the buffer that they stand for. */
struct range { uintptr_t from; size_t bytes, reserved; cl_mem mem; };

/* Sides of the tiles of products, by the device's limits: see gemm.c. */
struct tiles { size_t large, small, few; };

struct opencl {
	struct cl_lib cl;
	struct unit unit;
	cl_context context;
	cl_queue queue;
	cl_program program;
	cl_kernel kernel[NKERNELS];     /* made when first used */
	struct range *range;            /* in order of address */
	size_t ranges, cap;
	cl_mem none;                    /* what an array that is not there is given */
	float *scratch;
	size_t scratch_bytes;
	struct tiles tiles;
	uint64_t scores;                /* floats of attention's scores at the most; 0: by the memory */
	uint64_t used, most;            /* bytes of arrays and scratch: now, and at the most */
	uint64_t put, puts, got, gets;  /* bytes and times */
	struct err why;                 /* the first failure since it was asked for */
};

/* units.c: device number i over all platforms; false past the last one */
bool unit_find(const struct cl_lib *cl, size_t i, struct unit *u);

/* program.c: o->program from the .cl files; and any program from its text, where kept says so by
 * way of the cache: *loaded when it came from there */
enum status program_build(struct opencl *o, struct err *e);
enum status program_get(struct opencl *o, const char *text, bool kept, cl_program *p, bool *loaded, struct err *e);
/* check.c: run what the contract says, and compare with the processor */
enum status contract_check(struct tc *tc, struct err *e);

/* Keep the first failure, and mark the context. */
void failed(struct tc *tc, enum status st, const char *what, cl_int code);
/* Scratch of the device, at least so many bytes, until the next call; NULL after a failure. */
float *scratch_at_least(struct tc *tc, size_t bytes);
/* The buffer that p is in, and where in it, in bytes; NULL (a failure) when p is in none. */
cl_mem find_array(struct tc *tc, const void *p, size_t *at);
/* A buffer that holds a copy of n bytes of the host, to be released after its use. */
cl_mem host_copy(struct tc *tc, const void *p, size_t n);

/* An argument, or for an array two: its buffer, and its place there in elements of `size`. */
struct arg {
	enum { ARG_ARRAY, ARG_HOST, ARG_MEM, ARG_ULONG, ARG_UINT, ARG_FLOAT } kind;
	const void *p;
	size_t size;
	cl_ulong u;
	float f;
};
#define F(x) { .kind = ARG_ARRAY, .p = (x), .size = 4 }         /* of floats, or int32_t; or NULL */
#define OF(x, bytes) { .kind = ARG_ARRAY, .p = (x), .size = (bytes) }
#define HOST(x, bytes) { .kind = ARG_HOST, .p = (x), .size = (bytes) }  /* the host's; one argument */
#define MEM(x) { .kind = ARG_MEM, .p = (x) }                    /* a buffer; one argument */
#define N(x) { .kind = ARG_ULONG, .u = (x) }
#define I(x) { .kind = ARG_UINT, .u = (cl_ulong)(x) }
#define R(x) { .kind = ARG_FLOAT, .f = (x) }

/* Run kernel k on x by y by z groups of `local` work-items. */
void run_groups(struct tc *tc, enum kernel_id k, size_t x, size_t y, size_t z, size_t local, const struct arg *a,
    size_t n);
/* On at least n work-items. */
void run_each(struct tc *tc, enum kernel_id k, size_t n, const struct arg *a, size_t na);
#define RUN_GROUPS(tc, k, x, y, z, local, ...) \
	run_groups(tc, k, x, y, z, local, (const struct arg[]){ __VA_ARGS__ }, \
	    sizeof((const struct arg[]){ __VA_ARGS__ }) / sizeof(struct arg))
#define RUN_EACH(tc, k, n, ...) \
	run_each(tc, k, n, (const struct arg[]){ __VA_ARGS__ }, sizeof((const struct arg[]){ __VA_ARGS__ }) / sizeof(struct arg))

static inline size_t
parts(size_t n, size_t of)
{
	return n / of + (n % of != 0);
}

static inline struct opencl *
opencl_of(struct tc *tc)
{
	return tc->state;
}

#define X(name) __typeof__(name) opencl_##name;
TENSOR_OPS(X)
#undef X

#endif
