/* Alignment: the script leads from one side to the other, costs what it says, and no
 * script is cheaper (for sides that a table holds). */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "edit/align.h"

enum { MAX = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
check(int sound)
{
	if (!sound)
		abort();
}

static unsigned
least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* The cheapest script's cost: [0] outside of a hunk, [1] inside of one. */
static unsigned
cheapest(const struct edit_seq *a, const struct edit_seq *b, enum edit_mode mode, unsigned c)
{
	static unsigned t[MAX + 1][MAX + 1][2];
	const unsigned none = 1u << 30, open = mode == EDIT_HUNK ? c : 0;

	for (size_t i = 0; i <= a->n; i++)
		for (size_t j = 0; j <= b->n; j++) {
			unsigned in = none, out = i || j ? none : 0;

			if (i)
				in = least(in, least(t[i - 1][j][1], t[i - 1][j][0] + open) + 1);
			if (j)
				in = least(in, least(t[i][j - 1][1], t[i][j - 1][0] + open) + 1);
			if (i && j && mode == EDIT_LEVENSHTEIN)
				in = least(in, least(t[i - 1][j - 1][1], t[i - 1][j - 1][0]) + 1);
			if (i && j && a->sym[i - 1] == b->sym[j - 1])
				out = least(t[i - 1][j - 1][0], t[i - 1][j - 1][1]);
			t[i][j][0] = least(out, none);
			t[i][j][1] = least(in, none);
		}
	return least(t[a->n][b->n][0], t[a->n][b->n][1]);
}

static void
script(struct edit_ws *w, enum edit_mode mode, unsigned c, const struct edit_seq *a, const struct edit_seq *b)
{
	struct edit_script s = { 0 };
	struct err e = { 0 };
	size_t i = 0, j = 0, k, deleted = 0, inserted = 0;
	double r;

	check(!edit_align(w, mode, c, a, b, &s, &e));
	for (k = 0; k <= s.n; k++) {
		struct edit_hunk end = { a->n, a->n, b->n, b->n }, h = k < s.n ? s.hunk[k] : end;

		/* what is kept is the same on both sides, and keeps hunks apart */
		check(h.a0 >= i && h.b0 >= j && h.a0 - i == h.b0 - j && h.a1 <= a->n && h.b1 <= b->n);
		check(k == 0 || k == s.n || h.a0 > i);
		for (; i < h.a0; i++, j++)
			check(a->sym[i] == b->sym[j]);
		check(h.a1 >= h.a0 && h.b1 >= h.b0 && (k == s.n || h.a1 - h.a0 + h.b1 - h.b0));
		deleted += h.a1 - h.a0;
		inserted += h.b1 - h.b0;
		i = h.a1;
		j = h.b1;
	}
	check(s.deleted == deleted && s.inserted == inserted);
	check(s.cost == deleted + inserted + (mode == EDIT_HUNK ? c * s.n : 0) - s.replaced);
	if (a->n <= MAX && b->n <= MAX)
		check(s.cost == cheapest(a, b, mode, c));
	r = edit_ratio(&s, a->n, b->n);
	check(r >= 0 && r <= 1);
	edit_script_free(&s);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct edit_seq seq[2];
	struct edit_ws *w;
	struct err e = { 0 };
	uint32_t *sym;
	uint8_t *edge;
	size_t m, i;
	unsigned c;

	/* the price of a hunk, then two sides with a line feed between */
	if (!n)
		return 0;
	c = *data % 8;
	data++;
	n--;
	sym = calloc(n + 1, sizeof(*sym));
	edge = calloc(n + 2, sizeof(*edge));
	check(sym && edge && !edit_ws_new(&w, &e));
	for (m = 0; m < n && data[m] != '\n'; m++)
		;
	for (i = 0; i < n; i++) {
		sym[i] = data[i] & 7;
		edge[i] = data[i] >> 3 & 3;
	}
	seq[0] = (struct edit_seq){ sym, edge, m };
	seq[1] = (struct edit_seq){ sym + (m < n ? m + 1 : m), edge + (m < n ? m + 1 : m), m < n ? n - m - 1 : 0 };
	script(w, EDIT_HUNK, c, &seq[0], &seq[1]);
	script(w, EDIT_LEVENSHTEIN, c, &seq[0], &seq[1]);
	seq[0].edge = NULL;
	script(w, EDIT_HUNK, c, &seq[0], &seq[1]);
	edit_ws_free(w);
	free(sym);
	free(edge);
	return 0;
}
