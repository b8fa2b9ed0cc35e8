/* Labels of random texts: the hunks, in bytes, turn either side into the other; a token has
 * a label only where a hunk touches it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "edit/label.h"

#define DRAW_SEED 23
#include "draw.h"

enum { MAX = 24, ROOM = 8 * MAX };

struct side { char text[ROOM]; int32_t id[MAX], end[MAX]; size_t n, len; };

static void
add(struct side *s, size_t id)
{
	/* words that begin anywhere, white space of its own, a character that is a word, half of one */
	static const char *const piece[] = { "a", " b", "c", ".", " a", " ", "\n", "\xE4\xBB\x96", " c.", "b a", ",", " \"b", "\xE2\x80\x9C", "\xE2\x80\x9D", "\xE2\x80", "\x9C" };

	memcpy(s->text + s->len, piece[id], strlen(piece[id]));
	s->len += strlen(piece[id]);
	s->id[s->n] = (int32_t)id;
	s->end[s->n++] = (int32_t)s->len;
}

/* from, its hunks' stretches replaced by those of to, is to. */
static void
check_bytes(const struct side *from, const struct edit_span *f, const struct side *to, const struct edit_span *t, size_t hunks)
{
	char out[2 * ROOM];
	size_t n = 0, i = 0;

	for (size_t k = 0; k < hunks; k++) {
		assert_true(f[k].b0 >= i && f[k].b1 >= f[k].b0 && f[k].b1 <= from->len);
		memcpy(out + n, from->text + i, f[k].b0 - i);
		n += f[k].b0 - i;
		memcpy(out + n, to->text + t[k].b0, t[k].b1 - t[k].b0);
		n += t[k].b1 - t[k].b0;
		i = f[k].b1;
		assert_true(n <= ROOM);
	}
	memcpy(out + n, from->text + i, from->len - i);
	n += from->len - i;
	assert_int_equal(n, to->len);
	assert_memory_equal(out, to->text, n);
}

static void
check_labels(const struct side *s, const int32_t *label, int32_t v, const struct edit_span *p, size_t hunks)
{
	for (size_t i = 0; i < s->n; i++) {
		bool touched = false;

		for (size_t k = 0; k < hunks; k++)
			touched |= p[k].b0 < (size_t)s->end[i] && p[k].b1 > (i ? (size_t)s->end[i - 1] : 0);
		assert_true(!label[i] || (label[i] == v && touched));
	}
}

/* Costs: deleted tokens or symbols, and at the token after a hunk what it inserts beyond what it
 * deletes.  They sum to what the script says; where nothing is edited they are 0. */
static void
check_costs(struct edit_labeller *w, struct edit_label_opts o, const struct edit_side *a, const struct edit_side *b)
{
	struct edit_labels l = {0};
	struct err e;
	double sum = 0, want = 0, one = 0;

	o.cost = EDIT_COST_TOKENS;
	assert_int_equal(edit_label(w, &o, a, b, &l, &e), ST_OK);
	for (size_t i = 0; i < a->n; i++) {
		assert_true(l.cost[i] >= (l.a[i] ? 1 : 0));
		sum += (double)l.cost[i];
		want += l.a[i] ? 1 : 0;
	}
	if (o.unit == EDIT_TOKEN) {
		for (size_t k = 0; k < l.hunks; k++) {
			size_t d = l.from[k].t1 - l.from[k].t0, n = l.to[k].t1 - l.to[k].t0;

			want += n > d ? (double)(n - d) : 0;
			if (n > d && a->n)
				assert_true(l.cost[l.from[k].t1 < a->n ? l.from[k].t1 : a->n - 1] >= (float)(n - d));
		}
		assert_true(!a->n || sum == want);
	}
	assert_true(sum >= want && (l.hunks || sum == 0));
	o.cost = EDIT_COST_SYMBOLS;
	assert_int_equal(edit_label(w, &o, a, b, &l, &e), ST_OK);
	for (size_t i = 0; i < a->n; i++)
		one += (double)l.cost[i];
	/* in symbols of one token each, both counts are the same */
	assert_true(o.unit != EDIT_TOKEN || one == sum);
	/* deleted symbols and excess insertions are at most all that was deleted and inserted, and
	 * at least the larger of the two */
	if (a->n) {
		double d = (double)l.deleted, n = (double)l.inserted;

		assert_true(one <= d + n && one >= d && one >= n);
	}
	edit_labels_free(&l);
}

static void
test_hunks(void **state)
{
	const char *slow = getenv("FG_SLOW");
	size_t pairs = slow && *slow ? 1000000 : 40000;
	struct edit_labels l = {0};
	struct edit_labeller *w;
	struct err e;

	(void)state;
	printf("# seed %d, %zu pairs\n", (int)key.seed, pairs);
	assert_int_equal(edit_labeller_new(&w, &e), ST_OK);
	for (size_t k = 0; k < pairs; k++) {
		struct side a = { .n = 0 }, b = { .n = 0 };
		struct edit_label_opts o = { .mode = (enum edit_mode)below(2), .unit = (enum edit_unit)below(4),
		    .hunk_cost = (unsigned)below(5) };

		for (size_t i = below(MAX / 2); i; i--) {
			size_t id = below(16), what = below(8);

			add(&a, id);
			if (what)
				add(&b, what > 2 ? id : below(16));
			if (what == 2)
				add(&b, below(16));
		}
		assert_int_equal(edit_label(w, &o, &(struct edit_side){ a.text, a.len, a.id, a.end, a.n, false },
		    &(struct edit_side){ b.text, b.len, b.id, b.end, b.n, false }, &l, &e), ST_OK);
		check_bytes(&a, l.from, &b, l.to, l.hunks);
		check_bytes(&b, l.to, &a, l.from, l.hunks);
		check_labels(&a, l.a, -1, l.from, l.hunks);
		check_labels(&b, l.b, 1, l.to, l.hunks);
		if (k % 4 == 0)
			check_costs(w, o, &(struct edit_side){ a.text, a.len, a.id, a.end, a.n, false },
			    &(struct edit_side){ b.text, b.len, b.id, b.end, b.n, false });
	}
	edit_labels_free(&l);
	edit_labeller_free(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_hunks) };

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("label", tests, NULL, NULL);
}
