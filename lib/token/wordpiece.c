/* WordPiece: the longest known piece first; WordLevel: the word or nothing. */
#include <string.h>

#include "token/token_int.h"
#include "token/utf8.h"

static enum status
put_unknown(struct run *r, const struct piece *w)
{
	if (r->t->model.unk < 0)
		return err_set(r->e, ST_INPUT, "a word is not in the vocabulary, which has no unk_token");
	return tok_ids_push(r->out, r->t->model.unk, piece_end(w, w->n), r->e);
}

enum status
wordlevel_piece(struct run *r, const struct piece *w)
{
	int32_t id = vocab_find(&r->t->model.v, w->p, w->n);

	return id < 0 ? put_unknown(r, w) : tok_ids_push(r->out, id, piece_end(w, w->n), r->e);
}

enum status
wordpiece_piece(struct run *r, const struct piece *w)
{
	const struct model *m = &r->t->model;
	size_t i, k, chars = 0, from, mark = r->out->n;
	int32_t id = -1;

	for (i = 0; i < w->n && chars <= m->max_chars; i += utf8_len((unsigned char)w->p[i]))
		chars++;
	if (chars > m->max_chars)
		return put_unknown(r, w);
	for (from = 0; from < w->n; from += k) {
		k = unigram_longest(m, m->prefix, from ? m->nprefix : 0, w->p + from, w->n - from, &id);
		if (!k) {               /* one unknown part makes the word unknown */
			r->out->n = mark;
			return put_unknown(r, w);
		}
		if (tok_ids_push(r->out, id, piece_end(w, from + k), r->e))
			return r->e->code;
	}
	return ST_OK;
}
