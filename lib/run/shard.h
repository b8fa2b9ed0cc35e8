/* The gradient of a step as shards: its records are cut into S runs, each run is a chain of
 * its own, and the S results are added by one tree.  The cut and the tree depend on the
 * step's records and on S alone, so that the bytes do not depend on how many processes
 * share the shards. */
#ifndef RUN_SHARD_H
#define RUN_SHARD_H

#include <stddef.h>
#include <stdint.h>

/* The cut: given how many tokens each of n records has, at[s] is the first record of shard s
 * (at[S] = n): the first that has at least s/S of the tokens before it.  A shard may be empty. */
void shard_cut(const uint64_t *tokens, size_t n, size_t shards, size_t *at);

/* The tree over leaves lo..hi): a left part of the largest power of two below their number,
 * and the rest.  Where the right part begins; hi - lo is at least 2. */
size_t shard_split(size_t lo, size_t hi);

/* A node: the sum over leaves lo..hi). */
struct shard_node { size_t lo, hi; };
/* The largest nodes of the tree over 0..shards) that lie within lo..hi), in order; at most
 * SHARD_NODES.  Returns how many. */
enum { SHARD_NODES = 128 };
size_t shard_nodes(size_t shards, size_t lo, size_t hi, struct shard_node *node);

#endif
