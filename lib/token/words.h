/* A cache of words with their tokens. */
#ifndef TOKEN_WORDS_H
#define TOKEN_WORDS_H

#include <string.h>

#include "token/token_int.h"

/* A key of 1 to CACHE_KEY bytes as four numbers, one of a kind among keys of its length. */
static inline void
words_key(uint64_t k[4], const char *s, size_t n)
{
	uint32_t a, b;

	k[1] = k[2] = k[3] = 0;
	if (n > 16) {
		memcpy(k, s, 16);
		memcpy(k + 2, s + n - 16, 16);
	} else if (n >= 8) {
		memcpy(k, s, 8);
		memcpy(k + 1, s + n - 8, 8);
	} else if (n >= 4) {
		memcpy(&a, s, 4);
		memcpy(&b, s + n - 4, 4);
		k[0] = (uint64_t)b << 32 | a;
	} else {
		k[0] = (uint64_t)(unsigned char)s[0] | (uint64_t)(unsigned char)s[n / 2] << 8 |
		    (uint64_t)(unsigned char)s[n - 1] << 16;
	}
}

static inline bool
words_same(const struct cache_line *c, const uint64_t k[4], size_t n)
{
	return c->nkey == n && !((c->key[0] ^ k[0]) | (c->key[1] ^ k[1]) | (c->key[2] ^ k[2]) |
	    (c->key[3] ^ k[3]));
}

/* Put the tokens of a word that came before to r->out and say so, or set *line to where
 * they are to be kept (NULL: the word is too long for that).  ids_room must hold for
 * CACHE_IDS. */
static inline bool
words_find(struct run *r, const struct piece *w, struct cache_line **line)
{
	struct cache_line *c;
	uint64_t k[4], h;
	size_t i;

	*line = NULL;
	if (w->n - 1 >= CACHE_KEY)
		return false;
	words_key(k, w->p, w->n);
	h = (k[0] ^ w->n) * UINT64_C(0x9e3779b97f4a7c15);
	h = (h ^ h >> 32 ^ k[1]) * UINT64_C(0x9fb21c651e98df25);
	h = (h ^ h >> 29 ^ k[2] ^ (k[3] << 7 | k[3] >> 57)) * UINT64_C(0xd6e8feb86659fd93);
	/* two lines for each place: the second holds the former first */
	c = &r->s->cache[2 * (h >> (64 - CACHE_BITS))];
	if (!words_same(c, k, w->n)) {
		if (!words_same(c + 1, k, w->n)) {
			if (c->nkey)
				c[1] = c[0];
			c->nkey = 0;
			memcpy(c->key, k, sizeof(k));
			*line = c;
			return false;
		}
		c++;
	}
	for (i = 0; i < c->nids; i++)
		ids_put(r->out, c->id[i], piece_end(w, c->end[i]));
	return true;
}

/* Keep a word's tokens, whose ends count from its start, in the line that words_find set. */
static inline void
words_keep(struct cache_line *c, const struct piece *w, const int32_t *id, const size_t *end, size_t n)
{
	size_t i;

	if (!c || n > CACHE_IDS)
		return;
	for (i = 0; i < n; i++) {
		c->id[i] = id[i];
		c->end[i] = (uint8_t)end[i];
	}
	c->nkey = (uint8_t)w->n;
	c->nids = (uint8_t)n;
}

#endif
