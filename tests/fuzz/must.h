/* A promise that a target holds its code to. */
#ifndef TESTS_FUZZ_MUST_H
#define TESTS_FUZZ_MUST_H

#include <stdbool.h>
#include <stdlib.h>

static inline void
must(bool kept)
{
	if (!kept)
		abort();
}

#endif
