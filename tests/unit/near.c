/* Names that are nearly right. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/near.h"

static void
test_distance(void **state)
{
	static const struct { const char *a, *b; size_t want; } v[] = {
		{ "", "", 0 }, { "a", "", 1 }, { "", "ab", 2 }, { "split", "split", 0 }, { "splti", "split", 2 },
		{ "spit", "split", 1 }, { "splits", "split", 1 }, { "score", "show", 3 }, { "update", "rollout", 3 },
		{ "kitten", "sitting", 3 }
	};
	char longer[NEAR_LENGTH + 8];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(v) / sizeof(*v); i++) {
		assert_int_equal(near_distance(v[i].a, v[i].b), v[i].want);
		assert_int_equal(near_distance(v[i].b, v[i].a), v[i].want);
	}
	memset(longer, 'a', sizeof(longer));
	longer[sizeof(longer) - 1] = 0;
	assert_int_equal(near_distance(longer, longer), NEAR_FAR);
}

static void
test_find(void **state)
{
	static const char *const v[] = { "split", "score", "show", "-j" };

	(void)state;
	assert_string_equal(near_find("scor", v, 4), "score");
	assert_string_equal(near_find("slpit", v, 4), "split");
	assert_null(near_find("rollout", v, 4));
	/* a name of two letters is not near every other one */
	assert_null(near_find("xy", v, 4));
	assert_null(near_find("x", v, 0));
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_distance), cmocka_unit_test(test_find) };

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
