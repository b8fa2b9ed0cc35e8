#include <dlfcn.h>
#include <string.h>

#include "tensor/opencl/cl.h"

#ifdef __APPLE__
#define LIBRARY "/System/Library/Frameworks/OpenCL.framework/OpenCL"
#else
#define LIBRARY "libOpenCL.so.1"
#endif

enum status
cl_lib_load(struct cl_lib *c, struct err *e)
{
	const struct { const char *name; void *to; } need[] = {
#define X(name, result, args) { "cl" #name, &c->name },
		CL_FUNCTIONS(X)
#undef X
	};
	void *lib = dlopen(LIBRARY, RTLD_NOW), *f;
	size_t i;

	if (!lib)
		return err_set(e, ST_USAGE, "no OpenCL: %s", dlerror());
	for (i = 0; i < sizeof(need) / sizeof(*need); i++) {
		if (!(f = dlsym(lib, need[i].name)))
			return err_set(e, ST_USAGE, "no OpenCL: %s", dlerror());
		/* POSIX has functions and objects at pointers of one size */
		memcpy(need[i].to, &f, sizeof(f));
	}
	return ST_OK;
}
