/* Growable arrays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/grow.h"

static void
test_push(void **state)
{
	size_t cap = 0, before, grown = 0, i;
	struct err e = {0};
	int *v = NULL;

	(void)state;
	assert_int_equal(grow(&v, &cap, 0, sizeof(*v), &e), ST_OK);
	assert_null(v);
	for (i = 0; i < 10000; i++) {
		before = cap;
		assert_int_equal(grow(&v, &cap, i + 1, sizeof(*v), &e), ST_OK);
		assert_true(cap > i);
		assert_true(cap == before || cap >= 2 * before);
		grown += cap != before;
		v[i] = (int)i;
	}
	assert_true(grown < 12);
	for (i = 0; i < 10000; i++)
		assert_int_equal(v[i], (int)i);
	free(v);
}

/* far more than twice as many at once */
static void
test_jump(void **state)
{
	size_t cap = 0;
	double *v = NULL;
	struct err e = {0};

	(void)state;
	assert_int_equal(grow(&v, &cap, 3, sizeof(*v), &e), ST_OK);
	v[2] = 1.5;
	assert_int_equal(grow(&v, &cap, 5001, sizeof(*v), &e), ST_OK);
	assert_true(cap >= 5001);
	v[5000] = 2.5;
	assert_true(v[2] == 1.5);
	free(v);
}

/* sizes that do not fit are refused, and nothing changes */
static void
test_overflow(void **state)
{
	static const size_t need[] = { SIZE_MAX, SIZE_MAX / sizeof(double) + 1, SIZE_MAX / 2 + 1 };
	size_t cap = 0, was, i;
	double *v = NULL, *old;
	struct err e;

	(void)state;
	assert_int_equal(grow(&v, &cap, 1, sizeof(*v), NULL), ST_OK);
	v[0] = 4;
	old = v;
	was = cap;
	for (i = 0; i < sizeof(need) / sizeof(*need); i++) {
		e = (struct err){0};
		assert_int_equal(grow(&v, &cap, need[i], sizeof(*v), &e), ST_NOMEM);
		assert_int_equal(e.code, ST_NOMEM);
		assert_int_equal(grow(&v, &cap, need[i], sizeof(*v), NULL), ST_NOMEM);
		assert_ptr_equal(v, old);
		assert_int_equal(cap, was);
		assert_true(v[0] == 4);
	}
	free(v);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_push), cmocka_unit_test(test_jump), cmocka_unit_test(test_overflow)
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
