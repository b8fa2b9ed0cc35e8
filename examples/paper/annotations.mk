# How many annotations: reward models of so many preferences or edits choose the best of
# several answers.  One seed's model and annotations, $(DRAWS) draws of each number, in $D/annotations.jsonl.
include ../world/rules.mk
include best.mk

COUNTS ?= 50 100 200 400 800 1600
DRAWS  ?= 1
ARMS   ?= sequence fine cost

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
$(eval $(call listed,$D/annotations.jsonl,$(ARMS) $(COUNTS) $(DRAWS)))
$D/annotations.jsonl: $(foreach a,$(ARMS),$(foreach n,$(COUNTS),$(foreach r,$(DRAWS),$D/choice/$a-$n-$r.jsonl)))
	@cat $(filter-out %.list,$^) >$@.new && mv $@.new $@
