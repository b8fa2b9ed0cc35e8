/* The part of OpenCL 1.2 that is used, declared here: the library is found when it is wanted,
 * and nothing of it is needed to build.  Names and numbers are the specification's. */
#ifndef TENSOR_OPENCL_CL_H
#define TENSOR_OPENCL_CL_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

typedef int32_t cl_int;
typedef uint32_t cl_uint, cl_bool;
typedef uint64_t cl_ulong, cl_flags;
typedef struct cl_platform_object *cl_platform;
typedef struct cl_device_object *cl_device;
typedef struct cl_context_object *cl_context;
typedef struct cl_queue_object *cl_queue;
typedef struct cl_memory_object *cl_mem;
typedef struct cl_program_object *cl_program;
typedef struct cl_kernel_object *cl_kernel;
typedef struct cl_event_object *cl_event;

enum {
	CL_SUCCESS = 0, CL_DEVICE_NOT_FOUND = -1, CL_MEM_OBJECT_ALLOCATION_FAILURE = -4, CL_OUT_OF_RESOURCES = -5,
	CL_OUT_OF_HOST_MEMORY = -6, CL_INVALID_BUFFER_SIZE = -61,

	CL_PLATFORM_VERSION = 0x901, CL_PLATFORM_NAME = 0x902,

	CL_DEVICE_TYPE = 0x1000, CL_DEVICE_MAX_COMPUTE_UNITS = 0x1002, CL_DEVICE_MAX_WORK_GROUP_SIZE = 0x1004,
	CL_DEVICE_MAX_MEM_ALLOC_SIZE = 0x1010, CL_DEVICE_SINGLE_FP_CONFIG = 0x101b, CL_DEVICE_GLOBAL_MEM_SIZE = 0x101f,
	CL_DEVICE_LOCAL_MEM_SIZE = 0x1023, CL_DEVICE_ENDIAN_LITTLE = 0x1026, CL_DEVICE_AVAILABLE = 0x1027,
	CL_DEVICE_COMPILER_AVAILABLE = 0x1028, CL_DEVICE_NAME = 0x102b, CL_DRIVER_VERSION = 0x102d,
	CL_DEVICE_VERSION = 0x102f, CL_DEVICE_DOUBLE_FP_CONFIG = 0x1032,

	CL_PROGRAM_BINARY_SIZES = 0x1165, CL_PROGRAM_BINARIES = 0x1166, CL_PROGRAM_BUILD_LOG = 0x1183
};

#define CL_DEVICE_TYPE_GPU ((cl_flags)1 << 2)
#define CL_DEVICE_TYPE_ACCELERATOR ((cl_flags)1 << 3)
#define CL_DEVICE_TYPE_ALL ((cl_flags)0xffffffff)
#define CL_FP_DENORM ((cl_flags)1 << 0)
#define CL_FP_INF_NAN ((cl_flags)1 << 1)
#define CL_FP_ROUND_TO_NEAREST ((cl_flags)1 << 2)
#define CL_FP_FMA ((cl_flags)1 << 5)
#define CL_FP_CORRECTLY_ROUNDED_DIVIDE_SQRT ((cl_flags)1 << 7)
#define CL_MEM_READ_WRITE ((cl_flags)1 << 0)
#define CL_MEM_READ_ONLY ((cl_flags)1 << 2)
#define CL_MEM_COPY_HOST_PTR ((cl_flags)1 << 5)

/* name, result, arguments */
#define CL_FUNCTIONS(X) \
	X(GetPlatformIDs, cl_int, (cl_uint n, cl_platform *p, cl_uint *have)) \
	X(GetPlatformInfo, cl_int, (cl_platform p, cl_uint what, size_t n, void *to, size_t *have)) \
	X(GetDeviceIDs, cl_int, (cl_platform p, cl_flags type, cl_uint n, cl_device *d, cl_uint *have)) \
	X(GetDeviceInfo, cl_int, (cl_device d, cl_uint what, size_t n, void *to, size_t *have)) \
	X(CreateContext, cl_context, (const intptr_t *prop, cl_uint n, const cl_device *d, \
	    void (*say)(const char *text, const void *info, size_t size, void *arg), void *arg, cl_int *err)) \
	X(ReleaseContext, cl_int, (cl_context c)) \
	X(CreateCommandQueue, cl_queue, (cl_context c, cl_device d, cl_flags prop, cl_int *err)) \
	X(ReleaseCommandQueue, cl_int, (cl_queue q)) \
	X(CreateBuffer, cl_mem, (cl_context c, cl_flags f, size_t n, void *host, cl_int *err)) \
	X(ReleaseMemObject, cl_int, (cl_mem m)) \
	X(CreateProgramWithSource, cl_program, (cl_context c, cl_uint n, const char **text, const size_t *len, cl_int *err)) \
	X(CreateProgramWithBinary, cl_program, (cl_context c, cl_uint n, const cl_device *d, const size_t *len, \
	    const unsigned char **bin, cl_int *status, cl_int *err)) \
	X(BuildProgram, cl_int, (cl_program p, cl_uint n, const cl_device *d, const char *opt, \
	    void (*done)(cl_program p, void *arg), void *arg)) \
	X(GetProgramInfo, cl_int, (cl_program p, cl_uint what, size_t n, void *to, size_t *have)) \
	X(GetProgramBuildInfo, cl_int, (cl_program p, cl_device d, cl_uint what, size_t n, void *to, size_t *have)) \
	X(ReleaseProgram, cl_int, (cl_program p)) \
	X(CreateKernel, cl_kernel, (cl_program p, const char *name, cl_int *err)) \
	X(ReleaseKernel, cl_int, (cl_kernel k)) \
	X(SetKernelArg, cl_int, (cl_kernel k, cl_uint i, size_t n, const void *p)) \
	X(EnqueueNDRangeKernel, cl_int, (cl_queue q, cl_kernel k, cl_uint dims, const size_t *from, const size_t *global, \
	    const size_t *local, cl_uint n, const cl_event *wait, cl_event *e)) \
	X(EnqueueReadBuffer, cl_int, (cl_queue q, cl_mem m, cl_bool block, size_t at, size_t n, void *to, cl_uint nw, \
	    const cl_event *wait, cl_event *e)) \
	X(EnqueueWriteBuffer, cl_int, (cl_queue q, cl_mem m, cl_bool block, size_t at, size_t n, const void *from, \
	    cl_uint nw, const cl_event *wait, cl_event *e)) \
	X(EnqueueCopyBuffer, cl_int, (cl_queue q, cl_mem from, cl_mem to, size_t fat, size_t tat, size_t n, cl_uint nw, \
	    const cl_event *wait, cl_event *e)) \
	X(EnqueueFillBuffer, cl_int, (cl_queue q, cl_mem m, const void *p, size_t np, size_t at, size_t n, cl_uint nw, \
	    const cl_event *wait, cl_event *e)) \
	X(Flush, cl_int, (cl_queue q)) \
	X(Finish, cl_int, (cl_queue q))

struct cl_lib {
#define X(name, result, args) result (*name) args;
	CL_FUNCTIONS(X)
#undef X
};

/* Find the library and all of its functions.  ST_USAGE, with the system's reason, where it
 * cannot be had. */
enum status cl_lib_load(struct cl_lib *c, struct err *e);

#endif
