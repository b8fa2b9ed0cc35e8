/* Unigram: the best path through the pieces of a word (Viterbi), over a double array
 * of the vocabulary. */
#include <stdlib.h>
#include <string.h>

#include "base/grow.h"
#include "token/token_int.h"
#include "token/utf8.h"
#include "token/words.h"

/* A trie in one array of cells: the children of a node are the cells base + byte, each
 * knowing its node.  check is the parent's cell + 1 (0: free): two parents may share a
 * base, never a cell. */
struct cell { uint32_t base, check; int32_t id; };

struct range { uint32_t cell, lo, hi; uint32_t depth; };

struct build {
	const struct vocab *v;
	uint32_t *order;        /* ids in the order of their bytes */
	struct cell *cell;
	uint32_t n, free;       /* cells; the first that may be free */
};

/* head: the first eight bytes, the first of them highest, with 0 after a shorter key */
struct key { uint64_t head; const unsigned char *s; uint32_t n, id; };

static uint64_t
head_of(const unsigned char *s, size_t n)
{
	uint64_t h = 0;
	size_t i;

	for (i = 0; i < 8; i++)
		h = h << 8 | (i < n ? s[i] : 0);
	return h;
}

static int
by_bytes(const void *a, const void *b)
{
	const struct key *x = a, *y = b;
	int c;

	if (x->head != y->head)
		return x->head < y->head ? -1 : 1;
	c = memcmp(x->s, y->s, x->n < y->n ? x->n : y->n);
	return c ? c : x->n < y->n ? -1 : x->n > y->n;
}

static bool
cells(struct build *b, uint32_t need)
{
	uint32_t n = b->n ? b->n : 1024;
	void *p;

	if (need <= b->n)
		return true;
	while (n < need) {
		if (n > UINT32_MAX / 4)
			return false;
		n *= 2;
	}
	if (!(p = realloc(b->cell, (size_t)n * sizeof(*b->cell))))
		return false;
	b->cell = p;
	memset(b->cell + b->n, 0, (size_t)(n - b->n) * sizeof(*b->cell));
	b->n = n;
	return true;
}

/* A base under which all the bytes fall on free cells; 0: no memory. */
static uint32_t
place(struct build *b, const unsigned char *byte, size_t n)
{
	uint32_t base;
	size_t i, tries = 0;

	while (b->free < b->n && b->cell[b->free].check)
		b->free++;
	base = b->free > byte[0] ? b->free - byte[0] : 1;
	for (;; base++) {
		if (!cells(b, base + 256))
			return 0;
		for (i = 0; i < n && !b->cell[base + byte[i]].check; i++)
			;
		if (i == n)
			return base;
		/* a crowded start is passed over, or building would be quadratic */
		if (++tries == 256) {
			b->free += 256;
			if (base < b->free)
				base = b->free;
			tries = 0;
		}
	}
}

static enum status
build(struct build *b, const struct key *key, uint32_t n, struct err *e)
{
	struct range *stack, r;
	unsigned char byte[256];
	uint32_t lo[257], i, base, top = 0;
	size_t k, cap = 1024;

	if (!cells(b, 1024) || !(stack = malloc(cap * sizeof(*stack))))
		return err_nomem(e);
	b->cell[0].check = UINT32_MAX;
	b->cell[0].id = -1;
	b->free = 1;
	stack[top++] = (struct range){0, 0, n, 0};
	while (top) {
		r = stack[--top];
		for (i = r.lo; i < r.hi && key[i].n == r.depth; i++)
			b->cell[r.cell].id = (int32_t)key[i].id;
		for (k = 0; i < r.hi; i++) {
			if (!k || byte[k - 1] != key[i].s[r.depth]) {
				lo[k] = i;
				byte[k++] = key[i].s[r.depth];
			}
		}
		if (!k)
			continue;
		lo[k] = r.hi;
		if (!(base = place(b, byte, k)))
			goto nomem;
		b->cell[r.cell].base = base;
		if (grow(&stack, &cap, top + k, sizeof(*stack), NULL))
			goto nomem;
		for (i = 0; i < k; i++) {
			b->cell[base + byte[i]] = (struct cell){0, r.cell + 1, -1};
			stack[top++] = (struct range){base + byte[i], lo[i], lo[i + 1], r.depth + 1};
		}
	}
	free(stack);
	return ST_OK;
nomem:
	free(stack);
	return err_nomem(e);
}

enum status
unigram_finish(struct model *m, struct err *e)
{
	struct build b = {.v = &m->v};
	struct key *key;
	uint32_t i, n = 0;
	size_t len;

	if (!(key = malloc((m->v.n + 1) * sizeof(*key))))
		return err_nomem(e);
	for (i = 0; i < m->v.n; i++) {
		const char *s = vocab_get(&m->v, (int32_t)i, &len);

		if (s && len)
			key[n++] = (struct key){head_of((const unsigned char *)s, len), (const unsigned char *)s,
			    (uint32_t)len, i};
	}
	qsort(key, n, sizeof(*key), by_bytes);
	build(&b, key, n, e);
	free(key);
	m->da = b.cell;
	m->nda = b.n;
	return b.cell && e->code != ST_NOMEM ? ST_OK : ST_NOMEM;
}

/* The cell of node at's child, 0 if there is none. */
static inline uint32_t
child(const struct cell *da, uint32_t at, char c)
{
	uint32_t next = da[at].base + (unsigned char)c;

	return da[at].base && da[next].check == at + 1 ? next : 0;
}

size_t
unigram_longest(const struct model *m, const char *before, size_t nbefore, const char *p, size_t n, int32_t *id)
{
	uint32_t at = 0;
	size_t i, longest = 0;

	for (i = 0; i < nbefore; i++)
		if (!(at = child(m->da, at, before[i])))
			return 0;
	for (i = 0; i < n && (at = child(m->da, at, p[i])); i++) {
		if (m->da[at].id >= 0) {
			longest = i + 1;
			*id = m->da[at].id;
		}
	}
	return longest;
}

struct node { double score; uint32_t from; int32_t id; };

static void
turn(int32_t *id, size_t *end, size_t n)
{
	size_t i, at;
	int32_t x;

	for (i = 0; i + 1 < n; i++) {
		n--;
		x = id[i];
		at = end[i];
		id[i] = id[n];
		end[i] = end[n];
		id[n] = x;
		end[n] = at;
	}
}

enum status
unigram_piece(struct run *r, const struct piece *w)
{
	const struct model *m = &r->t->model;
	const struct cell *da = m->da;
	struct tok_scratch *s = r->s;
	struct cache_line *c;
	struct node *path, *to;
	size_t i, k, n = w->n, mb, out, run;
	uint32_t at, next;
	double here, score;
	int32_t known;
	bool single;

	/* as many tokens as bytes at most */
	if (ids_room(r->out, n > CACHE_IDS ? n : CACHE_IDS, r->e))
		return r->e->code;
	if (words_find(r, w, &c))
		return ST_OK;
	if (grow(&s->path, &s->npath, n + 1, sizeof(*path), r->e))
		return r->e->code;
	path = s->path;
	for (i = 0; i <= n; i++)
		path[i].from = UINT32_MAX;
	path[0].score = 0;
	for (i = 0; i < n; i += mb) {
		mb = utf8_len((unsigned char)w->p[i]);
		here = path[i].score;
		single = false;
		for (at = 0, k = i; k < n && da[at].base; at = next) {
			next = da[at].base + (unsigned char)w->p[k];
			if (da[next].check != at + 1)
				break;
			k++;
			if (da[next].id < 0)
				continue;
			to = &path[k];
			score = m->score[da[next].id] + here;
			if (to->from == UINT32_MAX || score > to->score)
				*to = (struct node){score, (uint32_t)i, da[next].id};
			single |= k - i == mb;
		}
		if (!single) {
			if (m->unk < 0)
				return err_set(r->e, ST_INPUT,
				    "a character is not in the vocabulary, which has no unk_id");
			to = &path[i + mb];
			score = m->unk_score + here;
			if (to->from == UINT32_MAX || score > to->score)
				*to = (struct node){score, (uint32_t)i, m->unk};
		}
	}
	/* backwards: the tokens' ends; unknown neighbours are one token */
	out = r->out->n;
	for (i = n; i > 0; i = path[i].from) {
		if (path[i].id == m->unk)
			for (run = i; path[run].from && path[path[run].from].id == m->unk; )
				path[i].from = path[run = path[run].from].from;
		/* what is unknown together may be a token, as the unknown token's own name is */
		if (path[i].id == m->unk && (known = vocab_find(&m->v, w->p + path[i].from, i - path[i].from)) >= 0) {
			ids_put(r->out, known, i);
			continue;
		}
		if (path[i].id == m->unk && m->fallback) {
			for (k = path[i].from; k < i && m->byte_id[(unsigned char)w->p[k]] >= 0; k++)
				;
			if (k == i) {
				for (k = i; k > path[i].from; k--)
					ids_put(r->out, m->byte_id[(unsigned char)w->p[k - 1]], k);
				continue;
			}
		}
		ids_put(r->out, path[i].id, i);
	}
	turn(r->out->id + out, r->out->end + out, r->out->n - out);
	words_keep(c, w, r->out->id + out, r->out->end + out, r->out->n - out);
	for (i = out; i < r->out->n; i++)
		r->out->end[i] = piece_end(w, r->out->end[i]);
	return ST_OK;
}
