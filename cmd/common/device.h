/* Where a program computes. */
#ifndef COMMON_DEVICE_H
#define COMMON_DEVICE_H

#include "conf/opt.h"
#include "tensor/tensor.h"

/* The row of --device; to: a const char *, NULL by default. */
#define OPT_DEVICE(to_) \
	OPT_STR("device", "NAME", to_, "compute on cpu, opencl[:N] or auto (default: FINEGRAIN_DEVICE, else cpu)", \
	    .outside = true)

/* Open what --device names. */
enum status device_open(struct tc **tc, const char *name, struct err *e);
/* With -v say what went to the device and from it; close it.  tc may be NULL. */
void device_close(struct tc *tc);

#endif
