#include <stdlib.h>
#include <string.h>

#include "json/number.h"
#include "record/tokens.h"
#include "stage/difflabel.h"

struct difflabel {
	const struct difflabel_opt *o;
	struct edit_labeller *l;
	struct edit_labels labels;
	struct tok_scratch *s;
	struct tok_ids ids;
	struct buf json;
	float *zero;            /* (cap): costs of the better side */
	size_t cap;
	uint64_t bos, eos;
};

enum status
difflabel_new(struct difflabel **out, const struct difflabel_opt *o, struct err *e)
{
	struct difflabel *w = calloc(1, sizeof(*w));

	if (!w)
		return err_nomem(e);
	w->o = o;
	if (edit_labeller_new(&w->l, e) || (o->t && tok_scratch_new(&w->s, e))) {
		difflabel_free(w);
		return e->code;
	}
	*out = w;
	return ST_OK;
}

void
difflabel_free(struct difflabel *w)
{
	if (!w)
		return;
	edit_labeller_free(w->l);
	edit_labels_free(&w->labels);
	if (w->s)
		tok_scratch_free(w->s);
	tok_ids_free(&w->ids);
	buf_free(&w->json);
	free(w->zero);
	free(w);
}

void
difflabel_twice(const struct difflabel *w, uint64_t *bos, uint64_t *eos)
{
	*bos += w->bos;
	*eos += w->eos;
}

/* Ids of the prompt and both sides, as fg-tokenize --special makes them. */
static enum status
tokenize(struct difflabel *w, struct record *r, struct err *e)
{
	const char *const side[] = { w->o->worse, w->o->better }, *s, *print = tok_fingerprint(w->o->t);
	int32_t last = -1;
	size_t n, i;

	if (record_drop_other(r, print, e))
		return e->code;
	if (record_has(r, "prompt")) {
		w->ids.n = 0;
		if (record_str(r, "prompt", &s, &n, e))
			return e->code;
		if (tok_prompt(w->o->t, w->s, s, n, &w->ids, e))
			return record_complain(r, "prompt", e);
		w->bos += tok_twice(w->o->t, w->ids.id, w->ids.n, false);
		if (n && w->ids.n)
			last = w->ids.id[w->ids.n - 1];
		if (record_set_tokens(r, "prompt", w->ids.id, w->ids.end, w->ids.n, e))
			return e->code;
	}
	for (i = 0; i < 2; i++) {
		w->ids.n = 0;
		if (record_str(r, side[i], &s, &n, e))
			return e->code;
		if (tok_reply(w->o->t, w->s, s, n, last, true, &w->ids, e))
			return record_complain(r, side[i], e);
		w->eos += tok_twice(w->o->t, w->ids.id, w->ids.n, true);
		if (record_set_tokens(r, side[i], w->ids.id, w->ids.end, w->ids.n, e))
			return e->code;
	}
	return record_set_str(r, "tokenizer", print, strlen(print), e);
}

static enum status
read_side(struct record *r, const char *field, struct edit_side *s, struct err *e)
{
	const char *key = record_companion(r, field, "ids"), *ends = record_companion(r, field, "ends");
	size_t n, i;
	int32_t before = 0;

	*s = (struct edit_side){0};
	if (!key || !ends)
		return err_nomem(e);
	if (record_str(r, field, &s->text, &s->len, e))
		return e->code;
	if (!record_has(r, key))
		return record_bad(r, key, e, "not there; -t names a tokenizer");
	if (record_i32s(r, key, 0, INT32_MAX, &s->id, &s->n, e) ||
	    record_i32s(r, ends, 0, INT32_MAX, &s->end, &n, e))
		return e->code;
	if (n != s->n)
		return record_bad(r, ends, e, "%zu ends for %zu tokens", n, s->n);
	for (i = 0; i < n; before = s->end[i++])
		if (s->end[i] < before || (size_t)s->end[i] > s->len)
			return record_bad(r, ends, e, "token %zu ends outside of the text or before the token before it", i);
	/* EOS has no width */
	s->eos = n && s->end[n - 1] == (n > 1 ? s->end[n - 2] : 0);
	return ST_OK;
}

static char *
put(char *p, const char *s, size_t n)
{
	memcpy(p, s, n);
	return p + n;
}

static char *
put_range(char *p, size_t from, size_t to)
{
	p += number_print_i64(p, (int64_t)from);
	*p++ = ',';
	return p + number_print_i64(p, (int64_t)to);
}

/* A hunk as an object; of many, so that room is made for it once. */
static void
put_hunk(struct buf *b, const struct edit_span *from, const struct edit_span *to)
{
	char *p = buf_reserve(b, 128 + 8 * NUMBER_MAX);

	if (!p)
		return;
#define PUT(s) (p = put(p, (s), sizeof(s) - 1))
	if (b->p[b->n - 1] != '[')
		PUT(",");
	if (from->b0 == from->b1)
		PUT("{\"op\":\"insert\",\"from\":[");
	else if (to->b0 == to->b1)
		PUT("{\"op\":\"delete\",\"from\":[");
	else
		PUT("{\"op\":\"replace\",\"from\":[");
	p = put_range(p, from->t0, from->t1);
	PUT("],\"to\":[");
	p = put_range(p, to->t0, to->t1);
	PUT("],\"from_bytes\":[");
	p = put_range(p, from->b0, from->b1);
	PUT("],\"to_bytes\":[");
	p = put_range(p, to->b0, to->b1);
	PUT("]}");
#undef PUT
	b->n = (size_t)(p - b->p);
}

/* An acceptable text needs no edit: the better side costs nothing. */
static enum status
write_costs(struct difflabel *w, struct record *r, size_t na, size_t nb, struct err *e)
{
	const char *key[] = { record_companion(r, w->o->worse, "cost"), record_companion(r, w->o->better, "cost") };
	float *grown;

	if (!key[0] || !key[1])
		return err_nomem(e);
	if (nb > w->cap) {
		if (!(grown = realloc(w->zero, nb * sizeof(*grown))))
			return err_nomem(e);
		memset(grown, 0, nb * sizeof(*grown));
		w->zero = grown;
		w->cap = nb;
	}
	if (record_set_f32s(r, key[0], w->labels.cost, na, e))
		return e->code;
	return record_set_f32s(r, key[1], w->zero, nb, e);
}

static enum status
write_labels(struct difflabel *w, struct record *r, size_t na, size_t nb, struct err *e)
{
	const struct edit_labels *l = &w->labels;
	struct buf *b = &w->json;
	const char *key[] = { record_companion(r, w->o->worse, "label"), record_companion(r, w->o->better, "label") };
	size_t i;

	if (!key[0] || !key[1])
		return err_nomem(e);
	buf_clear(b);
	buf_addc(b, '[');
	for (i = 0; i < l->hunks; i++)
		put_hunk(b, &l->from[i], &l->to[i]);
	buf_addc(b, ']');
	if (!buf_ok(b))
		return err_nomem(e);
	if (record_set_i32s(r, key[0], l->a, na, e) || record_set_i32s(r, key[1], l->b, nb, e) ||
	    record_set_raw(r, "hunks", b->p, b->n, e) || (w->o->edit.cost && write_costs(w, r, na, nb, e)))
		return e->code;
	return record_set_f64(r, "edit_ratio", l->ratio, e);
}

/* Are the record's ids to be made, or made again because they are another tokenizer's? */
static enum status
wants_ids(const struct difflabel *w, struct record *r, bool *wants, struct err *e)
{
	const char *x = record_companion(r, w->o->worse, "ids"), *y = record_companion(r, w->o->better, "ids");

	*wants = false;
	if (!x || !y)
		return err_nomem(e);
	if (!w->o->t)
		return ST_OK;
	if (record_has(r, x) && record_has(r, y))
		return record_other_tokenizer(r, tok_fingerprint(w->o->t), wants, e);
	*wants = true;
	return ST_OK;
}

enum status
difflabel_record(struct difflabel *w, struct record *r, double *ratio, struct err *e)
{
	struct edit_side x, y;
	bool wants;

	if (wants_ids(w, r, &wants, e) || (wants && tokenize(w, r, e)))
		return e->code;
	if (read_side(r, w->o->worse, &x, e) || read_side(r, w->o->better, &y, e))
		return e->code;
	if (edit_label(w->l, &w->o->edit, &x, &y, &w->labels, e))
		return record_complain(r, w->o->worse, e);
	*ratio = w->labels.ratio;
	return w->labels.above ? ST_EOF : write_labels(w, r, x.n, y.n, e);
}
