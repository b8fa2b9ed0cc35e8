/* Byte-pair encoding of one piece.  Words that come again are found in a cache;
 * others are merged in a small array, or with a heap when they are long. */
#include <stdlib.h>
#include <string.h>

#include "base/grow.h"
#include "token/token_int.h"
#include "token/utf8.h"
#include "token/words.h"

enum { SMALL = 64 };

static const char MARK[] = "\xe2\x96\x81";      /* U+2581 */

static uint32_t
merge_hash(uint32_t left, uint32_t right)
{
	uint64_t h = ((uint64_t)left << 32 | right) * UINT64_C(0x9e3779b97f4a7c15);

	return (uint32_t)(h >> 32);
}

static const struct merge *
merge_find(const struct model *m, int32_t left, int32_t right)
{
	uint32_t i, l = (uint32_t)left + 1, r = (uint32_t)right;
	const struct merge *g;

	for (i = merge_hash(l, r) & m->merge_mask; (g = &m->merge[i])->left;
	    i = (i + 1) & m->merge_mask)
		if (g->left == l && g->right == r)
			return g;
	return NULL;
}

/* Read "left right" or ["left", "right"].  *next is where the merged token is first
 * looked for, as it mostly follows the one before. */
static enum status
merge_read(struct model *m, const struct json *j, size_t node, uint32_t rank,
    struct buf *tmp, int32_t *next, struct err *e)
{
	const char *s, *sp, *half[2];
	size_t n, len[2], a, b;
	int32_t id[2], whole;
	struct merge *g;
	uint32_t i;

	if (json_type(j, node) == JSON_ARRAY && j->node[node].count == 2) {
		a = json_first(j, node);
		b = json_next(j, node, a);
		half[0] = get_text(j, a, &len[0]);
		half[1] = get_text(j, b, &len[1]);
		if (!half[0] || !half[1])
			return json_bad(j, node, e, "merges: expected two strings");
	} else {
		if (json_type(j, node) != JSON_STRING)
			return json_bad(j, node, e, "merges: expected a string or a pair of strings");
		if (!(s = get_text(j, node, &n)))
			return err_nomem(e);
		sp = memchr(s, ' ', n);
		if (!sp || memchr(sp + 1, ' ', (size_t)(s + n - sp - 1)))
			return json_bad(j, node, e, "merges: expected two tokens with one space between");
		half[0] = s;
		len[0] = (size_t)(sp - s);
		half[1] = sp + 1;
		len[1] = n - len[0] - 1;
	}
	for (i = 0; i < 2; i++)
		if ((id[i] = vocab_find_text(&m->v, half[i], len[i])) < 0)
			return json_bad(j, node, e, "merges: a half is not in the vocabulary");
	if (len[1] < m->nprefix)
		return json_bad(j, node, e, "merges: the right half lacks continuing_subword_prefix");
	buf_clear(tmp);
	if (m->v.plain[id[0]] || m->v.plain[id[1]])
		return json_bad(j, node, e, "merges: a half is outside the byte alphabet");
	s = vocab_get(&m->v, id[0], &n);
	buf_add(tmp, s, n);
	s = vocab_get(&m->v, id[1], &n);
	if (n < m->nprefix)
		return json_bad(j, node, e, "merges: the right half lacks continuing_subword_prefix");
	buf_add(tmp, s + m->nprefix, n - m->nprefix);
	if (!buf_ok(tmp))
		return err_nomem(e);
	s = vocab_get(&m->v, *next, &n);
	if (s && n == tmp->n && n && !m->v.plain[*next] && !memcmp(s, tmp->p, n))
		whole = *next;
	else if ((whole = vocab_find(&m->v, tmp->p ? tmp->p : "", tmp->n)) < 0)
		return json_bad(j, node, e, "merges: the merged token is not in the vocabulary");
	*next = whole + 1;

	for (i = merge_hash((uint32_t)id[0] + 1, (uint32_t)id[1]) & m->merge_mask;
	    (g = &m->merge[i])->left; i = (i + 1) & m->merge_mask)
		if (g->left == (uint32_t)id[0] + 1 && g->right == (uint32_t)id[1])
			break;          /* given twice: the last one counts */
	*g = (struct merge){(uint32_t)id[0] + 1, (uint32_t)id[1], rank, (uint32_t)whole};
	return ST_OK;
}

static bool
mark_inside(const struct model *m, const struct merge *g)
{
	size_t n;
	const char *s;

	s = vocab_get(&m->v, (int32_t)g->right, &n);
	if (n < 3 || memcmp(s, MARK, 3))
		return false;
	s = vocab_get(&m->v, (int32_t)(g->left - 1), &n);
	return n < 3 || memcmp(s + n - 3, MARK, 3);
}

enum status
bpe_merges(struct model *m, const struct json *j, size_t merges, struct err *e)
{
	size_t node, slots = 64, i;
	struct buf tmp = BUF_INIT;
	enum status st = ST_OK;
	uint32_t rank = 0;
	int32_t next = 0;

	if (json_type(j, merges) != JSON_ARRAY)
		return json_bad(j, merges, e, "merges: expected an array");
	while (slots < 2 * (size_t)j->node[merges].count)
		slots *= 2;
	if (!(m->merge = calloc(slots, sizeof(*m->merge))))
		return err_nomem(e);
	m->merge_mask = (uint32_t)slots - 1;
	for (node = json_first(j, merges); node && !st; node = json_next(j, merges, node))
		st = merge_read(m, j, node, rank++, &tmp, &next, e);
	m->nmerge = rank;
	buf_free(&tmp);
	m->words = !m->v.bytes;
	for (i = 0; i < slots && m->words; i++)
		if (m->merge[i].left && mark_inside(m, &m->merge[i]))
			m->words = false;
	return st;
}

enum status
bpe_finish(struct model *m, struct err *e)
{
	char name[8];
	int b;

	(void)e;
	for (b = 0; b < 256; b++) {
		if (m->v.bytes) {
			name[0] = (char)b;
			m->byte_id[b] = vocab_find(&m->v, name, 1);
		} else {
			static const char hex[] = "0123456789ABCDEF";

			memcpy(name, "<0x00>", 6);
			name[3] = hex[b >> 4];
			name[4] = hex[b & 15];
			m->byte_id[b] = vocab_find(&m->v, name, 6);
		}
	}
	return ST_OK;
}

static enum status
symbols(struct tok_scratch *s, size_t n, struct err *e)
{
	return grow(&s->sym, &s->nsym, n, sizeof(*s->sym), e);
}

/* The id of one character with the prefix and suffix that its place asks for. */
static int32_t
char_id(struct run *r, const char *s, size_t n, bool first, bool last)
{
	const struct model *m = &r->t->model;
	struct buf *b = &r->s->tmp;

	if ((first || !m->nprefix) && (!last || !m->nsuffix))
		return vocab_find(&m->v, s, n);
	buf_clear(b);
	if (!first)
		buf_add(b, m->prefix, m->nprefix);
	buf_add(b, s, n);
	if (last)
		buf_add(b, m->suffix, m->nsuffix);
	return buf_ok(b) ? vocab_find(&m->v, b->p, b->n) : -1;
}

/* The symbols that merging starts from; *n counts them. */
static enum status
start_symbols(struct run *r, const char *p, size_t len, size_t *count)
{
	const struct model *m = &r->t->model;
	struct symbol *sym;
	size_t i, k, b, n = 0, lost = 0;
	int32_t id;
	bool unk = false;       /* the last symbol is an unknown one that may grow */

	/* one a byte; a suffix may fall back to bytes as well */
	if (symbols(r->s, len + 1, r->e))
		return r->e->code;
	sym = r->s->sym;
	for (i = 0; i < len; i += k) {
		if (m->v.bytes) {
			k = 1;
			id = m->nprefix || m->nsuffix ? char_id(r, p + i, 1, !i, i + 1 == len) :
			    m->byte_id[(unsigned char)p[i]];
		} else {
			k = utf8_len((unsigned char)p[i]);
			id = char_id(r, p + i, k, !i, i + k == len);
		}
		if (id >= 0) {
			sym[n++] = (struct symbol){.id = id, .len = (uint32_t)k};
			unk = false;
			continue;
		}
		if (m->fallback && !m->v.bytes) {
			for (b = 0; b < k && m->byte_id[(unsigned char)p[i + b]] >= 0; b++)
				;
			if (b == k) {
				for (b = 0; b < k; b++)
					sym[n++] = (struct symbol){
					    .id = m->byte_id[(unsigned char)p[i + b]], .len = 1};
				unk = false;
				continue;
			}
		}
		if (unk && m->fuse_unk) {
			sym[n - 1].len += (uint32_t)k;
		} else if (m->unk >= 0) {
			sym[n++] = (struct symbol){.id = m->unk, .len = (uint32_t)k};
			unk = true;
		} else if (n) {
			/* dropped, since it is not a token; its bytes belong to the one before */
			sym[n - 1].len += (uint32_t)k;
		} else {
			lost += k;
		}
	}
	if (n)
		sym[0].len += (uint32_t)lost;
	*count = n;
	return ST_OK;
}

/* The rank and result of merging two neighbours that span s[0..n). */
static inline uint64_t
pair_rank(const struct model *m, int32_t left, int32_t right, const char *s, size_t n)
{
	const struct merge *g;
	int32_t id;

	if (m->by_rank) {
		id = vocab_find(&m->v, s, n);
		return id < 0 ? UINT64_MAX : (uint64_t)id << 32 | (uint32_t)id;
	}
	g = merge_find(m, left, right);
	return g ? (uint64_t)g->rank << 32 | g->id : UINT64_MAX;
}

static size_t
merge_small(const struct model *m, struct symbol *sym, size_t n, const char *p)
{
	uint64_t rank[SMALL], best;
	uint32_t at[SMALL + 1];
	size_t i, b;

	for (at[0] = 0, i = 0; i < n; i++)
		at[i + 1] = at[i] + sym[i].len;
	for (i = 0; i + 1 < n; i++)
		rank[i] = pair_rank(m, sym[i].id, sym[i + 1].id, p + at[i], at[i + 2] - at[i]);
	for (;;) {
		best = UINT64_MAX;
		for (b = i = 0; i + 1 < n; i++) {
			if (rank[i] < best) {
				best = rank[i];
				b = i;
			}
		}
		if (best == UINT64_MAX)
			return n;
		sym[b].id = (int32_t)(uint32_t)best;
		sym[b].len += sym[b + 1].len;
		n--;
		for (i = b + 1; i < n; i++) {
			sym[i] = sym[i + 1];
			at[i] = at[i + 1];
			rank[i - 1] = rank[i];
		}
		at[n] = at[n + 1];
		if (b + 1 < n)
			rank[b] = pair_rank(m, sym[b].id, sym[b + 1].id, p + at[b], at[b + 2] - at[b]);
		if (b)
			rank[b - 1] = pair_rank(m, sym[b - 1].id, sym[b].id, p + at[b - 1],
			    at[b + 1] - at[b - 1]);
	}
}

static bool
heap_less(const struct heap_item *a, const struct heap_item *b)
{
	return a->rank != b->rank ? a->rank < b->rank : a->pos < b->pos;
}

static void
heap_push(struct heap_item *h, size_t *n, struct heap_item x)
{
	size_t i = (*n)++, up;

	for (; i && heap_less(&x, &h[up = (i - 1) / 2]); i = up)
		h[i] = h[up];
	h[i] = x;
}

static struct heap_item
heap_pop(struct heap_item *h, size_t *n)
{
	struct heap_item top = h[0], x = h[--*n];
	size_t i = 0, k;

	while ((k = 2 * i + 1) < *n) {
		if (k + 1 < *n && heap_less(&h[k + 1], &h[k]))
			k++;
		if (!heap_less(&h[k], &x))
			break;
		h[i] = h[k];
		i = k;
	}
	h[i] = x;
	return top;
}

/* at: where each symbol starts, kept in the `left` of no item but in prefix sums:
 * symbols keep their place, so the start of symbol i never changes. */
static void
heap_pair(const struct model *m, struct heap_item *h, size_t *n, const struct symbol *sym,
    const char *p, const uint32_t *at, uint32_t i)
{
	uint32_t k = sym[i].next;
	uint64_t r;

	if (k == UINT32_MAX)
		return;
	r = pair_rank(m, sym[i].id, sym[k].id, p + at[i], at[k] + sym[k].len - at[i]);
	if (r != UINT64_MAX)
		heap_push(h, n, (struct heap_item){.rank = (uint32_t)(r >> 32), .pos = i,
		    .left = sym[i].len, .right = sym[k].len, .id = (int32_t)(uint32_t)r});
}

static enum status
merge_large(struct run *r, size_t *count, const char *p)
{
	const struct model *m = &r->t->model;
	struct tok_scratch *s = r->s;
	struct symbol *sym = s->sym;
	size_t n = *count, i, o, nh = 0, need = 3 * n;
	struct heap_item *h, top;
	uint32_t *at, k;

	if (n >= UINT32_MAX)
		return err_set(r->e, ST_INPUT, "a piece of %zu symbols is too long", n);
	if (grow(&s->heap, &s->nheap, need, sizeof(*s->heap), r->e))
		return r->e->code;
	h = s->heap;
	if (!(at = malloc(n * sizeof(*at))))
		return err_nomem(r->e);
	for (i = 0, k = 0; i < n; i++) {
		at[i] = k;
		k += sym[i].len;
		sym[i].prev = i ? (uint32_t)i - 1 : UINT32_MAX;
		sym[i].next = i + 1 < n ? (uint32_t)i + 1 : UINT32_MAX;
	}
	for (i = 0; i + 1 < n; i++)
		heap_pair(m, h, &nh, sym, p, at, (uint32_t)i);
	while (nh) {
		top = heap_pop(h, &nh);
		/* stale unless both sides are what they were (a symbol only grows) */
		k = sym[top.pos].next;
		if (sym[top.pos].len != top.left || k == UINT32_MAX || sym[k].len != top.right)
			continue;
		sym[top.pos].id = top.id;
		sym[top.pos].len += sym[k].len;
		sym[top.pos].next = sym[k].next;
		sym[k].len = 0;
		if (sym[k].next != UINT32_MAX)
			sym[sym[k].next].prev = top.pos;
		heap_pair(m, h, &nh, sym, p, at, top.pos);
		if (sym[top.pos].prev != UINT32_MAX)
			heap_pair(m, h, &nh, sym, p, at, sym[top.pos].prev);
	}
	for (i = o = 0; i < n; i++)
		if (sym[i].len)
			sym[o++] = sym[i];
	*count = o;
	free(at);
	return ST_OK;
}

/* Tokens of p[0..len) as symbols in the scratch. */
static enum status
merge_word(struct run *r, const char *p, size_t len, size_t *n)
{
	if (start_symbols(r, p, len, n))
		return r->e->code;
	if (*n <= SMALL)
		*n = merge_small(&r->t->model, r->s->sym, *n, p);
	else if (merge_large(r, n, p))
		return r->e->code;
	return ST_OK;
}

static enum status
bpe_word(struct run *r, const struct piece *w)
{
	const struct model *m = &r->t->model;
	struct cache_line *c;
	size_t n = 0, i, at, out;
	const struct symbol *sym;
	int32_t id;

	if (ids_room(r->out, CACHE_IDS, r->e))
		return r->e->code;
	if (words_find(r, w, &c))
		return ST_OK;
	out = r->out->n;
	if ((m->ignore_merges || m->by_rank) && (id = vocab_find(&m->v, w->p, w->n)) >= 0) {
		ids_put(r->out, id, w->n);
	} else {
		if (merge_word(r, w->p, w->n, &n) || ids_room(r->out, n, r->e))
			return r->e->code;
		sym = r->s->sym;
		for (at = i = 0; i < n; i++) {
			at += sym[i].len;
			ids_put(r->out, sym[i].id, at);
		}
	}
	words_keep(c, w, r->out->id + out, r->out->end + out, r->out->n - out);
	for (i = out; i < r->out->n; i++)
		r->out->end[i] = piece_end(w, r->out->end[i]);
	return ST_OK;
}

/* Where the word at from ends: before the first mark after another character. */
static size_t
word_end(const struct piece *w, size_t from)
{
	size_t i = from;
	const char *q;

	while (i + 3 <= w->n && !memcmp(w->p + i, MARK, 3))
		i += 3;
	while (i < w->n) {
		if (!(q = memchr(w->p + i, (unsigned char)MARK[0], w->n - i)))
			break;
		i = (size_t)(q - w->p);
		if (i + 3 <= w->n && !memcmp(q, MARK, 3))
			return i;
		i++;
	}
	return w->n;
}

enum status
bpe_piece(struct run *r, const struct piece *w)
{
	const struct model *m = &r->t->model;
	struct piece word;
	size_t i, k;

	/* no merge crosses these borders, so the words are on their own; a prefix, a
	 * suffix or ignore_merges sees the whole piece */
	if (!m->words || m->nprefix || m->nsuffix || m->ignore_merges || !w->n)
		return w->n ? bpe_word(r, w) : ST_OK;
	for (i = 0; i < w->n; i = k) {
		k = word_end(w, i);
		word = piece_sub(w, i, k);
		if (bpe_word(r, &word))
			return r->e->code;
	}
	return ST_OK;
}
