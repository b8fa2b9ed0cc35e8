/* Names that are nearly right. */
#include <stdio.h>
#include <string.h>

#include "base/near.h"
#include "conf/opt_int.h"

const char *
opt_near(const struct prog *p, const struct opt *common, const char *s, bool recipe, char to[OPT_NEAR])
{
	const struct opt *rows[] = { p->rows, common }, *o;
	char name[OPT_NEAR];
	size_t best = NEAR_FAR, d, i;
	int off, opposite;

	for (i = 0; i < 2; i++)
		for (o = rows[i]; o && o->type != OPT_TYPE_END; o++) {
			if (o->type == OPT_TYPE_HEADING || (recipe && opt_is_call(o)))
				continue;
			opposite = !recipe && o->type == OPT_TYPE_FLAG && !opt_is_call(o) ? 1 : 0;
			for (off = 0; off <= opposite; off++) {
				/* a name of two letters is not near every other one */
				if (snprintf(name, sizeof(name), "%s%s", off ? "no-" : "", o->name) >= OPT_NEAR ||
				    (d = near_distance(s, name)) >= best || d >= strlen(name))
					continue;
				best = d;
				memcpy(to, name, sizeof(name));
			}
		}
	return best < NEAR_FAR ? to : NULL;
}
