/* Choosing the next token from a row of logits. */
#ifndef RL_SAMPLE_H
#define RL_SAMPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tensor/tensor.h"

/* Applied in this order: the repetition penalty divides positive logits of tokens that
 * were seen and multiplies negative ones (Keskar et al. 2019); temperature; then a token
 * stays if it is among the top_k most likely, among the fewest whose probability reaches
 * top_p (Holtzman et al. 2020; of what top_k left), and at least min_p times as likely as
 * the most likely one (Nguyen et al. 2024).  Of equal logits the lower id comes first. */
struct sample_opt {
	bool greedy;            /* the most likely token; only the penalty counts */
	float invtemp;
	uint64_t top_k;         /* 0: all */
	double top_p, min_p;    /* 1 and 0: all */
	double repetition;      /* 1: none */
};

/* Tokens that were seen: prompt and response. */
struct sample_seen { const int32_t *a, *b; size_t na, nb; };

/* Working memory for a vocabulary of v. */
size_t sample_bytes(size_t v);

/* A token of logits (v); u is uniform in [0,1). mem: sample_bytes(v), 64-aligned. What is
 * chosen depends on the arguments alone.  *logprob: of the full distribution at invtemp
 * (greedy: at 1), as row_logprob has it. */
int32_t sample_pick(const struct tc *tc, const struct sample_opt *o, const float *logits, size_t v,
    const struct sample_seen *seen, double u, void *mem, float *logprob);

#endif
