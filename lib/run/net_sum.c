/* The sums of a step's shards: put away, added by the tree, and exchanged between ranks,
 * each of which ends with its share of the whole. */
#include <stdlib.h>
#include <string.h>

#include "run/net_int.h"

enum status
net_stash(struct net *n, size_t k, struct err *e)
{
	struct tc *tc = model_tc(n->m);
	size_t bytes = n->size * sizeof(float);
	float *p = n->stash[k];

	if (!p && !(p = tc_alloc(tc, bytes)))
		return err_nomem(e);
	/* the old content is not needed any more: it becomes the next gradient */
	n->stash[k] = n->grad;
	n->grad = p;
	tc_zero(tc, p, bytes);
	return ST_OK;
}

void
net_unstash(struct net *n, size_t k)
{
	add_fwd(model_tc(n->m), n->grad, n->stash[k], n->size);
}

void
net_stash_free(struct net *n)
{
	size_t k;

	for (k = 0; k < NET_STASHES; k++)
		if (n->stash[k])
			tc_free(model_tc(n->m), n->stash[k], n->size * sizeof(float));
}

enum status
net_gather(struct net *n, float *p, struct err *e)
{
	struct tc *tc = model_tc(n->m);
	size_t *at, r, bytes = n->size * sizeof(float);
	float *host = p;

	if (n->comm->size == 1)
		return ST_OK;
	if (!(at = calloc((size_t)n->comm->size + 1, sizeof(*at))))
		return err_nomem(e);
	for (r = 0; r <= n->comm->size; r++)
		at[r] = net_share(n, r) * sizeof(float);
	if (!tc_is_host(tc) && !(host = big_alloc(bytes))) {
		free(at);
		return err_nomem(e);
	}
	if (host != p)
		tc_get(tc, host + n->lo, p + n->lo, (n->hi - n->lo) * sizeof(float));
	if (!comm_gather(n->comm, host, at, e) && host != p)
		tc_put(tc, p, host, bytes);
	if (host != p)
		big_free(host, bytes);
	free(at);
	return e->code;
}

size_t
net_sum_bytes(const struct net *n, size_t shards)
{
	struct shard_node node[SHARD_NODES];
	const struct comm *c = n->comm;
	size_t rank = c->rank, lo = comm_share(c, shards, 1, rank), hi = comm_share(c, shards, 1, rank + 1);
	size_t mine = shard_nodes(shards, lo, hi, node), pending = 0, room = 0, i, r, k, depth;

	/* a sum of k leaves waits at as many levels as halvings of k */
	for (i = 0; i < mine; i++) {
		for (depth = 0, k = 1; k < node[i].hi - node[i].lo; k *= 2)
			depth++;
		pending = depth > pending ? depth : pending;
	}
	for (r = 0; r < c->size && c->size > 1; r++)
		room += shard_nodes(shards, comm_share(c, shards, 1, r), comm_share(c, shards, 1, r + 1), node);
	return ((pending + (mine ? mine - 1 : 0)) * n->size + room * (n->hi - n->lo)) * sizeof(float);
}

/* ---- between ranks ---- */

/* What has come: this rank's share of every node of every rank. */
struct nodes {
	const struct net *n;
	size_t shards, len;             /* len: floats of a share */
	size_t most, all;               /* nodes of the rank with most, and of all ranks */
	size_t *count;                  /* (ranks) nodes of each */
	struct got { struct shard_node node; float *p; } *got;  /* (all), round by round */
	float *room;                    /* (all, len) */
	size_t *to, *from;              /* (ranks + 1) bytes */
};

static size_t
nodes_of(const struct nodes *w, size_t rank, struct shard_node *node)
{
	const struct comm *c = w->n->comm;

	return shard_nodes(w->shards, comm_share(c, w->shards, 1, rank), comm_share(c, w->shards, 1, rank + 1), node);
}

static void
nodes_free(struct nodes *w)
{
	big_free(w->room, w->all * w->len * sizeof(float));
	free(w->count);
	free(w->got);
	free(w->to);
	free(w->from);
}

static enum status
nodes_new(struct nodes *w, struct net *n, size_t shards, struct err *e)
{
	struct shard_node node[SHARD_NODES];
	size_t size = n->comm->size, r;

	*w = (struct nodes){ .n = n, .shards = shards, .len = n->hi - n->lo };
	w->count = calloc(size, sizeof(*w->count));
	w->to = calloc(size + 1, sizeof(*w->to));
	w->from = calloc(size + 1, sizeof(*w->from));
	if (!w->count || !w->to || !w->from)
		return err_nomem(e);
	for (r = 0; r < size; r++) {
		w->count[r] = nodes_of(w, r, node);
		w->most = w->count[r] > w->most ? w->count[r] : w->most;
		w->all += w->count[r];
	}
	w->got = calloc(w->all, sizeof(*w->got));
	w->room = big_alloc(w->all * w->len * sizeof(float));
	return w->got && w->room ? ST_OK : err_nomem(e);
}

/* Round j: node j of every rank that has as many.  Returns how many places were filled. */
static size_t
lay_out(struct nodes *w, size_t j, size_t at)
{
	struct shard_node node[SHARD_NODES];
	size_t size = w->n->comm->size, r, k = 0;

	for (r = 0; r < size; r++) {
		bool has = w->count[r] > j;

		if (has) {
			nodes_of(w, r, node);
			w->got[at + k] = (struct got){ node[j], w->room + (at + k) * w->len };
			k++;
		}
		w->from[r + 1] = k * w->len * sizeof(float);
		w->to[r] = (w->count[w->n->comm->rank] > j ? net_share(w->n, r) : 0) * sizeof(float);
	}
	w->to[size] = (w->count[w->n->comm->rank] > j ? w->n->size : 0) * sizeof(float);
	return k;
}

/* The sum over leaves lo..hi), in the place of its leftmost part. */
static float *
fold(struct nodes *w, size_t lo, size_t hi)
{
	float *l, *r;
	size_t i, mid;

	for (i = 0; i < w->all; i++)
		if (w->got[i].node.lo == lo && w->got[i].node.hi == hi)
			return w->got[i].p;
	mid = shard_split(lo, hi);
	l = fold(w, lo, mid);
	r = fold(w, mid, hi);
	for (i = 0; i < w->len; i++)
		l[i] += r[i];
	return l;
}

static enum status
exchange(struct nodes *w, struct net *n, struct err *e)
{
	struct tc *tc = model_tc(n->m);
	size_t mine = w->count[n->comm->rank], bytes = n->size * sizeof(float), at = 0, j, k;
	const float *from;
	float *host = NULL;

	if (!tc_is_host(tc) && !(host = big_alloc(bytes)))
		err_nomem(e);
	if (comm_agree(n->comm, e))
		goto out;
	for (j = 0; j < w->most; j++, at += k) {
		k = lay_out(w, j, at);
		from = j < mine ? tc_read(tc, j + 1 < mine ? n->stash[NET_NODES + j] : n->grad, bytes, host) : NULL;
		if (comm_exchange(n->comm, from, w->to, w->room + at * w->len, w->from, e))
			goto out;
	}
	tc_put(tc, n->grad + n->lo, fold(w, 0, w->shards), w->len * sizeof(float));
out:
	if (host)
		big_free(host, bytes);
	return e->code;
}

enum status
net_combine(struct net *n, size_t shards, struct err *e)
{
	struct nodes w;

	e->code = ST_OK;
	if (n->comm->size == 1)
		return ST_OK;
	nodes_new(&w, n, shards, e);
	if (!comm_agree(n->comm, e))
		exchange(&w, n, e);
	nodes_free(&w);
	return e->code;
}
