/* A reward model as agent: it judges two texts by their scores. */
#ifndef STAGE_REWARD_H
#define STAGE_REWARD_H

#include "agent/agent.h"

extern const struct agent_kind agent_reward;

#endif
