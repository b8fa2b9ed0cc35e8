#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "token/token_int.h"

enum { CACHE_BYTES = sizeof(struct cache_line) * 2 << CACHE_BITS };
_Static_assert(sizeof(struct cache_line) == 64, "a line of words is a line of cache");

enum status
tok_scratch_new(struct tok_scratch **s, struct err *e)
{
	struct tok_scratch *n = calloc(1, sizeof(*n));

	*s = n;
	if (!n)
		return err_nomem(e);
	return ST_OK;
}

void
tok_scratch_free(struct tok_scratch *s)
{
	size_t i;

	if (!s)
		return;
	if (s->cache)
		munmap(s->cache, CACHE_BYTES);
	for (i = 0; i < 2; i++)
		text_free(&s->norm[i]);
	for (i = 0; i < STEPS_MAX; i++)
		text_free(&s->step[i]);
	free(s->sym);
	free(s->heap);
	regex_scratch_free(s->re);
	free(s->path);
	buf_free(&s->tmp);
	free(s);
}

enum status
scratch_cache(struct tok_scratch *s, const struct tokenizer *t, struct err *e)
{
	void *p;

	if (s->cache) {
		memset(s->cache, 0, CACHE_BYTES);
	} else {
		p = mmap(NULL, CACHE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (p == MAP_FAILED)
			return err_nomem(e);
		s->cache = p;
	}
	memcpy(s->print, t->print, sizeof(s->print));
	return ST_OK;
}
