/* XXH3, for ids, fingerprints, splits and checkpoint sums. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

struct hash128 { uint64_t hi, lo; };

#define HASH_HEX 33     /* 32 digits and the NUL */

uint64_t hash64(const void *p, size_t n, uint64_t seed);
struct hash128 hash128(const void *p, size_t n);
char *hash_hex(struct hash128 h, char out[HASH_HEX]);

/* The same sum over pieces: hash_open, hash_add ..., hash_sum, hash_close. */
struct hasher;
struct hasher *hash_open(void);         /* owned; NULL when memory is out */
void hash_add(struct hasher *h, const void *p, size_t n);
void hash_add_field(struct hasher *h, const void *p, size_t n); /* 8-byte length first */
struct hash128 hash_sum(const struct hasher *h);
void hash_close(struct hasher *h);

#endif
