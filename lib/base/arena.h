/* Arenas: memory that is freed together, for a record, a step or the process. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

struct arena {
	struct arena_chunk *first, *cur;
	size_t used;            /* bytes of cur */
};

#define ARENA_INIT {0}

/* n bytes aligned to 16, uninitialised; valid until the arena is reset or freed.
 * NULL when memory is out.  n may be 0 (the pointer is not NULL). */
void *arena_alloc(struct arena *a, size_t n);

/* n elements of size bytes; NULL also when n * size overflows. */
void *arena_array(struct arena *a, size_t n, size_t size);

/* A NUL-terminated copy of s[0..n). */
char *arena_str(struct arena *a, const char *s, size_t n);

/* Forget every allocation and keep the chunks for reuse. */
void arena_reset(struct arena *a);

/* Forget what was allocated after the mark was taken. */
struct arena_mark { struct arena_chunk *cur; size_t used; };
struct arena_mark arena_mark(const struct arena *a);
void arena_release(struct arena *a, struct arena_mark m);

/* Memory that it holds, used or kept. */
size_t arena_bytes(const struct arena *a);

void arena_free(struct arena *a);

#endif
