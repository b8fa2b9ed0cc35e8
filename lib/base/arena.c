#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

enum { CHUNK_MIN = 1 << 16, ALIGN = 16 };

struct arena_chunk {
	struct arena_chunk *next;
	size_t size;            /* bytes after this header */
};

static char *
chunk_mem(struct arena_chunk *c)
{
	return (char *)c + ((sizeof(*c) + ALIGN - 1) & ~(size_t)(ALIGN - 1));
}

void *
arena_alloc(struct arena *a, size_t n)
{
	struct arena_chunk *c, **link;
	size_t size;

	if (n > SIZE_MAX / 2)
		return NULL;
	n = (n + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	if (a->cur && n <= a->cur->size - a->used) {
		a->used += n;
		return chunk_mem(a->cur) + a->used - n;
	}
	/* a kept chunk that is large enough is moved to follow cur; else a new one is made */
	link = a->cur ? &a->cur->next : &a->first;
	for (; (c = *link); link = &c->next)
		if (c->size >= n)
			break;
	if (c) {
		*link = c->next;
	} else {
		size = a->cur && a->cur->size < (1 << 24) ? 2 * a->cur->size : CHUNK_MIN;
		if (size < n)
			size = n;
		if (!(c = malloc(sizeof(*c) + ALIGN + size)))
			return NULL;
		c->size = size;
	}
	if (a->cur) {
		c->next = a->cur->next;
		a->cur->next = c;
	} else {
		c->next = a->first;
		a->first = c;
	}
	a->cur = c;
	a->used = n;
	return chunk_mem(c);
}

void *
arena_array(struct arena *a, size_t n, size_t size)
{
	if (size && n > SIZE_MAX / size)
		return NULL;
	return arena_alloc(a, n * size);
}

char *
arena_str(struct arena *a, const char *s, size_t n)
{
	char *p;

	if (n == SIZE_MAX || !(p = arena_alloc(a, n + 1)))
		return NULL;
	if (n)
		memcpy(p, s, n);
	p[n] = 0;
	return p;
}

void
arena_reset(struct arena *a)
{
	a->cur = NULL;
	a->used = 0;
	if (a->first) {
		a->cur = a->first;
	}
}

struct arena_mark
arena_mark(const struct arena *a)
{
	struct arena_mark m = { a->cur, a->used };

	return m;
}

void
arena_release(struct arena *a, struct arena_mark m)
{
	if (m.cur) {
		a->cur = m.cur;
		a->used = m.used;
	} else {
		arena_reset(a);
	}
}

size_t
arena_bytes(const struct arena *a)
{
	const struct arena_chunk *c;
	size_t n = 0;

	for (c = a->first; c; c = c->next)
		n += c->size;
	return n;
}

void
arena_free(struct arena *a)
{
	struct arena_chunk *c;

	while ((c = a->first)) {
		a->first = c->next;
		free(c);
	}
	a->cur = NULL;
	a->used = 0;
}
