/* The critic of a policy: where it is, and whether it shares the policy's backbone. */
#ifndef RUN_CRITIC_H
#define RUN_CRITIC_H

#include <stdbool.h>

#include "base/status.h"

/* The folder `critic` inside of folder model (as model_find has it), or NULL.  Owned. */
enum status critic_inside(char **critic, const char *model, struct err *e);

/* Whether the critic is a value head on the model's own backbone; on another's it is no
 * critic of this model: ST_USAGE. */
enum status critic_shared(bool *shared, const char *critic, const char *model, struct err *e);

#endif
