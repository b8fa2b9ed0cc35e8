#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "edit/dict.h"

/* An open table: slot -> word number + 1, valid when its stamp is the dictionary's. */
struct slot { uint64_t hash; uint32_t stamp, sym; };
/* Words of at most 16 bytes are the same when their lengths and keys are. */
struct word { const char *p; size_t n; uint64_t key[2]; };

struct edit_dict {
	struct slot *slot;
	struct word *word;
	size_t slots, words;    /* a power of two; at most half of it */
	uint32_t stamp;
};

enum { SLOTS_MIN = 1024 };

enum status
edit_dict_new(struct edit_dict **out, struct err *e)
{
	struct edit_dict *d = calloc(1, sizeof(*d));

	*out = d;
	if (!d)
		return err_nomem(e);
	d->slots = SLOTS_MIN;
	d->stamp = 1;
	d->slot = calloc(d->slots, sizeof(*d->slot));
	d->word = malloc(d->slots / 2 * sizeof(*d->word));
	if (!d->slot || !d->word) {
		edit_dict_free(d);
		*out = NULL;
		return err_nomem(e);
	}
	return ST_OK;
}

void
edit_dict_free(struct edit_dict *d)
{
	if (d) {
		free(d->slot);
		free(d->word);
		free(d);
	}
}

void
edit_dict_clear(struct edit_dict *d)
{
	d->words = 0;
	if (!++d->stamp) {
		memset(d->slot, 0, d->slots * sizeof(*d->slot));
		d->stamp = 1;
	}
}

static enum status
more_slots(struct edit_dict *d, struct err *e)
{
	size_t i, k, slots = 2 * d->slots;
	struct slot *new;
	struct word *w;

	if (slots > SIZE_MAX / 2 / sizeof(*new) || slots > UINT32_MAX)
		return err_nomem(e);
	if (!(new = calloc(slots, sizeof(*new))))
		return err_nomem(e);
	if (!(w = realloc(d->word, slots / 2 * sizeof(*w)))) {
		free(new);
		return err_nomem(e);
	}
	d->word = w;
	for (i = 0; i < d->slots; i++) {
		if (d->slot[i].stamp != d->stamp)
			continue;
		for (k = d->slot[i].hash & (slots - 1); new[k].stamp; k = (k + 1) & (slots - 1))
			;
		new[k] = d->slot[i];
	}
	free(d->slot);
	d->slot = new;
	d->slots = slots;
	return ST_OK;
}

static inline uint64_t
eight(const char *p)
{
	uint64_t v;

	memcpy(&v, p, 8);
	return v;
}

static inline uint64_t
four(const char *p)
{
	uint32_t v;

	memcpy(&v, p, 4);
	return v;
}

/* Every byte of a short word is in its key. */
static inline void
set_key(struct word *w)
{
	const char *p = w->p;
	size_t n = w->n;

	w->key[0] = w->key[1] = 0;
	if (n >= 8) {
		w->key[0] = eight(p);
		w->key[1] = eight(p + n - 8);
	} else if (n >= 4) {
		w->key[0] = four(p);
		w->key[1] = four(p + n - 4);
	} else if (n) {
		w->key[0] = (unsigned char)p[0] | (uint64_t)(unsigned char)p[n / 2] << 8 | (uint64_t)(unsigned char)p[n - 1] << 16;
	}
}

static inline bool
same(const struct word *x, const struct word *y)
{
	if (x->n != y->n || x->key[0] != y->key[0] || x->key[1] != y->key[1])
		return false;
	return x->n <= 16 || !memcmp(x->p, y->p, x->n);
}

enum status
edit_dict_word(struct edit_dict *d, const char *p, size_t n, uint32_t *sym, struct err *e)
{
	struct word w = { .p = p, .n = n };
	struct slot *s;
	uint64_t h;
	size_t k;

	if (d->words == d->slots / 2 && more_slots(d, e))
		return e->code;
	set_key(&w);
	h = hash64(p, n, 0);
	for (k = h & (d->slots - 1);; k = (k + 1) & (d->slots - 1)) {
		s = &d->slot[k];
		if (s->stamp != d->stamp)
			break;
		if (s->hash == h && same(&d->word[s->sym], &w)) {
			*sym = s->sym;
			return ST_OK;
		}
	}
	*s = (struct slot){ h, d->stamp, (uint32_t)d->words };
	d->word[d->words] = w;
	*sym = (uint32_t)d->words++;
	return ST_OK;
}
