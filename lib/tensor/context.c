/* A context and its device. */
#include <stdio.h>
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

/* The name of what "auto" stands for. */
static void
choose(char *to, size_t n)
{
	struct device_unit u;
	const struct device *d;
	size_t i, k;

	snprintf(to, n, "%s", device_cpu.name);
	for (i = 0; (d = device_at(i)); i++)
		for (k = 0; !d->hidden && !d->host && d->unit(k, &u); k++)
			if (u.accelerates && !*u.lacks) {
				snprintf(to, n, "%s:%zu", d->name, k);
				return;
			}
}

enum status
tc_open_device(struct tc **out, const char *name, unsigned threads, struct err *e)
{
	const struct device *d;
	const char *unit;
	char chosen[64];
	struct tc *tc;

	if (!name && (!(name = getenv("FINEGRAIN_DEVICE")) || !*name))
		name = device_cpu.name;
	if (!strcmp(name, "auto")) {
		choose(chosen, sizeof(chosen));
		name = chosen;
	}
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

bool
tc_usage(struct tc *tc, struct tc_usage *u)
{
	*u = (struct tc_usage){ .name = tc->device->name };
	if (!tc->device->usage)
		return false;
	tc->device->usage(tc, u);
	return true;
}

enum status
tc_fits(struct tc *tc, size_t bytes, struct err *e)
{
	struct tc_usage u;

	if (!tc_usage(tc, &u) || (u.used <= u.memory && bytes <= u.memory - u.used))
		return ST_OK;
	return err_set(e, ST_NOMEM, "%.150s: %zu bytes more are needed; it has %llu, of which %llu are in use", u.name, bytes,
	    (unsigned long long)u.memory, (unsigned long long)u.used);
}
