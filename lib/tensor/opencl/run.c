/* How kernels are called. */
#include "tensor/opencl/opencl_int.h"

static const char *const name[] = {
#define X(name) #name,
	KERNELS(X)
#undef X
};

static cl_kernel
kernel(struct tc *tc, enum kernel_id k)
{
	struct opencl *o = opencl_of(tc);
	cl_int code = 0;

	if (!o->kernel[k] && !(o->kernel[k] = o->cl.CreateKernel(o->program, name[k], &code)))
		failed(tc, ST_IO, name[k], code);
	return o->kernel[k];
}

/* Set argument *i, and the next where it takes two; what is to be released goes to *own. */
static cl_int
set(struct tc *tc, cl_kernel k, cl_uint *i, const struct arg *a, cl_mem *own)
{
	const struct cl_lib *cl = &opencl_of(tc)->cl;
	cl_ulong at = ~(cl_ulong)0;
	cl_uint u = (cl_uint)a->u;
	size_t byte = 0;
	cl_mem m;
	cl_int code;

	switch (a->kind) {
	case ARG_ULONG:
		return cl->SetKernelArg(k, (*i)++, sizeof(a->u), &a->u);
	case ARG_UINT:
		return cl->SetKernelArg(k, (*i)++, sizeof(u), &u);
	case ARG_FLOAT:
		return cl->SetKernelArg(k, (*i)++, sizeof(a->f), &a->f);
	case ARG_MEM:
		m = (cl_mem)(uintptr_t)a->p;
		return cl->SetKernelArg(k, (*i)++, sizeof(cl_mem), &m);
	case ARG_HOST:
		if (!(m = *own = host_copy(tc, a->p, a->size)))
			return CL_OUT_OF_RESOURCES;
		return cl->SetKernelArg(k, (*i)++, sizeof(cl_mem), &m);
	case ARG_ARRAY:
		break;
	}
	/* an array that is not there: some buffer, and the place that says so */
	m = opencl_of(tc)->none;
	if (a->p) {
		if (!(m = find_array(tc, a->p, &byte)))
			return CL_OUT_OF_RESOURCES;
		at = byte / a->size;
	}
	if ((code = cl->SetKernelArg(k, (*i)++, sizeof(cl_mem), &m)))
		return code;
	return cl->SetKernelArg(k, (*i)++, sizeof(at), &at);
}

void
run_groups(struct tc *tc, enum kernel_id id, size_t x, size_t y, size_t z, size_t local, const struct arg *a, size_t n)
{
	struct opencl *o = opencl_of(tc);
	size_t l[3] = { local, 1, 1 }, global[3] = { x * local, y, z }, i, owned = 0;
	cl_mem own[4] = { NULL };
	cl_uint at = 0;
	cl_int code = 0;
	cl_kernel k;

	if (!x || !y || !z || !(k = kernel(tc, id)))
		return;
	for (i = 0; i < n && !code; i++) {
		code = set(tc, k, &at, &a[i], &own[owned]);
		owned += own[owned] != NULL;
	}
	if (!code)
		code = o->cl.EnqueueNDRangeKernel(o->queue, k, 3, NULL, global, l, 0, NULL, NULL);
	if (code)
		failed(tc, ST_IO, name[id], code);
	/* the queue keeps them until they have been used */
	while (owned--)
		o->cl.ReleaseMemObject(own[owned]);
}

void
run_each(struct tc *tc, enum kernel_id k, size_t n, const struct arg *a, size_t na)
{
	run_groups(tc, k, parts(n, EACH), 1, 1, EACH, a, na);
}
