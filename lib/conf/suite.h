/* The programs of the suite, as finegrain(7) lists them: the Makefile makes the page a part of the library, so that
 * a program is named in one place. */
#ifndef CONF_SUITE_H
#define CONF_SUITE_H

#include <stdbool.h>
#include <stddef.h>

struct suite_program {
	char group[16];         /* "data" */
	char word[16];          /* "split", of fg-split */
	char about[64];
};

/* Program k, from 0; false after the last. */
bool suite_program(size_t k, struct suite_program *p);
/* Whether a program has this name, "fg-split". */
bool suite_has(const char *name);

#endif
