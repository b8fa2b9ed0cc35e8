/* Lines of files, through blocks that are smaller than a line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/lines.h"

static char one[64], two[64];
static int waits;

static void
write_file(char *path, const char *text)
{
	FILE *f;

	strcpy(path, "/tmp/fg-lines.XXXXXX");
	f = fdopen(mkstemp(path), "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static int
set_up(void **state)
{
	(void)state;
	write_file(one, "a\n\nlonger than a block\n");
	write_file(two, "b\nno newline");
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	unlink(one);
	unlink(two);
	return 0;
}

static void
expect(struct lines *l, const char *text, const char *file, uint64_t number)
{
	struct line x;
	struct err e = { 0 };

	assert_int_equal(lines_next(l, true, &x, &e), ST_OK);
	assert_int_equal(x.n, strlen(text));
	assert_memory_equal(x.s, text, x.n);
	assert_string_equal(x.file, file);
	assert_int_equal(x.line, number);
}

static void
test_files(void **state)
{
	char *const file[] = { one, two };
	const struct lines_opt o = { .file = file, .n = 2, .block = 4 };
	struct err e = { 0 };
	struct lines *l;
	struct line x;
	uint64_t done, total;

	(void)state;
	assert_int_equal(lines_open(&l, &o, &e), ST_OK);
	assert_true(lines_ready(l));
	assert_int_equal(lines_next(l, false, &x, &e), ST_EOF);
	expect(l, "a", one, 1);
	expect(l, "", one, 2);
	expect(l, "longer than a block", one, 3);
	expect(l, "b", two, 1);
	expect(l, "no newline", two, 2);
	assert_int_equal(lines_next(l, true, &x, &e), ST_EOF);
	assert_int_equal(lines_next(l, true, &x, &e), ST_EOF);
	lines_size(l, &done, &total);
	assert_int_equal(done, 35);
	assert_int_equal(total, 35);
	lines_close(l);
}

/* what is read is handed out without waiting */
static void
test_ahead(void **state)
{
	char *const file[] = { one };
	const struct lines_opt o = { .file = file, .n = 1, .block = 1000 };
	struct err e = { 0 };
	struct lines *l;
	struct line x, y;

	(void)state;
	assert_int_equal(lines_open(&l, &o, &e), ST_OK);
	assert_int_equal(lines_next(l, true, &x, &e), ST_OK);
	assert_int_equal(lines_next(l, false, &y, &e), ST_OK);
	assert_int_equal(lines_next(l, false, &y, &e), ST_OK);
	assert_int_equal(lines_next(l, false, &y, &e), ST_EOF);
	assert_memory_equal(x.s, "a", 1);
	lines_close(l);
}

/* a line that exceeds the bound: its beginning, and what comes after it */
static void
test_bound(void **state)
{
	char *const file[] = { one, two };
	const struct lines_opt o = { .file = file, .n = 2, .block = 64, .max = 10 };
	struct err e = { 0 };
	struct lines *l;
	struct line x;

	(void)state;
	assert_int_equal(lines_open(&l, &o, &e), ST_OK);
	expect(l, "a", one, 1);
	expect(l, "", one, 2);
	assert_int_equal(lines_next(l, true, &x, &e), ST_OK);
	assert_int_equal(x.over, 10);
	assert_int_equal(x.line, 3);
	assert_memory_equal(x.s, "longer than", 11);
	assert_int_equal(line_whole(&x, &e), ST_INPUT);
	assert_string_equal(e.msg, "a line of more than 10 bytes (--max-line)");
	expect(l, "b", two, 1);
	/* of just the bound */
	expect(l, "no newline", two, 2);
	assert_int_equal(lines_next(l, true, &x, &e), ST_EOF);
	lines_close(l);
}

static enum status
count(struct err *e)
{
	return ++waits > 1 ? err_set(e, ST_IO, "enough") : ST_OK;
}

static void
test_waiting(void **state)
{
	const struct lines_opt o = { .n = 0, .block = 16, .idle = count };
	struct err e = { 0 };
	struct lines *l;
	struct line x;
	int fd[2], old = dup(0);

	(void)state;
	assert_int_equal(pipe(fd), 0);
	assert_int_equal(dup2(fd[0], 0), 0);
	assert_int_equal(lines_open(&l, &o, &e), ST_OK);
	assert_int_equal(write(fd[1], "x\ny", 3), 3);
	expect(l, "x", "stdin", 1);
	assert_int_equal(waits, 0);
	assert_false(lines_ready(l));
	assert_int_equal(write(fd[1], "z\n", 2), 2);
	assert_true(lines_ready(l));
	expect(l, "yz", "stdin", 2);
	assert_int_equal(waits, 0);
	/* the second wait is refused */
	waits = 1;
	assert_int_equal(lines_next(l, true, &x, &e), ST_IO);
	assert_string_equal(e.msg, "enough");
	lines_close(l);
	dup2(old, 0);
	close(old);
	close(fd[0]);
	close(fd[1]);
}

static void
test_errors(void **state)
{
	static char none[] = "/nowhere/at/all", folder[] = "/tmp";
	char *const file[] = { none }, *const dir[] = { folder };
	struct lines_opt o = { .file = file, .n = 1, .block = 16 };
	char text[512];
	struct err e = { 0 };
	struct lines *l;
	struct line x;
	uint64_t done, total;

	(void)state;
	assert_int_equal(lines_open(&l, &o, &e), ST_OK);
	assert_int_equal(lines_next(l, true, &x, &e), ST_IO);
	assert_string_equal(err_text(&e, text, sizeof(text)), "/nowhere/at/all: open: No such file or directory");
	lines_close(l);
	o.file = dir;
	assert_int_equal(lines_open(&l, &o, &e), ST_OK);
	lines_size(l, &done, &total);
	assert_int_equal(total, 0);
	assert_int_equal(lines_next(l, true, &x, &e), ST_IO);
	assert_string_equal(err_text(&e, text, sizeof(text)), "/tmp: read: Is a directory");
	lines_close(l);
	lines_close(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_files, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_ahead, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_bound, set_up, tear_down),
		cmocka_unit_test(test_waiting), cmocka_unit_test(test_errors),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("lines", tests, NULL, NULL);
}
