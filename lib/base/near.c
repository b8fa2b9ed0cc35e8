#include <string.h>

#include "base/near.h"

size_t
near_distance(const char *a, const char *b)
{
	size_t na = strlen(a), nb = strlen(b), row[NEAR_LENGTH + 1], i, k, up, diagonal;

	if (na >= NEAR_LENGTH || nb >= NEAR_LENGTH)
		return NEAR_FAR;
	for (k = 0; k <= nb; k++)
		row[k] = k;
	for (i = 1; i <= na; i++) {
		diagonal = row[0];
		row[0] = i;
		for (k = 1; k <= nb; k++) {
			up = row[k];
			row[k] = diagonal + (a[i - 1] != b[k - 1]);
			if (up + 1 < row[k])
				row[k] = up + 1;
			if (row[k - 1] + 1 < row[k])
				row[k] = row[k - 1] + 1;
			diagonal = up;
		}
	}
	return row[nb] < NEAR_FAR ? row[nb] : NEAR_FAR;
}

const char *
near_find(const char *word, const char *const *v, size_t n)
{
	const char *best = NULL;
	size_t least = NEAR_FAR, d, i;

	for (i = 0; i < n; i++)
		if ((d = near_distance(word, v[i])) < least && d < strlen(v[i])) {
			least = d;
			best = v[i];
		}
	return best;
}
