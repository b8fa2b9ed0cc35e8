/* The devices of all OpenCL platforms, and what each lacks. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tensor/opencl/opencl_int.h"

enum { LOCAL_LEAST = 32 << 10 };

static uint64_t
number(const struct cl_lib *cl, cl_device d, cl_uint what)
{
	/* size_t, cl_uint and cl_ulong are all of these on a little-endian machine */
	uint64_t x = 0;

	return cl->GetDeviceInfo(d, what, sizeof(x), &x, NULL) ? 0 : x;
}

static void
text(const struct cl_lib *cl, cl_device d, cl_uint what, char *to, size_t n)
{
	char all[1024];
	size_t have = 0, i;

	if (cl->GetDeviceInfo(d, what, sizeof(all) - 1, all, &have) || have >= sizeof(all))
		have = 0;
	all[have] = '\0';
	snprintf(to, n, "%s", all + strspn(all, " "));
	/* it is printed in messages */
	for (i = 0; to[i]; i++)
		if ((unsigned char)to[i] < ' ')
			to[i] = ' ';
}

/* What keeps the device from the processor's bytes, or from running at all. */
static const char *
lacks(const struct cl_lib *cl, const struct unit *u)
{
	uint64_t f = number(cl, u->device, CL_DEVICE_SINGLE_FP_CONFIG);

	if (!number(cl, u->device, CL_DEVICE_AVAILABLE))
		return "it is not available";
	if (!number(cl, u->device, CL_DEVICE_COMPILER_AVAILABLE))
		return "its driver has no compiler";
	if (!number(cl, u->device, CL_DEVICE_ENDIAN_LITTLE))
		return "its numbers are big-endian";
	if (!(f & CL_FP_DENORM))
		return "it has no denormal numbers";
	if (!(f & CL_FP_INF_NAN) || !(f & CL_FP_ROUND_TO_NEAREST))
		return "it does not round to nearest, or has no infinity";
	if (!(f & CL_FP_CORRECTLY_ROUNDED_DIVIDE_SQRT))
		return "it does not round division and square root correctly";
	if (!(f & CL_FP_FMA))
		return "it has no fused multiply-add";
	if (!number(cl, u->device, CL_DEVICE_DOUBLE_FP_CONFIG))
		return "it has no double precision";
	if (u->group < TILE || u->local < LOCAL_LEAST)
		return "its groups are smaller than 256 work-items or have less than 32 KiB";
	return "";
}

static void
describe(const struct cl_lib *cl, cl_platform p, cl_device d, struct unit *u)
{
	char version[128] = "", platform[128] = "", name[128], driver[64];

	*u = (struct unit){ .platform = p, .device = d };
	text(cl, d, CL_DEVICE_NAME, u->name, sizeof(u->name));
	text(cl, d, CL_DEVICE_VERSION, name, sizeof(name));
	text(cl, d, CL_DRIVER_VERSION, driver, sizeof(driver));
	cl->GetPlatformInfo(p, CL_PLATFORM_VERSION, sizeof(version) - 1, version, NULL);
	cl->GetPlatformInfo(p, CL_PLATFORM_NAME, sizeof(platform) - 1, platform, NULL);
	/* it compiles and keeps each kernel when it is first used; asked for a program, it compiles
	 * all of them */
	u->keeps = !strcmp(platform, "Portable Computing Language");
	snprintf(u->driver, sizeof(u->driver), "%.80s|%.80s|%.60s|%.30s", u->name, version, name, driver);
	u->memory = number(cl, d, CL_DEVICE_GLOBAL_MEM_SIZE);
	u->largest = number(cl, d, CL_DEVICE_MAX_MEM_ALLOC_SIZE);
	u->local = number(cl, d, CL_DEVICE_LOCAL_MEM_SIZE);
	u->units = number(cl, d, CL_DEVICE_MAX_COMPUTE_UNITS);
	u->group = number(cl, d, CL_DEVICE_MAX_WORK_GROUP_SIZE);
	u->accelerates = number(cl, d, CL_DEVICE_TYPE) & (CL_DEVICE_TYPE_GPU | CL_DEVICE_TYPE_ACCELERATOR);
	snprintf(u->lacks, sizeof(u->lacks), "%s", lacks(cl, u));
}

bool
unit_find(const struct cl_lib *cl, size_t i, struct unit *u)
{
	cl_uint np = 0, nd, k;
	cl_platform *p = NULL;
	cl_device *d = NULL;
	bool found = false;

	/* without a driver the loader answers with an error of its own */
	if (cl->GetPlatformIDs(0, NULL, &np) || !np || !(p = calloc(np, sizeof(*p))) ||
	    cl->GetPlatformIDs(np, p, NULL))
		np = 0;
	for (k = 0; k < np && !found; k++) {
		nd = 0;
		if (cl->GetDeviceIDs(p[k], CL_DEVICE_TYPE_ALL, 0, NULL, &nd) || i >= nd) {
			i -= nd;
			continue;
		}
		if ((d = calloc(nd, sizeof(*d))) && !cl->GetDeviceIDs(p[k], CL_DEVICE_TYPE_ALL, nd, d, NULL)) {
			describe(cl, p[k], d[i], u);
			found = true;
		}
		free(d);
		if (!found)
			break;
	}
	free(p);
	return found;
}
