/* Print sums of the labels of random pairs, a line a unit and alignment. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/rng.h"
#include "edit/label.h"

enum { PAIRS = 2000, MAX = 120 };

static struct rng_key key = { .seed = 5 };
static uint64_t drawn;

static size_t
below(size_t n)
{
	return (size_t)(rng_unit(&key, drawn++, 0) * (double)n);
}

/* A text of tokens of one or two letters, and an edit of it. */
struct side { char text[2 * MAX]; int32_t id[MAX], end[MAX]; size_t n, len; };

static void
add(struct side *s, int32_t id)
{
	static const char piece[8][3] = { "a", " b", "c", ". ", " a", "ba", " ", "c." };

	for (const char *p = piece[id]; *p; p++)
		s->text[s->len++] = *p;
	s->id[s->n] = id;
	s->end[s->n++] = (int32_t)s->len;
}

static void
draw(struct side *a, struct side *b)
{
	a->n = a->len = b->n = b->len = 0;
	for (size_t i = below(MAX / 2); i; i--) {
		int32_t id = (int32_t)below(8);
		size_t what = below(12);

		add(a, id);
		if (what)
			add(b, what > 2 ? id : (int32_t)below(8));
		if (what == 2)
			add(b, (int32_t)below(8));
	}
}

static struct edit_side
view(const struct side *s)
{
	return (struct edit_side){ s->text, s->len, s->id, s->end, s->n, false };
}

int
main(void)
{
	static const char *const unit[] = { "word", "token", "char", "bare" };
	static struct side a, b;
	struct edit_labeller *l;
	struct edit_labels out = {0};
	struct err e = {0};

	if (edit_labeller_new(&l, &e))
		return 1;
	for (size_t i = 0; i < 16; i++) {
		struct edit_label_opts o = { .mode = i % 2 ? EDIT_LEVENSHTEIN : EDIT_HUNK, .unit = (enum edit_unit)(i / 4),
			.hunk_cost = i % 4 ? 0 : 2, .anchor = i % 4 == 3 ? EDIT_ANCHOR_BOTH : EDIT_ANCHOR_NONE };
		uint64_t sum = 0;

		for (size_t k = 0; k < PAIRS; k++) {
			struct edit_side x, y;

			draw(&a, &b);
			x = view(&a);
			y = view(&b);
			if (edit_label(l, &o, &x, &y, &out, &e)) {
				printf("%s\n", e.msg);
				return 1;
			}
			sum = hash64(out.a, a.n * sizeof(*out.a), sum);
			sum = hash64(out.b, b.n * sizeof(*out.b), sum);
			sum = hash64(&out.ratio, sizeof(out.ratio), sum ^ out.hunks);
		}
		printf("%s %zu %016" PRIx64 "\n", unit[i / 4], i, sum);
	}
	edit_labels_free(&out);
	edit_labeller_free(l);
	return 0;
}
