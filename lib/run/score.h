/* A model forwarded over sequences: what its head says of every token. */
#ifndef RUN_SCORE_H
#define RUN_SCORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "model/model.h"

/* SCORE_OWN: what the model folder says, costs or 2p - 1 */
enum score_reward { SCORE_OWN, SCORE_PROB, SCORE_LOGIT, SCORE_COST };

/* id (n): a prompt and, from prompt on, T = n - prompt tokens y_t; 0 < prompt < n.  out
 * (T), or one number for a sequence head:
 *   lm        log pi(y_t) of the softmax at temperature 1 / invtemp; entropy (T, or NULL)
 *             that of the same distribution; kl (T, or NULL) its exact divergence from
 *             the reference model
 *   token     (2 sigmoid(z) - 1) / sd, or z / sd, or -exp(z) / sd (loss_cost.h), read at y_t
 *   sequence  (z - mean) / sd at the last token
 *   value     z before y_t
 * A number depends on the weights and the tokens before it alone: not on the other
 * sequences, not on threads. */
struct score_seq {
	const int32_t *id;
	size_t n, prompt;
	float invtemp;
	float *out, *entropy, *kl;
};

struct scorer;

/* ref: the reference of kl, or NULL; its vocabulary must be as large.  before: a scorer of this process, or NULL, which
 * is closed after this one: weights that the two read of the same files are held once, work space too, and where only
 * their heads differ, a batch that both are given one after the other goes through the layers once.  ST_USAGE also when a
 * token head is asked for costs that has none, or for 2p - 1 and has costs.  Owned; tc is borrowed. */
enum status scorer_open(struct scorer **s, struct tc *tc, const char *dir, const char *ref, enum score_reward reward,
    struct scorer *before, struct err *e);
void scorer_close(struct scorer *s);
/* model_fingerprint of its model */
const char *scorer_fingerprint(struct scorer *s);
/* Bytes of its weights that no scorer before it has. */
size_t scorer_weights(const struct scorer *s);
/* Bytes of activations and scratch for a batch of ntok tokens. */
size_t scorer_bytes(const struct scorer *s, size_t ntok);

/* Score n sequences as one batch.  Neighbours that begin with the same tokens (samples of
 * one prompt, both sides of a pair) have these computed once, and so has what all begin with. */
enum status scorer_run(struct scorer *s, const struct score_seq *q, size_t n, struct err *e);

#endif
