#include <stdlib.h>
#include <string.h>

#include "base/grow.h"
#include "base/hash.h"
#include "token/train.h"

/* One pair of neighbouring ids: how often it occurs, and the words that hold it (or
 * held it: a word is looked through again in any case). */
struct pair {
	uint32_t a, b;
	int64_t count;
	uint32_t *pos;
	uint32_t npos, cap;
	bool merged, touched;
};

struct entry { int64_t count; uint32_t pair; };

struct work {
	struct train_bpe *m;
	enum train_ties ties;
	size_t cap_text, cap_token, cap_merge;
	uint32_t *tslot;        /* token texts -> id + 1 */
	size_t ntslot;
	uint32_t *sym;          /* the words' ids; word i is sym[at[i] .. at[i] + len[i]) */
	size_t *at;
	uint32_t *len;
	const struct train_words *w;
	struct pair *pair;
	size_t npair, cap_pair;
	uint32_t *slot;         /* pairs by their ids: index + 1 */
	size_t nslot;
	struct entry *heap;     /* greatest first; counts may be stale and are checked on top */
	size_t nheap, cap_heap;
	uint32_t *touched;      /* pairs that gained occurrences in this merge */
	size_t ntouched, cap_touched;
};

#define ROOM(p, n, cap) (!grow(&(p), &(cap), (n) + 1, sizeof(*(p)), NULL))

static size_t
token(const struct train_bpe *m, size_t id, const char **s)
{
	size_t from = id ? m->end[id - 1] : 0;

	*s = m->text + from;
	return m->end[id] - from;
}

static int
text_cmp(const struct train_bpe *m, uint32_t x, uint32_t y)
{
	const char *s, *t;
	size_t n = token(m, x, &s), k = token(m, y, &t);
	int c = memcmp(s, t, n < k ? n : k);

	return c ? c : (n > k) - (n < k);
}

/* Does x come before y? */
static bool
before(const struct work *k, const struct entry *x, const struct entry *y)
{
	const struct pair *p = &k->pair[x->pair], *q = &k->pair[y->pair];
	int c;

	if (x->count != y->count)
		return x->count > y->count;
	if (k->ties == TRAIN_TIES_ID)
		return p->a != q->a ? p->a < q->a : p->b < q->b;
	c = p->a != q->a ? text_cmp(k->m, p->a, q->a) : 0;
	return (c ? c : text_cmp(k->m, p->b, q->b)) > 0;
}

static bool
push(struct work *k, uint32_t pair)
{
	struct entry x = { k->pair[pair].count, pair };
	size_t i = k->nheap, up;

	if (!ROOM(k->heap, i, k->cap_heap))
		return false;
	for (k->nheap++; i; i = up) {
		up = (i - 1) / 2;
		if (!before(k, &x, &k->heap[up]))
			break;
		k->heap[i] = k->heap[up];
	}
	k->heap[i] = x;
	return true;
}

static void
pop(struct work *k)
{
	struct entry x = k->heap[--k->nheap];
	size_t i = 0, c;

	while ((c = 2 * i + 1) < k->nheap) {
		if (c + 1 < k->nheap && before(k, &k->heap[c + 1], &k->heap[c]))
			c++;
		if (!before(k, &k->heap[c], &x))
			break;
		k->heap[i] = k->heap[c];
		i = c;
	}
	k->heap[i] = x;
}

static size_t
pair_slot(const struct work *k, uint32_t a, uint32_t b)
{
	uint64_t h = ((uint64_t)a << 32 | b) * 0x9e3779b97f4a7c15u;
	size_t i;
	const struct pair *p;

	for (i = (h ^ h >> 29) & (k->nslot - 1); k->slot[i]; i = (i + 1) & (k->nslot - 1)) {
		p = &k->pair[k->slot[i] - 1];
		if (p->a == a && p->b == b)
			break;
	}
	return i;
}

/* The pair (a,b), made if need be; UINT32_MAX when memory is out. */
static uint32_t
pair_get(struct work *k, uint32_t a, uint32_t b)
{
	size_t i, s = k->nslot ? pair_slot(k, a, b) : 0;
	uint32_t *slot;

	if (k->nslot && k->slot[s])
		return k->slot[s] - 1;
	if (k->npair >= k->nslot / 2) {
		if (!(slot = calloc(k->nslot ? 2 * k->nslot : 1 << 14, sizeof(*slot))))
			return UINT32_MAX;
		k->nslot = k->nslot ? 2 * k->nslot : 1 << 14;
		free(k->slot);
		k->slot = slot;
		for (i = 0; i < k->npair; i++)
			k->slot[pair_slot(k, k->pair[i].a, k->pair[i].b)] = (uint32_t)(i + 1);
		s = pair_slot(k, a, b);
	}
	if (k->npair >= UINT32_MAX - 1 || !ROOM(k->pair, k->npair, k->cap_pair))
		return UINT32_MAX;
	k->pair[k->npair] = (struct pair){ .a = a, .b = b };
	k->slot[s] = (uint32_t)++k->npair;
	return (uint32_t)(k->npair - 1);
}

/* word gained (sign > 0) or lost an occurrence of (a,b) */
static bool
change(struct work *k, uint32_t a, uint32_t b, uint32_t word, int sign)
{
	uint32_t i = pair_get(k, a, b), cap;
	struct pair *p;
	void *q;

	if (i == UINT32_MAX)
		return false;
	p = &k->pair[i];
	if (sign < 0) {
		p->count -= (int64_t)k->w->word[word].count;
		return true;
	}
	p->count += (int64_t)k->w->word[word].count;
	if (!p->npos || p->pos[p->npos - 1] != word) {
		if (p->npos == p->cap) {
			cap = p->cap ? p->cap + p->cap / 2 + 1 : 2;
			if (!(q = realloc(p->pos, cap * sizeof(*p->pos))))
				return false;
			p->pos = q;
			p->cap = cap;
		}
		p->pos[p->npos++] = word;
	}
	if (!p->touched) {
		if (!ROOM(k->touched, k->ntouched, k->cap_touched))
			return false;
		p->touched = true;
		k->touched[k->ntouched++] = i;
	}
	return true;
}

/* Queue the pairs that gained, in the order in which they did. */
static bool
push_touched(struct work *k)
{
	struct pair *p;
	size_t i;

	for (i = 0; i < k->ntouched; i++) {
		p = &k->pair[k->touched[i]];
		p->touched = false;
		if (p->count > 0 && !push(k, k->touched[i]))
			return false;
	}
	k->ntouched = 0;
	return true;
}

/* Put id for each (a,b) of a word, and count the neighbours' pairs again. */
static bool
merge_word(struct work *k, uint32_t word, uint32_t a, uint32_t b, uint32_t id)
{
	uint32_t *s = k->sym + k->at[word], n = k->len[word], i, o = 0;

	for (i = 0; i < n; i++, o++) {
		if (s[i] != a || i + 1 == n || s[i + 1] != b) {
			s[o] = s[i];
			continue;
		}
		if (o && (!change(k, s[o - 1], a, word, -1) || !change(k, s[o - 1], id, word, 1)))
			return false;
		if (i + 2 < n && (!change(k, b, s[i + 2], word, -1) ||
		    !change(k, id, s[i + 2], word, 1)))
			return false;
		s[o] = id;
		i++;
	}
	k->len[word] = o;
	return true;
}

/* The id of a token's text, added if it is new; UINT32_MAX when memory is out. */
static uint32_t
token_get(struct work *k, const char *s, size_t n)
{
	struct train_bpe *m = k->m;
	size_t i = hash64(s, n, 0) & (k->ntslot - 1), len;
	const char *t;

	for (; k->tslot[i]; i = (i + 1) & (k->ntslot - 1)) {
		len = token(m, k->tslot[i] - 1, &t);
		if (len == n && !memcmp(t, s, n))
			return k->tslot[i] - 1;
	}
	if (!ROOM(m->end, m->ntoken, k->cap_token))
		return UINT32_MAX;
	len = m->ntoken ? m->end[m->ntoken - 1] : 0;
	if (grow(&m->text, &k->cap_text, len + n, 1, NULL))
		return UINT32_MAX;
	memcpy(m->text + len, s, n);
	m->end[m->ntoken] = len + n;
	k->tslot[i] = (uint32_t)++m->ntoken;
	return (uint32_t)(m->ntoken - 1);
}

/* Byte values in the order of the letters that GPT-2 writes for them. */
static unsigned
byte_in_order(unsigned i)
{
	static const struct { unsigned char from, n; } run[] = {
		{ 33, 94 }, { 161, 12 }, { 174, 82 }, { 0, 33 }, { 127, 34 }, { 173, 1 }
	};
	size_t r;

	for (r = 0; i >= run[r].n; r++)
		i -= run[r].n;
	return run[r].from + i;
}

/* Specials and bytes become tokens, words become ids, neighbours become pairs. */
static enum status
setup(struct work *k, size_t size, const char *const *special, size_t nspecial, struct err *e)
{
	const struct train_words *w = k->w;
	uint32_t id[256], i, j;
	size_t n;
	char c;

	for (k->ntslot = 1024; k->ntslot < 2 * (size + 1); )
		k->ntslot *= 2;
	k->tslot = calloc(k->ntslot, sizeof(*k->tslot));
	k->sym = malloc((w->ntext + 1) * sizeof(*k->sym));
	k->at = malloc((w->n + 1) * sizeof(*k->at));
	k->len = malloc((w->n + 1) * sizeof(*k->len));
	if (!k->tslot || !k->sym || !k->at || !k->len)
		return err_nomem(e);
	for (n = 0; n < nspecial; n++)
		if (token_get(k, special[n], strlen(special[n])) == UINT32_MAX)
			return err_nomem(e);
	for (i = 0; i < 256; i++) {
		c = (char)byte_in_order(i);
		if ((id[(unsigned char)c] = token_get(k, &c, 1)) == UINT32_MAX)
			return err_nomem(e);
	}
	for (n = 0; n < w->ntext; n++)
		k->sym[n] = id[(unsigned char)w->text[n]];
	for (i = 0; i < w->n; i++) {
		k->at[i] = w->word[i].at;
		k->len[i] = w->word[i].len;
		for (j = 0; j + 1 < k->len[i]; j++)
			if (!change(k, k->sym[k->at[i] + j], k->sym[k->at[i] + j + 1], i, 1))
				return err_nomem(e);
	}
	return push_touched(k) ? ST_OK : err_nomem(e);
}

/* Merge the pair on top. */
static enum status
merge(struct work *k, struct err *e)
{
	struct train_bpe *m = k->m;
	uint32_t top = k->heap[0].pair, id, i, npos, *pos;
	struct pair *p = &k->pair[top];
	struct buf text = BUF_INIT;
	const char *s;
	size_t n;

	pop(k);
	n = token(m, p->a, &s);
	buf_add(&text, s, n);
	n = token(m, p->b, &s);
	buf_add(&text, s, n);
	id = buf_ok(&text) ? token_get(k, text.p, text.n) : UINT32_MAX;
	buf_free(&text);
	if (id == UINT32_MAX)
		return err_nomem(e);
	/* a pair can come back, by a token that is made in two ways: it is merged at
	 * once, as its old rank says, and needs no second one */
	if (!p->merged) {
		n = k->cap_merge;
		if (grow(&m->left, &n, m->nmerge + 1, sizeof(*m->left), e) ||
		    grow(&m->right, &k->cap_merge, m->nmerge + 1, sizeof(*m->right), e))
			return e->code;
		m->left[m->nmerge] = p->a;
		m->right[m->nmerge++] = p->b;
	}
	p->merged = true;
	pos = p->pos;
	npos = p->npos;
	p->pos = NULL;
	p->npos = p->cap = 0;
	{
		uint32_t a = p->a, b = p->b;    /* p moves when pairs are added */

		for (i = 0; i < npos; i++)
			if (!merge_word(k, pos[i], a, b, id)) {
				free(pos);
				return err_nomem(e);
			}
	}
	free(pos);
	return push_touched(k) ? ST_OK : err_nomem(e);
}

static enum status
merges(struct work *k, size_t size, uint64_t min_count, struct err *e)
{
	struct entry *top;
	int64_t now;
	uint32_t i;

	while (k->m->ntoken < size && k->nheap) {
		top = &k->heap[0];
		now = k->pair[top->pair].count;
		if (top->count != now) {
			i = top->pair;
			pop(k);
			if (now > 0 && !push(k, i))
				return err_nomem(e);
			continue;
		}
		if ((uint64_t)now < min_count)
			break;
		if (merge(k, e))
			return e->code;
	}
	return ST_OK;
}

enum status
train_bpe(struct train_bpe *m, const struct train_words *w, size_t size, uint64_t min_count,
    enum train_ties ties, const char *const *special, size_t nspecial, struct err *e)
{
	struct work k = { .m = m, .ties = ties, .w = w };
	enum status st;
	size_t i;

	*m = (struct train_bpe){0};
	if (size < nspecial + 256 || size > INT32_MAX)
		return err_set(e, ST_USAGE, "--size: expected %zu to %d", nspecial + 256, INT32_MAX);
	if (!(st = setup(&k, size, special, nspecial, e)))
		st = merges(&k, size, min_count, e);
	for (i = 0; i < k.npair; i++)
		free(k.pair[i].pos);
	free(k.pair);
	free(k.slot);
	free(k.heap);
	free(k.touched);
	free(k.tslot);
	free(k.sym);
	free(k.at);
	free(k.len);
	if (st)
		train_bpe_free(m);
	return st;
}

void
train_bpe_free(struct train_bpe *m)
{
	free(m->left);
	free(m->right);
	free(m->text);
	free(m->end);
	*m = (struct train_bpe){0};
}
