/* Advantages. */
#ifndef RL_GAE_H
#define RL_GAE_H

#include <stddef.h>
#include <stdint.h>

/* Generalised advantage estimation (Schulman et al. 2016, eq. 16):
 *   delta_t = R_t + gamma V_{t+1} - V_t,  A_t = delta_t + gamma lambda A_{t+1},  V_T = 0;
 * ret = A + V, before any whitening.  reward, value (n) -> advantage, ret (n). */
void gae(double gamma, double lambda, const double *reward, const float *value, size_t n,
    float *advantage, float *ret);

/* Sums over all tokens of an input, for whitening; two passes, in the records' order. */
struct whiten { uint64_t n; double sum, mean, dev; };
void whiten_add(struct whiten *w, const float *x, size_t n);    /* first pass */
void whiten_mean(struct whiten *w);
void whiten_add_deviation(struct whiten *w, const float *x, size_t n);  /* second */
/* x = (x - mean) / sqrt(var + 1e-8), var Bessel-corrected. */
void whiten(const struct whiten *w, float *x, size_t n);

/* Group-relative advantages: a response against the others of its prompt. */
enum group_kind {
	GROUP_NONE,
	GROUP_GRPO,     /* (R - mean) / (sd + 1e-4)   (Shao et al. 2024, eq. 4) */
	GROUP_RLOO      /* R - mean of the others     (Ahmadian et al. 2024, eq. 8) */
};
struct group { uint64_t n; double sum, sumsq; };
double group_advantage(enum group_kind kind, const struct group *g, double total);

#endif
