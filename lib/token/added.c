/* Added tokens: found before the model sees the text, leftmost and longest. */
#include <stdlib.h>
#include <string.h>

#include "token/token_int.h"
#include "token/uniclass.h"
#include "token/utf8.h"

static enum status
trie_node(struct trie *t, unsigned char c, uint32_t *k, struct err *e)
{
	uint32_t cap;
	void *p;

	if (t->n >= t->cap) {
		cap = t->cap ? 2 * t->cap : 256;
		if (cap >= UINT32_MAX / 2 || !(p = realloc(t->node, cap * sizeof(*t->node))))
			return err_nomem(e);
		t->node = p;
		t->cap = cap;
		if (!t->n)
			t->node[t->n++] = (struct trie_node){.value = -1};
	}
	*k = t->n++;
	t->node[*k] = (struct trie_node){.value = -1, .c = c};
	return ST_OK;
}

static uint32_t
trie_child(const struct trie *t, uint32_t node, unsigned char c)
{
	uint32_t k;

	for (k = t->node[node].child; k && t->node[k].c != c; k = t->node[k].sibling)
		;
	return k;
}

enum status
trie_add(struct trie *t, const char *s, size_t n, int32_t value, struct err *e)
{
	uint32_t at, k;
	size_t i;

	if (!n)
		return ST_OK;
	if (!(at = t->root[(unsigned char)s[0]])) {
		if (trie_node(t, (unsigned char)s[0], &at, e))
			return e->code;
		t->root[(unsigned char)s[0]] = at;
	}
	for (i = 1; i < n; i++, at = k) {
		if ((k = trie_child(t, at, (unsigned char)s[i])))
			continue;
		if (trie_node(t, (unsigned char)s[i], &k, e))
			return e->code;
		t->node[k].sibling = t->node[at].child;
		t->node[at].child = k;
	}
	t->node[at].value = value;
	return ST_OK;
}

void
trie_free(struct trie *t)
{
	free(t->node);
	*t = (struct trie){0};
}

/* The value of the longest entry at p[i], -1; *len is its length. */
static int32_t
trie_match(const struct trie *t, const char *p, size_t i, size_t n, size_t *len)
{
	uint32_t at = t->root[(unsigned char)p[i]];
	int32_t value = -1;
	size_t k;

	for (k = i + 1; at; k++) {
		if (t->node[at].value >= 0) {
			value = t->node[at].value;
			*len = k - i;
		}
		if (k == n)
			break;
		at = trie_child(t, at, (unsigned char)p[k]);
	}
	return value;
}

static bool
stands_alone(const char *p, size_t n, size_t from, size_t to)
{
	size_t k;

	return (!from || !uniclass_word(utf8_last(p, from, &k))) &&
	    (to == n || !uniclass_word(utf8_get(p + to, &k)));
}

enum status
added_split(struct run *r, const struct trie *t, const struct piece *w,
    enum status (*fn)(struct run *r, const struct piece *w))
{
	const struct added *a;
	size_t i = 0, done = 0, from, to, len = 0, k;
	struct piece sub;
	int32_t v;

	if (!t->n)
		return w->n ? fn(r, w) : ST_OK;
	while (i < w->n) {
		if (!t->root[(unsigned char)w->p[i]] ||
		    (v = trie_match(t, w->p, i, w->n, &len)) < 0) {
			i++;
			continue;
		}
		a = &r->t->added[v];
		from = i;
		i = to = i + len;
		if (a->single_word && !stands_alone(w->p, w->n, from, to))
			continue;
		if (a->lstrip)
			while (from > done && uniclass_space(utf8_last(w->p, from, &k)))
				from -= k;
		if (a->rstrip)
			while (to < w->n && uniclass_space(utf8_get(w->p + to, &k)))
				to += k;
		if (from < done)        /* rstrip of the one before took it */
			from = done;
		if (from > done) {
			sub = piece_sub(w, done, from);
			if (fn(r, &sub))
				return r->e->code;
		}
		if (ids_room(r->out, 1, r->e))
			return r->e->code;
		ids_put(r->out, a->id, piece_end(w, to));
		done = to;
		if (i < done && a->rstrip)
			i = done;
	}
	if (done < w->n) {
		sub = piece_sub(w, done, w->n);
		if (fn(r, &sub))
			return r->e->code;
	}
	return ST_OK;
}
