/* The distinct words of a text, each with its count. */
#include <stdlib.h>
#include <string.h>

#include "base/grow.h"
#include "base/hash.h"
#include "token/train_int.h"

static uint32_t *
find(struct train_words *w, const char *s, size_t n)
{
	size_t i = hash64(s, n, 0) & (w->nslot - 1);
	const struct train_word *x;

	for (; w->slot[i]; i = (i + 1) & (w->nslot - 1)) {
		x = &w->word[w->slot[i] - 1];
		if (x->len == n && !memcmp(w->text + x->at, s, n))
			break;
	}
	return &w->slot[i];
}

static enum status
grow_slots(struct train_words *w, struct err *e)
{
	uint32_t *slot;
	size_t i;

	if (w->nslot > SIZE_MAX / 2 / sizeof(*slot) ||
	    !(slot = calloc(2 * w->nslot, sizeof(*slot))))
		return err_nomem(e);
	free(w->slot);
	w->slot = slot;
	w->nslot *= 2;
	for (i = 0; i < w->n; i++)
		*find(w, w->text + w->word[i].at, w->word[i].len) = (uint32_t)(i + 1);
	return ST_OK;
}

enum status
train_words_count(struct train_words *w, const char *s, size_t n, uint64_t count, struct err *e)
{
	uint32_t *slot = find(w, s, n);

	if (*slot) {
		w->word[*slot - 1].count += count;
		return ST_OK;
	}
	if (n > UINT32_MAX / 2 || w->n >= UINT32_MAX / 2)
		return err_set(e, ST_INPUT, "more text than a vocabulary can be trained on");
	if (grow(&w->word, &w->cap, w->n + 1, sizeof(*w->word), e))
		return e->code;
	if (grow(&w->text, &w->cap_text, w->ntext + n, 1, e))
		return e->code;
	memcpy(w->text + w->ntext, s, n);
	w->word[w->n] = (struct train_word){ w->ntext, (uint32_t)n, count };
	w->ntext += n;
	*slot = (uint32_t)++w->n;
	if (w->n > w->nslot / 2)
		return grow_slots(w, e);
	return ST_OK;
}
