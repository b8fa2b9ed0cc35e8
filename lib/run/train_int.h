/* Between train.c and train_norm.c. */
#ifndef RUN_TRAIN_INT_H
#define RUN_TRAIN_INT_H

#include "run/net.h"
#include "base/spool.h"
#include "run/train.h"

/* Measure the scores of s's responses and store them as net's normalisation: mean and
 * deviation of a sequence score; the deviation of a response's summed token rewards. */
enum status train_norm(const struct objective *o, struct net *net, struct micro *mb, struct spool *s,
    struct err *e);

#endif
