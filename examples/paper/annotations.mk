# How many annotations: reward models of so many preferences or edits choose the best of
# several answers.  One seed's model and annotations, $(DRAWS) draws of each number, in $D/annotations.jsonl.
include ../world/rules.mk

COUNTS ?= 50 100 200 400 800 1600
DRAWS  ?= 1
ARMS   ?= sequence fine cost
NBEST  ?= 16

all: $D/annotations.jsonl
$D/best.jsonl: $D/test.jsonl
	@fg-rollout -q -j $(J) -m $D/sft -n $(NBEST) --seed $(SEED)5 --max-tokens $(MAXTOKENS) $< >$@.new && mv $@.new $@

# a choice: ARM-COUNT-DRAW
arm    = $(word 1,$(subst -, ,$1))
count  = $(word 2,$(subst -, ,$1))
draw   = $(word 3,$(subst -, ,$1))
model  = $(REWARD_$(call arm,$1))
data   = $D/$(DATA_$(call model,$1)).jsonl
before = $D/start-$(HEAD_$(call model,$1))
# a token reward above 0 does not count in the arm of penalties alone, as in its PPO
BEST = group_by(.prompt) | map(max_by(.response_score // (.response_reward | map(if . > 0 then 0 else . end) | add)))[]
CHOICE = {candidate: "$(call arm,$*)", count: $(call count,$*), seed: $(call draw,$*), prompt: .id, win}
.SECONDEXPANSION:
$D/choice/%.jsonl: $D/best.jsonl $$(call data,$$*) $$(call before,$$*)/config.json
	$(call say,$(call count,$*) annotations for the arm "$(call arm,$*)")
	@mkdir -p $D/choice && rm -rf $D/choice/$*
	@fg-split -q --shuffle --sample $(call count,$*) --seed $(call draw,$*) $(call data,$*) | \
	    fg-update reward -q -j $(J) -m $(call before,$*) -o $D/choice/$* --objective $(OBJECTIVE_$(call model,$*)) \
	    --seed $(call draw,$*) $(REWARD_FIT)
	@fg-score -q -j $(J) -m $D/choice/$* $< | jq -c -s '$(BEST)' | fg-judge -q --command '$(WORLD) judge' | jq -c '$(CHOICE)' >$@.new
	@rm -rf $D/choice/$* && mv $@.new $@
$(eval $(call listed,$D/annotations.jsonl,$(ARMS) $(COUNTS) $(DRAWS)))
$D/annotations.jsonl: $(foreach a,$(ARMS),$(foreach n,$(COUNTS),$(foreach r,$(DRAWS),$D/choice/$a-$n-$r.jsonl)))
	@cat $(filter-out %.list,$^) >$@.new && mv $@.new $@
