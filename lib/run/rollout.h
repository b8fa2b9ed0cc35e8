/* Sampling with continuous batching: as soon as a response ends, the next one gets its slot of the
 * KV cache, and every step computes the next token of all of them at once. */
#ifndef RUN_ROLLOUT_H
#define RUN_ROLLOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/rng.h"
#include "base/status.h"
#include "model/model.h"
#include "rl/sample.h"
#include "token/token.h"

struct rollout_opt {
	size_t slots;                   /* responses that are computed together */
	size_t prefill;                 /* tokens of prompts that join a step, or one prompt */
	struct sample_opt sample;
	/* a response ends with the token that completes one of these; tok gives the bytes */
	const char *const *stop;
	size_t nstop;
	const struct tokenizer *tok;
};

enum rollout_end { ROLLOUT_RUNNING, ROLLOUT_EOS, ROLLOUT_STOP, ROLLOUT_LENGTH };

/* One response.  The result depends only on prompt, key, max and the options. */
struct rollout_job {
	/* set by the caller and kept until the job ends */
	const int32_t *prompt;          /* (np), np > 0 */
	size_t np, max;                 /* most tokens of the response, > 0 */
	uint64_t group;                 /* jobs of one group have the same prompt */
	struct rng_key key;             /* token t is drawn at position t */
	const char *name;               /* for messages */
	/* results: valid once end is not ROLLOUT_RUNNING; rollout_job_free */
	enum rollout_end end;
	int32_t *id;                    /* (n) */
	float *logprob;                 /* (n) of the full distribution; greedy: at temperature 1 */
	float *value;                   /* (n) before each token, of a value head beside the model's, else NULL */
	size_t n, cap;
	/* inside */
	struct buf tail;
	struct rollout_job *next;
};
void rollout_job_free(struct rollout_job *j);

struct rollout_stat { uint64_t steps, prompt, tokens; };

struct rollout;
/* Owned; m is borrowed.  o is copied, what it points to is borrowed. */
enum status rollout_open(struct rollout **r, struct model *m, const struct rollout_opt *o, struct err *e);
void rollout_close(struct rollout *r);

/* Would more jobs find free slots? */
bool rollout_wants(const struct rollout *r);
void rollout_add(struct rollout *r, struct rollout_job *j);

/* One token for every job that has a slot.  ST_NUMERIC names the job. */
enum status rollout_step(struct rollout *r, struct err *e);
const struct rollout_stat *rollout_stat(const struct rollout *r);
/* Bytes of cache, logits and activations now. */
size_t rollout_bytes(const struct rollout *r);

#endif
