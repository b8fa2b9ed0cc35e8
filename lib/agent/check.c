#include <stdlib.h>
#include <string.h>

#include "agent/agent.h"

static bool
space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Hashes of the words of s into w, if there is one; their number. */
static size_t
words(const char *s, size_t n, uint64_t *w)
{
	size_t i, j, k = 0;

	for (i = 0; i < n; i = j) {
		while (i < n && space(s[i]))
			i++;
		for (j = i; j < n && !space(s[j]); j++)
			;
		if (j > i && w)
			w[k] = hash64(s + i, j - i, 0);
		k += j > i;
	}
	return k;
}

enum status
edit_words_ratio(const char *a, size_t na, const char *b, size_t nb, double *ratio, struct err *e)
{
	size_t ka = words(a, na, NULL), kb = words(b, nb, NULL), i, j, diag, up, gone;
	uint64_t *x = malloc((ka + 1) * sizeof(*x)), *y = malloc((kb + 1) * sizeof(*y));
	size_t *row = calloc(kb + 1, sizeof(*row));
	enum status st = ST_OK;

	*ratio = 0;
	if (!x || !y || !row) {
		st = err_nomem(e);
	} else {
		words(a, na, x);
		words(b, nb, y);
		for (i = 0; i < ka; i++)
			for (diag = 0, j = 0; j < kb; j++) {
				up = row[j + 1];
				if (x[i] == y[j])
					row[j + 1] = diag + 1;
				else if (row[j] > up)
					row[j + 1] = row[j];
				diag = up;
			}
		gone = (ka > kb ? ka : kb) - row[kb];
		if (gone)
			*ratio = (double)gone / (double)(ka > kb ? ka : kb);
	}
	free(x);
	free(y);
	free(row);
	return st;
}

/* Does the first line announce what follows ("Here is the edited text:")? */
static bool
announces(const char *s, size_t n)
{
	const char *nl = memchr(s, '\n', n);

	while (nl && nl > s && space(nl[-1]))
		nl--;
	return nl && nl > s && nl[-1] == ':';
}

const char *
edit_fault(const char *old, size_t nold, const char *text, size_t n)
{
	if (!words(text, n, NULL))
		return "the edit is empty";
	if (n == nold && !memcmp(old, text, n))
		return "the edit is a copy of the text";
	if ((announces(text, n) && !announces(old, nold)) ||
	    (n > 2 && !memcmp(text, "```", 3) && (nold < 3 || memcmp(old, "```", 3))))
		return "answer with the edited text alone, nothing around it";
	return NULL;
}
