/* What a device gives to lib/tensor: a descriptor with its operations.  tensor.h has the
 * contracts; lib/README.md says what a new device has to write. */
#ifndef TENSOR_DEVICE_H
#define TENSOR_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tensor/tensor.h"

/* Every operation of tensor.h that a device does itself: the list is here and nowhere else. */
#define TENSOR_OPS(X) \
	X(tc_alloc) X(tc_free) X(tc_put) X(tc_get) X(tc_copy) X(tc_zero) X(tc_sync) \
	X(panel_pack) X(gemm_nt) X(gemm_nn) X(gemm_tn) \
	X(cast_round) X(cast_widen) X(copy_rows) X(gather_rows) X(scatter_rows) X(scale_fwd) \
	X(embed_fwd) X(embed_bwd) X(rmsnorm_fwd) X(rmsnorm_bwd) X(bias_fwd) X(bias_bwd) X(add_fwd) \
	X(layernorm_fwd) X(layernorm_bwd) X(swiglu_fwd) X(swiglu_bwd) X(geglu_fwd) X(geglu_bwd) X(gelu_fwd) X(gelu_bwd) \
	X(softcap_fwd) X(rope_fwd) X(rope_bwd) X(attn_fwd) X(attn_bwd) \
	X(vocab_logprob) X(vocab_logprob_bwd) X(vocab_kl) \
	X(adamw_update) X(sumsq_f32) X(find_nonfinite)

/* The same names, with the types that tensor.h declares. */
struct tensor_ops {
#define X(name) __typeof__(name) *name;
	TENSOR_OPS(X)
#undef X
};

/* One unit of a device: "opencl:1". */
struct device_unit {
	char name[128];         /* as its driver has it */
	uint64_t memory;        /* bytes; 0: not known */
	char lacks[128];        /* what keeps it from the processor's bytes; "" if nothing does */
	bool accelerates;       /* "auto" takes it before the processor */
};

struct device {
	const char *name;       /* "cpu", as --device has it */
	bool host;              /* its memory is the host's: see tc_is_host */
	bool hidden;            /* for tests: opened by name, not listed */
	struct tensor_ops ops;
	/* Unit number i, false where there is none. */
	bool (*unit)(size_t i, struct device_unit *u);
	/* tc has the processor's part and its device already; unit: what follows "NAME:",
	 * NULL when nothing does.  close is not called after a failed open.  Either may be NULL. */
	enum status (*open)(struct tc *tc, const char *unit, struct err *e);
	void (*close)(struct tc *tc);
	/* The message of a failure, since tc->failed is set; NULL: memory ran out. */
	enum status (*why)(struct tc *tc, struct err *e);
	/* Of a device whose memory is its own; may be NULL. */
	void (*usage)(struct tc *tc, struct tc_usage *u);
};

/* Device number i of this build, NULL past the last one. */
const struct device *device_at(size_t i);

extern const struct device device_cpu, device_opencl, device_strict;

#endif
