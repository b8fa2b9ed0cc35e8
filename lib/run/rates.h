/* Learning rates of full training and of adapters. */
#ifndef RUN_RATES_H
#define RUN_RATES_H

#include <stdbool.h>

#include "base/status.h"

/* *lr is a rate for full training: where folder dir is a LoRA adapter, or a critic that shares one, it becomes
 * ten times as much, the decimal number that a person would type. */
enum status rates_adapt(double *lr, const char *dir, struct err *e);

/* The rates of a run.  *lr, where it is not given: adapted to model, where there is one.  *critic_lr (NULL: it is not
 * used), where it is not given: *lr if that is, else RATES_CRITIC, adapted to critic, where there is one. */
struct rates { double *lr, *critic_lr; bool given, critic_given; };
#define RATES_CRITIC 1e-5
enum status rates_find(const struct rates *r, const char *model, const char *critic, struct err *e);

#endif
