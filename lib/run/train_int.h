/* Between the files of train. */
#ifndef RUN_TRAIN_INT_H
#define RUN_TRAIN_INT_H

#include "base/spool.h"
#include "run/group.h"
#include "run/net.h"
#include "run/order.h"
#include "run/train.h"

#define TRAIN_CRITIC_FILE "critic.safetensors"  /* the critic's state in a save */

struct train {
	const struct train_run *r;
	struct train_state *st;
	struct net net, critic; /* critic.m NULL: none */
	struct micro mb;
	struct order order;
	struct example *x;      /* of a micro-batch, owned */
	size_t cap;
	bool recompute;         /* as asked for, or because memory would not do */
	double saved;           /* clock of the last save, or of the beginning */
	size_t shards;
	uint64_t micro;         /* tokens of a micro-batch, as asked for or as suits the device */
	struct group_item *item;        /* of a step, in the order of groups; owned */
	size_t *at;             /* (shards + 1), owned: at which item each begins */
	struct outcome *out;    /* (shards), owned */
	size_t *share;          /* (ranks + 1), owned: for comm_gather */
	struct { uint64_t steps, sent; double waited, seconds; } work;  /* of this rank, so far */
};

/* The file of the best model so far, in the part folder. */
void train_best_name(const struct train_state *st, char name[64]);
/* All ranks together; rank 0 writes. */
enum status train_save(struct train *t, struct err *e);
/* The finished model, published. */
enum status train_finish(struct train *t, struct err *e);
/* The fingerprints of the policy and the critic ("" without one). */
enum status train_prints(const struct train *t, char out[STATE_NETS][HASH_HEX], struct err *e);

/* Recompute where that is asked for, or where all activations would not fit this machine. */
enum status train_fit(struct train *t, struct err *e);
/* Tokens of a micro-batch where nobody has said. */
uint64_t train_micro(struct tc *tc);
/* Bytes of activations of a micro-batch. */
size_t train_acts_bytes(const struct train *t);
/* All ranks together: every rank has rank 0's weights. */
enum status train_check_ranks(const struct train *t, struct err *e);
/* All ranks together: what each needs, in bytes, and what a step sent and waited for. */
enum status train_say_memory(struct train *t, struct err *e);
enum status train_say_work(struct train *t, struct err *e);
/* train_hooks.c: rank 0's messages */
enum status train_tell_step(const struct train *t, const struct train_line *l, struct err *e);
void train_tell_part(const struct train *t, double part);
void train_tell_stopped(const struct train *t);
/* A step is done, before which this rank's counts were those of before. */
void train_note_step(struct train *t, const struct comm *before, double seconds);

/* Rank 0's: the records and what a pass goes on from belong to these weights; of a new pass, note
 * what it begins with in the state. */
enum status train_check_start(struct train *t, enum ckpt_plan plan, struct err *e);

/* All ranks together: measure the scores of s's responses and store them as net's
 * normalisation: mean and deviation of a sequence score; the deviation of a response's summed
 * token rewards. */
enum status train_norm(const struct objective *o, struct net *net, struct micro *mb, struct spool *s,
    struct err *e);

#endif
