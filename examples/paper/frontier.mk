# The frontier of one seed: every arm at every rate, trained far beyond the table, and its
# policies judged along the way, in $D/frontier.jsonl.  A run that collapses is part of the result.
include ../world/rules.mk

ARMS   ?= sequence fine cost
RATES  ?= 3e-5 1e-4 3e-4
POINTS ?= 4 8 15 30 45 60
ITERS  := $(lastword $(POINTS))
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

all: $D/frontier.jsonl
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
$D/frontier.jsonl: $(RUNS:%=$D/frontier/%.jsonl)
	@cat $^ >$@.new && mv $@.new $@
