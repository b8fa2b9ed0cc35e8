/* Proximal policy optimisation: the clipped losses (Schulman et al. 2017, eq. 7), with
 * the second clip of Ye et al. 2020 and a clipped value loss. */
#ifndef RL_LOSS_PPO_H
#define RL_LOSS_PPO_H

#include <stddef.h>
#include <stdint.h>

struct ppo_loss {
	double clip;            /* eps: the ratio's range is 1 - eps .. 1 + eps */
	double clip_high;       /* its upper half; 0: clip */
	double dual;            /* c of the second clip, > 1; 0: none */
	double value_clip;      /* eps_v; 0: none */
};

/* Sums over tokens, for the metrics; start from PPO_STATS_INIT. */
struct ppo_stats {
	double ratio_min, ratio_max, ratio, clipped, k1, k3;
	double value_clipped, err, err2, ret, ret2;
	uint64_t n;             /* tokens of the policy's sums */
};
#define PPO_STATS_INIT { .ratio_min = 1e300, .ratio_max = -1e300 }
/* to += x: the sums of other tokens */
void ppo_stats_add(struct ppo_stats *to, const struct ppo_stats *x);

/* n tokens: logprob now, old as sampled, advantage -> their part of the step's loss, the
 * sum of max(-A r, -A clip(r)) / total, r = exp(clamp(logprob - old, -20, 20)); with
 * dual and A < 0 at most -dual A.  g (n, or NULL) = dL/dlogprob, 0 where a clip holds. */
double ppo_policy_loss(const struct ppo_loss *o, double total, const float *logprob,
    const float *old, const float *advantage, size_t n, float *g, struct ppo_stats *s);

/* 1/2 sum of max((V-R)^2, (V_old + clamp(V - V_old, -eps_v, eps_v) - R)^2) / total.
 * old may be NULL when value_clip is 0.  g (n, or NULL) = dL/dV. */
double ppo_value_loss(const struct ppo_loss *o, double total, const float *value,
    const float *old, const float *ret, size_t n, float *g, struct ppo_stats *s);

#endif
