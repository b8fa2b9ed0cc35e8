/* A context and its device. */
#include <stdlib.h>
#include <string.h>

#include "tensor/tensor_int.h"

static const struct device *const devices[] = { &device_cpu, &device_opencl, &device_strict };

const struct device *
device_at(size_t i)
{
	return i < sizeof(devices) / sizeof(*devices) ? devices[i] : NULL;
}

/* The device called name, of which *unit becomes what follows the colon, or NULL. */
static const struct device *
find(const char *name, const char **unit)
{
	size_t n = strcspn(name, ":"), i;
	const struct device *d;

	*unit = name[n] ? name + n + 1 : NULL;
	for (i = 0; (d = device_at(i)); i++)
		if (strlen(d->name) == n && !memcmp(d->name, name, n))
			return d;
	return NULL;
}

enum status
tc_open_device(struct tc **out, const char *name, unsigned threads, struct err *e)
{
	const struct device *d;
	const char *unit;
	struct tc *tc;

	if (!name && (!(name = getenv("FINEGRAIN_DEVICE")) || !*name))
		name = device_cpu.name;
	if (!(d = find(name, &unit)))
		return err_set(e, ST_USAGE, "%.100s: there is no such device", name);
	if (unit && !d->open)
		return err_set(e, ST_USAGE, "%.100s: the device has no units", name);
	if (!(tc = calloc(1, sizeof(*tc))))
		return err_nomem(e);
	if (cpu_start(tc, threads, e)) {
		free(tc);
		return e->code;
	}
	tc->device = d;
	if (d->open && d->open(tc, unit, e)) {
		cpu_stop(tc);
		free(tc);
		return e->code;
	}
	*out = tc;
	return ST_OK;
}

enum status
tc_open(struct tc **tc, unsigned threads, struct err *e)
{
	return tc_open_device(tc, device_cpu.name, threads, e);
}

void
tc_close(struct tc *tc)
{
	if (!tc)
		return;
	if (tc->device->close)
		tc->device->close(tc);
	cpu_stop(tc);
	free(tc);
}

struct pool *
tc_pool(struct tc *tc)
{
	return tc->pool;
}

const char *
tc_device(const struct tc *tc)
{
	return tc->device->name;
}

bool
tc_is_host(const struct tc *tc)
{
	return tc->device->host;
}

bool
tc_failed(struct tc *tc)
{
	return atomic_exchange(&tc->failed, false);
}

enum status
tc_check(struct tc *tc, struct err *e)
{
	if (!tc_failed(tc))
		return ST_OK;
	return tc->device->why ? tc->device->why(tc, e) : err_nomem(e);
}

const void *
tc_read(struct tc *tc, const void *p, size_t bytes, void *room)
{
	if (tc->device->host)
		return p;
	tc_get(tc, room, p, bytes);
	return room;
}
