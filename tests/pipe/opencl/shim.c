/* An OpenCL library that hands everything to the real one, but answers as a lesser driver would
 * where FG_SHIM says so: "denormals", "division", "fma", "double", "memory" (a mebibyte), "none"
 * (no platform), "build" (the kernels do not compile), "bit" (the first result has a wrong bit).
 *
 * Built as libOpenCL.so.1; FG_REAL is the path of the real one. */
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "tensor/opencl/cl.h"

#define HIDDEN __attribute__((visibility("hidden")))

/* real_X, and where the shim has no function of its own a clX that jumps there */
#define X(name, result, args) HIDDEN result (*real_##name) args;
CL_FUNCTIONS(X)
#undef X
#define JUMP(name) __asm__(".pushsection .text\n.globl cl" #name "\n.type cl" #name ", @function\n" \
    "cl" #name ":\n\tjmp *real_" #name "(%rip)\n.popsection\n")
JUMP(GetPlatformInfo); JUMP(GetDeviceIDs); JUMP(CreateContext); JUMP(ReleaseContext); JUMP(CreateCommandQueue);
JUMP(ReleaseCommandQueue); JUMP(CreateBuffer); JUMP(ReleaseMemObject); JUMP(CreateProgramWithBinary);
JUMP(BuildProgram); JUMP(GetProgramInfo); JUMP(GetProgramBuildInfo); JUMP(ReleaseProgram); JUMP(CreateKernel);
JUMP(ReleaseKernel); JUMP(SetKernelArg); JUMP(EnqueueNDRangeKernel); JUMP(EnqueueWriteBuffer); JUMP(EnqueueCopyBuffer);
JUMP(EnqueueFillBuffer); JUMP(Flush); JUMP(Finish);

__attribute__((constructor)) static void
find(void)
{
	const struct { const char *name; void *to; } need[] = {
#define X(name, result, args) { "cl" #name, &real_##name },
		CL_FUNCTIONS(X)
#undef X
	};
	void *lib = dlopen(getenv("FG_REAL"), RTLD_NOW | RTLD_LOCAL), *f;

	for (size_t i = 0; lib && i < sizeof(need) / sizeof(*need); i++) {
		f = dlsym(lib, need[i].name);
		memcpy(need[i].to, &f, sizeof(f));
	}
}

static int
is(const char *what)
{
	const char *s = getenv("FG_SHIM");

	return s && !strcmp(s, what);
}

cl_int clGetPlatformIDs(cl_uint n, cl_platform *p, cl_uint *have);
cl_int clGetDeviceInfo(cl_device d, cl_uint what, size_t n, void *to, size_t *have);
cl_program clCreateProgramWithSource(cl_context c, cl_uint n, const char **text, const size_t *len, cl_int *err);
cl_int clEnqueueReadBuffer(cl_queue q, cl_mem m, cl_bool block, size_t at, size_t n, void *to, cl_uint nw,
    const cl_event *wait, cl_event *e);

cl_int
clGetPlatformIDs(cl_uint n, cl_platform *p, cl_uint *have)
{
	return is("none") ? CL_DEVICE_NOT_FOUND : real_GetPlatformIDs(n, p, have);
}

cl_int
clGetDeviceInfo(cl_device d, cl_uint what, size_t n, void *to, size_t *have)
{
	cl_int code = real_GetDeviceInfo(d, what, n, to, have);
	cl_flags drop = is("denormals") ? CL_FP_DENORM : is("fma") ? CL_FP_FMA : is("division") ?
	    CL_FP_CORRECTLY_ROUNDED_DIVIDE_SQRT : 0, *x = to;

	if (what == CL_DEVICE_SINGLE_FP_CONFIG)
		*x &= ~drop;
	if (what == CL_DEVICE_DOUBLE_FP_CONFIG && is("double"))
		*x = 0;
	if (what == CL_DEVICE_GLOBAL_MEM_SIZE && is("memory"))
		*x = 1 << 20;
	return code;
}

cl_program
clCreateProgramWithSource(cl_context c, cl_uint n, const char **text, const size_t *len, cl_int *err)
{
	const char *wrong = "kernel void one(global int *x) { *x = missing; }\n";

	return real_CreateProgramWithSource(c, n, is("build") ? &wrong : text, len, err);
}

cl_int
clEnqueueReadBuffer(cl_queue q, cl_mem m, cl_bool block, size_t at, size_t n, void *to, cl_uint nw,
    const cl_event *wait, cl_event *e)
{
	cl_int code = real_EnqueueReadBuffer(q, m, block, at, n, to, nw, wait, e);

	if (is("bit"))
		((unsigned char *)to)[n / 7 * 2 + 4 * 130] ^= 1;
	return code;
}
