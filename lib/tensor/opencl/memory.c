/* A device's arrays.  An array is a range of addresses at which nothing is, so that what is
 * computed with a pointer still names a place, and a buffer of the device. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "tensor/opencl/opencl_int.h"

enum { PAGE = 4096 };

void
failed(struct tc *tc, enum status st, const char *what, cl_int code)
{
	struct opencl *o = opencl_of(tc);

	if (!o->why.code) {
		if (code == CL_MEM_OBJECT_ALLOCATION_FAILURE || code == CL_OUT_OF_RESOURCES ||
		    code == CL_OUT_OF_HOST_MEMORY || code == CL_INVALID_BUFFER_SIZE)
			err_set(&o->why, ST_NOMEM, "%s: out of memory (%s): %llu of %llu bytes are in use", o->unit.name,
			    what, (unsigned long long)o->used, (unsigned long long)o->unit.memory);
		else
			err_set(&o->why, st, "%s: %s failed with OpenCL's error %ld", o->unit.name, what, (long)code);
	}
	atomic_store(&tc->failed, true);
}

/* The first range that ends after p; its number is that of ranges before it. */
static size_t
search(const struct opencl *o, uintptr_t p)
{
	size_t lo = 0, hi = o->ranges, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (o->range[mid].from + o->range[mid].reserved <= p)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

cl_mem
find_array(struct tc *tc, const void *p, size_t *at)
{
	struct opencl *o = opencl_of(tc);
	size_t i = search(o, (uintptr_t)p);

	if (i == o->ranges || (uintptr_t)p < o->range[i].from) {
		failed(tc, ST_USAGE, "an array that is not the device's", 0);
		return NULL;
	}
	*at = (uintptr_t)p - o->range[i].from;
	return o->range[i].mem;
}

/* A zeroed buffer. */
static cl_mem
buffer(struct opencl *o, size_t bytes)
{
	const uint32_t zero = 0;
	size_t n = parts(bytes, sizeof(zero)) * sizeof(zero);
	cl_int code = 0;
	cl_mem m;

	/* some drivers find out only when it is used */
	if (n < bytes || o->used > o->unit.memory || n > o->unit.memory - o->used)
		return NULL;
	m = o->cl.CreateBuffer(o->context, CL_MEM_READ_WRITE, n, NULL, &code);
	if (!m || code)
		return NULL;
	if (o->cl.EnqueueFillBuffer(o->queue, m, &zero, sizeof(zero), 0, n, 0, NULL, NULL) || o->cl.Finish(o->queue)) {
		o->cl.ReleaseMemObject(m);
		return NULL;
	}
	return m;
}

static void
count(struct opencl *o, size_t bytes)
{
	o->used += bytes;
	if (o->used > o->most)
		o->most = o->used;
}

static bool
room_for_range(struct opencl *o)
{
	struct range *more;
	size_t cap = o->cap ? o->cap * 2 : 64;

	if (o->ranges < o->cap)
		return true;
	if (!(more = realloc(o->range, cap * sizeof(*more))))
		return false;
	o->range = more;
	o->cap = cap;
	return true;
}

void *
opencl_tc_alloc(struct tc *tc, size_t bytes)
{
	struct opencl *o = opencl_of(tc);
	struct range r = { .bytes = bytes ? bytes : 1 };
	size_t i;
	void *p;

	/* a page more: the address at the end of one array is in no other */
	if (r.bytes > SIZE_MAX / 2 || !room_for_range(o))
		return NULL;
	r.reserved = (parts(r.bytes, PAGE) + 1) * PAGE;
	p = mmap(NULL, r.reserved, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (p == MAP_FAILED)
		return NULL;
	if (!(r.mem = buffer(o, r.bytes))) {
		munmap(p, r.reserved);
		return NULL;
	}
	r.from = (uintptr_t)p;
	i = search(o, r.from);
	memmove(o->range + i + 1, o->range + i, (o->ranges - i) * sizeof(r));
	o->range[i] = r;
	o->ranges++;
	count(o, r.bytes);
	return p;
}

void
opencl_tc_free(struct tc *tc, void *p, size_t bytes)
{
	struct opencl *o = opencl_of(tc);
	size_t i;

	(void)bytes;
	if (!p)
		return;
	i = search(o, (uintptr_t)p);
	o->used -= o->range[i].bytes;
	o->cl.ReleaseMemObject(o->range[i].mem);
	munmap(p, o->range[i].reserved);
	o->ranges--;
	memmove(o->range + i, o->range + i + 1, (o->ranges - i) * sizeof(*o->range));
}

void
opencl_tc_put(struct tc *tc, void *to, const void *from, size_t bytes)
{
	struct opencl *o = opencl_of(tc);
	cl_int code;
	size_t at;
	cl_mem m;

	if (!bytes || !(m = find_array(tc, to, &at)))
		return;
	if ((code = o->cl.EnqueueWriteBuffer(o->queue, m, 1, at, bytes, from, 0, NULL, NULL)))
		failed(tc, ST_IO, "a transfer to the device", code);
	o->put += bytes;
	o->puts++;
}

void
opencl_tc_get(struct tc *tc, void *to, const void *from, size_t bytes)
{
	struct opencl *o = opencl_of(tc);
	cl_int code;
	size_t at;
	cl_mem m;

	if (!bytes || !(m = find_array(tc, from, &at)))
		return;
	if ((code = o->cl.EnqueueReadBuffer(o->queue, m, 1, at, bytes, to, 0, NULL, NULL)))
		failed(tc, ST_IO, "a transfer from the device", code);
	o->got += bytes;
	o->gets++;
}

void
opencl_tc_copy(struct tc *tc, void *to, const void *from, size_t bytes)
{
	struct opencl *o = opencl_of(tc);
	size_t tat, fat;
	cl_mem t, f;
	cl_int code;

	if (!bytes || !(t = find_array(tc, to, &tat)) || !(f = find_array(tc, from, &fat)))
		return;
	if ((code = o->cl.EnqueueCopyBuffer(o->queue, f, t, fat, tat, bytes, 0, NULL, NULL)))
		failed(tc, ST_IO, "a copy", code);
}

void
opencl_tc_zero(struct tc *tc, void *p, size_t bytes)
{
	const uint32_t zero = 0;
	struct opencl *o = opencl_of(tc);
	cl_int code;
	size_t at;
	cl_mem m;

	if (!bytes || !(m = find_array(tc, p, &at)))
		return;
	/* by words where that is possible: a fill by bytes may be slow */
	if ((code = o->cl.EnqueueFillBuffer(o->queue, m, &zero, (at | bytes) % sizeof(zero) ? 1 : sizeof(zero), at, bytes,
	    0, NULL, NULL)))
		failed(tc, ST_IO, "a fill", code);
}

void
opencl_tc_sync(struct tc *tc)
{
	struct opencl *o = opencl_of(tc);
	cl_int code;

	if ((code = o->cl.Finish(o->queue)))
		failed(tc, ST_IO, "the work on the device", code);
}

float *
scratch_at_least(struct tc *tc, size_t bytes)
{
	struct opencl *o = opencl_of(tc);

	if (o->scratch && bytes <= o->scratch_bytes)
		return o->scratch;
	opencl_tc_free(tc, o->scratch, o->scratch_bytes);
	/* a growing need does not ask each time */
	bytes += bytes / 4;
	o->scratch_bytes = bytes;
	if (!(o->scratch = opencl_tc_alloc(tc, bytes)))
		failed(tc, ST_NOMEM, "scratch", CL_OUT_OF_RESOURCES);
	return o->scratch;
}

cl_mem
host_copy(struct tc *tc, const void *p, size_t n)
{
	struct opencl *o = opencl_of(tc);
	/* the interface has no const here; the host's memory is only read */
	cl_mem m = o->cl.CreateBuffer(o->context, CL_MEM_READ_ONLY | CL_MEM_COPY_HOST_PTR, n, (void *)(uintptr_t)p, NULL);

	if (!m) {
		failed(tc, ST_NOMEM, "a table", CL_OUT_OF_RESOURCES);
		return NULL;
	}
	o->put += n;
	o->puts++;
	return m;
}
