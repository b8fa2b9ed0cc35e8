#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "conf/suite.h"

extern const unsigned char finegrain_7[];

bool
suite_program(size_t k, struct suite_program *p)
{
	const char *s = (const char *)finegrain_7, *next;

	for (; (next = strchr(s, '\n')); s = next + 1) {
		if (sscanf(s, ".Ss %15[A-Za-z]", p->group) == 1)
			p->group[0] = (char)tolower(p->group[0]);
		else if (sscanf(s, ".It Xr fg-%15[a-z] 1%*1[\n]%63[^\n]", p->word, p->about) == 2 && !k--)
			return true;
	}
	return false;
}

bool
suite_has(const char *name)
{
	struct suite_program p;
	size_t k;

	for (k = 0; suite_program(k, &p); k++)
		if (!strncmp(name, "fg-", 3) && !strcmp(name + 3, p.word))
			return true;
	return false;
}
