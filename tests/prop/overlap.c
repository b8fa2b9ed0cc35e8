/* Shared stretches against a search by hand, on random texts of few letters. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "edit/overlap.h"

#define DRAW_SEED 11
#include "draw.h"

enum { DOCS = 6, LEN = 40 };

struct texts { char text[DOCS][2][LEN]; size_t len[DOCS][2]; size_t reference; };

static void
make(struct texts *t)
{
	size_t letters = 2 + below(3);

	t->reference = below(3);
	for (size_t d = 0; d < DOCS; d++)
		for (size_t k = 0; k < 2; k++) {
			t->len[d][k] = below(LEN);
			for (size_t i = 0; i < t->len[d][k]; i++)
				t->text[d][k][i] = (char)('a' + below(letters));
		}
}

/* Does a source of document d contain s[0..min)? */
static bool
found(const struct texts *t, size_t d, const char *s, size_t min)
{
	size_t from = t->reference ? t->reference : d;

	for (size_t x = 0; x < from; x++)
		for (size_t k = 0; k < 2; k++)
			for (size_t i = 0; i + min <= t->len[x][k]; i++)
				if (!memcmp(t->text[x][k] + i, s, min))
					return true;
	return false;
}

static void
check(const struct texts *t, size_t min)
{
	struct overlap *o;
	struct err e;

	assert_int_equal(overlap_new(&o, &e), ST_OK);
	for (size_t d = 0; d < DOCS; d++) {
		if (t->reference && d == t->reference)
			overlap_reference(o);
		for (size_t k = 0; k < 2; k++)
			assert_int_equal(overlap_add(o, d, t->text[d][k], t->len[d][k], &e), ST_OK);
	}
	assert_int_equal(overlap_run(o, min, &e), ST_OK);
	for (size_t d = 0; d < DOCS; d++) {
		bool want[2][LEN] = { { false } }, got[2][LEN] = { { false } };
		const struct overlap_span *s;
		size_t n;

		for (size_t k = 0; k < 2 && d >= t->reference; k++)
			for (size_t i = 0; i + min <= t->len[d][k]; i++)
				if (found(t, d, t->text[d][k] + i, min))
					memset(&want[k][i], true, min);
		s = overlap_spans(o, d, &n);
		for (size_t i = 0; i < n; i++) {
			memset(&got[s[i].k][s[i].at], true, s[i].len);
			assert_true(s[i].from < d);
			assert_memory_equal(t->text[d][s[i].k] + s[i].at, t->text[s[i].from][s[i].from_k] + s[i].from_at, min);
		}
		assert_memory_equal(want, got, sizeof(want));
	}
	overlap_free(o);
}

static void
test_random(void **state)
{
	static struct texts t;

	(void)state;
	printf("# seed %d\n", (int)key.seed);
	for (int i = 0; i < 2000; i++) {
		make(&t);
		check(&t, 1 + below(12));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_random) };

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("overlap", tests, NULL, NULL);
}
