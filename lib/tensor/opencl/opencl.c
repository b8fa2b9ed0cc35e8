/* OpenCL as a device of lib/tensor: units, opening and closing. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tensor/opencl/opencl_int.h"

static bool
unit(size_t i, struct device_unit *u)
{
	struct cl_lib cl;
	struct unit x;
	struct err e = { 0 };

	if (cl_lib_load(&cl, &e) || !unit_find(&cl, i, &x))
		return false;
	*u = (struct device_unit){ .memory = x.memory, .accelerates = x.accelerates };
	snprintf(u->name, sizeof(u->name), "%s", x.name);
	snprintf(u->lacks, sizeof(u->lacks), "%s", x.lacks);
	return true;
}

/* A number of digits alone; false for anything else. */
static bool
number(const char *s, size_t *n)
{
	size_t i;

	for (*n = 0, i = 0; s[i] >= '0' && s[i] <= '9' && i < 6; i++)
		*n = *n * 10 + (size_t)(s[i] - '0');
	return i && !s[i];
}

/* The unit that was named, else the first that meets the contract, a processor of its own before
 * this one's. */
static enum status
choose(struct opencl *o, const char *name, struct err *e)
{
	struct unit u;
	size_t i = 0;

	if (name) {
		if (!number(name, &i))
			return err_set(e, ST_USAGE, "opencl:%.40s: expected a number after the colon", name);
		if (!unit_find(&o->cl, i, &o->unit))
			return err_set(e, ST_USAGE, "opencl:%zu: there is no such device", i);
		if (*o->unit.lacks)
			return err_set(e, ST_USAGE, "opencl:%zu: %s: %s", i, o->unit.name, o->unit.lacks);
		return ST_OK;
	}
	for (; unit_find(&o->cl, i, &u); i++)
		if (!*u.lacks && (!o->unit.device || (u.accelerates && !o->unit.accelerates)))
			o->unit = u;
	if (o->unit.device)
		return ST_OK;
	if (unit_find(&o->cl, 0, &u))
		return err_set(e, ST_USAGE, "opencl: %s: %s", u.name, u.lacks);
	return err_set(e, ST_USAGE, "opencl: there is no device");
}

static enum status
start(struct opencl *o, struct err *e)
{
	cl_int code = 0;

	o->context = o->cl.CreateContext(NULL, 1, &o->unit.device, NULL, NULL, &code);
	if (!code && o->context)
		o->queue = o->cl.CreateCommandQueue(o->context, o->unit.device, 0, &code);
	if (!code && o->queue)
		o->none = o->cl.CreateBuffer(o->context, CL_MEM_READ_WRITE, 64, NULL, &code);
	if (code || !o->none)
		return err_set(e, ST_IO, "%s: it cannot be opened: OpenCL's error %ld", o->unit.name, (long)code);
	/* another processor has many small ones, this one few large ones */
	o->tiles = o->unit.accelerates ? (struct tiles){ 128, 64, 16 } : (struct tiles){ 64, 64, 8 };
	return program_build(o, e);
}

static void
stop(struct tc *tc)
{
	struct opencl *o = opencl_of(tc);
	size_t i;

	for (i = 0; i < NKERNELS; i++)
		if (o->kernel[i])
			o->cl.ReleaseKernel(o->kernel[i]);
	if (o->program)
		o->cl.ReleaseProgram(o->program);
	opencl_tc_free(tc, o->scratch, o->scratch_bytes);
	if (o->none)
		o->cl.ReleaseMemObject(o->none);
	if (o->queue)
		o->cl.ReleaseCommandQueue(o->queue);
	if (o->context)
		o->cl.ReleaseContext(o->context);
	free(o->range);
	free(o);
}

static enum status
open_unit(struct tc *tc, const char *name, struct err *e)
{
	struct opencl *o;

	if (!(tc->state = o = calloc(1, sizeof(*o))))
		return err_nomem(e);
	if (!cl_lib_load(&o->cl, e) && !choose(o, name, e) && !start(o, e) && !contract_check(tc, e))
		return ST_OK;
	stop(tc);
	return e->code;
}

static enum status
why(struct tc *tc, struct err *e)
{
	struct opencl *o = opencl_of(tc);

	*e = o->why;
	o->why = (struct err){ 0 };
	return e->code;
}

static void
usage(struct tc *tc, struct tc_usage *u)
{
	const struct opencl *o = opencl_of(tc);

	*u = (struct tc_usage){ .name = o->unit.name, .memory = o->unit.memory, .used = o->used, .most = o->most,
		.put = o->put, .puts = o->puts, .got = o->got, .gets = o->gets };
}

const struct device device_opencl = {
	.name = "opencl",
	.unit = unit,
	.open = open_unit,
	.close = stop,
	.why = why,
	.usage = usage,
	.ops = {
#define X(name) .name = opencl_##name,
		TENSOR_OPS(X)
#undef X
	},
};
