/* Names that are nearly right. */
#include <stdio.h>
#include <string.h>

#include "conf/opt_int.h"

/* Letters to change, add or take away from a to b, at most 3 (Levenshtein 1966). */
static size_t
distance(const char *a, const char *b)
{
	size_t na = strlen(a), nb = strlen(b), row[OPT_NEAR + 1], i, k, up, diagonal;

	if (na >= OPT_NEAR || nb >= OPT_NEAR)
		return 3;
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
	return row[nb] < 3 ? row[nb] : 3;
}

const char *
opt_near(const struct prog *p, const struct opt *common, const char *s, bool recipe, char to[OPT_NEAR])
{
	const struct opt *rows[] = { p->rows, common }, *o;
	char name[OPT_NEAR];
	size_t best = 3, d, i;

	for (i = 0; i < 2; i++)
		for (o = rows[i]; o && o->type != OPT_TYPE_END; o++) {
			if (o->type == OPT_TYPE_HEADING || (recipe && opt_is_call(o)))
				continue;
			for (int off = 0; off <= (!recipe && o->type == OPT_TYPE_FLAG && !opt_is_call(o)); off++) {
				/* a name of two letters is not near every other one */
				if (snprintf(name, sizeof(name), "%s%s", off ? "no-" : "", o->name) >= OPT_NEAR ||
				    (d = distance(s, name)) >= best || d >= strlen(name))
					continue;
				best = d;
				memcpy(to, name, sizeof(name));
			}
		}
	return best < 3 ? to : NULL;
}
