/* What is optimised: the loss of a step over its examples, a micro-batch at a time.  Every
 * objective is one descriptor in a file of its own, objective_NAME.c, and a line of
 * OBJECTIVES; readers of records, options, training and metrics follow the descriptor. */
#ifndef RUN_OBJECTIVE_H
#define RUN_OBJECTIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/status.h"
#include "rl/loss_ppo.h"
#include "rl/loss_reward.h"
#include "run/example.h"
#include "run/micro.h"
#include "run/net.h"

/* All of them, in the order of their option rows. */
#define OBJECTIVES(X) X(sft) X(token) X(token_soft) X(token_mean) X(sequence) X(cost) X(dpo) X(ppo)

#define OBJECTIVE_ONE(name) OBJECTIVE_##name,
enum { OBJECTIVES(OBJECTIVE_ONE) OBJECTIVE_COUNT };
#undef OBJECTIVE_ONE

enum { OBJECTIVE_PARAMS = 4 };

struct objective {
	const struct objective_type *type;
	double param[OBJECTIVE_PARAMS]; /* the type's own options */
	struct ppo_loss ppo;
	double entropy;                 /* ppo: weight of the mean entropy */
	double value_weight;            /* ppo: of the value loss, where the critic shares the policy's backbone */
};

/* What a whole step holds; every loss is divided by it. */
struct totals {
	uint64_t examples, tokens;      /* tokens: those of the responses */
	struct reward_count reward;
};

/* What a step gave: parts of the loss as divided, sums for the metrics. */
struct outcome {
	double loss;                    /* of the net (ppo: of the policy) */
	double value;                   /* ppo: of the critic */
	double entropy;                 /* ppo: mean over tokens */
	double margin;                  /* dpo: mean */
	double right;                   /* of pairs: part in the right order */
	struct ppo_stats ppo;
};
#define OUTCOME_INIT { .ppo = PPO_STATS_INIT }
/* to += x, of another part of the same step. */
void outcome_add(struct outcome *to, const struct outcome *x);

/* One example of a micro-batch at its first row; its results are in mb->out from there on, and
 * with grad the slopes belong into mb->g. */
struct objective_at {
	struct micro *mb;
	size_t row;
	const struct example *x;
	const struct totals *t;
	bool grad;
};

/* When a field or number of a record is needed. */
enum objective_need { NEED_ALWAYS, NEED_IF_THERE, NEED_CRITIC, NEED_CONTROLLER };

struct train_line;

struct objective_type {
	const char *kind;               /* fg-update's: "reward" */
	const char *name;               /* fg-update's --objective; NULL: the kind has no other */
	enum model_head head;           /* that the model must have; HEAD_LM reads y_t before it is seen, others after */
	bool pair;                      /* two sides, worse and better; else one */
	bool cost;                      /* the token head stands for costs exp(z): stored with the model */
	bool sampled;                   /* the records are the policy's own samples: PPO's entropy and values */
	/* ex_side.f[k] of every side: F_suffix, one number a token; suffix NULL: not used.  wants says
	 * what a number has to be where fits is not NULL. */
	struct { const char *suffix; enum objective_need need; bool (*fits)(double v); const char *wants; } field[EX_FIELDS];
	/* example.num[k]: a number of the record */
	struct { const char *key; enum objective_need need; } number[EX_NUMS];
	/* objective.param[k] as an option */
	struct { const char *name, *help; double value, lo, hi; } param[OBJECTIVE_PARAMS];
	/* add to the totals; NULL: examples and tokens are enough */
	void (*count)(struct totals *t, const struct example *x);
	/* the example's part of the step's loss; stores slopes, adds to out */
	double (*loss)(const struct objective *o, const struct objective_at *a, struct outcome *out);
	/* its own members of a line of metrics, with json_put_number; NULL: none */
	void (*print)(const struct train_line *l, struct buf *b);
	/* reward models: what a response of n >= 1 logits earns, before normalisation */
	double (*score)(const float *z, size_t n);
};

/* i < OBJECTIVE_COUNT */
const struct objective_type *objective_get(size_t i);
size_t objective_index(const struct objective_type *t);
/* The one of a kind and name (NULL where the kind has no other); NULL if there is none. */
const struct objective_type *objective_find(const char *kind, const char *name);

static inline size_t
objective_reply(const struct ex_side *s)
{
	return s->n - s->prompt;
}

void objective_count(const struct objective *o, struct totals *t, const struct example *x);

/* Micro-batch x[0..n) of a step with these totals: forward, loss, and with backward the
 * gradients, added to the nets'.  critic: ppo only, may be NULL (also where the net has a
 * value head itself).  policy false leaves the policy's gradient out (the critic's warm-up:
 * of a net with a value head, all but that head's).  A loss that is not finite is
 * ST_NUMERIC and names the record.  Sums run in the order of the examples, and a micro-batch
 * holds groups whole, so the bits do not depend on how a step is cut. */
struct objective_nets { struct net *net, *critic; bool backward, policy; };
enum status objective_run(const struct objective *o, const struct objective_nets *w, struct micro *mb,
    const struct example *x, size_t n, const struct totals *t, struct outcome *out, struct err *e);
/* Compute n tokens that the sides of all examples from here on begin with (mb->prefix), and with
 * backward at the end their own part of the gradients. */
enum status objective_prefix(const struct objective_nets *w, const int32_t *id, size_t n, struct err *e);
enum status objective_prefix_end(const struct objective_nets *w, struct err *e);

#endif
