/* Numbers for hashes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/index.h"

enum { MANY = 5000 };

static struct hash128
key(size_t i)
{
	return hash128(&i, sizeof(i));
}

static void
test_numbers(void **state)
{
	struct index x = INDEX_INIT;
	struct err e = {0};
	uint32_t at;
	size_t i;

	(void)state;
	assert_false(index_find(&x, key(0), &at));
	for (i = 0; i < MANY; i++) {
		assert_int_equal(index_add(&x, key(i), &at, &e), ST_OK);
		assert_int_equal(at, i);
		assert_int_equal(x.n, i + 1);
		/* an old one keeps its number */
		assert_int_equal(index_add(&x, key(i / 2), &at, &e), ST_OK);
		assert_int_equal(at, i / 2);
		assert_int_equal(x.n, i + 1);
	}
	for (i = 0; i < 2 * MANY; i++) {
		assert_int_equal(index_find(&x, key(i), &at), i < MANY);
		if (i < MANY)
			assert_int_equal(at, i);
	}
	index_free(&x);
	assert_int_equal(x.n, 0);
	assert_false(index_find(&x, key(0), &at));
	index_free(&x);
}

/* keys that begin at the same slot, or differ in one half */
static void
test_collisions(void **state)
{
	struct index x = INDEX_INIT;
	struct err e = {0};
	uint32_t at;
	size_t i;

	(void)state;
	for (i = 0; i < 300; i++) {
		assert_int_equal(index_add(&x, (struct hash128){ i, UINT64_MAX }, &at, &e), ST_OK);
		assert_int_equal(at, 2 * i);
		assert_int_equal(index_add(&x, (struct hash128){ 7, (uint64_t)i << 32 }, &at, &e), ST_OK);
		assert_int_equal(at, 2 * i + 1);
	}
	for (i = 0; i < 300; i++) {
		assert_true(index_find(&x, (struct hash128){ i, UINT64_MAX }, &at));
		assert_int_equal(at, 2 * i);
		assert_true(index_find(&x, (struct hash128){ 7, (uint64_t)i << 32 }, &at));
		assert_int_equal(at, 2 * i + 1);
	}
	assert_false(index_find(&x, (struct hash128){ 300, UINT64_MAX }, &at));
	index_free(&x);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_numbers), cmocka_unit_test(test_collisions) };

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
