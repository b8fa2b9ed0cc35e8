/* Random numbers by key: the same for the same key, whatever was drawn before. */
#ifndef WORLD_MIX_H
#define WORLD_MIX_H

#include <stdint.h>

/* Steele, Lea, Flood: SplitMix64's finaliser, chained over the parts of a key. */
static inline uint64_t
mix(uint64_t h, uint64_t v)
{
	uint64_t z = h + 0x9e3779b97f4a7c15u + v * 0xd1342543de82ef95u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static inline uint64_t
mix_text(const char *s)
{
	uint64_t h = 0;

	while (*s)
		h = mix(h, (unsigned char)*s++);
	return h;
}

#endif
