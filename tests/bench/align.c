/* Alignments a second: 1,000 pairs of 300 symbols with 29 edits, one thread. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/rng.h"
#include "edit/align.h"

enum { PAIRS = 1000, LEN = 300, EDITS = 29, ROUNDS = 9 };

static uint32_t a[PAIRS][LEN], b[PAIRS][2 * LEN];
static size_t nb[PAIRS];

static int
by_value(const void *x, const void *y)
{
	double u = *(const double *)x, v = *(const double *)y;

	return u < v ? -1 : u > v;
}

static double
run(struct edit_ws *w, enum edit_mode mode, unsigned c)
{
	struct edit_script s = {0};
	double rate[ROUNDS];
	struct err e;

	for (int r = 0; r < ROUNDS; r++) {
		clock_t t = clock();

		for (size_t i = 0; i < PAIRS; i++)
			if (edit_align(w, mode, c, &(struct edit_seq){ a[i], NULL, LEN }, &(struct edit_seq){ b[i], NULL, nb[i] }, &s, &e))
				exit(1);
		rate[r] = PAIRS / ((double)(clock() - t) / CLOCKS_PER_SEC);
	}
	qsort(rate, ROUNDS, sizeof(*rate), by_value);
	edit_script_free(&s);
	return rate[ROUNDS / 2];
}

int
main(void)
{
	struct rng_key k = { .seed = 3 };
	struct edit_ws *w;
	struct err e;
	uint64_t n = 0;

	for (size_t i = 0; i < PAIRS; i++)
		for (size_t j = 0; j < LEN; j++) {
			unsigned what = (unsigned)(rng_unit(&k, n, 0) * LEN);

			a[i][j] = (uint32_t)(rng_unit(&k, n, 1) * 2000);
			if (what >= EDITS || what % 3 == 0)
				b[i][nb[i]++] = what < EDITS ? (uint32_t)(rng_unit(&k, n, 2) * 2000) : a[i][j];
			if (what < EDITS && what % 3 == 1)
				b[i][nb[i]++] = (uint32_t)(rng_unit(&k, n, 3) * 2000);
			n++;
		}
	if (edit_ws_new(&w, &e))
		return 1;
	printf("pairs/s, median of %d: hunk cost 2 %.0f, hunk cost 0 %.0f, Levenshtein %.0f\n", ROUNDS,
	    run(w, EDIT_HUNK, 2), run(w, EDIT_HUNK, 0), run(w, EDIT_LEVENSHTEIN, 0));
	edit_ws_free(w);
	return 0;
}
