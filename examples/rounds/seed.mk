# One seed: every arm with rounds and without, in $D/rounds.jsonl.
TEST ?= 300
include ../world/rules.mk
ROUNDS ?= 3
ARMS   ?= sequence fine cost
# annotations and iterations a round
EACH   ?= 600
STEP   ?= 20
LR_cost ?= 1e-4

model = $(REWARD_$1)
start = $D/start-$(HEAD_$(call model,$1))
# run ARM, NAME, ROUNDS, PAIRS, ITERS
rounds = J=$(J) SFT=$D/sft START=$(call start,$1) DATA=$(DATA_$(call model,$1)) OBJECTIVE=$(firstword $(OBJECTIVE_$(call model,$1))) \
    REWARD_OPT='$(REWARD_FIT) $(wordlist 2,9,$(OBJECTIVE_$(call model,$1)))' ADVANTAGE='$(ADVANTAGE_$1)' LR=$(LR_$1) ROUNDS=$3 PAIRS=$4 ITERS=$5 \
    BATCH=$(BATCH) SEED=$(SEED) MAXTOKENS=$(MAXTOKENS) WORLD=$(WORLD) ANNOTATOR=$(WORLD) ./rounds.sh $D/$2
judged = fg-rollout -q -j $(J) -m $D/$2/policy --seed $(SEED)4 --max-tokens $(MAXTOKENS) $D/test.jsonl | \
    fg-score -q -j $(J) -m $D/sft --as ref_logprob | fg-judge -q --command '$(WORLD) judge' | \
    jq -c '$(call verdict,$1,$(SEED)) | {candidate: "$3", seed, prompt: .id, win, kl, response_length: (.response | length), reference_length: (.reference | length)}'

define arm
$D/rounds-$1.jsonl: $(call start,$1)/config.json $D/test.jsonl
	$$(call say,"$1" in $(ROUNDS) rounds of $(EACH) annotations and $(STEP) iterations)
	@$$(call rounds,$1,rounds-$1,$(ROUNDS),$(EACH),$(STEP))
	@$$(call judged,$1,rounds-$1/$(ROUNDS),$1 in rounds) >$$@.new && mv $$@.new $$@
$D/once-$1.jsonl: $(call start,$1)/config.json $D/test.jsonl
	$$(call say,"$1" with all annotations at the beginning)
	@$$(call rounds,$1,once-$1,1,$$$$(($(ROUNDS) * $(EACH))),$$$$(($(ROUNDS) * $(STEP))))
	@$$(call judged,$1,once-$1/1,$1 at once) >$$@.new && mv $$@.new $$@
endef
$(foreach a,$(ARMS),$(eval $(call arm,$a)))

$(eval $(call listed,$D/rounds.jsonl,$(ARMS) $(ROUNDS) $(EACH) $(STEP)))
$D/rounds.jsonl: $(foreach a,$(ARMS),$D/once-$a.jsonl $D/rounds-$a.jsonl)
	@cat $(filter-out %.list,$^) >$@.new && mv $@.new $@
.DEFAULT_GOAL := $D/rounds.jsonl
