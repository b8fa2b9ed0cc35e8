# How many annotations: reward models of so many preferences or edits choose the best of
# several answers.  One seed's model and annotations, $(DRAWS) draws of each number, in $D/annotations.jsonl.
# With LEARNED="100 400" policies learn from such reward models, too, $(ITERS) iterations at an arm's rate.
ITERS ?= 60
include ../world/rules.mk
include best.mk

COUNTS ?= 50 100 200 400 800 1600
DRAWS  ?= 1
ARMS   ?= sequence fine cost
LEARNED ?=
LR_cost ?= 1e-4

all: $D/annotations.jsonl

# a choice: ARM-COUNT-DRAW
arm    = $(word 1,$(subst -, ,$1))
count  = $(word 2,$(subst -, ,$1))
draw   = $(word 3,$(subst -, ,$1))
model  = $(REWARD_$(call arm,$1))
data   = $D/$(DATA_$(call model,$1)).jsonl
before = $D/start-$(HEAD_$(call model,$1))
CHOICE = {candidate: "$(call arm,$*)", count: $(call count,$*), seed: $(SEED), draw: $(call draw,$*), prompt: .id, win}
.SECONDEXPANSION:
$D/choice/%.jsonl: $D/best.jsonl $$(call data,$$*) $$(call before,$$*)/config.json
	$(call say,$(call count,$*) annotations for the arm "$(call arm,$*)")
	@mkdir -p $D/choice && rm -rf $D/choice/$*
	@fg-split -q --shuffle --sample $(call count,$*) --seed $(call draw,$*) $(call data,$*) | \
	    fg-update reward -q -j $(J) -m $(call before,$*) -o $D/choice/$* --objective $(OBJECTIVE_$(call model,$*)) \
	    --seed $(call draw,$*) $(REWARD_FIT)
	@fg-score -q -j $(J) -m $D/choice/$* $< | jq -c -s '$(BEST)' | fg-judge -q --command '$(WORLD) judge' | jq -c '$(CHOICE)' >$@.new
	@rm -rf $D/choice/$* && mv $@.new $@

# a policy that learns from such a reward model
$D/learned/%/done: $$(call data,$$*) $$(call before,$$*)/config.json $D/samples.jsonl
	$(call say,PPO on $(call count,$*) annotations for the arm "$(call arm,$*)")
	@mkdir -p $D/learned/$*
	@[ -e $D/learned/$*/reward/trainer_state.json ] || \
	    fg-split -q --shuffle --sample $(call count,$*) --seed $(call draw,$*) $(call data,$*) | \
	    fg-update reward -q -j $(J) -m $(call before,$*) -o $D/learned/$*/reward --objective $(OBJECTIVE_$(call model,$*)) \
	    --seed $(call draw,$*) $(REWARD_FIT) --normalize $D/samples.jsonl
	@J=$(J) ADVANTAGE='$(ADVANTAGE_$(call arm,$*))' SFT=$D/sft REWARD=$D/learned/$*/reward LR=$(LR_$(call arm,$*)) ITERS=$(ITERS) \
	    BATCH=$(BATCH) SEED=$(SEED) MAXTOKENS=$(MAXTOKENS) WORLD=$(WORLD) $(here)ppo.sh $D/learned/$*
$D/learned/%.jsonl: $D/learned/%/done $D/test.jsonl
	@fg-rollout -q -j $(J) -m $D/learned/$*/policy --seed $(SEED)4 --max-tokens $(MAXTOKENS) $D/test.jsonl | \
	    fg-score -q -j $(J) -m $D/sft --as ref_logprob | fg-judge -q --command '$(WORLD) judge' | \
	    jq -c '$(call verdict,$(call arm,$*),$(SEED)) | {candidate, count: $(call count,$*), seed, draw: $(call draw,$*), policy: true, prompt: .id, win, kl}' >$@.new && mv $@.new $@
$(eval $(call listed,$D/annotations.jsonl,$(ARMS) $(COUNTS) $(DRAWS) $(LEARNED)))
# of arms, $1 numbers and draws
each = $(foreach a,$(ARMS),$(foreach n,$1,$(foreach r,$(DRAWS),$a-$n-$r)))
$D/annotations.jsonl: $(patsubst %,$D/choice/%.jsonl,$(call each,$(COUNTS))) $(patsubst %,$D/learned/%.jsonl,$(call each,$(LEARNED)))
	@cat $(filter-out %.list,$^) >$@.new && mv $@.new $@
