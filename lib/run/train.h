/* One pass of optimisation: steps over a spool of examples, saves, evaluation, the
 * finished folder.  Killed at any moment and run again, it gives the same bytes as a
 * run without a stop. */
#ifndef RUN_TRAIN_H
#define RUN_TRAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/status.h"
#include "optim/adamw.h"
#include "optim/schedule.h"
#include "run/checkpoint.h"
#include "run/comm.h"
#include "run/objective.h"
#include "base/spool.h"

struct train_opt {
	struct objective objective;
	const char *model, *critic;     /* folders to start from; critic NULL: none */
	bool shared;                    /* critic is a value head on model's own backbone */
	uint64_t epochs, steps;         /* steps 0: as many as the epochs have */
	uint64_t batch, minibatches;    /* examples a step; or steps an epoch */
	uint64_t micro;                 /* tokens that are forwarded together; 0: as suits the device */
	uint64_t shards;                /* of a step's gradient (shard.h); at least the ranks */
	uint64_t seed, save_every, eval_every;
	uint64_t critic_warmup;         /* first steps that leave the policy alone */
	double save_seconds;            /* between saves, beside save_every; 0: none by time */
	bool recompute;
	struct adamw adam;
	struct schedule schedule;       /* total 0: the pass's steps */
	double critic_lr, clip, target_kl;
	/* the adaptive KL controller; target 0: none */
	double kl_target, kl_horizon;
	const char *policy;             /* fingerprint that sampled the records, or NULL */
	/* reward: records whose scores set the stored normalisation, or NULL */
	struct spool *norm;
};

/* A line of metrics for a step. */
struct train_line {
	uint64_t step, epoch;           /* from 1, over all passes; of this pass */
	uint64_t done, total;           /* of this pass */
	struct totals t;
	struct outcome o;
	double lr, critic_lr, norm, critic_norm, seconds;
	bool critic, shared, evaluated;
	double eval;                    /* loss on the held-out examples */
};
/* Append l as one JSON object. */
enum status train_print(const struct objective *o, const struct train_line *l, struct buf *b, struct err *e);

/* What the caller does for the pass. */
enum train_say {
	TRAIN_NOTE,     /* for who wants to know more */
	TRAIN_NEWS,     /* for who has not asked for silence */
	TRAIN_ALERT     /* in any case */
};
struct train_hooks {
	void *ctx;
	/* Is the run to end now?  Then it saves where it stands, and says so. */
	bool (*stop)(void *ctx);
	/* how far it is: done of total steps, and what of the present one */
	void (*progress)(void *ctx, const char *what, uint64_t done, uint64_t total);
	/* the metrics of a step, one JSON object; NULL: they are not wanted */
	enum status (*line)(void *ctx, const char *json, size_t n, struct err *e);
	/* bytes of metrics so far; cut them back to n (a resumed run; 0: a new one) */
	uint64_t (*metrics)(void *ctx);
	enum status (*cut)(void *ctx, uint64_t n, struct err *e);
	void (*say)(void *ctx, enum train_say how, const char *text);
};

/* Hooks that do nothing: those of every rank but the first. */
extern const struct train_hooks train_no_hooks;
/* Say what has been decided: CKPT_DONE, that nothing is left to do, since out has had pass loop (0: no loop);
 * CKPT_RESUME, that the run goes on after step done. */
void train_tell_plan(const struct train_hooks *h, const char *out, uint64_t loop, enum ckpt_plan plan, uint64_t done);

/* Run the pass that plan and st (of ckpt_decide) describe to its end, and publish. data
 * and eval (or NULL) have ended.  Every rank of comm calls it with the same options, records,
 * plan and state; the checkpoint and the hooks are rank 0's (the others': NULL, and hooks that
 * do nothing), and source and part are its paths. */
struct train_run {
	const struct train_opt *o;
	struct tc *tc;
	struct comm *comm;
	struct ckpt *c;
	const char *source, *part;      /* ckpt_source, ckpt_part */
	enum ckpt_plan plan;
	struct train_state *st;
	struct spool *data, *eval;
	const struct train_hooks *h;
	bool *stopped;                  /* set where the hook has ended the run; NULL: not wanted */
};
enum status train_run(const struct train_run *r, struct err *e);

#endif
