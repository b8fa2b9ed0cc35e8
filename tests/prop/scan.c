/* Splitting by hand against PCRE2 on the same pattern, on random texts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <utf8proc.h>

#include "token/token_int.h"
#include "token/utf8.h"

#define DRAW_SEED 7
#include "draw.h"

enum { TEXTS = 60000, LONGEST = 40 };

static uint32_t *point;         /* code points that both libraries know */
static size_t npoint;
static uint64_t steps = UINT64_MAX;     /* of regular expressions: no bound */

static int
know_points(void **state)
{
	static const char unknown[] = "\\p{Cn}";
	struct regex_scratch *s = NULL;
	struct regex *r;
	struct err e = {0};
	size_t from, to;
	char u[4];
	bool hit;

	(void)state;
	printf("# seed %d, utf8proc's Unicode %s\n", (int)key.seed, utf8proc_unicode_version());
	point = malloc(0x110000 * sizeof(*point));
	assert_non_null(point);
	assert_int_equal(regex_open(&r, unknown, sizeof(unknown) - 1, false, &e), ST_OK);
	for (uint32_t c = 0; c < 0x110000; c++) {
		utf8proc_category_t k = utf8proc_category((utf8proc_int32_t)c);

		if (k == UTF8PROC_CATEGORY_CN || k == UTF8PROC_CATEGORY_CS)
			continue;
		assert_int_equal(regex_find(r, &s, &steps, u, utf8_put(u, c), 0, false, &hit, &from, &to, &e), ST_OK);
		if (!hit)
			point[npoint++] = c;
	}
	regex_scratch_free(s);
	regex_close(r);
	return 0;
}

static int
forget_points(void **state)
{
	(void)state;
	free(point);
	return 0;
}

/* What patterns are about, what comes near it, and anything else. */
static uint32_t
draw(void)
{
	static const uint32_t near[] = {
		' ', ' ', ' ', '\n', '\n', '\r', '\t', '\v', '\f', '\'', '\'', 's', 't', 'r', 'e', 'v', 'm', 'l', 'd',
		'S', 'T', 'R', 'E', 'V', 'M', 'L', 'D', '0', '7', '_', '.', '-', '/', 0x85, 0xa0, 0x17f, 0x1c5, 0x2b0,
		0x2028, 0x3000, 0x200b, 0x301, 0xb2, 0x663, 0x2167, 0x4e00, 0x3042, 0x1f600, 0x180e, 0xfeff, 0x212a
	};
	size_t what = below(10);

	if (what < 6)
		return near[below(sizeof(near) / sizeof(near[0]))];
	return what < 9 ? (uint32_t)below(128) : point[below(npoint)];
}

static void
check(const char *pattern)
{
	struct regex_scratch *s = NULL;
	struct err e = {0};
	struct regex *r;
	scan_fn *scan = scan_known(pattern, strlen(pattern));
	char text[4 * LONGEST];
	size_t n, i, from, to, by_hand;
	bool hit;

	assert_non_null(scan);
	assert_int_equal(regex_open(&r, pattern, strlen(pattern), false, &e), ST_OK);
	for (int k = 0; k < TEXTS; k++) {
		for (n = 0, i = 1 + below(LONGEST); i; i--)
			n += utf8_put(text + n, draw());
		for (i = 0; i < n; i = to) {
			assert_int_equal(regex_find(r, &s, &steps, text, n, i, false, &hit, &from, &to, &e), ST_OK);
			by_hand = scan(text, i, n);
			if (hit && from == i && to == by_hand)
				continue;
			printf("# of");
			for (i = 0; i < n; i++)
				printf(" %02x", (unsigned char)text[i]);
			fail_msg("from %zu: by hand to %zu, PCRE2 %zu to %zu", i, by_hand, hit ? from : n, hit ? to : n);
		}
	}
	regex_scratch_free(s);
	regex_close(r);
}

static void
test_gpt2(void **state)
{
	(void)state;
	check("'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+");
}

/* A pattern that takes the square of a text or more gives up within what a text of its length
 * may take, and usual ones take next to nothing. */
static void
test_steps(void **state)
{
	static const struct { const char *pattern; char fill; bool gives_up; } try[] = {
		{ "(?:a+)+[bc]", 'a', true }, { "(?:a|aa)+[bc]", 'a', true }, { "(?:\\s+\\s+)+[xy]", ' ', true },
		{ "\\s+(?!\\S)|\\s+", ' ', false }, { "\\p{L}+", 'a', false }, { "\\d{1,3}", '1', false }
	};
	enum { SHORT = 2000, LONG = 8000 };
	static char text[LONG];

	(void)state;
	for (size_t k = 0; k < sizeof(try) / sizeof(try[0]); k++) {
		for (size_t n = SHORT; n <= LONG; n *= 2) {
			uint64_t all = regex_steps(n), left = all;
			struct regex_scratch *s = NULL;
			struct err e = {0};
			struct regex *r;
			size_t from, to = 0;
			bool hit = true;

			memset(text, try[k].fill, n);
			assert_int_equal(regex_open(&r, try[k].pattern, strlen(try[k].pattern), false, &e), ST_OK);
			while (hit && !regex_find(r, &s, &left, text, n, to, to > 0, &hit, &from, &to, &e))
				;
			assert_int_equal(e.code, try[k].gives_up ? ST_INPUT : ST_OK);
			assert_true(left <= all);
			if (!try[k].gives_up)
				assert_in_range(all - left, 0, 100 * n);
			regex_scratch_free(s);
			regex_close(r);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_gpt2), cmocka_unit_test(test_steps) };

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("scan", tests, know_points, forget_points);
}
