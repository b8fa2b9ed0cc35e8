# The frontier of one seed: every arm at every rate, trained far beyond the table, and its
# policies judged along the way, in $D/frontier.jsonl.  A run that collapses is part of the result.
# $D/tokens.jsonl has how long its answers are meanwhile.
# Beside them the best of 2 to $(NBEST) answers by each arm's reward model.
include ../world/rules.mk
include best.mk

ARMS   ?= sequence fine cost
RATES  ?= 3e-5 1e-4 3e-4
POINTS ?= 4 8 15 30 45 60
ITERS  := $(lastword $(POINTS))
NS     ?= 2 4 8 16
export KEEP := $(POINTS)

RUNS = $(foreach a,$(ARMS),$(foreach r,$(RATES),$a@$r))
define run
REWARD_$1@$2    = $(REWARD_$1)
ADVANTAGE_$1@$2 = $(ADVANTAGE_$1)
LR_$1@$2        = $2
endef
$(foreach a,$(ARMS),$(foreach r,$(RATES),$(eval $(call run,$a,$r))))
arm  = $(firstword $(subst @, ,$1))
rate = $(lastword $(subst @, ,$1))

all: $D/frontier.jsonl $D/tokens.jsonl
POINT = {candidate: "$(call arm,$*)", rate: "$(call rate,$*)", seed: $(SEED), step: '$$i', prompt: .id, win, \
    kl: ([.response_logprob, .response_ref_logprob] | transpose | map(.[0] - .[1]) | add | . * 1e4 | round / 1e4)}
$D/frontier/%.jsonl: $$D/ppo-$$*/done $$D/test.jsonl
	@mkdir -p $D/frontier && : >$@.new
	@for i in $(POINTS); do \
	    fg-rollout -q -j $(J) -m $D/ppo-$*/policy-$$i --seed $(SEED)4 --max-tokens $(MAXTOKENS) $D/test.jsonl | \
	    fg-score -q -j $(J) -m $D/sft --as ref_logprob | fg-judge -q --command '$(WORLD) judge' | \
	    jq -c '$(POINT)' >>$@.new; \
	done
	@rm -rf $D/ppo-$*/policy-* && mv $@.new $@

# the best of the first n answers: its KL is what choosing among n costs at most, log n - (n-1)/n
FIRST = map(select(.sample < $$n))
OFN   = {candidate: "best of n, $*", rate: "n", seed: $(SEED), step: '$$n', prompt: .id, win, kl: (('$$n' | log) - 1 + 1 / '$$n' | . * 1e4 | round / 1e4)}
$D/frontier/best-%.jsonl: $D/best.jsonl $$D/reward-$$(REWARD_$$*)/trainer_state.json
	@mkdir -p $D/frontier && fg-score -q -j $(J) -m $D/reward-$(REWARD_$*) $< >$@.scored
	@for n in $(NS); do jq -c -s --argjson n $$n '$(FIRST) | $(BEST)' $@.scored | \
	    fg-judge -q --command '$(WORLD) judge' | jq -c '$(OFN)'; done >$@.new
	@rm $@.scored && mv $@.new $@
$(eval $(call listed,$D/frontier.jsonl,$(RUNS) $(POINTS) $(NS)))
$D/frontier.jsonl: $(RUNS:%=$D/frontier/%.jsonl) $(ARMS:%=$D/frontier/best-%.jsonl)
	@cat $(filter-out %.list,$^) >$@.new && mv $@.new $@
TOKENS = ($$r | split("@")) as [$$arm, $$rate] | {candidate: $$arm, rate: $$rate, seed: $(SEED), tokens: map(.length * 10 | round / 10)}
$(eval $(call listed,$D/tokens.jsonl,$(RUNS)))
$D/tokens.jsonl: $(RUNS:%=$D/ppo-%/done)
	@for r in $(RUNS); do jq -s -c --arg r $$r '$(TOKENS)' $D/ppo-$$r/metrics.rollout; done >$@.new && mv $@.new $@
