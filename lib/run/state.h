/* trainer_state.json: how far a training run is.  A folder is a complete checkpoint
 * when this file is in it: it is written last. */
#ifndef RUN_STATE_H
#define RUN_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/status.h"

enum { STATE_NETS = 2 };

struct train_state {
	char digest[HASH_HEX];          /* of the pass's input and options */
	char start[STATE_NETS][HASH_HEX];       /* weights that the pass began with */
	char weights[STATE_NETS][HASH_HEX];     /* weights in this folder, when finished */
	char shape[STATE_NETS][HASH_HEX];       /* of what else makes the nets what they are; "": not known */
	char head[STATE_NETS][HASH_HEX];        /* a shared critic's head, when it began and when finished */
	uint64_t serial;                /* one more than that of the folder it replaces */
	uint64_t pass;                  /* passes before this one */
	/* the pass's number in a loop, as its caller counts, and the kind of training ("ppo");
	 * loop 0: it is in none */
	uint64_t loop;
	char loop_kind[16];
	uint64_t base;                  /* optimizer steps of those passes */
	uint64_t done;                  /* steps of this pass */
	uint64_t total;                 /* steps that this pass was planned to have */
	uint64_t adam[STATE_NETS];      /* updates that each net's moments have had */
	bool finished;
	bool stopped;                   /* ended early by --target-kl */
	uint64_t metrics;               /* bytes of the metrics file; 0 when finished */
	/* the best evaluation so far, and the step it was made at (0: none) */
	double best;
	uint64_t best_done, best_adam;
	/* the adaptive KL controller; beta is the next rollout's */
	bool controller;
	double beta, target, horizon;
};

/* Append st as JSON, with a newline. */
enum status state_print(const struct train_state *st, struct buf *b, struct err *e);

/* Read DIR/trainer_state.json: *found false and ST_OK when there is none. */
enum status state_read(struct train_state *st, const char *dir, bool *found, struct err *e);

/* Write DIR/trainer_state.json and make it last: synced, then the folder synced. */
enum status state_write(const struct train_state *st, const char *dir, struct err *e);

#endif
