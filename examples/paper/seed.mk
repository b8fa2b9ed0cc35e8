# One seed of the experiment: every arm against the reference, in $D/all.jsonl.
include ../world/rules.mk
include best.mk

ARMS   ?= sequence edited plain fine collapse weak
POINTS ?= 5 10 20
export KEEP := $(POINTS)

# plain's rewards at fine's rate; fine with a reward model whose kept tokens are held loosely
REWARD_collapse    = token
ADVANTAGE_collapse = --token-range=-1:1
LR_collapse       ?= 3e-4
REWARD_weak        = weak
ADVANTAGE_weak     = --token-range=-1:0
LR_weak           ?= 3e-4

all: $D/all.jsonl $D/accuracy.jsonl
	@echo "-- seed $(SEED) is done"

# kept policies of an arm, for the rate at equal KL
$D/points/%.jsonl: $$D/ppo-$$*/done $$D/test.jsonl
	@mkdir -p $D/points && : >$@.new
	@for i in $(POINTS); do \
	    fg-rollout -q -j $(J) -m $D/ppo-$*/policy-$$i --seed $(SEED)4 --max-tokens $(MAXTOKENS) $D/test.jsonl | \
	    fg-score -q -j $(J) -m $D/sft --as ref_logprob | fg-judge -q --command '$(WORLD) judge' | \
	    jq -c '$(VERDICT) + {step: '$$i'}' >>$@.new; \
	done
	@mv $@.new $@

# the best of several samples, by a reward model
$D/best/%.jsonl: $D/best.jsonl $$D/reward-$$*/trainer_state.json
	@mkdir -p $D/best
	@fg-score -q -j $(J) -m $D/reward-$* $< | jq -c -s '$(BEST)' | fg-judge -q --command '$(WORLD) judge' | \
	    jq -c '{candidate: "best of $(NBEST), $*", seed: $(SEED), step: $(ITERS), id, prompt, response, reference, win}' >$@.new && mv $@.new $@

$(eval $(call listed,$D/all.jsonl,$(ARMS)))
$D/all.jsonl: $(foreach a,$(ARMS),$D/verdicts/$a.jsonl $D/points/$a.jsonl) $(foreach r,token sequence edited,$D/best/$r.jsonl)
	@cat $(foreach a,$(ARMS),$D/points/$a.jsonl) >$@.new
	@cat $(foreach a,$(ARMS),$D/verdicts/$a.jsonl) | jq -c '. + {step: $(ITERS)}' >>$@.new
	@cat $(foreach r,token sequence edited,$D/best/$r.jsonl) >>$@.new
	@mv $@.new $@
$D/accuracy.jsonl: $(foreach r,token sequence edited weak,$D/accuracy-$r.json)
	@for r in token sequence edited weak; do \
	    jq -c '{reward: "'$$r'", seed: $(SEED)} + .' $D/accuracy-$$r.json; done >$@.new && mv $@.new $@
