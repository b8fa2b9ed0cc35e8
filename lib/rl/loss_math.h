/* Scalar pieces of the losses, in double. */
#ifndef RL_LOSS_MATH_H
#define RL_LOSS_MATH_H

#include "base/math.h"

/* log(1 + exp(x)) without overflow */
static inline double
loss_softplus(double x)
{
	return (x > 0 ? x : 0) + math_log1p(math_exp(x > 0 ? -x : x));
}

/* 1 / (1 + exp(-x)) without overflow */
static inline double
loss_sigmoid(double x)
{
	double t = math_exp(x > 0 ? -x : x);

	return (x > 0 ? 1 : t) / (1 + t);
}

#endif
