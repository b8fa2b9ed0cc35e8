/* Keyed random numbers: a draw depends on its key alone, never on how many draws
 * came before it, so results do not depend on threads, batches, shards or resumes. */
#ifndef BASE_RNG_H
#define BASE_RNG_H

#include <stdint.h>

struct rng_key {
	uint64_t seed;
	uint64_t id[2];         /* hash128 of the record's id, or of a name */
	uint64_t sample;
};

/* XXH3-64 of (seed, id, sample, position, draw), little-endian on every machine. */
uint64_t rng_u64(const struct rng_key *k, uint64_t position, uint64_t draw);

/* Uniform in [0,1), 53 bits. */
double rng_unit(const struct rng_key *k, uint64_t position, uint64_t draw);

/* Standard normal (Box-Muller with lib/base's own log and cos). */
double rng_normal(const struct rng_key *k, uint64_t position, uint64_t draw);

#endif
