#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/quote.h"
#include "edit/align.h"
#include "edit/ratio.h"
#include "edit/text.h"
#include "json/write.h"
#include "stage/agreement.h"
#include "stage/verdict.h"
#include "stat/agreement.h"

struct reading {
	const char *by;
	struct agreement *edits, *verdicts;
	struct edit_dict *dict;
	struct edit_ws *ws;
	struct edit_text old, new;
	struct edit_script script;
};

/* ---- records ---- */

/* Which words of old the edit touches. */
static enum status
touched(struct reading *k, struct record *r, const float **v, size_t *n, double *ratio, struct err *e)
{
	const char *old, *new;
	size_t nold, nnew, i, u;
	struct edit_seq a, b;
	float *w;

	if (record_str(r, "rejected", &old, &nold, e) || record_str(r, "chosen", &new, &nnew, e))
		return e->code;
	edit_dict_clear(k->dict);
	if (edit_text_words(&k->old, k->dict, old, nold, false, e) || edit_text_words(&k->new, k->dict, new, nnew, false, e))
		return e->code;
	a = (struct edit_seq){ k->old.sym, k->old.edge, k->old.n };
	b = (struct edit_seq){ k->new.sym, k->new.edge, k->new.n };
	if (edit_align(k->ws, EDIT_HUNK, 1, &a, &b, &k->script, e) || edit_words_ratio(old, nold, new, nnew, ratio, e))
		return e->code;
	if (!(w = arena_array(record_arena(r), k->old.n, sizeof(*w))))
		return err_nomem(e);
	memset(w, 0, k->old.n * sizeof(*w));
	for (i = 0; i < k->script.n; i++) {
		const struct edit_hunk *h = &k->script.hunk[i];

		for (u = h->a0; u < h->a1; u++)
			w[u] = 1;
		if (h->a0 == h->a1 && k->old.n)
			w[h->a0 < k->old.n ? h->a0 : k->old.n - 1] = 1;
	}
	*v = w;
	*n = k->old.n;
	return ST_OK;
}

static bool
is_word(struct record *r, const char *key, const char *word)
{
	struct err ignore = {0};
	const char *s;
	size_t n;

	return record_has(r, key) && !record_str(r, key, &s, &n, &ignore) && !strcmp(s, word);
}

static enum status
add(struct record *r, void *ctx, struct err *e)
{
	struct reading *k = ctx;
	bool verdict = record_has(r, "win");
	struct hash128 key;
	const char *id, *who;
	const float *v = NULL;
	double size = NAN;
	float win;
	size_t n = 0;

	if (group_read(r, k->by, NULL, &who, e))
		return e->code;
	if (!who)
		return record_bad(r, k->by, e, "missing: who answered?");
	if (record_id(r, &id, &key, e) || is_word(r, "edit", "skipped") || is_word(r, "verdict", "skipped"))
		return e->code;
	if (verdict) {
		if (record_f64(r, "win", &size, e))
			return e->code;
		if (!(size >= 0 && size <= 1))
			return record_bad(r, "win", e, "expected a number from 0 to 1");
		win = (float)size;
		v = &win;
		n = 1;
		size = NAN;
	} else if (touched(k, r, &v, &n, &size, e)) {
		return e->code;
	}
	if (agreement_add(verdict ? k->verdicts : k->edits, key, who, v, n, size, e) == ST_INPUT) {
		char why[sizeof(e->msg)];

		memcpy(why, e->msg, sizeof(why));
		return record_bad(r, k->by, e, "%.400s", why);
	}
	return e->code;
}

/* ---- results ---- */

static void
put_interval(struct buf *b, const char *name, struct interval v, bool json)
{
	if (json) {
		buf_addf(b, ",\"%s\":{", name);
		json_put_number(b, "value", v.value);
		json_put_number(b, "low", v.low);
		json_put_number(b, "high", v.high);
		buf_addc(b, '}');
	} else if (isnan(v.value)) {
		buf_addf(b, "  %-22s", "-");
	} else {
		char text[64];

		snprintf(text, sizeof(text), "%.3f [%.3f, %.3f]", v.value, v.low, v.high);
		buf_addf(b, "  %-22s", text);
	}
}

static void
put_name(struct buf *b, const char *key, const char *name, bool json)
{
	if (json) {
		buf_addf(b, "\"%s\":", key);
		json_put_str(b, name, strlen(name));
	} else {
		quote_put(b, name, strlen(name), QUOTE_LINE);
	}
}

static void
pad(struct buf *b, size_t from, size_t width)
{
	while (b->n - from < width)
		buf_addc(b, ' ');
}

/* Without the spaces of the last column. */
static void
end_line(struct buf *b)
{
	while (b->n && b->p[b->n - 1] == ' ')
		b->n--;
	buf_addc(b, '\n');
}

/* A line of a table, or an object: one person or two, and one number or two; NULL: there is no second. */
struct line {
	const char *key[2], *name[2];
	size_t items;
	const char *what[2];
	struct interval v[2];
};

static void
put_line(struct buf *b, const struct line *l, bool first, bool json)
{
	size_t from, i;

	if (json)
		buf_adds(b, first ? "{" : ",{");
	from = b->n;
	for (i = 0; i < 2 && l->name[i]; i++) {
		if (i)
			buf_adds(b, json ? "," : " - ");
		put_name(b, l->key[i], l->name[i], json);
	}
	if (!json)
		pad(b, from, 24);
	buf_addf(b, json ? ",\"items\":%zu" : " %8zu", l->items);
	for (i = 0; i < 2; i++)
		if (l->what[i])
			put_interval(b, l->what[i], l->v[i], json);
	if (json)
		buf_addc(b, '}');
	else
		end_line(b);
}

static enum status
put_people(struct agreement *a, bool edits, uint64_t draws, uint64_t seed, bool json, struct buf *b, struct err *e)
{
	struct agreement_one o;
	size_t x;

	buf_adds(b, json ? ",\"people\":[" : edits ? "annotator                   items  edit ratio [95%]\n" :
	    "annotator                   items\n");
	for (x = 0; x < agreement_people(a); x++) {
		if (agreement_size(a, x, draws, seed, &o, e))
			return e->code;
		put_line(b, &(struct line){ .key = { "annotator" }, .name = { agreement_name(a, x) }, .items = o.items,
			.what = { edits ? "edit_ratio" : NULL }, .v = { o.size } }, !x, json);
	}
	if (json)
		buf_addc(b, ']');
	return ST_OK;
}

static enum status
put_pairs(struct agreement *a, bool edits, uint64_t draws, uint64_t seed, bool json, struct buf *b, struct err *e)
{
	struct agreement_pair o;
	size_t x, y, some = 0;

	buf_adds(b, json ? ",\"pairs\":[" : edits ? "\npair                        items  F1 of words [95%]       the same [95%]\n" :
	    "\npair                        items  the same [95%]\n");
	for (x = 0; x < agreement_people(a); x++)
		for (y = x + 1; y < agreement_people(a); y++) {
			if (agreement_pair(a, x, y, draws, seed, &o, e))
				return e->code;
			if (!o.items)
				continue;
			put_line(b, &(struct line){ .key = { "a", "b" }, .name = { agreement_name(a, x), agreement_name(a, y) },
				.items = o.items, .what = { edits ? "f1" : NULL, "same" }, .v = { o.f1, o.same } }, !some++, json);
		}
	if (json)
		buf_addc(b, ']');
	return ST_OK;
}

static enum status
put_all(struct agreement *a, bool edits, uint64_t draws, uint64_t seed, bool json, struct buf *b, struct err *e)
{
	struct agreement_all o;

	if (agreement_alpha(a, draws, seed, &o, e))
		return e->code;
	if (json) {
		buf_addf(b, "\"%s\":{\"items\":%zu,\"units\":%zu,\"values\":%zu", edits ? "edits" : "verdicts", o.items, o.units,
		    o.values);
		put_interval(b, "alpha", o.alpha, true);
		if (edits)
			put_interval(b, "f1", o.f1, true);
		put_interval(b, "same", o.same, true);
	} else {
		buf_addf(b, "%s: %zu items of two or more, %zu %s, %zu values\n", edits ? "edits" : "verdicts", o.items, o.units,
		    edits ? "words" : "verdicts", o.values);
		buf_addf(b, "%-33s", "Krippendorff's alpha");
		put_interval(b, "", o.alpha, false);
		end_line(b);
		if (edits) {
			buf_addf(b, "%-33s", "F1 of words, all pairs");
			put_interval(b, "", o.f1, false);
			end_line(b);
		}
		buf_addf(b, "%-33s", "the same, all pairs");
		put_interval(b, "", o.same, false);
		end_line(b);
		buf_addc(b, '\n');
	}
	if (put_people(a, edits, draws, seed, json, b, e) || put_pairs(a, edits, draws, seed, json, b, e))
		return e->code;
	if (json)
		buf_addc(b, '}');
	return ST_OK;
}

enum status
agreement_read(const struct stream *in, const char *by, uint64_t draws, uint64_t seed, bool json, struct buf *out,
    struct err *e)
{
	struct reading k = { .by = by ? by : "annotator" };
	struct record *r = NULL;
	size_t n = 0;

	e->code = ST_OK;
	if (!agreement_open(&k.edits, e) && !agreement_open(&k.verdicts, e) && !edit_dict_new(&k.dict, e) &&
	    !edit_ws_new(&k.ws, e) && !record_new(&r, e))
		stream_each(in, r, 0, add, &k, e);
	if (!e->code && json)
		buf_addc(out, '{');
	for (int edits = 1; edits >= 0 && !e->code; edits--) {
		struct agreement *a = edits ? k.edits : k.verdicts;

		if (!agreement_people(a))
			continue;
		if (n++)
			buf_adds(out, json ? "," : "\n");
		put_all(a, edits, draws, seed, json, out, e);
	}
	if (!e->code && !n)
		err_set(e, ST_INPUT, "no record has edits or verdicts of annotators");
	if (!e->code && json)
		buf_adds(out, "}\n");
	if (r)
		record_free(r);
	edit_text_free(&k.old);
	edit_text_free(&k.new);
	edit_script_free(&k.script);
	if (k.ws)
		edit_ws_free(k.ws);
	if (k.dict)
		edit_dict_free(k.dict);
	agreement_close(k.edits);
	agreement_close(k.verdicts);
	return e->code;
}
