#include <math.h>

#include "base/hash.h"
#include "base/math.h"
#include "base/rng.h"

uint64_t
rng_u64(const struct rng_key *k, uint64_t position, uint64_t draw)
{
	const uint64_t v[6] = { k->seed, k->id[0], k->id[1], k->sample, position, draw };
	unsigned char b[sizeof(v)];
	unsigned i, j;

	for (i = 0; i < 6; i++)
		for (j = 0; j < 8; j++)
			b[8 * i + j] = (unsigned char)(v[i] >> (8 * j));
	return hash64(b, sizeof(b), 0);
}

double
rng_unit(const struct rng_key *k, uint64_t position, uint64_t draw)
{
	return (double)(rng_u64(k, position, draw) >> 11) * 0x1p-53;
}

double
rng_normal(const struct rng_key *k, uint64_t position, uint64_t draw)
{
	double u = 1 - rng_unit(k, position, 2 * draw);         /* (0,1] */
	double v = rng_unit(k, position, 2 * draw + 1);

	return sqrt(-2 * math_log(u)) * math_cos(6.283185307179586 * v);
}
