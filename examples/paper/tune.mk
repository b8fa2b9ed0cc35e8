# One arm at one learning rate: $D/verdicts/ARM@LR.jsonl.
include ../world/rules.mk

REWARD_$(ARM)@$(LR)    = $(REWARD_$(ARM))
ADVANTAGE_$(ARM)@$(LR) = $(ADVANTAGE_$(ARM))
LR_$(ARM)@$(LR)        = $(LR)
all: $D/verdicts/$(ARM)@$(LR).jsonl
