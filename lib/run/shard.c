#include "run/shard.h"

void
shard_cut(const uint64_t *tokens, size_t n, size_t shards, size_t *at)
{
	uint64_t total = 0, seen = 0;
	size_t i, s = 0;

	for (i = 0; i < n; i++)
		total += tokens[i];
	for (i = 0; i < n; i++) {
		/* seen / total >= s / shards, without a product that could overflow */
		while (s <= shards && (double)seen / (double)total >= (double)s / (double)shards)
			at[s++] = i;
		seen += tokens[i];
	}
	while (s <= shards)
		at[s++] = n;
}

size_t
shard_split(size_t lo, size_t hi)
{
	size_t n = 1;

	while (2 * n < hi - lo)
		n *= 2;
	return lo + n;
}

static size_t
nodes(size_t lo, size_t hi, size_t from, size_t to, struct shard_node *node, size_t k)
{
	if (hi <= from || lo >= to)
		return k;
	if (lo >= from && hi <= to) {
		node[k] = (struct shard_node){ lo, hi };
		return k + 1;
	}
	k = nodes(lo, shard_split(lo, hi), from, to, node, k);
	return nodes(shard_split(lo, hi), hi, from, to, node, k);
}

size_t
shard_nodes(size_t shards, size_t lo, size_t hi, struct shard_node *node)
{
	return lo < hi ? nodes(0, shards, lo, hi, node, 0) : 0;
}
