/* Labels of any two texts: the hunks, in bytes, turn either side into the other; a token has
 * a label only where a hunk touches it. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "must.h"

#include "edit/label.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

struct side { int32_t *id, *end; size_t n; };

/* Tokens of one to three bytes, whose ids are what the bytes are. */
static void
cut(struct side *s, const char *text, size_t n)
{
	size_t at = 0, len;

	s->n = 0;
	must((s->id = malloc((n + 1) * sizeof(*s->id))) && (s->end = malloc((n + 1) * sizeof(*s->end))));
	for (; at < n; at += len) {
		len = 1 + (unsigned char)text[at] % 3;
		len = len < n - at ? len : n - at;
		s->id[s->n] = (int32_t)len;
		for (size_t i = 0; i < len; i++)
			s->id[s->n] = s->id[s->n] << 8 | (unsigned char)text[at + i];
		s->end[s->n++] = (int32_t)(at + len);
	}
}

static void
drop(struct side *s)
{
	free(s->id);
	free(s->end);
}

/* from, its hunks' stretches replaced by those of to, is to. */
static void
check_bytes(const struct edit_side *from, const struct edit_span *f, const struct edit_side *to, const struct edit_span *t, size_t hunks)
{
	size_t i = 0, j = 0, k;

	for (k = 0; k <= hunks; k++) {
		size_t a = k < hunks ? f[k].b0 : from->len, b = k < hunks ? t[k].b0 : to->len;

		must(a >= i && b >= j && a <= from->len && b <= to->len && a - i == b - j);
		must(!memcmp(from->text + i, to->text + j, a - i));
		if (k == hunks)
			break;
		must(f[k].b1 >= f[k].b0 && t[k].b1 >= t[k].b0);
		i = f[k].b1;
		j = t[k].b1;
	}
}

static void
check_labels(const struct edit_side *s, const int32_t *label, int32_t v, const struct edit_span *p, size_t hunks)
{
	size_t k = 0, begin = 0;

	for (size_t i = 0; i < s->n; begin = (size_t)s->end[i++]) {
		for (; k < hunks && p[k].b1 <= begin; k++)
			;
		must(!label[i] || (label[i] == v && k < hunks && p[k].b0 < (size_t)s->end[i]));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct edit_labeller *w;
	static struct edit_labels l;
	struct edit_side a = { 0 }, b = { 0 };
	struct edit_label_opts o = { 0 };
	const char *text = (const char *)data + 2, *mid;
	struct side x, y;
	struct err e = { 0 };

	/* two bytes of options, then two texts with 0xff between */
	if (n < 2 || !(mid = memchr(text, 0xff, n - 2)))
		return 0;
	o.mode = (enum edit_mode)(data[0] & 1);
	o.unit = (enum edit_unit)(data[0] >> 1 & 3);
	o.hunk_cost = data[1] & 7;
	a.text = text;
	a.len = (size_t)(mid - text);
	b.text = mid + 1;
	b.len = n - 3 - a.len;
	cut(&x, a.text, a.len);
	cut(&y, b.text, b.len);
	a.id = x.id, a.end = x.end, a.n = x.n;
	b.id = y.id, b.end = y.end, b.n = y.n;
	must(w || !edit_labeller_new(&w, &e));
	must(!edit_label(w, &o, &a, &b, &l, &e));
	must(l.ratio >= 0 && l.ratio <= 1);
	check_bytes(&a, l.from, &b, l.to, l.hunks);
	check_labels(&a, l.a, -1, l.from, l.hunks);
	check_labels(&b, l.b, 1, l.to, l.hunks);
	/* anchors and ends add labels, and nothing else */
	o.anchor = (enum edit_anchor)(data[0] >> 3 & 3);
	o.eos = (enum edit_eos)((data[0] >> 5 & 3) % 3);
	must(!edit_label(w, &o, &a, &b, &l, &e));
	for (size_t i = 0; i < a.n; i++)
		must(l.a[i] == 0 || l.a[i] == -1);
	for (size_t i = 0; i < b.n; i++)
		must(l.b[i] == 0 || l.b[i] == 1);
	/* costs count every deleted token or symbol once, and what is inserted beyond them */
	o.cost = data[1] & 8 ? EDIT_COST_SYMBOLS : EDIT_COST_TOKENS;
	must(!edit_label(w, &o, &a, &b, &l, &e));
	for (size_t i = 0; i < a.n; i++)
		must(l.cost[i] >= 0 && l.cost[i] <= (float)(a.len + b.len));
	for (size_t i = 0; i < a.n && !l.hunks; i++)
		must(l.cost[i] == 0);
	drop(&x);
	drop(&y);
	return 0;
}
