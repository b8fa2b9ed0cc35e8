/* Statistics of verdicts and of reward models: rates and paired differences with
 * bootstrap intervals.  Every draw is keyed (base/rng.h) and prompts are ordered by
 * their hash, so an interval depends on the verdicts and the seed alone, not on the
 * order they came in. */
#ifndef STAT_WINRATE_H
#define STAT_WINRATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/status.h"

/* An estimate with its 95% interval (percentile bootstrap).  NAN where there is
 * nothing to estimate. */
struct interval { double value, low, high; };

/* ---- verdicts ---- */

/* One verdict.  A candidate's answers to the same prompt with the same run (training
 * seed) and point (checkpoint) are averaged.  kl and the lengths may be NAN. */
struct verdict {
	const char *candidate, *run;
	double point;           /* 0 where there is one checkpoint */
	struct hash128 prompt;
	double win;             /* 0..1, a tie is 0.5 */
	double kl;              /* KL from the reference policy, summed over the response */
	double length, reference_length;
};

struct winrate;

enum status winrate_open(struct winrate **w, struct err *e);    /* owned */
void winrate_close(struct winrate *w);
enum status winrate_add(struct winrate *w, const struct verdict *v, struct err *e);

/* Order what was added and make the bootstrap's draws.  With more than one run both
 * prompts and runs are drawn anew (Owen 2007, the pigeonhole bootstrap: somewhat wide,
 * never too narrow); with one run the prompts alone.  No verdicts is ST_INPUT, and so
 * are more than 2^25 cells of candidates x points x runs x prompts. */
enum status winrate_build(struct winrate *w, uint64_t draws, uint64_t seed, struct err *e);

/* Candidates in the order they first came. */
size_t winrate_candidates(const struct winrate *w);
const char *winrate_name(const struct winrate *w, size_t c);

/* A candidate's last point over all its runs.  Rates are fractions. */
struct winrate_row {
	size_t verdicts, prompts, runs;
	struct interval win;
	double ties;                    /* fraction of verdicts at exactly one half */
	struct interval controlled;     /* length-controlled; NAN without lengths */
	double kl, length;              /* means; NAN if unknown */
	struct interval matched;        /* win rate at the KL asked for; NAN without KL */
};

/* A minus B against the same reference, over the prompts and runs both have. */
struct winrate_diff {
	size_t prompts, runs;
	struct interval win;
	size_t better, worse;           /* prompts, by the mean over runs */
	double p;                       /* two-sided exact sign test over them; 1 if none */
	struct interval controlled;
	struct interval matched;
};

/* The largest KL that every candidate reaches; NAN if one has none. */
double winrate_common_kl(const struct winrate *w);

/* kl: where to read the matched win rate: linear between a candidate's points over
 * sqrt(KL) (Gao, Schulman, Hilton 2022), from the reference itself, which wins one
 * half at KL 0.  NAN where the candidate does not reach it.  The intervals of the
 * length-controlled rate come from one Newton step a draw, those of the matched rate
 * hold the points' KL fixed. */
enum status winrate_row(struct winrate *w, size_t c, double kl, struct winrate_row *o, struct err *e);
enum status winrate_diff(struct winrate *w, size_t a, size_t b, double kl, struct winrate_diff *o, struct err *e);
/* The difference in run r alone (runs in the order they came); NAN if not both have it. */
size_t winrate_runs(const struct winrate *w);
double winrate_diff_run(const struct winrate *w, size_t a, size_t b, size_t r);

/* ---- pieces ---- */

/* Two-sided exact sign test: probability of a split at least as uneven as
 * better : worse under a fair coin. */
double winrate_sign_test(uint64_t better, uint64_t worse);

/* x[0..n) sorted in place, NANs dropped; 95% percentile interval around value, with
 * linear interpolation between order statistics (Hyndman and Fan's type 7). */
struct interval winrate_percentiles(double value, double *x, size_t n);

/* count[i] of n draws with replacement from n; draw and axis key them. */
void winrate_resample(uint32_t *count, size_t n, uint64_t seed, uint64_t axis, uint64_t draw);

/* Length control as AlpacaEval 2 has it (Dubois et al. 2024): win ~ sigmoid(theta +
 * phi tanh(d / sd(d))), d the difference in length, fitted by Newton's method with a
 * ridge of 1e-3 on both; the rate is sigmoid(theta), what the win rate would be at
 * equal lengths.  Its term for the difficulty of an instruction is left out, since
 * it needs the verdicts of many models.  weight may be NULL. */
struct length_fit { double theta, phi; };
void winrate_length_fit(struct length_fit *f, const double *win, const double *x,
    const double *weight, size_t n);

/* ---- reward models (winrate_reward.c) ---- */

struct rewardstat;

enum status rewardstat_open(struct rewardstat **s, struct err *e);      /* owned */
void rewardstat_close(struct rewardstat *s);

/* One pair.  With token rewards: label and reward of both sides (n each), copied; with a
 * sequence score: tokens 0, the scores and lengths. */
struct pair_side {
	const float *reward;    /* (n) or NULL */
	const int32_t *label;   /* (n) -1, 0, 1, or NULL: all 0 */
	size_t n;
	double score;           /* where reward is NULL */
	double length;
};
enum status rewardstat_add(struct rewardstat *s, const struct hash128 *key,
    const struct pair_side *chosen, const struct pair_side *rejected, struct err *e);

struct rewardstat_result {
	size_t pairs, tokens_minus, tokens_plus, tokens_kept;
	struct interval auc_minus;      /* rejected: -1 against 0, by -r */
	struct interval auc_plus;       /* chosen: +1 against 0, by r */
	struct interval by_sum;         /* pair accuracy; ties one half */
	struct interval by_mean;
	double kept;                    /* mean |r| on unedited tokens */
	double ece;                     /* see rewardstat_run */
	double length_correlation;      /* Pearson, summed reward or score with length */
};

/* Intervals: bootstrap over pairs.  ECE over ten equal bins: with token rewards of
 * p = (r + 1) / 2 as the probability of +1 among the edited tokens; with scores of
 * sigmoid(s_w - s_l) as the probability that the pair is ordered right, folded to
 * 0.5..1.  A figure that does not exist is NAN. */
enum status rewardstat_run(struct rewardstat *s, uint64_t draws, uint64_t seed,
    struct rewardstat_result *o, struct err *e);

#endif
