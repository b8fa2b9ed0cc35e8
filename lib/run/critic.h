/* The critic of a policy: where it is, and whether it shares the policy's backbone. */
#ifndef RUN_CRITIC_H
#define RUN_CRITIC_H

#include <stdbool.h>

#include "base/status.h"

/* The critic of folder model: given, or, given NULL, the folder `critic` inside of it (as model_find has it);
 * *critic is owned, NULL when there is none.  *shared: it is a value head on the model's own backbone.  One on
 * another's is not a critic of this model: ST_USAGE. */
enum status critic_find(char **critic, bool *shared, const char *given, const char *model, struct err *e);

#endif
