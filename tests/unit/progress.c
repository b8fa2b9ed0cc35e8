/* The text of a progress line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/progress.h"

struct row { double seconds; const char *unit; uint64_t from, done, total; const char *want; };

static void
test_text(void **state)
{
	static const struct row rows[] = {
		{ 60, "steps", 0, 5, 48, "loss 2 5 of 48 steps, 0.083 steps/s, 8:36 to go" },
		{ 10, "steps", 40, 115, 0, "loss 2 115 steps, 7.5 steps/s" },
		{ 10, "steps", 0, 0, 48, "loss 2 0 of 48 steps, 0 steps/s" },
		{ 2, "records", 0, 24000, 48000, "loss 2 24 krecords of 48 krecords, 12 krecords/s, 0:02 to go" },
		{ 2, "B", 0, 1200000000, 3400000000, "loss 2 1.2 GB of 3.4 GB, 600 MB/s, 0:03 to go" },
	};
	char line[PROGRESS_LINE];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct progress p = { 0 };

		progress_due(&p, 100, 1, rows[i].from);
		progress_due(&p, 100 + rows[i].seconds, 1, rows[i].done);
		assert_string_equal(progress_text(&p, line, "loss 2", rows[i].unit, rows[i].done, rows[i].total),
		    rows[i].want);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_text) };

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
