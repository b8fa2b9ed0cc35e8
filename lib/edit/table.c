/* Costs to go in a whole table: slow, plain, and what the fast engine is compared with. */
#include <stdlib.h>

#include "edit/align_int.h"

struct edit_table {
	size_t w;               /* m + 1 */
	uint32_t *in, *out;     /* (n+1, m+1) each */
};

static uint32_t
min2(uint32_t x, uint32_t y)
{
	return x < y ? x : y;
}

static bool
within(void *ctx, bool in, size_t i, size_t j, size_t s)
{
	const struct edit_table *t = ctx;

	return (in ? t->in : t->out)[i * t->w + j] <= s;
}

static void
fill(struct edit_table *t, enum edit_mode mode, uint32_t c, const struct edit_seq *a,
    const struct edit_seq *b)
{
	size_t i, j, at, n = a->n, m = b->n;
	uint32_t edit, keep;

	for (i = n + 1; i-- > 0;) {
		for (j = m + 1; j-- > 0;) {
			at = i * t->w + j;
			if (i == n && j == m) {
				t->in[at] = t->out[at] = 0;
				continue;
			}
			edit = keep = UINT32_MAX / 2;
			if (i < n)
				edit = min2(edit, 1 + t->in[at + t->w]);
			if (j < m)
				edit = min2(edit, 1 + t->in[at + 1]);
			if (i < n && j < m && mode == EDIT_LEVENSHTEIN)
				edit = min2(edit, 1 + t->in[at + t->w + 1]);
			if (i < n && j < m && a->sym[i] == b->sym[j])
				keep = t->out[at + t->w + 1];
			t->out[at] = min2(edit + c, keep);
			t->in[at] = min2(edit, t->out[at]);
		}
	}
}

enum status
edit_table_new(struct edit_table **out, enum edit_mode mode, unsigned c,
    const struct edit_seq *a, const struct edit_seq *b, struct edit_oracle *o, struct err *e)
{
	struct edit_table *t;
	size_t cells;

	*out = NULL;
	if (b->n >= SIZE_MAX / 8 || a->n >= SIZE_MAX / 8 / (b->n + 1) - 1)
		return err_nomem(e);
	cells = (a->n + 1) * (b->n + 1);
	if (!(t = calloc(1, sizeof(*t))))
		return err_nomem(e);
	t->w = b->n + 1;
	t->in = malloc(cells * sizeof(*t->in));
	t->out = malloc(cells * sizeof(*t->out));
	if (!t->in || !t->out) {
		edit_table_free(t);
		return err_nomem(e);
	}
	fill(t, mode, mode == EDIT_HUNK ? c : 0, a, b);
	*o = (struct edit_oracle){ .within = within, .ctx = t, .total = t->out[0] };
	*out = t;
	return ST_OK;
}

void
edit_table_free(struct edit_table *t)
{
	if (t) {
		free(t->in);
		free(t->out);
		free(t);
	}
}
