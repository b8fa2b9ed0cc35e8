#include <stdio.h>
#include <xxhash.h>

#include "base/hash.h"

uint64_t
hash64(const void *p, size_t n, uint64_t seed)
{
	return XXH3_64bits_withSeed(p, n, seed);
}

struct hash128
hash128(const void *p, size_t n)
{
	XXH128_hash_t h = XXH3_128bits(p, n);

	return (struct hash128){ h.high64, h.low64 };
}

char *
hash_hex(struct hash128 h, char out[HASH_HEX])
{
	snprintf(out, HASH_HEX, "%016llx%016llx", (unsigned long long)h.hi,
	    (unsigned long long)h.lo);
	return out;
}

struct hasher *
hash_open(void)
{
	XXH3_state_t *s = XXH3_createState();

	if (s)
		XXH3_128bits_reset(s);
	return (struct hasher *)s;
}

void
hash_add(struct hasher *h, const void *p, size_t n)
{
	if (n)
		XXH3_128bits_update((XXH3_state_t *)h, p, n);
}

void
hash_add_field(struct hasher *h, const void *p, size_t n)
{
	unsigned char len[8];
	size_t i;

	for (i = 0; i < sizeof(len); i++)
		len[i] = (unsigned char)((uint64_t)n >> (8 * i));
	hash_add(h, len, sizeof(len));
	hash_add(h, p, n);
}

struct hash128
hash_sum(const struct hasher *h)
{
	XXH128_hash_t d = XXH3_128bits_digest((const XXH3_state_t *)h);

	return (struct hash128){ d.high64, d.low64 };
}

void
hash_close(struct hasher *h)
{
	XXH3_freeState((XXH3_state_t *)h);
}
