/* Rewards of sampled responses to advantages and returns: whitening and groups need the whole
 * input, so the records are read once into a spool and then written. */
#ifndef STAGE_ADVANTAGE_H
#define STAGE_ADVANTAGE_H

#include "rl/gae.h"
#include "rl/kl.h"
#include "rl/shape.h"
#include "stage/stream.h"

struct advantage_opt {
	const char *field;              /* the sampled text F */
	struct shape shape;             /* F_reward, F_score and the KL are read where they weigh */
	double gamma, lambda;
	enum kl_kind estimator;         /* KL_FULL: F_kl, else from F_logprob and F_ref_logprob */
	enum group_kind group;          /* by id, else by prompt; GROUP_NONE: F_value is needed */
	bool whiten;                    /* with GROUP_NONE alone */
	double reference_length;        /* mean tokens of the reference's responses; 0: of reference_ids, where
	                                 * records have them */
	double length_factor;           /* how many times longer or shorter is worth a warning */
};

struct advantage;

/* Owned; o is copied, its field borrowed. */
enum status advantage_new(struct advantage **a, const struct advantage_opt *o, struct err *e);
void advantage_free(struct advantage *a);

/* Read the stream to its end and reject records that lack something.  ST_INPUT when expect is not 0
 * and not the number of records. */
enum status advantage_read(struct advantage *a, const struct stream *in, uint64_t expect, struct err *e);

/* Write every record with F_advantage, F_return (GROUP_NONE), F_kl (where there is one) and beta.  ST_NUMERIC
 * names the record whose number is not finite. */
enum status advantage_write(struct advantage *a, const struct stream *out, struct err *e);

/* How many responses are alone in their group, with no other to compare them with. */
uint64_t advantage_alone(const struct advantage *a);

/* Means over the responses as one JSON object, appended to b, which is empty; a mean that does not
 * exist is null.  length_ratio and length_far are there where the reference's length is known.
 * Nothing is appended when there was no response. */
enum status advantage_metrics(const struct advantage *a, struct buf *b, struct err *e);

/* The mean length of the responses, divided by the reference's; NAN where that is not known.  *far: the ratio or
 * its inverse is above length_factor; *mean: the mean length of the responses, in tokens. */
double advantage_length(const struct advantage *a, double *mean, bool *far);

#endif
