/* Forward, backward and cached decoding of tiny models: the same bytes under every
 * instruction set and number of threads, and on every device. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../tiny.h"
#include "tensor/device.h"

static void
test_same_bytes(void **state)
{
	static const char *const isas[] = { "portable", "avx2", "avx512", "neon" };
	char want[HASH_HEX] = "", got[HASH_HEX];
	struct err e;
	struct tc *tc;

	(void)state;
	for (unsigned threads = 1; threads <= 3; threads++)
		for (size_t i = 0; i < sizeof(isas) / sizeof(*isas); i++) {
			assert_int_equal(tc_open(&tc, threads, &e), ST_OK);
			if (!tc_set_isa(tc, isas[i], &e)) {
				tiny_sum(tc, got);
				if (!*want)
					memcpy(want, got, sizeof(want));
				assert_string_equal(got, want);
			}
			tc_close(tc);
		}
	/* tests/pipe/aarch64.t reads this */
	printf("# sum %s\n", want);
}

/* On every device that this build has and that opens here, the processor's. */
static void
test_devices(void **state)
{
	char want[HASH_HEX], got[HASH_HEX];
	const struct device *d;
	struct err e = {0};
	struct tc *tc;

	(void)state;
	for (size_t i = 0; (d = device_at(i)); i++) {
		if (tc_open_device(&tc, d->name, 2, &e)) {
			printf("# %s: %s\n", d->name, e.msg);
			continue;
		}
		tiny_sum(tc, got);
		if (d == &device_cpu)
			memcpy(want, got, sizeof(want));
		assert_string_equal(got, want);
		tc_close(tc);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_same_bytes), cmocka_unit_test(test_devices) };

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("model_isa", tests, NULL, NULL);
}
