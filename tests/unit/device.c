/* Devices by name, the context's memory, and what the strict device catches. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "tensor/device.h"

static void
test_names(void **state)
{
	struct err e = {0};
	struct tc *tc;

	(void)state;
	unsetenv("FINEGRAIN_DEVICE");
	assert_int_equal(tc_open_device(&tc, NULL, 1, &e), ST_OK);
	assert_string_equal(tc_device(tc), "cpu");
	assert_true(tc_is_host(tc));
	tc_close(tc);
	setenv("FINEGRAIN_DEVICE", "strict", 1);
	assert_int_equal(tc_open_device(&tc, NULL, 1, &e), ST_OK);
	assert_string_equal(tc_device(tc), "strict");
	assert_false(tc_is_host(tc));
	tc_close(tc);
	/* the plain call is the processor's */
	assert_int_equal(tc_open(&tc, 1, &e), ST_OK);
	assert_string_equal(tc_device(tc), "cpu");
	tc_close(tc);
	unsetenv("FINEGRAIN_DEVICE");
	assert_int_equal(tc_open_device(&tc, "abacus:1", 1, &e), ST_USAGE);
	assert_string_equal(e.msg, "abacus:1: there is no such device");
	assert_int_equal(tc_open_device(&tc, "cp", 1, &e), ST_USAGE);
	assert_int_equal(tc_open_device(&tc, "cpu:1", 1, &e), ST_USAGE);
	assert_string_equal(e.msg, "cpu:1: the device has no units");
}

/* Every device with memory of its own gives back what it was given. */
static void
test_memory(void **state)
{
	const struct device *d;
	struct err e = {0};
	struct tc *tc;
	size_t i, k;

	(void)state;
	for (i = 0; (d = device_at(i)); i++) {
		float x[300], y[300], room[300], *p, *q;

		if (tc_open_device(&tc, d->name, 1, &e))
			continue;
		for (k = 0; k < 300; k++)
			x[k] = (float)k;
		p = tc_alloc(tc, sizeof(x));
		q = tc_alloc(tc, sizeof(x));
		assert_true(p && q);
		tc_get(tc, y, p, sizeof(y));
		for (k = 0; k < 300; k++)
			assert_true(y[k] == 0);
		tc_put(tc, p, x, sizeof(x));
		tc_copy(tc, q + 100, p + 50, 100 * sizeof(*p));
		tc_zero(tc, p + 10, 10 * sizeof(*p));
		tc_get(tc, y, q, sizeof(y));
		for (k = 0; k < 300; k++)
			assert_true(y[k] == (k >= 100 && k < 200 ? (float)(k - 50) : 0));
		tc_get(tc, y + 5, p + 5, 20 * sizeof(*p));
		for (k = 5; k < 25; k++)
			assert_true(y[k] == (k >= 10 && k < 20 ? 0 : (float)k));
		scale_fwd(tc, p + 20, 2, 0.5f);
		tc_sync(tc);
		assert_true(((const float *)tc_read(tc, p + 20, 2 * sizeof(*p), room))[1] == 10.5f);
		assert_int_equal(tc_check(tc, &e), ST_OK);
		assert_null(tc_alloc(tc, SIZE_MAX / 2));
		tc_free(tc, q, sizeof(x));
		tc_free(tc, p, sizeof(x));
		tc_free(tc, NULL, 10);
		tc_close(tc);
	}
}

#ifndef __SANITIZE_ADDRESS__    /* it catches the signals */
enum misuse { READ, WRITE, HOST_FOR_OURS, OURS_FOR_HOST, NONE };

static void
misuse(struct tc *tc, enum misuse c)
{
	float *p = tc_alloc(tc, 64), mine[16] = {0};
	volatile float sink;
	size_t row = 0;

	switch (c) {
	case READ:
		sink = p[3];
		(void)sink;
		break;
	case WRITE:
		p[3] = 1;
		break;
	case HOST_FOR_OURS:
		scale_fwd(tc, mine, 16, 2);
		break;
	case OURS_FOR_HOST:
		gather_rows(tc, p, p + 8, (const size_t *)(const void *)p, 1, 1);
		break;
	case NONE:
		gather_rows(tc, p, p + 8, &row, 1, 1);
	}
}

/* The signal that ends it; 0 for none. */
static int
ended_by(enum misuse c)
{
	struct err e = {0};
	struct tc *tc;
	int status = 0;
	pid_t child;

	fflush(stdout);
	if (!(child = fork())) {
		signal(SIGSEGV, SIG_DFL);
		signal(SIGABRT, SIG_DFL);
		fclose(stderr);
		if (!tc_open_device(&tc, "strict", 1, &e))
			misuse(tc, c);
		_exit(0);
	}
	assert_true(child > 0 && waitpid(child, &status, 0) == child);
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void
test_strict(void **state)
{
	(void)state;
	assert_int_equal(ended_by(READ), SIGSEGV);
	assert_int_equal(ended_by(WRITE), SIGSEGV);
	assert_int_equal(ended_by(HOST_FOR_OURS), SIGABRT);
	assert_int_equal(ended_by(OURS_FOR_HOST), SIGABRT);
	assert_int_equal(ended_by(NONE), 0);
}
#endif

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names), cmocka_unit_test(test_memory),
#ifndef __SANITIZE_ADDRESS__
		cmocka_unit_test(test_strict)
#endif
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("device", tests, NULL, NULL);
}
