/* How much of a text an edit changes, against the table of common subsequences. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "edit/ratio.h"

#define DRAW_SEED 31
#include "draw.h"

enum { MAX = 300 };

/* letters as words, with white space around them */
static size_t
print(char *s, const char *word, size_t n)
{
	static const char *const space[] = { " ", "  ", "\n", " \t" };
	size_t at = 0;

	for (size_t i = 0; i < n; i++)
		at += (size_t)sprintf(s + at, "%s%c%s", i || below(2) ? space[below(4)] : "", word[i], word[i]  == 'a' ? "a" : "");
	return at + (size_t)sprintf(s + at, "%s", below(2) ? " " : "");
}

static size_t
longest(const char *a, size_t n, const char *b, size_t m)
{
	static size_t t[MAX + 1][MAX + 1];

	for (size_t i = 1; i <= n; i++)
		for (size_t j = 1; j <= m; j++)
			t[i][j] = a[i - 1] == b[j - 1] ? t[i - 1][j - 1] + 1 : t[i - 1][j] > t[i][j - 1] ? t[i - 1][j] : t[i][j - 1];
	return t[n][m];
}

static void
test_random(void **state)
{
	struct err e = {0};

	(void)state;
	printf("# seed %d\n", (int)key.seed);
	for (size_t k = 0; k < 1500; k++) {
		char a[MAX], b[MAX], s[6 * MAX], t[6 * MAX];
		size_t most = k % 10 ? 20 : MAX, n = below(most), m = below(most), letters = 1 + below(20), ns, nt, longer = n > m ? n : m;
		double r, want = 0;

		for (size_t i = 0; i < MAX; i++) {
			a[i] = (char)('a' + below(letters));
			b[i] = below(3) ? a[i] : (char)('a' + below(letters));
		}
		ns = print(s, a, n);
		nt = print(t, b, m);
		if (longer)
			want = (double)(longer - longest(a, n, b, m)) / (double)longer;
		assert_int_equal(edit_words_ratio(s, ns, t, nt, &r, &e), ST_OK);
		assert_true(r == want);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_random) };

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("ratio", tests, NULL, NULL);
}
