/* Learning rates of full training and of adapters. */
#ifndef RUN_RATES_H
#define RUN_RATES_H

#include "base/status.h"

/* *lr is a rate for full training: where folder dir is a LoRA adapter, or a critic that shares one, it becomes
 * ten times as much, the decimal number that a person would type. */
enum status rates_adapt(double *lr, const char *dir, struct err *e);

#endif
