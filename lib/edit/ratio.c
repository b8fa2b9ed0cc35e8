#include <stdlib.h>

#include "edit/common.h"
#include "edit/ratio.h"
#include "edit/text.h"

struct words { uint32_t *sym; size_t n; };

static bool
space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The words of s as symbols; owned. */
static enum status
split(struct words *w, struct edit_dict *d, const char *s, size_t n, struct err *e)
{
	size_t i, j;

	/* a word and a space take two bytes */
	w->n = 0;
	if (!(w->sym = malloc((n / 2 + 1) * sizeof(*w->sym))))
		return err_nomem(e);
	for (i = 0; i < n; i = j) {
		while (i < n && space(s[i]))
			i++;
		for (j = i; j < n && !space(s[j]); j++)
			;
		if (j > i && edit_dict_word(d, s + i, j - i, &w->sym[w->n++], e))
			return e->code;
	}
	return ST_OK;
}

static enum status
measure(const struct words *x, const struct words *y, double *ratio, struct err *e)
{
	size_t longer = x->n > y->n ? x->n : y->n, gone;
	uint64_t *mask = calloc(x->n + y->n + 1, sizeof(*mask));
	uint8_t *carry = calloc(x->n + 1, sizeof(*carry));
	enum status st = ST_OK;

	if (!mask || !carry) {
		st = err_nomem(e);
	} else {
		gone = longer - edit_common(x->sym, x->n, y->sym, y->n, mask, carry);
		*ratio = gone ? (double)gone / (double)longer : 0;
	}
	free(mask);
	free(carry);
	return st;
}

enum status
edit_words_ratio(const char *a, size_t na, const char *b, size_t nb, double *ratio, struct err *e)
{
	struct words x = {0}, y = {0};
	struct edit_dict *d;
	enum status st;

	*ratio = 0;
	if ((st = edit_dict_new(&d, e)))
		return st;
	if (!(st = split(&x, d, a, na, e)) && !(st = split(&y, d, b, nb, e)))
		st = measure(&x, &y, ratio, e);
	free(x.sym);
	free(y.sym);
	edit_dict_free(d);
	return st;
}
