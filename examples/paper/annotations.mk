# How many annotations: reward models of so many preferences or edits choose the best of
# several answers.  One seed's model and annotations, $(DRAWS) draws of each number, in $D/annotations.jsonl.
include ../world/rules.mk

COUNTS ?= 50 100 200 400 800 1600
DRAWS  ?= 1
ARMS   ?= sequence fine cost
NBEST  ?= 16

DATA_sequence = $D/pairs.jsonl
DATA_fine     = $D/labels.jsonl
DATA_cost     = $D/labels.jsonl
HEAD_sequence = sequence
HEAD_fine     = token
HEAD_cost     = token
OBJECTIVE_sequence = sequence
OBJECTIVE_fine     = token --rest-weight $(REST)
OBJECTIVE_cost     = cost

all: $D/annotations.jsonl
$D/best.jsonl: $D/test.jsonl
	@fg-rollout -q -j $(J) -m $D/sft -n $(NBEST) --seed $(SEED)5 --max-tokens $(MAXTOKENS) $< >$@.new && mv $@.new $@
$D/start-%/config.json: $D/sft/trainer_state.json
	@rm -rf $D/start-$* && fg-init -q --from $D/sft --head $* -o $D/start-$* --seed $(SEED)

# a choice: ARM-COUNT-DRAW
arm   = $(word 1,$(subst -, ,$1))
count = $(word 2,$(subst -, ,$1))
draw  = $(word 3,$(subst -, ,$1))
# a token reward above 0 does not count in the arm of penalties alone, as in its PPO
BEST = group_by(.prompt) | map(max_by(.response_score // (.response_reward | map(if . > 0 then 0 else . end) | add)))[]
CHOICE = {candidate: "$(call arm,$*)", count: $(call count,$*), seed: $(call draw,$*), prompt: .id, win}
.SECONDEXPANSION:
$D/choice/%.jsonl: $D/best.jsonl $$(DATA_$$(call arm,$$*)) $$D/start-$$(HEAD_$$(call arm,$$*))/config.json
	$(call say,$(call count,$*) annotations for the arm "$(call arm,$*)")
	@mkdir -p $D/choice && rm -rf $D/choice/$*
	@fg-split -q --shuffle --sample $(call count,$*) --seed $(call draw,$*) $(DATA_$(call arm,$*)) | \
	    fg-update reward -q -j $(J) -m $D/start-$(HEAD_$(call arm,$*)) -o $D/choice/$* --objective $(OBJECTIVE_$(call arm,$*)) \
	    --seed $(call draw,$*) --lr 1e-3 --schedule cosine --warmup 0 --batch 16 --epochs 6
	@fg-score -q -j $(J) -m $D/choice/$* $< | jq -c -s '$(BEST)' | fg-judge -q --command '$(WORLD) judge' | jq -c '$(CHOICE)' >$@.new
	@rm -rf $D/choice/$* && mv $@.new $@
$D/annotations.jsonl: $(foreach a,$(ARMS),$(foreach n,$(COUNTS),$(foreach r,$(DRAWS),$D/choice/$a-$n-$r.jsonl)))
	@cat $^ >$@.new && mv $@.new $@
