/* What a person sees of a training run, and how it is stopped: the hooks of lib/run/train.h. */
#ifndef COMMON_TRAINING_H
#define COMMON_TRAINING_H

#include "run/pass.h"

/* What the hooks speak of; borrowed. */
struct training {
	const struct objective *o;
	const char *out;
	uint64_t pass;          /* --pass; 0: not given */
};
struct train_hooks training_hooks(const struct training *t);
/* For struct pass: what is to be done. */
void training_decided(void *ctx, enum ckpt_plan plan, const struct train_state *st);
/* The default rates of training.  *lr, where it is not given: ten times the default of its kind when model is
 * an adapter.  *critic_lr, where it is not given: *lr if that is, else TRAINING_CRITIC_LR, ten times that when
 * critic (NULL: none) is an adapter.  critic_lr may be NULL. */
#define TRAINING_CRITIC_LR 1e-5
enum status training_rates(double *lr, double *critic_lr, const char *model, const char *critic, struct err *e);
/* app_close; a run that a signal has stopped ends by that signal. */
int training_close(void);

#endif
