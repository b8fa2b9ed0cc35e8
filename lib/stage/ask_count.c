#include <string.h>

#include "stage/ask_int.h"

void
ask_tally(const struct ask *how, struct ask_count *c, struct record *r)
{
	const char *s = "";
	size_t n = 0;

	record_raw(r, how->outcome, &s, &n);
	if (n == 11 && !memcmp(s, "\"unchanged\"", n))
		c->unchanged++;
	else if (n == 9 && !memcmp(s, "\"skipped\"", n))
		c->skipped++;
	else
		c->done++;
}
