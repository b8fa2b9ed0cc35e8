/* Does the device do what it says?  One kernel on numbers that show it, compared with the
 * processor's bytes. */
#include <math.h>
#include <string.h>

#include "base/math.h"
#include "base/rng.h"
#include "tensor/opencl/opencl_int.h"

enum { NUMBERS = 256, RESULTS = 7 };

static const char *const result[RESULTS] = {
	"fused multiply-add", "a product and a sum rounded one after the other", "division", "square root", "exp", "log",
	"double precision"
};

/* numbers near the ends of what a float holds, and a few of every size */
static void
draw(float x[NUMBERS], unsigned stream)
{
	static const float ends[] = { 0.0f, -0.0f, 1.0f, -1.0f, 1e-45f, -1e-45f, 1.17549435e-38f, 5.9e-39f, 3.4e38f, -3.4e38f,
		INFINITY, 3.0f, 0.1f, 88.7f, -103.9f, -87.4f };
	struct rng_key key = { .seed = 21 };
	size_t n = sizeof(ends) / sizeof(*ends), i;

	for (i = 0; i < NUMBERS; i++) {
		x[i] = (float)rng_normal(&key, i, stream);
		/* the first numbers by each other, the rest over all exponents */
		if (i < 64)
			x[i] = ends[(stream == 1 ? i / 8 : i + stream * 5) % n];
		else if (i % 4 == 0)
			x[i] = ldexpf(x[i], (int)(i * (7 + 4 * stream) % 270) - 148);
	}
}

static float
magnitude(float x)
{
	return x < 0 ? -x : x;
}

static void
expect(float *to, float a, float b, float c, size_t n)
{
	to[0] = fmaf(a, b, c);
	to[n] = a * b + c;
	to[2 * n] = a / b;
	to[3 * n] = sqrtf(magnitude(a));
	to[4 * n] = math_expf(a);
	to[5 * n] = math_logf(magnitude(a));
	to[6 * n] = (float)((double)a * (double)b + (double)c);
}

/* the same bytes, or both not a number */
static bool
same(float x, float y)
{
	return !memcmp(&x, &y, sizeof(x)) || (x != x && y != y);
}

enum status
contract_check(struct tc *tc, struct err *e)
{
	float a[NUMBERS], b[NUMBERS], c[NUMBERS], want[RESULTS * NUMBERS], got[RESULTS * NUMBERS] = { 0 };
	float *to = opencl_tc_alloc(tc, sizeof(got));
	size_t i;

	if (!to)
		return err_set(e, ST_NOMEM, "%s: out of memory", opencl_of(tc)->unit.name);
	draw(a, 0);
	draw(b, 1);
	draw(c, 2);
	for (i = 0; i < NUMBERS; i++)
		expect(want + i, a[i], b[i], c[i], NUMBERS);
	RUN_EACH(tc, K_contract, NUMBERS, F(to), HOST(a, sizeof(a)), HOST(b, sizeof(b)), HOST(c, sizeof(c)), N(NUMBERS));
	opencl_tc_get(tc, got, to, sizeof(got));
	opencl_tc_free(tc, to, sizeof(got));
	if (tc_failed(tc)) {
		*e = opencl_of(tc)->why;
		return e->code;
	}
	for (i = 0; i < RESULTS * NUMBERS; i++)
		if (!same(got[i], want[i]))
			return err_set(e, ST_USAGE, "%s: it does not give the processor's bytes: %s of %.9g, %.9g, %.9g is %.9g, not %.9g",
			    opencl_of(tc)->unit.name, result[i / NUMBERS], (double)a[i % NUMBERS], (double)b[i % NUMBERS],
			    (double)c[i % NUMBERS], (double)got[i], (double)want[i]);
	return ST_OK;
}
