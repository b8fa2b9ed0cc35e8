/* The kinds of agents, one a file. */
#ifndef AGENT_KINDS_H
#define AGENT_KINDS_H

#include "agent/agent.h"

extern const struct agent_kind agent_command, agent_editor, agent_endpoint, agent_page;

#endif
