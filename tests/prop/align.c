/* Alignments against dynamic programming over all scripts: the cost is the least there is,
 * and the hunks turn either side into the other.  FG_SLOW=1: a million pairs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "edit/align_int.h"
#include "edit/common.h"

#define DRAW_SEED 17
#include "draw.h"

enum { MAX = 12 };

static uint64_t
least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* The least cost of any script: out[i][j] after a kept symbol or at the start, in[i][j]
 * inside of a hunk. */
static uint64_t
cheapest(const uint32_t *a, size_t n, const uint32_t *b, size_t m, unsigned c)
{
	static uint64_t out[MAX + 1][MAX + 1], in[MAX + 1][MAX + 1];
	const uint64_t far = 1u << 30;

	for (size_t i = 0; i <= n; i++)
		for (size_t j = 0; j <= m; j++) {
			out[i][j] = !i && !j ? 0 : far;
			in[i][j] = far;
			if (i && j && a[i - 1] == b[j - 1])
				out[i][j] = least(out[i - 1][j - 1], in[i - 1][j - 1]);
			if (i)
				in[i][j] = least(in[i][j], least(in[i - 1][j], out[i - 1][j] + c) + 1);
			if (j)
				in[i][j] = least(in[i][j], least(in[i][j - 1], out[i][j - 1] + c) + 1);
		}
	return least(out[n][m], in[n][m]);
}

static uint64_t
distance(const uint32_t *a, size_t n, const uint32_t *b, size_t m)
{
	static uint64_t d[MAX + 1][MAX + 1];

	for (size_t i = 0; i <= n; i++)
		for (size_t j = 0; j <= m; j++) {
			d[i][j] = !i ? j : !j ? i : d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
			if (i)
				d[i][j] = least(d[i][j], d[i - 1][j] + 1);
			if (j)
				d[i][j] = least(d[i][j], d[i][j - 1] + 1);
		}
	return d[n][m];
}

/* Outside of the hunks both sides are the same, hunks ascend and are not empty. */
static void
check_hunks(const struct edit_script *s, const uint32_t *a, size_t n, const uint32_t *b, size_t m)
{
	size_t i = 0, j = 0, deleted = 0, inserted = 0;

	for (size_t k = 0; k <= s->n; k++) {
		size_t a0 = k < s->n ? s->hunk[k].a0 : n, b0 = k < s->n ? s->hunk[k].b0 : m;

		assert_true(a0 >= i && b0 >= j);
		assert_int_equal(a0 - i, b0 - j);
		assert_true(!k || k == s->n || a0 > i);
		if (a0 > i)
			assert_memory_equal(a + i, b + j, (a0 - i) * sizeof(*a));
		if (k == s->n)
			break;
		i = s->hunk[k].a1;
		j = s->hunk[k].b1;
		assert_true(i >= a0 && j >= b0 && i + j > a0 + b0);
		deleted += i - a0;
		inserted += j - b0;
	}
	assert_int_equal(deleted, s->deleted);
	assert_int_equal(inserted, s->inserted);
}

static void
test_random(void **state)
{
	const char *slow = getenv("FG_SLOW");
	size_t pairs = slow && *slow ? 1000000 : 60000;
	struct edit_script s = {0};
	struct edit_ws *w;
	struct err e;

	(void)state;
	printf("# seed %d, %zu pairs\n", (int)key.seed, pairs);
	assert_int_equal(edit_ws_new(&w, &e), ST_OK);
	for (size_t k = 0; k < pairs; k++) {
		uint32_t a[MAX], b[MAX];
		uint8_t ea[MAX + 1], eb[MAX + 1];
		size_t n = below(MAX + 1), m = below(MAX + 1), letters = 2 + below(4);
		unsigned c = (unsigned)below(5);
		struct edit_seq x = { a, below(2) ? ea : NULL, n }, y = { b, eb, m };

		for (size_t i = 0; i <= MAX; i++) {
			ea[i] = (uint8_t)below(4);
			eb[i] = (uint8_t)below(4);
			if (i < MAX) {
				a[i] = (uint32_t)below(letters);
				/* half of them are edits of each other */
				b[i] = k % 2 && below(4) ? a[i] : (uint32_t)below(letters);
			}
		}
		if (!x.edge)
			y.edge = NULL;
		assert_int_equal(edit_align(w, EDIT_HUNK, c, &x, &y, &s, &e), ST_OK);
		check_hunks(&s, a, n, b, m);
		assert_int_equal(s.deleted + s.inserted + c * s.n, cheapest(a, n, b, m, c));
		assert_int_equal(s.cost, cheapest(a, n, b, m, c));
		assert_int_equal(edit_align(w, EDIT_LEVENSHTEIN, 0, &x, &y, &s, &e), ST_OK);
		check_hunks(&s, a, n, b, m);
		assert_int_equal(s.cost, distance(a, n, b, m));
	}
	edit_script_free(&s);
	edit_ws_free(w);
}

/* The same scripts as by the walk over the whole table, also over several blocks of levels. */
static void
test_table(void **state)
{
	enum { LONG = 700 };
	static const unsigned cost[] = { 0, 1, 2, 3, 7, 40, 1000 };
	const char *slow = getenv("FG_SLOW");
	size_t pairs = slow && *slow ? 100000 : 4000;
	struct edit_script s = {0}, want = {0};
	struct edit_ws *w;
	struct err e;

	(void)state;
	assert_int_equal(edit_ws_new(&w, &e), ST_OK);
	for (size_t k = 0; k < pairs; k++) {
		uint32_t a[LONG], b[LONG], x[LONG], y[LONG];
		uint8_t ea[LONG + 1], eb[LONG + 1];
		size_t most = k % 200 ? 60 : LONG, letters = 2 + below(2) * below(4) * below(60), edits = below(most);
		size_t n = below(most + 1), m = 0;
		unsigned c = cost[below(7)];
		struct edit_seq p = { a, ea, 0 }, q = { b, eb, 0 };
		struct edit_table *t;
		struct edit_oracle o;

		for (size_t i = 0; i <= most; i++) {
			ea[i] = (uint8_t)below(4);
			eb[i] = (uint8_t)below(4);
		}
		for (size_t i = 0; i < n; i++) {
			size_t what = below(most) < edits ? below(3) : 3;

			a[i] = (uint32_t)below(letters);
			if (what && m < most)
				b[m++] = what == 1 ? (uint32_t)below(letters) : a[i];
			if (what == 2 && m < most)
				b[m++] = (uint32_t)below(letters);
		}
		p.n = n;
		q.n = m;
		assert_int_equal(edit_align(w, EDIT_LEVENSHTEIN, 0, &p, &q, &s, &e), ST_OK);
		for (size_t i = 0; i < n; i++)
			x[i] = a[n - 1 - i];
		for (size_t i = 0; i < m; i++)
			y[i] = b[m - 1 - i];
		want.n = want.replaced = 0;
		assert_int_equal(edit_table_new(&t, EDIT_LEVENSHTEIN, 0, &(struct edit_seq){ x, NULL, n }, &(struct edit_seq){ y, NULL, m }, &o, &e), ST_OK);
		assert_int_equal(edit_walk_levenshtein(&o, &(struct edit_seq){ x, NULL, n }, &(struct edit_seq){ y, NULL, m }, &want, &e), ST_OK);
		assert_int_equal(s.cost, o.total);
		assert_int_equal(s.replaced, want.replaced);
		assert_int_equal(s.n, want.n);
		if (s.n)
			assert_memory_equal(s.hunk, want.hunk, s.n * sizeof(*s.hunk));
		edit_table_free(t);

		/* nothing in common at the ends, so that rule 1 has nothing to do; hunks that slide are
		 * held against those of the same walk, slid, by their cost and their place in it */
		if (n && m && (a[0] == b[0] || a[n - 1] == b[m - 1]))
			continue;
		assert_int_equal(edit_align(w, EDIT_HUNK, c, &p, &q, &s, &e), ST_OK);
		want.n = 0;
		assert_int_equal(edit_table_new(&t, EDIT_HUNK, c, &p, &q, &o, &e), ST_OK);
		assert_int_equal(edit_walk_hunks(&o, c, &p, &q, 0, &want, &e), ST_OK);
		assert_int_equal(s.cost, o.total);
		assert_int_equal(s.n, want.n);
		for (size_t i = 0; i < s.n; i++) {
			const struct edit_hunk *g = &s.hunk[i], *h = &want.hunk[i];

			assert_int_equal(g->a1 - g->a0, h->a1 - h->a0);
			assert_int_equal(g->b1 - g->b0, h->b1 - h->b0);
			if (h->a0 != h->a1 && h->b0 != h->b1) {
				assert_int_equal(g->a0, h->a0);
				assert_int_equal(g->b0, h->b0);
			}
		}
		edit_table_free(t);
	}
	edit_script_free(&s);
	edit_script_free(&want);
	edit_ws_free(w);
}

/* The same scripts after the same steps with vector instructions and without. */
static void
test_vectors(void **state)
{
	enum { LONG = 400 };
	struct edit_script s = {0}, want = {0};
	struct edit_ws *w, *plain;
	struct err e;

	(void)state;
	assert_int_equal(edit_ws_new(&w, &e), ST_OK);
	assert_int_equal(edit_ws_new(&plain, &e), ST_OK);
	edit_ws_vectors(plain, false);
	for (size_t k = 0; k < 1000; k++) {
		uint32_t a[LONG], b[LONG];
		size_t n = below(LONG + 1), m = below(LONG + 1), letters = 2 + below(30), kept = 1 + below(8);
		struct edit_seq x = { a, NULL, n }, y = { b, NULL, m };

		for (size_t i = 0; i < n; i++)
			a[i] = (uint32_t)below(letters);
		for (size_t i = 0; i < m; i++)
			b[i] = n && below(kept) ? a[i % n] : (uint32_t)below(letters);
		for (unsigned c = 0; c < 5; c++) {
			enum edit_mode mode = c == 4 ? EDIT_LEVENSHTEIN : EDIT_HUNK;

			assert_int_equal(edit_align(w, mode, c, &x, &y, &s, &e), ST_OK);
			assert_int_equal(edit_align(plain, mode, c, &x, &y, &want, &e), ST_OK);
			assert_int_equal(s.steps, want.steps);
			assert_int_equal(s.cost, want.cost);
			assert_int_equal(s.replaced, want.replaced);
			assert_int_equal(s.n, want.n);
			if (s.n)
				assert_memory_equal(s.hunk, want.hunk, s.n * sizeof(*s.hunk));
		}
	}
	edit_script_free(&s);
	edit_script_free(&want);
	edit_ws_free(w);
	edit_ws_free(plain);
}

/* 100,000 symbols, one in a hundred edited */
static void
test_long(void **state)
{
	enum { N = 100000 };
	uint32_t *a = malloc(2 * N * sizeof(*a)), *b = malloc(2 * N * sizeof(*b));
	struct edit_script s = {0};
	struct edit_ws *w;
	struct err e;
	size_t m = 0;
	clock_t t;

	(void)state;
	assert_non_null(a);
	assert_non_null(b);
	for (size_t i = 0; i < N; i++) {
		size_t what = below(300);

		a[i] = (uint32_t)below(5000);
		if (what == 0)
			continue;
		b[m++] = what == 1 ? (uint32_t)below(5000) : a[i];
		if (what == 2)
			b[m++] = (uint32_t)below(5000);
	}
	assert_int_equal(edit_ws_new(&w, &e), ST_OK);
	t = clock();
	assert_int_equal(edit_align(w, EDIT_HUNK, 2, &(struct edit_seq){ a, NULL, N }, &(struct edit_seq){ b, NULL, m }, &s, &e), ST_OK);
	printf("# 100,000 symbols with 1%% edits: %.0f ms\n", 1000 * (double)(clock() - t) / CLOCKS_PER_SEC);
	check_hunks(&s, a, N, b, m);
	assert_in_range(s.deleted + s.inserted, 500, 2000);
	assert_int_equal(s.cost, s.deleted + s.inserted + 2 * s.n);
	edit_script_free(&s);
	edit_ws_free(w);
	free(a);
	free(b);
}

/* What a subsequence of both has at most, by the usual table. */
static size_t
longest_common(const uint32_t *a, size_t n, const uint32_t *b, size_t m)
{
	size_t *row = calloc(m + 1, sizeof(*row)), i, j, was, old;

	assert_non_null(row);
	for (i = 0; i < n; i++)
		for (was = 0, j = 0; j < m; j++) {
			old = row[j + 1];
			row[j + 1] = a[i] == b[j] ? was + 1 : row[j + 1] > row[j] ? row[j + 1] : row[j];
			was = old;
		}
	was = row[m];
	free(row);
	return was;
}

static void
test_common(void **state)
{
	uint32_t a[300], b[300];
	size_t most = 0, lcs;
	struct err e = {0};

	(void)state;
	for (int k = 0; k < 300; k++) {
		size_t n = below(300), m = below(300), letters = 1 + below(40);

		for (size_t i = 0; i < n; i++)
			a[i] = (uint32_t)below(letters) * 0x01000193u;
		for (size_t i = 0; i < m; i++)
			b[i] = (uint32_t)below(letters) * 0x01000193u;
		lcs = longest_common(a, n, b, m);
		assert_int_equal(edit_common_most(a, n, b, m, 0, &most, &e), ST_OK);
		assert_int_equal(most, lcs);
		/* more than that where it is enough */
		assert_int_equal(edit_common_most(a, n, b, m, SIZE_MAX, &most, &e), ST_OK);
		assert_in_range(most, lcs, n < m ? n : m);
	}
}

/* Sides that have nothing in common but their words: the steps grow with the square, and stop at
 * the bound. */
static void
test_steps(void **state)
{
	enum { LONGEST = 4000 };
	static uint32_t a[LONGEST], b[LONGEST];
	struct edit_script s = {0};
	struct edit_ws *w;
	struct err e = {0};
	uint64_t before = 0;

	(void)state;
	assert_int_equal(edit_ws_new(&w, &e), ST_OK);
	for (size_t n = LONGEST / 4; n <= LONGEST; n *= 2) {
		const struct edit_seq x = { a, NULL, n }, y = { b, NULL, n };

		for (size_t i = 0; i < n; i++) {
			a[i] = (uint32_t)below(2000);
			b[i] = (uint32_t)below(2000);
		}
		edit_ws_bound(w, UINT64_MAX);
		assert_int_equal(edit_align(w, EDIT_HUNK, 2, &x, &y, &s, &e), ST_OK);
		assert_false(s.over);
		printf("# %zu symbols: %ju steps\n", n, (uintmax_t)s.steps);
		assert_in_range(s.steps, 2 * before, before ? 6 * before : UINT64_MAX);
		before = s.steps;
		edit_ws_bound(w, before);
		assert_int_equal(edit_align(w, EDIT_HUNK, 2, &x, &y, &s, &e), ST_OK);
		assert_false(s.over);
		edit_ws_bound(w, before / 2);
		assert_int_equal(edit_align(w, EDIT_HUNK, 2, &x, &y, &s, &e), ST_OK);
		assert_true(s.over);
		assert_in_range(s.steps, before / 2, before / 2 + 4 * n);
	}
	edit_script_free(&s);
	edit_ws_free(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random), cmocka_unit_test(test_table), cmocka_unit_test(test_common),
		cmocka_unit_test(test_vectors), cmocka_unit_test(test_steps), cmocka_unit_test(test_long)
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("align", tests, NULL, NULL);
}
