/* What is mapped where. */
#ifndef BASE_MAPS_H
#define BASE_MAPS_H

#include <stddef.h>
#include <stdint.h>

/* The file that is mapped at this address, as the kernel names it, in s; "a mapped file" where it is not known.
 * A signal handler may call it. */
const char *maps_file(uintptr_t at, char *s, size_t size);

#endif
