/* Agreement against an independent package, and by hand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "stat/agreement.h"
#include "agreement_vectors.h"

static void
add(struct agreement *a, uint64_t item, const char *who, const float *v, size_t n, double size)
{
	struct err e = {0};

	assert_int_equal(agreement_add(a, (struct hash128){ item, item }, who, v, n, size, &e), ST_OK);
}

static void
test_vectors(void **state)
{
	struct agreement_all o;
	struct agreement *a;
	struct err e = {0};
	char name[8];
	size_t i, u, p;

	(void)state;
	for (i = 0; i < sizeof(vectors) / sizeof(*vectors); i++) {
		assert_int_equal(agreement_open(&a, &e), ST_OK);
		for (u = 0; u < VECTOR_UNITS; u++)
			for (p = 0; p < VECTOR_PEOPLE; p++) {
				snprintf(name, sizeof(name), "p%zu", p);
				if (vectors[i].v[p][u] >= 0)
					add(a, u, name, &vectors[i].v[p][u], 1, NAN);
			}
		assert_int_equal(agreement_alpha(a, 200, 1, &o, &e), ST_OK);
		assert_true(fabs(o.alpha.value - vectors[i].alpha) < 1e-9);
		assert_true(o.alpha.low <= o.alpha.value && o.alpha.value <= o.alpha.high);
		agreement_close(a);
	}
}

static void
test_pair(void **state)
{
	const float x[] = { 1, 1, 0, 0 }, y[] = { 1, 0, 0, 1 }, z[] = { 0, 0, 0, 0 };
	struct agreement_pair o;
	struct agreement_one one;
	struct agreement_all all;
	struct agreement *a;
	struct err e = {0};

	(void)state;
	assert_int_equal(agreement_open(&a, &e), ST_OK);
	add(a, 1, "x", x, 4, 0.5);
	add(a, 1, "y", y, 4, 0.25);
	add(a, 2, "x", x, 4, 0.75);
	add(a, 3, "z", z, 4, 0);
	assert_int_equal(agreement_pair(a, 0, 1, 100, 1, &o, &e), ST_OK);
	assert_int_equal(o.items, 1);
	assert_true(fabs(o.f1.value - 0.5) < 1e-12 && fabs(o.same.value - 0.5) < 1e-12);
	assert_int_equal(agreement_pair(a, 0, 2, 100, 1, &o, &e), ST_OK);
	assert_int_equal(o.items, 0);
	assert_true(isnan(o.f1.value) && isnan(o.same.value));
	assert_int_equal(agreement_size(a, 0, 100, 1, &one, &e), ST_OK);
	assert_int_equal(one.items, 2);
	assert_true(fabs(one.size.value - 0.625) < 1e-12 && one.size.low >= 0.5 && one.size.high <= 0.75);
	assert_int_equal(agreement_alpha(a, 100, 1, &all, &e), ST_OK);
	assert_int_equal(all.items, 1);
	assert_int_equal(all.values, 8);
	/* two of four units agree, and half of all values are 1: 1 - 7 * 2 / (8 * 4 - 16) */
	assert_true(fabs(all.alpha.value - (1 - 7.0 * 2 / 16)) < 1e-12);
	assert_int_equal(agreement_add(a, (struct hash128){ 1, 1 }, "x", x, 4, 0, &e), ST_INPUT);
	assert_string_equal(e.msg, "answered twice by x");
	assert_int_equal(agreement_add(a, (struct hash128){ 1, 1 }, "q", x, 3, 0, &e), ST_INPUT);
	assert_string_equal(e.msg, "3 units, where an earlier answer has 4");
	agreement_close(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_vectors), cmocka_unit_test(test_pair) };

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
