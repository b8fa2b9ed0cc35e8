# The same arms in rounds: after some iterations of PPO the annotator sees what the policy writes by
# then, and the reward model learns that, too.  As many questions and iterations as at once.
ROUNDS   ?= 4
# questions and iterations of a round
ASKED    ?= $(shell echo $$(($(PROMPTS) / $(ROUNDS))))
STEP     ?= $(shell echo $$(($(ITERS) / $(ROUNDS))))
ROUNDED  ?= sequence fine penalties
# arm $1's reward model, and what it begins with
model = $(REWARD_$1)
begin = $(D)/start-$(HEAD_$(call model,$1))
objective = $(OBJECTIVE_$(call model,$1))
define rounds
LR_$1-rounds ?= $(LR_$1)
$(D)/%/$1-rounds@$$(LR_$1-rounds)/done: $(call begin,$1)/adapter_config.json
	@echo "-- seed $$*: $1 in $(ROUNDS) rounds of $(ASKED) questions and $(STEP) iterations"
	@J=$(J) LORA=$(RANK) SFT=$(D)/sft START=$(call begin,$1) DATA=$(DATA_$(call model,$1)) EDITED=samples OBJECTIVE=$(firstword $(call objective,$1)) \
	    REWARD_OPT='$(FIT) $(wordlist 2,9,$(call objective,$1))' ADVANTAGE='$(ADVANTAGE_$1) --kl $(KL)' \
	    LR=$$(LR_$1-rounds) ROUNDS=$(ROUNDS) PAIRS=$(ASKED) ITERS=$(STEP) BATCH=$(BATCH) SAMPLES=$(ANSWERS) SEED=$$* KEEP= \
	    MAXTOKENS=$(MAXTOKENS) WORLD=./questions.sh ANNOTATOR=$(FACTS) ../rounds/rounds.sh $$(@D)
	@ln -sfn $(ROUNDS)/policy $$(@D)/policy && touch $$@
endef
$(foreach a,$(ROUNDED),$(eval $(call rounds,$a)))
