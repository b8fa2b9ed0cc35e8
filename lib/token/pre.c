/* Pre-tokenizers: each step cuts a piece and hands the parts to the next. */
#include <string.h>

#include "token/token_int.h"
#include "token/uniclass.h"
#include "token/utf8.h"

/* Parts of one piece, in order: what the pattern matched and what lies between. */
struct cutter {
	struct run *r;
	const struct piece *w;
	size_t next_step;
	enum behavior behavior;
	bool invert;
	bool held, held_match;  /* the part [from, to) waits for what comes next */
	size_t from, to;
};

static enum status
cut_emit(struct cutter *c, size_t from, size_t to)
{
	struct piece sub;

	if (from == to)
		return ST_OK;
	sub = piece_sub(c->w, from, to);
	return pre_run(c->r, c->next_step, &sub);
}

/* A match may be empty: it is a boundary. */
static enum status
cut_part(struct cutter *c, size_t from, size_t to, bool match)
{
	bool join = false;

	if (from == to && !match)
		return ST_OK;
	match ^= c->invert;
	switch (c->behavior) {
	case B_REMOVED:
		return match ? ST_OK : cut_emit(c, from, to);
	case B_ISOLATED:
		return cut_emit(c, from, to);
	case B_PREVIOUS:
		join = c->held && match && !c->held_match;
		break;
	case B_NEXT:
		join = c->held && c->held_match && !match;
		break;
	case B_CONTIGUOUS:
		join = c->held && match == c->held_match;
		break;
	}
	if (join) {
		c->to = to;
	} else {
		if (c->held && cut_emit(c, c->from, c->to))
			return c->r->e->code;
		c->from = from;
		c->to = to;
	}
	c->held = true;
	c->held_match = match;
	return ST_OK;
}

static enum status
cut_end(struct cutter *c)
{
	return c->held ? cut_emit(c, c->from, c->to) : ST_OK;
}

static bool
is_numeric(uint32_t c)
{
	return uniclass(c) & UC_NUMBER;
}

/* The property that a step by class looks for; NULL for the others. */
static bool
(*class_of(enum pre_type type))(uint32_t)
{
	return type == PRE_SPACE_SPLIT ? uniclass_space : type == PRE_PUNCTUATION ? uniclass_punct :
	    type == PRE_DIGITS ? is_numeric : NULL;
}

void
pre_tables(struct pre *p, size_t n, bool mapped)
{
	bool (*is)(uint32_t);
	unsigned b;

	for (; n; p++, n--) {
		if ((is = class_of(p->type)))
			for (b = 0; b < (mapped ? 256 : 128); b++)
				p->hit[b] = is(mapped ? byte_char((unsigned char)b) : b);
		mapped |= p->type == PRE_BYTES;
	}
}

/* Parts by a property of characters. */
static enum status
cut_class(struct cutter *c, const struct pre *p)
{
	const struct piece *w = c->w;
	size_t i, k, done = 0;
	unsigned char b;

	for (i = 0; i < w->n; i += k) {
		b = (unsigned char)w->p[i];
		k = 1;
		if (w->mapped || b < 0x80) {
			if (!p->hit[b])
				continue;
		} else if (!class_of(p->type)(utf8_get(w->p + i, &k))) {
			continue;
		}
		if (cut_part(c, done, i, false) || cut_part(c, i, i + k, true))
			return c->r->e->code;
		done = i + k;
	}
	if (cut_part(c, done, w->n, false))
		return c->r->e->code;
	return cut_end(c);
}

static bool
find_literal(const struct piece *w, const char *s, size_t n, size_t from, size_t *at)
{
	const char *q = w->p + from, *end = w->p + w->n;

	/* short pieces, few signs: quicker than memmem */
	while (n && (size_t)(end - q) >= n && (q = memchr(q, *s, (size_t)(end - q) - n + 1))) {
		if (!memcmp(q, s, n)) {
			*at = (size_t)(q - w->p);
			return true;
		}
		q++;
	}
	return false;
}

static enum status
cut_literal(struct cutter *c, const char *s, size_t n)
{
	size_t done = 0, at;

	while (find_literal(c->w, s, n, done, &at)) {
		if (cut_part(c, done, at, false) || cut_part(c, at, at + n, true))
			return c->r->e->code;
		done = at + n;
	}
	if (cut_part(c, done, c->w->n, false))
		return c->r->e->code;
	return cut_end(c);
}

/* A piece of the byte alphabet as text, for patterns; bounds come back by counting. */
static enum status
cut_regex(struct cutter *c, const struct pre *p)
{
	struct run *r = c->r;
	const struct piece *w = c->w;
	struct text *t = &r->s->step[c->next_step - 1];
	const char *s = w->p;
	size_t n = w->n, i = 0, from = 0, to = 0, done = 0, bytes = 0, at = 0, k = 0;
	enum status st = ST_OK;
	bool found, any = false;

	if (w->mapped) {
		/* two bytes a letter at most */
		t->n = 0;
		if (text_room(t, 2 * w->n, r->e))
			return r->e->code;
		for (i = 0; i < w->n; i++)
			t->n += utf8_put(t->p + t->n, byte_char((unsigned char)w->p[i]));
		i = 0;
		s = t->p;
		n = t->n;
	}
	while (i < n) {
		if ((st = regex_find(p->re, &r->s->re, &r->s->steps, s, n, i, any, &found, &from, &to, r->e)) || !found)
			break;
		any = true;
		i = to;
		if (w->mapped) {        /* offsets in the mapped text to bytes */
			for (; at < from; at += k, bytes++)
				k = utf8_len((unsigned char)s[at]);
			from = bytes;
			for (; at < to; at += k, bytes++)
				k = utf8_len((unsigned char)s[at]);
			to = bytes;
		}
		if ((st = cut_part(c, done, from, false)) || (st = cut_part(c, from, to, true)))
			break;
		done = to;
	}
	if (!st && !(st = cut_part(c, done, w->n, false)))
		st = cut_end(c);
	return st;
}

/* \w+|[^\w\s]+ */
static enum status
cut_words(struct cutter *c)
{
	const struct piece *w = c->w;
	size_t i = 0, k, from;
	uint32_t u;
	bool word;

	while (i < w->n) {
		u = utf8_get(w->p + i, &k);
		if (uniclass_space(u)) {
			i += k;
			continue;
		}
		from = i;
		word = uniclass_word(u);
		for (i += k; i < w->n; i += k) {
			u = utf8_get(w->p + i, &k);
			if (uniclass_word(u) != word || (!word && uniclass_space(u)))
				break;
		}
		if (cut_emit(c, from, i))
			return c->r->e->code;
	}
	return ST_OK;
}

/* Spaces out, every punctuation character on its own. */
static enum status
cut_bert(struct cutter *c)
{
	const struct piece *w = c->w;
	size_t i, k, done = 0;
	bool space;
	uint32_t u;

	for (i = 0; i < w->n; i += k) {
		u = utf8_get(w->p + i, &k);
		space = uniclass_space(u);
		if (!space && !uniclass_punct(u))
			continue;
		if (cut_emit(c, done, i) || (!space && cut_emit(c, i, i + k)))
			return c->r->e->code;
		done = i + k;
	}
	return cut_emit(c, done, w->n);
}

static enum status
scan_each(struct cutter *c, scan_fn *scan)
{
	const struct piece *w = c->w;
	struct run *r = c->r;
	struct piece sub = *w;
	size_t i, k;
	bool last = c->next_step == r->t->npre;

	for (i = 0; i < w->n; i = k) {
		k = scan(w->p, i, w->n);
		sub.p = w->p + i;
		sub.n = k - i;
		sub.end = w->end ? w->end + i : NULL;
		sub.base = piece_end(w, i);
		if (last ? model_piece(r, &sub) : pre_run(r, c->next_step, &sub))
			return r->e->code;
	}
	return ST_OK;
}

/* Whether the piece is the start of a text that continues another. */
static bool
continues(const struct run *r, const struct piece *w)
{
	return r->before == BEFORE_TEXT && w->base == r->start;
}

/* Put s before the piece, in the step's own buffer. */
static enum status
put_before(struct run *r, size_t step, struct piece *w, const char *s, size_t n)
{
	struct text *t = &r->s->step[step];

	t->n = 0;
	if (text_put(t, s, n, w->base, r->e) || text_copy(t, w, 0, w->n, r->e))
		return r->e->code;
	w->p = t->p;
	w->n = t->n;
	w->end = t->end;
	return ST_OK;
}

static enum status
cut_bytes(struct cutter *c, const struct pre *p, size_t step)
{
	struct run *r = c->r;
	struct piece w = *c->w;

	if (p->prefix_space && w.n && w.p[0] != ' ' && !continues(r, &w) &&
	    put_before(r, step, &w, " ", 1))
		return r->e->code;
	w.mapped = true;
	c->w = &w;
	return p->use_regex ? scan_each(c, scan_gpt2) : cut_emit(c, 0, w.n);
}

static enum status
cut_metaspace(struct cutter *c, const struct pre *p, size_t step)
{
	struct run *r = c->r;
	const struct piece *in = c->w;
	struct text *t = &r->s->step[step];
	struct piece w = *in;
	size_t i, k;
	const char *q;
	bool marked;

	marked = in->n && (in->p[0] == ' ' || (in->n >= p->an && !memcmp(in->p, p->a, p->an)));
	t->n = 0;
	if (!marked && p->scheme != SCHEME_NEVER && !continues(r, in) &&
	    (p->scheme == SCHEME_ALWAYS || (r->before == BEFORE_NOTHING && !in->base)) &&
	    text_put(t, p->a, p->an, in->base, r->e))
		return r->e->code;
	for (i = 0; i < in->n; i = k + 1) {
		q = memchr(in->p + i, ' ', in->n - i);
		k = q ? (size_t)(q - in->p) : in->n;
		if (text_copy(t, in, i, k, r->e) ||
		    (q && text_put(t, p->a, p->an, piece_end(in, k + 1), r->e)))
			return r->e->code;
	}
	w.p = t->p;
	w.n = t->n;
	w.end = t->end;
	c->w = &w;
	if (!p->split)
		return cut_emit(c, 0, w.n);
	c->behavior = B_NEXT;
	return cut_literal(c, p->a, p->an);
}

enum status
pre_run(struct run *r, size_t i, const struct piece *w)
{
	const struct pre *p = &r->t->pre[i];
	struct cutter c = {.r = r, .w = w, .next_step = i + 1};

	if (!w->n)
		return ST_OK;
	if (i == r->t->npre)
		return model_piece(r, w);
	c.behavior = p->behavior;
	c.invert = p->invert;
	switch (p->type) {
	case PRE_BYTES:
		return cut_bytes(&c, p, i);
	case PRE_SPLIT:
		return p->scan ? scan_each(&c, p->scan) : cut_regex(&c, p);
	case PRE_LITERAL:
		return cut_literal(&c, p->a, p->an);
	case PRE_METASPACE:
		return cut_metaspace(&c, p, i);
	case PRE_WHITESPACE:
		return cut_words(&c);
	case PRE_SPACE_SPLIT:
		c.behavior = B_REMOVED;
		return cut_class(&c, p);
	case PRE_PUNCTUATION:
	case PRE_DIGITS:
		return cut_class(&c, p);
	case PRE_BERT:
		return cut_bert(&c);
	}
	return ST_OK;
}
