/* What lib/stage/advantage*.c share. */
#ifndef STAGE_ADVANTAGE_INT_H
#define STAGE_ADVANTAGE_INT_H

#include "base/hash.h"
#include "base/spool.h"
#include "rl/gae.h"

/* One response: numbers of its tokens, its shaped total, and the record's line. */
struct adv_item {
	struct hash128 prompt;          /* of the id, else of the prompt: names the group */
	double total;
	size_t n;                       /* tokens */
	const float *advantage, *ret, *kl;      /* (n); ret and kl NULL: none */
	const char *line;
	size_t len;
};

/* b is scratch. */
enum status adv_put(struct spool *s, const struct adv_item *x, struct buf *b, struct err *e);
/* Views into the spool. */
void adv_get(const struct spool *s, size_t i, struct adv_item *x);

/* Groups by prompt, in memory: about 60 bytes a prompt.  Owned. */
struct adv_groups;
enum status adv_groups_new(struct adv_groups **g, struct err *e);
void adv_groups_free(struct adv_groups *g);
enum status adv_groups_add(struct adv_groups *g, struct hash128 prompt, double total, struct err *e);
/* Groups of one. */
uint64_t adv_groups_alone(const struct adv_groups *g);
/* NULL for a prompt that was not added. */
const struct group *adv_groups_get(const struct adv_groups *g, struct hash128 prompt);

/* Sums over the responses. */
struct adv_metrics {
	uint64_t n, tokens, ended;
	double reward, score, kl, total;        /* sums over responses */
	double t, t2, s2, ts;                   /* lengths, rewards, and their product */
	double err, err2, ret, ret2;            /* of values against returns, over tokens */
	double references, reference;           /* references that were seen, and their tokens */
	double ratio;                           /* of lengths, response to reference; NAN: not known */
	bool far;                               /* it is beyond the stated factor */
};
void adv_metrics_add(struct adv_metrics *m, size_t n, double reward, double score, double kl, double total,
    bool ended);
void adv_metrics_values(struct adv_metrics *m, const float *value, const float *ret, size_t n);
/* m has at least one response */
enum status adv_metrics_print(const struct adv_metrics *m, double beta, struct buf *b, struct err *e);

#endif
