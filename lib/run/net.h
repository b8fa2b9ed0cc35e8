/* A model in training: its masters, gradient and moments, and their file
 * (optimizer.safetensors: exp_avg.NAME, exp_avg_sq.NAME, master.NAME). */
#ifndef RUN_NET_H
#define RUN_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "model/model.h"
#include "optim/adamw.h"
#include "run/comm.h"
#include "run/shard.h"

/* Pending levels of the tree, and a rank's nodes. */
enum { NET_NODES = 64, NET_STASHES = 2 * NET_NODES };

struct net {
	struct model *m;        /* owned */
	struct acts *acts;      /* owned */
	struct comm *comm;      /* borrowed: the ranks that share the step */
	float *grad;            /* (size), owned, in the context's memory, as the moments are */
	float *mom, *sq;        /* (hi - lo), owned: of elements lo..hi), this rank's share */
	size_t size;            /* model_train_size */
	size_t lo, hi;
	float *stash[NET_STASHES];      /* (size), owned, NULL until needed: sums of shards that wait */
	uint64_t updates;       /* optimizer steps that the moments hold */
	uint64_t value_updates; /* those of a value head beside the language model's */
};

/* Open folder dir for training on every rank of comm; moments are zero.  Of a shared critic's
 * folder this is the policy with the value head beside it. */
enum status net_open(struct net *n, struct tc *tc, struct comm *comm, const char *dir, bool recompute,
    struct err *e);
void net_close(struct net *n);

/* Bytes of the model, its gradient and moments, and of activations for ntok tokens. */
size_t net_bytes(const struct net *n);
size_t net_acts_bytes(const struct net *n, bool recompute, size_t ntok);
/* From now on keep less of them, and compute them twice. */
enum status net_recompute(struct net *n, struct err *e);
/* Those of gradients that wait to be added, and of what other ranks send. */
size_t net_sum_bytes(const struct net *n, size_t shards);

/* ---- sums of shards ---- */
/* Put the gradient away at place k, and begin another from zero. */
enum status net_stash(struct net *n, size_t k, struct err *e);
/* gradient += what was put away at place k. */
void net_unstash(struct net *n, size_t k);
/* All ranks together: the sum over the tree of all shards, of the nodes that each rank has
 * (shard_nodes of its share of the shards: put away from place NET_NODES on, the last one in
 * grad), into elements lo..hi) of grad. */
enum status net_combine(struct net *n, size_t shards, struct err *e);

/* What clipping and the update do to one gradient. */
struct net_update {
	const struct adamw *adam;
	double lr, clip;
	double value_lr;        /* of a value head beside the language model's */
	bool value_only;        /* leave all but that head alone */
	double norm;            /* out: global norm before clipping */
};
/* All ranks together: clip, update each its share of the masters, gather them, refresh the
 * weights, zero the gradient.  A gradient that is not finite is ST_NUMERIC, names the tensor,
 * and changes nothing. */
enum status net_update(struct net *n, struct net_update *u, struct err *e);

/* All ranks together; rank 0 writes.  Write dir/file: moments, and the masters when asked for or when
 * the weights are not kept in f32; read it back, every rank by itself.  ST_INPUT when the file does not
 * fit the model; a value head beside the language model's may be new to the file. */
#define NET_FILE "optimizer.safetensors"
enum status net_save(const struct net *n, const char *dir, const char *file, bool masters, struct err *e);
enum status net_load(struct net *n, const char *dir, const char *file, struct err *e);

#endif
