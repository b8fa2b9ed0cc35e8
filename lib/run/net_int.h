/* Between the files of a net. */
#ifndef RUN_NET_INT_H
#define RUN_NET_INT_H

#include "run/net.h"

/* Where rank r's share of the elements begins: a multiple of 16, as sums are cut. */
static inline size_t
net_share(const struct net *n, size_t r)
{
	return comm_share(n->comm, n->size, 16, r);
}

/* Whether p is of a value head beside the language model's. */
bool net_is_value(const struct net *n, const struct param *p);
/* The elements lo..hi) of p that are this rank's; false if none is. */
bool net_part(const struct net *n, const struct param *p, size_t *lo, size_t *hi);
/* Every rank's share of p (size), in the context's memory, to all. */
enum status net_gather(struct net *n, float *p, struct err *e);
void net_stash_free(struct net *n);

#endif
