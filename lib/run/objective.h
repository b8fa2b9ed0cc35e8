/* What is optimised: the loss of a step over its examples, a micro-batch at a time. */
#ifndef RUN_OBJECTIVE_H
#define RUN_OBJECTIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "rl/loss_ppo.h"
#include "rl/loss_reward.h"
#include "run/example.h"
#include "run/micro.h"
#include "run/net.h"

enum objective_kind { OBJ_SFT, OBJ_REWARD, OBJ_DPO, OBJ_PPO };

struct objective {
	enum objective_kind kind;
	struct reward_loss reward;
	double beta, smoothing;         /* dpo */
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
	double right;                   /* reward, dpo: part of pairs in the right order */
	struct ppo_stats ppo;
};
#define OUTCOME_INIT { .ppo = PPO_STATS_INIT }

/* The head a model must have. */
enum model_head objective_head(const struct objective *o);

void objective_count(const struct objective *o, struct totals *t, const struct example *x);

/* Micro-batch x[0..n) of a step with these totals: forward, loss, and with backward the
 * gradients, added to the nets'.  critic: ppo only, may be NULL (also where the net has a
 * value head itself).  policy false leaves the policy's gradient out (the critic's warm-up:
 * of a net with a value head, all but that head's).  A loss that is not finite is
 * ST_NUMERIC and names the record.  Sums run in record order, so the bits do not depend
 * on how a step is cut. */
struct objective_nets { struct net *net, *critic; bool backward, policy; };
enum status objective_run(const struct objective *o, const struct objective_nets *w, struct micro *mb,
    const struct example *x, size_t n, const struct totals *t, struct outcome *out, struct err *e);

#endif
