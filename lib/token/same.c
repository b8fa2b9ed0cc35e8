/* Whether ids are those of a text. */
#include <string.h>

#include "token/token_int.h"

struct same {
	const struct tokenizer *t;
	const int32_t *prompt, *id;
	size_t np, n;
	const char *text;
	size_t len;
};

static enum status
decodes(const struct same *q, bool keep, bool *same, struct err *e)
{
	struct buf b = BUF_INIT;

	if (!tok_decode_reply(q->t, q->prompt, q->np, q->id, q->n, keep, &b, NULL, e))
		*same = b.n == q->len && (!b.n || !memcmp(b.p, q->text, b.n));
	buf_free(&b);
	return e->code;
}

static bool
equal(const struct tok_ids *o, const struct same *q)
{
	return o->n == q->n && (!q->n || !memcmp(o->id, q->id, q->n * sizeof(*q->id)));
}

/* Without what goes around a text: as a text alone, and as one that goes on. */
static enum status
encodes(const struct same *q, struct tok_scratch *s, bool *same, struct err *e)
{
	struct tok_ids o = {0};

	e->code = ST_OK;
	if (!tok_encode(q->t, s, q->text, q->len, TOK_PLAIN, &o, e) && !(*same = equal(&o, q)) && q->np) {
		o.n = 0;
		if (!tok_reply(q->t, s, q->text, q->len, q->prompt[q->np - 1], false, &o, e))
			*same = equal(&o, q);
	}
	tok_ids_free(&o);
	return e->code;
}

enum status
tok_same(const struct tokenizer *t, struct tok_scratch *s, const int32_t *prompt, size_t np, const int32_t *id, size_t n,
    const char *text, size_t len, bool *same, struct err *e)
{
	struct same q = { t, prompt, id, np, n, text, len };

	*same = false;
	e->code = ST_OK;
	if (decodes(&q, false, same, e) || *same || decodes(&q, true, same, e) || *same || encodes(&q, s, same, e) || *same)
		return e->code;
	/* BOS is before a prompt, and EOS after a reply, though the text does not have them */
	if (!np && t->nbefore && q.n >= t->nbefore && !memcmp(q.id, t->before, t->nbefore * sizeof(*t->before))) {
		q.id += t->nbefore;
		q.n -= t->nbefore;
		/* a special token at its end may be the text's */
		if (decodes(&q, true, same, e) || *same || encodes(&q, s, same, e) || *same)
			return e->code;
	}
	if (q.n && (tok_is_eos(t, q.id[q.n - 1]) || tok_is_special(t, q.id[q.n - 1])))
		q.n--;
	if (q.n == n)
		return ST_OK;
	return decodes(&q, true, same, e) || *same ? e->code : encodes(&q, s, same, e);
}
