/* The kinds of agents: each a descriptor in a file of its own, and a word here.  Programs offer
 * them in this order. */
#ifndef AGENT_KINDS_H
#define AGENT_KINDS_H

#include "agent/agent.h"

/* reward runs a model, and is in lib/stage. */
#define AGENT_KINDS(X) X(command) X(endpoint) X(reward) X(editor) X(page)

#define AGENT_DECLARE(name) extern const struct agent_kind agent_##name;
AGENT_KINDS(AGENT_DECLARE)

#endif
